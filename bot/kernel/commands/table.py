"""The table of commands: every command goes through it, by name and argument, from whichever place it was given.

    given                        how it comes here                what the table does
    ---------------------------  -------------------------------  -----------------------------------------------
    behind `/devin`              `answer`, while the ack waits    answers, or has a row carry it out (`Deferred`)
    in a message                 `written`, by the message's row  carries it out in that row
    with a button of a post      `run`, by a row                  carries it out
    as a choice of a question    `run`, by a row                  as if it had been typed, or carries it out

The table checks the person, the role and the place once, each time; a handler need not. Only in the ack it checks the
role alone, because help and a person's own sessions are for guests too: what else is shown there asks
`Access.refusal_in_ack`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.domain.causes import ActionCause, MessageCause
from bot.domain.commands.parser import MINE, Command, Doubt
from bot.domain.commands.picked import is_picked
from bot.domain.commands.registry import LIST_PAGE, STOP_LISTED
from bot.domain.commands.spec import CommandSpec, Role, Source
from bot.domain.form import Form
from bot.domain.session import Lifecycle, Session
from bot.kernel.access import Access
from bot.kernel.commands.handler import Answer, Asked, Deferred, Handler, asked_by
from bot.kernel.job import CommandJob, Job, move, recipient_of
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import SlackError
from bot.store import people, turn_ends
from bot.views.answers import access as access_sentences
from bot.views.answers import sessions as session_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.message import Message
from bot.views.modals import parts as forms
from bot.views.questions import STALE

log = get_logger(__name__)

LONGEST_ARGUMENT: Final = 3_000  # of a press: Slack takes 2,000 characters for a button, and an answer has its name


class CommandTable:
    """All commands, each with its handler."""

    def __init__(self, services: Services, access: Access, handlers: Mapping[CommandSpec, Handler]) -> None:
        self._services = services
        self._access = access
        self.handlers = handlers
        self._specs = {spec.name: spec for spec in handlers}

    async def answer(self, workspace: Workspace, user: str, channel: str, command: Command) -> Answer:
        """Answer what `user` typed behind `/devin` in `channel`, from our own rows."""
        answer = self.handlers[command.spec].answer
        assert answer is not None, f"nothing answers {command.spec.name} in the ack"
        try:
            refusal = await self._access.role_refusal(workspace, command.spec, user, channel=channel)
            if refusal is not None:
                return refusal
            return await answer(Asked(workspace, user, channel, command.spec, command.argument, command.key))
        except SlackError as error:
            log.warning("admin status unknown", error=error.outcome)
            return access_sentences.ROLE_UNKNOWN

    async def named(self, workspace: Workspace, doubt: Doubt | None, user: str, channel: str) -> Message | None:
        """Return the answer about what is named behind the word of the command of `doubt`; None if nothing is."""
        if doubt is None:
            return None
        named, behind = self.handlers[doubt.spec].named, doubt.text.partition(doubt.word)[2].strip()
        asked = Asked(workspace, user, channel, doubt.spec, behind, "")
        return await named(asked) if named is not None and behind else None

    async def not_theirs(
        self, workspace: Workspace, spec: CommandSpec, user: str, channel: str | None = None
    ) -> Message | None:
        """Why `user` is offered no button that gives the command: it is for admins, or not written in `channel`."""
        try:
            refusal = await self._access.role_refusal(workspace, spec, user) if spec.role is Role.ADMIN else None
        except SlackError as error:
            log.warning("admin role unknown", error=error.outcome)
            return access_sentences.ROLE_UNKNOWN
        return refusal or self._elsewhere(spec, channel)

    async def offered(
        self, workspace: Workspace, doubt: Doubt, user: str, channel: str | None = None
    ) -> tuple[Doubt, Message | None]:
        """Return `doubt` with the command that `user` is offered, and why not the one that is meant, if not.

        Who may not see everybody's figures is offered their own. A budget of one's own gets the id of `user`, and a
        name that was typed that of the only person who is called so.
        """
        doubt = await self._with_people(workspace, doubt)
        whose, _, behind = doubt.argument.partition(" ")
        doubt = replace(doubt, argument=f"@{user} {behind}") if whose == MINE else doubt
        of_admins = [spec for spec in doubt.family if spec.role is Role.ADMIN]
        if of_admins and await self.not_theirs(workspace, of_admins[0], user, channel) is not None:
            doubt = replace(doubt, family=tuple(spec for spec in doubt.family if spec not in of_admins))
        refused = await self.not_theirs(workspace, doubt.spec, user, channel)
        if refused is None or not doubt.spec.own_by:
            return doubt, refused
        own = replace(doubt, spec=self._specs[doubt.spec.own_by], meant=doubt.spec.own_by, shown="", argument="")
        return own, refused

    async def _with_people(self, workspace: Workspace, doubt: Doubt) -> Doubt:
        words, parser = doubt.meant.split(), self._services.commands.parser
        typed = {word for word in words if word.startswith("@") and word != MINE and not is_picked(word)}
        if not typed:
            return doubt
        async with self._services.db.read() as tx:
            found = {word: await people.called(tx, workspace.team, word[1:]) for word in typed}
        meant = " ".join(f"@{found[word][0]}" if len(found.get(word, ())) == 1 else word for word in words)
        if meant == doubt.meant:
            return doubt
        return replace(doubt, meant=meant, shown=doubt.shown or doubt.meant, argument=parser.slash(meant).argument)

    def _elsewhere(self, spec: CommandSpec, channel: str | None) -> Message | None:
        """Why the command cannot be written in `channel`; None if it can."""
        is_refused = spec.private and channel is not None and not channel.startswith("D")
        return self.handlers[spec].elsewhere if is_refused else None

    async def written(self, job: Job[MessageCause], command: Command) -> None:
        """Carry out a command that is not about a session's thread, for a person whom the flow of messages let in."""
        refusal = await self._access.role_refusal(
            job.workspace, command.spec, job.cause.user, channel=job.cause.channel
        )
        refusal = refusal or self._elsewhere(command.spec, job.cause.channel)
        given = as_command(job, command)
        if refusal is not None:
            await self._services.answer(given, refusal)
        else:
            await self._as_typed(given, command.spec)

    async def written_in_thread(self, job: Job[MessageCause], command: Command, session: Session) -> None:
        """Carry out a command about the `session` in whose thread it was written."""
        await self._on_session(as_command(job, replace(command, argument=session.id)), command.spec, session)

    async def run(self, job: CommandJob) -> None:
        """Carry out the command of a row: of a button, of a choice, or of what was typed behind `/devin`."""
        spec = self._specs.get(job.cause.command)
        if spec is None or _is_stale(job.cause, spec):
            await self._services.answer(job, STALE)
            return
        # A choice names a session as it is typed, or by its id, which nobody types.
        session = await self._session(job, spec.source)
        as_typed = job.cause.chosen and spec.is_typed and session is None
        # A button's value is no authorisation.
        if spec.source.is_session and not as_typed and (session is None or not _is_in_place(session, job)):
            await self._services.answer(job, session_sentences.NO_SESSION_HERE if spec.of_session else STALE)
            return
        if (refusal := await self._refusal(job, spec, session)) is not None:
            await (self._services.answer(job, refusal) if refusal.text else self._services.close(job))
        elif session is not None:
            await self._on_session(job, spec, session)
        elif as_typed:
            await self._as_typed(job, spec)
        else:
            await self._carry_out(job, spec)

    async def on_dead(self, uow: UnitOfWork, job: CommandJob, reason: str, /) -> None:
        """Announce that the command of a row was not carried out, in the words of its handler."""
        await self.handlers[self._specs[job.cause.command]].lost(uow, job, reason)

    # ------------------------------------------------------------ who, and where

    async def _session(self, job: CommandJob, source: Source) -> Session | None:
        """The session that the command names: by its id or, behind a word, by the key of an end of one of its turns."""
        named = job.cause.argument if source is Source.SESSION else ""
        if source is Source.TURN:
            async with self._services.db.read() as tx:
                end = await turn_ends.get(tx, job.cause.argument.partition(" ")[2])
            named = "" if end is None else end.session_id
        return await self._services.session(named) if named else None

    async def _refusal(self, job: CommandJob, spec: CommandSpec, session: Session | None) -> Message | None:
        """Why the person of the job may not give the command where they did, or None; no words for another app."""
        cause = job.cause
        if cause.user is None:
            return None  # a stop that was stored for later; its asker was checked when it was stored
        ends = spec.ends_session
        if ends or spec.starts or (cause.pressed and spec.role is Role.ADMIN):
            person = await self._access.checked_person(job.workspace, cause.user, stops=ends)
        else:
            person = await self._access.person(job.workspace, cause.user)
        if person.is_bot:
            return Message("")  # an app's reaction is no press, and nobody would see an answer to it
        # A press does not say whether its channel is shared by now. A typed command is about the person's own sessions.
        # Members of our workspace may still stop what runs in a shared channel, and turn the pages of their own list.
        channel = cause.channel if cause.pressed and not (ends or spec is LIST_PAGE) else None
        shared = channel is not None and await self._access.is_shared(job.workspace, channel)
        refusal = self._access.refusal(person, shared=shared)
        if refusal is not None or session is not None or spec.role is Role.ASKER_OR_ADMIN:
            return refusal  # who asked for the session is known to what is done with it
        return await self._access.role_refusal(job.workspace, spec, cause.user, channel=cause.channel)

    async def _on_session(self, job: CommandJob, spec: CommandSpec, session: Session) -> None:
        """Carry out a command about `session` if the role allows it; else refuse, or answer that it has ended."""
        refusal = await self._access.role_refusal(job.workspace, spec, job.cause.user, session)
        if refusal is not None:
            message = refusal if session.lifecycle is Lifecycle.OPEN else stop_sentences.already_ended(session)
            await self._services.answer(job, message, session)
            return
        on_session = self.handlers[spec].on_session
        assert on_session is not None, f"nothing does {spec.name} on a session"
        await on_session(job, session)

    # ------------------------------------------------------------ carried out by a row

    async def _as_typed(self, job: CommandJob, spec: CommandSpec) -> None:
        """Carry out a command for a row that stands for what might have been typed behind `/devin`."""
        handler = self.handlers[spec]
        if handler.run is not None or handler.answer is None:
            await self._carry_out(job, spec)
            return
        found = await handler.answer(asked_by(job, spec))
        if isinstance(found, Form):  # which Slack opens only after a press
            found = forms.open_button(found)
        if isinstance(found, Deferred):
            await self._hand_on(job, found)
        elif found.text:
            await self._services.answer(job, found)
        else:
            await self._services.close(job)

    async def _hand_on(self, job: CommandJob, found: Deferred) -> None:
        cause = replace(job.cause, argument=found.argument, thread_ts=None, pressed=False)
        async with self._services.unit_of_work_for(job) as uow:
            if found.message.text:
                # With a key of its own, because what is carried out may have an answer too.
                await uow.reply_privately(recipient_of(job), found.message, key=f"{job.row.key}:received")
                cause = replace(cause, chosen=False, response_url=None)
            await move(uow, job, found.lane, cause)

    async def _carry_out(self, job: CommandJob, spec: CommandSpec) -> None:
        run = self.handlers[spec].run
        if run is None:  # no button of ours gives a command that only opens a form
            await self._services.answer(job, STALE)
        else:
            await run(job)


