"""What a message means: a new session, a reply to one, a verb, or nothing that concerns the bot."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.conversation.receive.revisions import Revisions
from bot.conversation.session_rows import start_is_dead
from bot.conversation.start.from_command import StartFromCommand
from bot.conversation.start.from_message import StartFromMessage
from bot.conversation.start.from_pick import StartFromPick
from bot.conversation.start.options_check import lacks_tracker
from bot.conversation.steer.held_start import hold
from bot.conversation.steer.reply import Reply
from bot.conversation.steer.reply_loss import reply_is_dead
from bot.conversation.steer.session_commands import SessionCommands
from bot.conversation.titles import permalink
from bot.devin.secrets import SECRETS_PAGE
from bot.domain.causes import CommandCause, MessageCause, StartCause
from bot.domain.commands.intent import Mention, mention_in
from bot.domain.commands.parser import Command, Doubt, UnknownVerb
from bot.domain.commands.registry import ADOPT, ASIDE, FOLLOW, GIVE, HELP, NEW, NOTIFY, REMIND, UNFOLLOW
from bot.domain.commands.small_talk import SmallTalk, is_go_ahead, small_talk
from bot.domain.commands.spec import CommandSpec
from bot.domain.keys import session_id
from bot.domain.lane import person_lane, thread_lane
from bot.domain.person import Person
from bot.domain.reply_rules import Meaning, Situation, may_wait_for_answer, meaning_of, situation_of
from bot.domain.roles import Right
from bot.domain.second_task import reads_like_task
from bot.domain.session import Lifecycle, Session
from bot.domain.settings_values import TurnTaking
from bot.domain.text import as_typed, without_mention
from bot.kernel.commands.table import CommandTable
from bot.kernel.job import Job, Reschedule, finish, move, recipient_of
from bot.kernel.readable import Readable
from bot.kernel.tasks import Kernel
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import audit, inbox, lanes, posts, sessions, threads
from bot.store.audit import AuditRow
from bot.store.threads import Thread
from bot.views.answers import replies as reply_sentences
from bot.views.answers import secrets as secret_sentences
from bot.views.answers import sessions as session_sentences
from bot.views.answers import starts as start_sentences
from bot.views.help_texts import slash_help, thread_help
from bot.views.message import Message

_GREETS: Final = frozenset({SmallTalk.GREETING, SmallTalk.QUESTION})
_PAST: Final = frozenset({Situation.RESTS, Situation.STUCK})  # a task in a direct message is not meant for it
_NOT_TAKEN: Final = secret_sentences.not_taken(SECRETS_PAGE, written=True)


class Conversation:
    """Decides what a message means, and hands it to the flow for that."""

    def __init__(
        self,
        kernel: Kernel,
        reply: Reply,
        session_commands: SessionCommands,
        start_from_command: StartFromCommand,
        start_from_message: StartFromMessage,
        commands: CommandTable,
        *,
        no_replies: Mapping[str, Message],
    ) -> None:
        services, access = kernel.services, kernel.access
        self._services = services
        self._parser = services.commands.parser
        self._access = access
        self._readable = Readable(access)
        self._reply = reply
        self._revisions = Revisions(services, lambda job: self._verb(job) is not None, kernel.revised)
        self._session_commands = session_commands
        self._start_from_command = start_from_command
        self._start_from_message = start_from_message
        self._start_from_pick = StartFromPick(services, access, start_from_message, self._goes_on)
        self._commands = commands
        self._no_replies = no_replies  # by the drawers of posts

    async def run(self, job: Job[MessageCause]) -> None:
        """Handle a mention, a reply or a direct message: start, send, answer, refuse or close it."""
        cause = job.cause
        if cause.revision is not None and job.row.urgent:
            await self._revisions.take(job, cause.revision)
            return
        begun, thread = await self._known(job)
        if begun is not None:
            await self._resume_start(job, begun)
            return
        if cause.pick is not None:
            await self._start_from_pick.run(job, cause.pick)
            return
        # An urgent verb is for the bot also in a thread whose first message was not handled yet.
        meant = cause.mention or cause.direct or cause.with_secret or (job.row.urgent and not cause.under_us)
        if thread is None and not meant:
            await self._wait_for_thread(job)
            return
        refusal = await self._refusal(job, thread)
        if refusal is not None:
            await self._answer(job, refusal, once=thread is not None and not cause.mention, refused=True)
        elif cause.with_secret:
            await self._handle_secret(job, thread)
        elif cause.revision is not None:
            await (self._services.close(job) if thread is None else self._reply_to(job, thread))
        else:
            await self._handle_text(job, thread)

    async def _handle_secret(self, job: Job[MessageCause], thread: Thread | None) -> None:
        """Ask whether the message is meant without what looks like a secret; where nothing is left of it, say so."""
        cause = job.cause
        if cause.text and (thread is not None or cause.mention or cause.direct):
            allowed = job.workspace.policy.sends_secrets
            question = secret_sentences.ask_without(job.row.key, as_it_is=allowed)
            await self._hold(job, question, cause.thread_ts, secret_sentences.QUESTION)
        else:
            await self._answer(job, _NOT_TAKEN, refused=True)

    async def on_dead(self, uow: UnitOfWork, job: Job[MessageCause], reason: str, /) -> None:
        """Announce in the thread what the message did not start, send or stop; `reason` says why."""
        if job.cause.revision is not None and job.cause.revision.deleted:
            return
        if job.cause.with_secret:
            await uow.reply_privately(recipient_of(job), _NOT_TAKEN)
            return
        begun = await sessions.get(uow.tx, session_id(job.row.key))
        if begun is not None:
            await start_is_dead(uow, job, begun.id)
            return
        if job.cause.pick is not None:
            if job.cause.thread_ts is None:
                return  # a reaction of whom nothing is known
            await uow.reply_privately(recipient_of(job), start_sentences.start_failed(job.row.ref))
            return
        channel, thread_ts = job.cause.channel, job.cause.root_ts
        known = await threads.get(uow.tx, job.workspace.team, channel, thread_ts)
        if known is not None and self._ends_session(job):
            await self._session_commands.not_stopped(uow, job, known.session_id)
            return
        if known is not None:
            await reply_is_dead(uow, job.row, known.session_id, reason)
            return
        lost = start_sentences.start_failed(job.row.ref)
        await uow.add_to_outbox(uow.post_row(f"lost:{job.row.key}", job.workspace.team, channel, thread_ts, lost))

    def _ends_session(self, job: Job[MessageCause]) -> bool:
        verb = self._verb(job)
        return isinstance(verb, Command) and verb.spec.ends_session and not verb.spec.asks_first

    def _verb(self, job: Job[MessageCause]) -> Command | UnknownVerb | None:
        """The command that the message is; None if it is for Devin, also because its author said so."""
        if job.cause.confirmation.as_reply:
            return None
        text = without_mention(job.cause.text, job.workspace.bot_user)
        command = job.cause.addressed and job.cause.only_text
        return self._parser.verb(text) or (self._command(job) if command else None) or self._alone(job)

    def _alone(self, job: Job[MessageCause]) -> Command | None:
        """The command that a reply in a thread is, if it is a word such as `stop` alone."""
        text = without_mention(job.cause.text, job.workspace.bot_user)
        return self._parser.alone(text) if job.cause.is_plain_reply else None

    def _command(self, job: Job[MessageCause]) -> Command | None:
        return self._parser.addressed(self._typed(job))

    def _typed(self, job: Job[MessageCause]) -> str:
        return as_typed(without_mention(job.cause.text, job.workspace.bot_user), job.cause.channel)

    async def _resume_start(self, job: Job[MessageCause], begun: Session) -> None:
        """Go on creating the session `begun`, which an earlier try recorded for this message, or close the row."""
        if begun.lifecycle in {Lifecycle.QUEUED, Lifecycle.CREATING}:
            await self._start_from_message.resume(job, begun)
            return
        await self._services.close(job)

    async def _known(self, job: Job[MessageCause]) -> tuple[Session | None, Thread | None]:
        """The session that an earlier try recorded for this message, and the thread in which it was written."""
        cause = job.cause
        async with self._services.db.read() as tx:
            begun = await sessions.get(tx, session_id(job.row.key))
            if begun is not None or cause.thread_ts is None:
                return begun, None
            return None, await threads.get(tx, job.workspace.team, cause.channel, cause.thread_ts)

    async def _reply_to(self, job: Job[MessageCause], thread: Thread) -> None:
        await self._reply.run(job, thread, await self._services.session(thread.session_id))

    def _not_known_yet(self) -> Reschedule:
        return Reschedule(self._services.timing.unknown_thread_retry, "thread not known yet")

    async def _wait_for_thread(self, job: Job[MessageCause]) -> None:
        age = self._services.clock() - job.row.created_at
        # Only a thread under a message of the bot may still become known. In any other thread the mention that starts
        # the session comes first in the lane, and messages from before the mention are its context.
        if not job.cause.under_us:
            await self._services.close(job)
        elif (answer := await self._answer_under_post(job)) is not None:
            await self._answer(job, answer, once=True)
        elif age < self._services.timing.unknown_thread:
            raise self._not_known_yet()
        else:
            await self._drop(job)

    async def _answer_under_post(self, job: Job[MessageCause]) -> Message | None:
        """What a reply is answered under a post to which nobody replies; None under any other message."""
        async with self._services.db.read() as tx:
            drawer = await posts.drawer_at(tx, job.workspace.team, job.cause.channel, job.cause.root_ts)
        return self._no_replies.get(drawer or "")

    async def _drop(self, job: Job[MessageCause]) -> None:
        """Delete the row of a reply in a thread without a session, so that the row's key is free.

        If the answer to a card's post is lost, the card is found late. Catch-up then stores the replies below it.
        """
        async with self._services.unit_of_work_for(job) as uow:
            # Dropped before the thread is read: catch-up begins once the thread is known, then waits for this
            # transaction to end, and finds the key free.
            await inbox.drop(uow.tx, job.row.key)
            waits = await inbox.waiting(uow.tx, job.row.lane, StartCause)
            known = await threads.get(uow.tx, job.workspace.team, job.cause.channel, job.cause.root_ts)
            if waits or known is not None:
                raise self._not_known_yet()  # rolls the drop back
            await lanes.release(uow.tx, job.claim)

    async def _refusal(self, job: Job[MessageCause], thread: Thread | None) -> Message | None:
        cause = job.cause
        person = await self._person(job, thread)
        if person.is_bot:
            return Message("")
        shared = cause.shared
        if shared is None:
            shared = await self._access.is_shared(job.workspace, cause.channel)
        # Members of our workspace may still stop what runs there.
        return self._access.refusal(person, shared=shared and not self._ends_session(job))

    async def _person(self, job: Job[MessageCause], thread: Thread | None) -> Person:
        """Who wrote the message, known anew unless it can only be a reply: then it starts and stops nothing."""
        cause = job.cause
        if thread is None or cause.mention or self._verb(job) is not None:
            return await self._access.checked_person(job.workspace, cause.user, stops=self._ends_session(job))
        return await self._access.person(job.workspace, cause.user)

    async def _handle_text(self, job: Job[MessageCause], thread: Thread | None) -> None:
        cause = job.cause
        text = await self._readable.text(job.workspace, cause.text)
        if cause.confirmation.as_reply:
            await self._handle_words(job, text, thread)
            return
        if await self._is_held_as_answer(job, thread):
            return
        verb = self._parser.verb(text)
        if isinstance(verb, UnknownVerb) or (verb is not None and verb.spec is GIVE):
            verb = self._parser.verb(self._typed(job))  # where a person's name is one word, whatever they are called
        if isinstance(verb, UnknownVerb):
            await self._answer(job, reply_sentences.unknown_verb(verb))
        elif verb is not None:
            await self._handle_verb(job, verb, thread)
        elif cause.addressed and cause.only_text and (command := self._command(job)) is not None:
            await self._handle_command(job, command, thread)
        elif (command := self._alone(job)) is not None and (thread is not None or command.spec.ends_session):
            await self._handle_alone(job, command, thread)
        else:
            await self._handle_words(job, text, thread)

    async def _handle_words(self, job: Job[MessageCause], text: str, thread: Thread | None) -> None:
        """Handle what is no command: it starts a session, is sent to the one of `thread`, or is answered."""
        cause = job.cause
        if cause.confirmation.answered:
            await self._start_confirmed(job, text, thread)
        elif thread is not None and await self._is_reply(thread, cause, text):
            await self._handle_reply(job, text, thread)
        elif cause.direct and cause.thread_ts is None:
            await self._handle_direct(job, text)
        elif (mention := mention_in(cause.text, job.workspace.bot_user)) is Mention.OTHERS:
            await self._services.close(job)  # people speak to each other
        elif mention is Mention.ABOUT:
            await self._hold(job, start_sentences.ask_about_mention(job.row.key), cause.thread_ts)
        elif cause.only_text and (kind := small_talk(text)) is not None:
            await self._handle_small_talk(job, kind, thread)
        else:
            await self._start(job, text)

    async def _is_reply(self, thread: Thread, cause: MessageCause, text: str) -> bool:
        """Whether a message in `thread` is about its session. Once that has ended, a mention may start a new one."""
        if cause.confirmation.as_reply or not cause.mention:
            return True
        asks = cause.only_text and small_talk(text) is None and meaning_of(text) is Meaning.FACTS
        return asks or await self._goes_on(thread)

    async def _goes_on(self, thread: Thread) -> bool:
        session = await self._services.session(thread.session_id)
        return session is not None and not thread.closed and session.lifecycle in sessions.LIVE_LIFECYCLES

    async def _handle_reply(self, job: Job[MessageCause], text: str, thread: Thread) -> None:
        """Send a reply to the session of `thread`; ask first where it resembles a command."""
        session = await self._services.session(thread.session_id)
        refusal = await self._steer_refusal(job, session) if session is not None else None
        if refusal is not None:
            await self._answer(job, refusal, once=not job.cause.mention, refused=True)
            return
        doubt = self._doubt_about_reply(job, text, session)
        if doubt is None or session is None:
            await self._reply.run(job, thread, session)
        else:
            await self._hold_in_doubt(job, doubt, session)

    def _doubt_about_reply(self, job: Job[MessageCause], text: str, session: Session | None) -> Doubt | None:
        """Which command a reply resembles: any that mentions the bot, else one word that may answer no question.

        What was spent last month, or all that somebody has running, is no question about the session either.
        """
        if job.cause.confirmation.as_reply:
            return None
        if job.cause.mention:
            return self._doubt(job, text)
        # Devin may have what was being sent when a crash came, whatever the session does by now.
        is_new = job.row.intent_at is None and job.cause.is_plain_reply
        if session is None or not is_new or small_talk(text) is not None:
            return None
        if may_wait_for_answer(session) and meaning_of(text) is not Meaning.FACTS:  # a question for facts is no answer
            return None
        typed = self._typed(job)
        return self._parser.nearly_alone(typed) or self._parser.asks_of_others(typed, text)

    async def _steer_refusal(self, job: Job[MessageCause], session: Session) -> Message | None:
        """Why the author of a reply may not write to `session`, unless Devin may have the reply already."""
        if job.row.intent_at is not None:
            return None
        return await self._access.right_refusal(
            job.workspace, job.cause.user, Right.STEER, session.channel, asker=session.requester
        )

    def _doubt(self, job: Job[MessageCause], text: str, *, starts: bool = False) -> Doubt | None:
        """Which command the message of the job resembles, although it is none; `text` is the same as people read it.

        One that `starts` a session has to show evidence of work, too.
        """
        if not job.cause.only_text or small_talk(text) is not None:
            return None
        parser = self._parser
        read = parser.doubt_as_read
        if starts:
            read = parser.reply_starts_in_doubt if job.cause.in_thread else parser.start_in_doubt
        return read(self._typed(job), text)

    async def _hold_in_doubt(self, job: Job[MessageCause], doubt: Doubt, session: Session | None = None) -> None:
        """Ask whether the message is a command, or is to be sent to `session` or start one in its thread; it waits."""
        doubt, refused = await self._commands.offered(job.workspace, doubt, job.cause.user, job.cause.channel)
        question = start_sentences.ask_command_or_message(job.row.key, doubt, session, refused)
        # A line of a direct message goes where it would have gone without the question.
        await self._hold(job, question, session.thread_ts if session is not None else job.cause.thread_ts)

    async def _hold(
        self, job: Job[MessageCause], question: Message, thread_ts: str | None, name: str = start_sentences.COMMAND
    ) -> None:
        """Ask the `question` where the message was written, and let the message wait: its way goes on in the thread."""
        line = job.cause.line or (job.cause.direct and job.cause.thread_ts is None)
        waiting = replace(job, row=job.row.with_cause(replace(job.cause, thread_ts=thread_ts, line=line)))
        async with self._services.unit_of_work_for(job) as uow:
            # A crash right here asks nobody; the next try does.
            await hold(uow, waiting, name, question, to=recipient_of(job))

    async def _is_held_as_answer(self, job: Job[MessageCause], thread: Thread | None) -> bool:
        """Ask about a word such as `stop` while a question of Devin's is open: it may be the answer. It waits then."""
        spec = self._bare_word(job)
        session = await self._services.session(thread.session_id) if spec is not None and thread is not None else None
        if spec is None or session is None or not may_wait_for_answer(session):
            return False
        question = start_sentences.ask_command_or_answer(job.row.key, session, spec)
        await self._hold(job, question, job.cause.thread_ts)
        return True

    def _bare_word(self, job: Job[MessageCause]) -> CommandSpec | None:
        """The command that is a whole reply without a `!` or a mention before it, and might be meant for Devin."""
        cause, verb = job.cause, self._verb(job)
        if not cause.is_plain_reply or cause.mention or not isinstance(verb, Command) or verb.argument:
            return None
        bare = not cause.text.strip().startswith("!")
        return verb.spec if bare and verb.spec in start_sentences.MAY_BE_ANSWERS else None

    async def _handle_alone(self, job: Job[MessageCause], command: Command, thread: Thread | None) -> None:
        """Carry out a `command` that was written as one word."""
        if thread is None:
            await self._handle_verb(job, command, None)
        else:
            await self._handle_command(job, command, thread)

    async def _handle_verb(self, job: Job[MessageCause], verb: Command, thread: Thread | None) -> None:
        if verb.spec is NEW:
            await self._start_from_command.start_new(job, verb.argument)
        elif verb.spec is HELP:
            await self._answer(job, thread_help(self._services.commands.specs, await self._turns(job)))
        elif verb.spec is ASIDE:
            await self._answer(job, reply_sentences.ASIDE)
        elif verb.spec is ADOPT:
            await self._commands.written(job, verb)
        else:
            await self._handle_verb_about_session(job, verb, thread)

    async def _handle_verb_about_session(self, job: Job[MessageCause], verb: Command, thread: Thread | None) -> None:
        if thread is None and job.cause.direct and job.cause.thread_ts is None:
            latest = await self._latest_session(job)
            if latest is not None and latest.thread_ts is not None:
                await self._hand_over(job, latest)
                return
        session = await self._services.session(thread.session_id) if thread else None
        if verb.spec in {NOTIFY, FOLLOW, UNFOLLOW, GIVE, REMIND} and thread is not None:
            await self._commands.written(job, verb)
        elif session is not None:
            await self._commands.written_in_thread(job, verb, session)
        elif verb.spec.ends_session:
            await self._session_commands.cancel_waiting_messages(job)
        else:
            await self._answer(job, session_sentences.NO_SESSION_HERE)

    async def _handle_command(self, job: Job[MessageCause], command: Command, thread: Thread | None) -> None:
        """Carry out `command` on the session of `thread`, or else on those of the person, as behind `/devin`."""
        # Another session than that of the thread, or what is for admins, which has nothing to do with it.
        named = (command.spec.of_session or command.spec is HELP) and command.argument
        if thread is not None and not named and (command.spec.of_session or command.spec in {HELP, NOTIFY}):
            await self._handle_verb(job, command, thread)
            return
        cause = job.cause
        if cause.direct and await self._earlier_line_is_open(job):
            raise Reschedule(self._services.timing.dm_retry, "an earlier line comes first")
        await self._commands.written(job, command)

    async def _start(self, job: Job[MessageCause], text: str) -> None:
        """Start a session with `text`, or ask first if it resembles a command. In a thread it goes with its context."""
        doubt, channel = self._doubt(job, text, starts=True), job.cause.channel
        named = doubt if job.cause.in_thread else self._parser.by_title(self._typed(job)) or doubt
        if job.cause.under_us and not job.cause.mention:
            # In a direct message, under something that the bot says there on its own, such as a warning.
            await self._answer(job, reply_sentences.NOTHING_TO_REPLY_TO)
        elif (found := await self._commands.named(job.workspace, named, job.cause.user, channel)) is not None:
            await self._answer(job, found)
        elif doubt is not None:
            offered, refused = await self._commands.offered(job.workspace, doubt, job.cause.user, channel)
            if offered.only is not None and refused is None:
                await self._commands.written(job, offered.only)
            elif job.cause.in_thread:
                await self._hold_in_doubt(job, doubt)
            else:
                await self._answer(job, start_sentences.ask_command_or_task(offered, refused))
        elif not job.cause.in_thread and await self._lacks_tracker(job, text):
            await self._answer(job, start_sentences.ask_about_reference(text))
        else:
            await self._start_from_message.start(job, text)

    async def _lacks_tracker(self, job: Job[MessageCause], text: str) -> bool:
        cause = job.cause
        return cause.only_text and await lacks_tracker(self._services, job.workspace, cause.channel, cause.user, text)

    async def _start_confirmed(self, job: Job[MessageCause], text: str, thread: Thread | None) -> None:
        """Start a session that the person wants after a question, unless another one runs in its thread by now."""
        if thread is not None and await self._goes_on(thread):
            await self._answer(job, start_sentences.START_OVERTAKEN)
        else:
            await self._start_from_message.start(job, text)

    async def _handle_small_talk(self, job: Job[MessageCause], kind: SmallTalk, thread: Thread | None) -> None:
        """Handle a mention that is no task, in a `thread` whose session has ended, in another thread, or in none."""
        if thread is not None and kind not in _GREETS:
            await self._reply_to(job, thread)
        else:
            await self._welcome(job, kind)

    async def _welcome(self, job: Job[MessageCause], kind: SmallTalk) -> None:
        """React to small talk, and answer thanks or a greeting in one line, or a question with the help text.

        A line comes once an hour in a channel, and in a thread only a greeting or a question has an answer.
        """
        to, line = recipient_of(job), start_sentences.TO_SMALL_TALK.get(kind)
        async with self._services.unit_of_work_for(job) as uow:
            await uow.react_in(to.team, job.cause.channel, job.cause.ts, "wave" if kind in _GREETS else "pray")
            if kind in _GREETS or not job.cause.in_thread:
                once = job.row.key if line is None else f"welcome:{int(uow.now // 3600)}"
                key = f"{to.team}:{to.channel}:{to.user}:{once}"
                turns = await uow.settings.turns(uow.tx, to.team, to.channel)
                await uow.reply_privately(to, line or slash_help(turns=turns), key=key)
            await finish(uow, job)

    async def _turns(self, job: Job[MessageCause]) -> TurnTaking:
        async with self._services.db.read() as tx:
            return await self._services.settings.turns(tx, job.workspace.team, job.cause.channel)

    async def _handle_direct(self, job: Job[MessageCause], text: str) -> None:
        """Handle a line of a direct message, which is a reply if the person wrote to a session a moment ago."""
        if await self._earlier_line_is_open(job):
            raise Reschedule(self._services.timing.dm_retry, "an earlier line comes first")
        latest = await self._latest_session(job)
        written_at = float(job.cause.ts) if job.cause.fetched else job.row.created_at
        if latest is not None and latest.thread_ts is not None and job.cause.only_text and is_go_ahead(text):
            await self._hand_over(job, latest)  # `resume` ends a pause only behind `/devin`
        elif latest is not None and written_at - latest.spoken_at <= self._services.timing.dm_follow_up:
            if latest.thread_ts is None:
                raise Reschedule(self._services.timing.dm_retry, "the card of a command comes first")
            is_task = job.cause.only_text and reads_like_task(text)
            if is_task and situation_of(latest) in _PAST:
                await self._start(job, text)
                return
            doubt = self._doubt(job, text)
            thread = permalink(job.workspace, latest)
            added = reply_sentences.added(latest, thread, job.row.key, text) if is_task else None
            await (self._hold_in_doubt(job, doubt, latest) if doubt else self._hand_over(job, latest, added))
        elif job.cause.only_text and (kind := small_talk(text)) is not None:
            # Thanks, or the answer to a question, belong to the session that runs here.
            about = latest if latest is not None and latest.thread_ts is not None and kind not in _GREETS else None
            await (self._hand_over(job, about) if about else self._welcome(job, kind))
        else:
            await self._start(job, text)

    async def _earlier_line_is_open(self, job: Job[MessageCause]) -> bool:
        cause = job.cause
        if self._services.clock() - job.row.created_at > self._services.timing.dm_earlier_line:
            return False
        prefix = thread_lane(job.workspace.team, cause.channel, "")
        async with self._services.db.read() as tx:
            if await inbox.earlier_in_channel(tx, prefix, job.row):
                return True
            commands = await inbox.waiting(tx, person_lane(job.workspace.team, cause.user), CommandCause)
        return any(row.ts < job.row.ts and row.cause.channel == cause.channel for row in commands)

    async def _latest_session(self, job: Job[MessageCause]) -> Session | None:
        team, cause = job.workspace.team, job.cause
        async with self._services.db.read() as tx:
            found = await sessions.of_person(tx, team, cause.user, channel=cause.channel, limit=1)
        return found[0] if found else None

    async def _hand_over(self, job: Job[MessageCause], session: Session, said: Message | None = None) -> None:
        """Move the row into the lane of the thread of `session`, where the row's `ts` gives its position, and say so.

        A line that was written before the card of a command was posted comes behind the start, for which it would wait.
        """
        assert session.thread_ts is not None
        async with self._services.unit_of_work_for(job) as uow:
            if said is not None:
                # With a key of its own, because the reply may have an answer too.
                await uow.reply_privately(recipient_of(job), said, key=f"{job.row.key}:added")
            cause = replace(job.cause, thread_ts=session.thread_ts, line=True)
            await move(uow, job, session.lane, cause, after=session.thread_ts)

    async def _answer(
        self, job: Job[MessageCause], message: Message, *, once: bool = False, refused: bool = False
    ) -> None:
        """Answer privately and close the row. With `once` a person gets this kind of answer once in a thread.

        What was `refused` is recorded each time.
        """
        to = recipient_of(job)
        async with self._services.unit_of_work_for(job) as uow:
            if message.text:
                key = f"{to.team}:{to.channel}:{to.thread_ts}:{to.user}:refused" if once else None
                await uow.reply_privately(to, message, key=key)
            if message.text and refused:
                cause = job.cause
                row = AuditRow(to.team, uow.now, cause.user, audit.REFUSED, "", cause.channel, outcome="refused")
                await audit.add(uow.tx, row)
            await finish(uow, job)