def as_command(job: Job[MessageCause], command: Command) -> CommandJob:
    """Return the job of a message as that of the `command` that the message consists of."""
    cause = job.cause
    given = ActionCause(
        command.spec.name,
        command.argument,
        cause.user,
        cause.channel,
        cause.thread_ts,
        response_url=cause.response_url,
        unsent=cause.unsent,
        written=True,
    )
    return Job(job.row.with_cause(given), job.claim, job.workspace)


def _is_stale(cause: ActionCause, spec: CommandSpec) -> bool:
    """Whether no button of this version carries such a value.

    A choice of what is typed has to be readable, as if it was typed. A session may have an id that nobody types.
    """
    if not cause.pressed:
        return False
    if len(cause.argument) > LONGEST_ARGUMENT:
        return True
    as_typed = cause.chosen and spec.is_typed and not spec.of_session
    return as_typed and all(way.argument.read(cause.argument) is None for way in spec.ways)


def _is_in_place(session: Session, job: CommandJob) -> bool:
    """Whether the session is one that the button or the command may name.

    A button names a session of the channel in which it was pressed. One in a list may be pressed anywhere, and names
    the person's own, as one in their Home tab does, which is in no channel.
    """
    cause = job.cause
    own = session.requester == cause.user and (cause.command == STOP_LISTED.name or cause.channel == cause.user)
    here = not cause.pressed or session.channel == cause.channel or own
    return session.team == job.workspace.team and here
