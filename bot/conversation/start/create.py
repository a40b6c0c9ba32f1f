"""Create a session at Devin, one for each cause: `bot.kernel.exactly_once` says how.

The reference by which a session is found again is in one of its tags and at the end of its prompt.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import ClassVar

from bot.conversation.lookup import SessionLookup
from bot.conversation.notified import post_stop
from bot.conversation.prompt import Prompt, PromptBuilder, left_out_of, with_left_out
from bot.conversation.refusals import refusal_sentence
from bot.conversation.session_card import SessionCard, refuse
from bot.conversation.session_rows import record, show_new_state, start_is_dead, stop_row
from bot.conversation.session_tags import SessionTags
from bot.conversation.start.adopt import Adoption
from bot.conversation.start.room import waits_as_one_of_many
from bot.conversation.steer.held_start import answer_refusal
from bot.devin.errors import DevinError, DevinInvalid, DevinRefused, DevinUnauthorized
from bot.devin.models import DevinSession
from bot.domain.causes import MessageCause, SessionCause, StartCause
from bot.domain.defaults import defaults_in
from bot.domain.keys import ts_of
from bot.domain.session import Lifecycle, Session
from bot.domain.settings_values import Source, as_text
from bot.kernel.exactly_once.creation import Creation, LookupResult
from bot.kernel.exactly_once.loss import is_late, is_unknown
from bot.kernel.exactly_once.protocol import ExactlyOnce
from bot.kernel.gates import Asker, ForAll, Gates, Limit, Work
from bot.kernel.identities import Identities, OwnName
from bot.kernel.job import Job, finish
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Recipient, UnitOfWork
from bot.logs import get_logger
from bot.store import audit, inbox, kept_tasks, sessions
from bot.store.audit import AuditRow
from bot.views.answers import starts as start_sentences
from bot.views.answers import stops as stop_sentences

log = get_logger(__name__)


class Create:
    """Creates the sessions that inbox rows ask for."""

    def __init__(
        self,
        services: Services,
        gates: Gates,
        prompts: PromptBuilder,
        lookup: SessionLookup,
        identities: Identities,
    ) -> None:
        self._services = services
        self._gates = gates
        self._prompts = prompts
        self._lookup = lookup
        self._identities = identities
        self._once = ExactlyOnce(services)
        self._adoption = Adoption(services)

    async def run(self, job: Job[StartCause]) -> None:
        """Create the session of a slash command. The inbox row exists once the session's card is posted."""
        session = await self._services.session(job.cause.session_id)
        if session is None or session.lifecycle not in {Lifecycle.QUEUED, Lifecycle.CREATING}:
            await self._services.close(job)
        elif job.cause.adopts is not None:
            await self._adoption.run(job, session)
        else:
            await self.create(job, session)

    async def on_dead(self, uow: UnitOfWork, job: Job[StartCause], _reason: str, /) -> None:
        """Announce on the card and in the thread that the session was not started, or may not have been."""
        if job.cause.adopts is not None:
            await self._adoption.on_dead(uow, job)
        else:
            await start_is_dead(uow, job, job.cause.session_id)

    async def create(self, job: Job[SessionCause], session: Session) -> None:
        """Create `session` at Devin for the job's row, or adopt the one that an earlier try created."""
        session = await self._services.session(session.id) or session
        parts = (self._services, self._gates, self._prompts, self._lookup, self._identities)
        await self._once.create(job, NewSession(*parts, job, session))


class NewSession(Creation[DevinSession]):
    """The creation of `session` at Devin, as the row of `job` asks for it."""

    kind: ClassVar[str] = "session"

    def __init__(
        self,
        services: Services,
        gates: Gates,
        prompts: PromptBuilder,
        lookup: SessionLookup,
        identities: Identities,
        job: Job[SessionCause],
        session: Session,
    ) -> None:
        self._services = services
        self._gates = gates
        self._prompts = prompts
        self._lookup = lookup
        self._identities = identities
        self._job = job
        self._session = session
        self._organisation = services.organisations.of(session)
        self._prompt = Prompt(left_out=left_out_of(job.cause))  # until `prepare`, what an earlier try noted
        assert session.reference is not None
        self._tags = SessionTags(self._organisation, session.reference, session.options.tags)
        self._own_name = OwnName()
        self._limit = Limit(None)

    async def prepare(self) -> bool:
        """Build the prompt. Returns False, with the row closed, if the start was cancelled or has no prompt."""
        if self._session.stop_requested:
            await self._cancel()
            return False
        await self._organisation.learn()  # another process may have found out meanwhile that tags are refused
        session = self._session
        self._prompt = await self._prompts.build(self._job, self._session)
        if self._prompt.refusal is None:
            self._own_name = await self._identities.name_of(self._job.workspace, self._organisation, session.requester)
        refusal = start_sentences.NAME_REFUSED if self._own_name.is_refused else self._prompt.refusal
        if refusal is None:
            return True
        async with self._services.unit_of_work_for(self._job) as uow:
            await self._record(uow, self._session)
            if self._prompt.is_empty:
                await kept_tasks.remove(uow.tx, session.id)
            await refuse(uow, self._session.id, refusal)
            await finish(uow, self._job)
        return False

    async def admit(self, uow: UnitOfWork) -> bool:
        """Reserve what the session may use, or announce why it may not begin, in its thread or to its asker.

        A crash before this commit leaves nothing reserved, and one after it what the next try decides anew.
        """
        workspace, session, cause = self._job.workspace, self._session, self._job.cause
        asked: Job[MessageCause] | None = None
        if isinstance(cause, MessageCause) and await sessions.get(uow.tx, session.id) is None:
            # It has no card yet, and can wait.
            asked = Job(self._job.row.with_cause(cause), self._job.claim, workspace)
            if await waits_as_one_of_many(uow, asked, session.channel):
                return False
        key = "" if asked is None else self._job.row.key
        who = Asker(workspace, session.requester, session.channel, session.requester, key)
        ceiling, options = workspace.policy.wake_limits.own_ceiling(session), session.options
        work = Work(session.id, ceiling, options.acu, options=options)
        limit = await self._gates.limit(uow.tx, who, work)
        if isinstance(limit, Limit):
            self._limit = limit
            return True
        if asked is not None:
            await answer_refusal(uow, asked, limit)
            return False
        await self._record(uow, self._session)
        if isinstance(limit, ForAll):
            await refuse(uow, self._session.id, limit)
        else:
            await refuse(uow, self._session.id, start_sentences.NO_ROOM)
            await uow.reply_privately(_asker(self._session, "room"), limit)
        await finish(uow, self._job)
        return False

    async def _record(self, uow: UnitOfWork, session: Session) -> None:
        """Store the session with its thread and card, and its task, with which it may be tried again."""
        await record(uow, session)
        cause = self._job.cause
        about = cause.about if isinstance(cause, StartCause) else None
        await kept_tasks.keep(uow.tx, session, cause.files, about, uow.now)

    async def _cancel(self) -> None:
        session = self._session
        async with self._services.unit_of_work_for(self._job) as uow:
            await sessions.end(uow.tx, session.id, Lifecycle.CANCELLED, uow.now)
            said = stop_sentences.cancelled(session.stopped_by_name)
            await post_stop(uow, f"announce:{session.id}:cancelled", session, session.stopped_by, said)
            await uow.redraw(SessionCard, session.id)
            await finish(uow, self._job)

    async def write_intent(self, uow: UnitOfWork) -> None:
        """Record the session with its thread, its card and what was read, and note which files were left out."""
        row = self._job.row
        acus = self._limit.acus
        begun = replace(self._session, lifecycle=Lifecycle.CREATING, checking=False, acu_limit=acus)
        # With the name that Devin is asked in, a session whose answer gets lost is known for ours.
        await self._record(uow, replace(begun, devin_user=self._own_name.user_id))
        if self._prompt.read is not None:
            await uow.post(f"read:{self._session.id}", self._session, self._prompt.read)
        # Once for all tries.
        if self._prompt.masked and not await audit.has(uow.tx, begun.team, audit.LEFT_OUT, begun.id):
            after = {"of": "thread", "messages": self._prompt.masked}
            what = (begun.requester, audit.LEFT_OUT, begun.id, begun.channel)
            await audit.add(uow.tx, AuditRow(begun.team, uow.now, *what, after=after))
        cause = with_left_out(row.cause, self._prompt.left_out)
        if cause != row.cause:
            await inbox.note(uow.tx, row.key, cause)
        if is_unknown(row) and is_late(row, uow.now, self._services.timing.late_notice):
            # `row` was read before the look-up: its intent is that of an earlier try, which created nothing.
            await self.write_late(uow, None)

    async def call(self) -> DevinSession:
        """Ask Devin for the session, with the fullest list of tags that was not refused."""
        options = self._session.options
        return await self._organisation.devin.create_session(
            self._prompt.text,
            title=options.title,
            tags=await self._tags.to_send(),
            repos=list(options.repos) or None,
            playbook_id=self._prompt.playbook_id,
            devin_mode=options.mode,
            max_acu_limit=self._limit.acus,
            attachment_urls=self._prompt.attachments or None,
            create_as_user_id=self._own_name.user_id,
        )

    async def other_form(self, refused: DevinRefused, /) -> bool:
        """If Devin refused the person's name or the tags, go on without. Returns False if that is not why.

        A crash right here leaves the intent: the next try finds no session, and is refused and repeated like this one.
        """
        if self._own_name.fall_back(refused):
            return True
        if not self._tags.shorten(refused):
            return False
        if self._tags.are_left_out:
            self._own_name.use_the_bots()  # only a session of the bot's own user is found without its tags
        return True

    async def lookup(self) -> LookupResult[DevinSession]:
        """Search Devin for the session, by its reference."""
        if self._session.devin_user is None and self._services.restoration.may_be_done(self._job.row):
            # The name that Devin was asked in is no longer stored: a backup was put back.
            workspace, session = self._job.workspace, self._session
            named = await self._identities.name_of(workspace, self._organisation, session.requester)
            self._session = replace(session, devin_user=named.user_id)
        return await self._lookup.session(self._session)

    async def write_checking(self, uow: UnitOfWork) -> None:
        """Have the card say that it is being checked whether the session was started."""
        await sessions.change(uow.tx, self._session.id, checking=True)
        await uow.redraw(SessionCard, self._session.id)

    async def write_late(self, uow: UnitOfWork, error: DevinError | None) -> None:
        """Announce in the thread that the start is tried again."""
        key_refused = isinstance(error, DevinUnauthorized)
        late = start_sentences.start_retrying(self._job.row.ref, key_refused=key_refused)
        await uow.post(f"late:{self._session.id}", self._session, late)

    async def write_created(self, uow: UnitOfWork, thing: DevinSession) -> None:
        """Store what Devin answered about the session. From here on the poller follows the session."""
        session = self._session
        await sessions.opened(uow.tx, session, thing.session_id, thing.url, thing.snapshot(), uow.now)
        by = (session.requester, audit.START, thing.session_id, session.channel)
        await audit.add(uow.tx, AuditRow(session.team, uow.now, *by))
        await show_new_state(uow, session.id)
        for number, message in enumerate(self._prompt.left_out):
            await uow.post(f"file:{session.id}:{number}", session, message)
        await _announce_tags(uow, session, thing)
        await self._identities.write_outcome(uow, self._organisation, self._own_name, _asker(session, "identity"))
        if self._limit.less is not None:
            await uow.reply_privately(_asker(session, "limit"), self._limit.less)
        current = await sessions.get(uow.tx, session.id)
        if current is not None and current.stop_requested:
            await uow.add_to_inbox(stop_row(self._job.row.lane, self._job.row.ref, current, uow.now))
        uow.after_commit(partial(self._follow, thing))

    def _follow(self, thing: DevinSession) -> None:
        log.info("session created", session=self._session.id, devin_id=thing.session_id)
        self._services.engine.wake_by(self._organisation.poll_tick, self._services.timing.poll_soon)
        self._services.engine.wake_by(self._job.workspace.catch_up_tick, self._services.timing.poll_soon)

    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """End the session as refused, and announce why nothing was started."""
        message, session = refusal_sentence(refused), self._session
        words, no_mode = refused.words, False
        if self._own_name.is_refused:
            message = start_sentences.NAME_REFUSED
            await self._identities.write_outcome(uow, self._organisation, self._own_name, _asker(session, "identity"))
        if isinstance(refused, DevinInvalid):
            if session.options.mode is not None and refused.is_about("devin_mode"):
                message = start_sentences.mode_refused(session.options.mode, refused.words)
                words, no_mode = start_sentences.no_such_mode(session.options.mode), True
                await sessions.change(uow.tx, session.id, options=asdict(replace(session.options, mode=None)))
            held = await uow.settings.effective(uow.tx, session.team, session.channel, session.requester)
            values: dict[Source, list[str]] = {}
            for setting in defaults_in(session.options, held):
                values.setdefault(held.source(setting), []).append(as_text(getattr(held, setting.value)))
            message = start_sentences.from_defaults(message, values, uow.settings.file.name)
        if no_mode:  # all read that nothing runs, and the asker alone which modes there are
            await uow.reply_privately(_asker(session, "mode"), message)
            message = start_sentences.not_started(words)
        await refuse(uow, self._session.id, message, words)


def tags_missing(wanted: Sequence[str], kept: Sequence[str]) -> list[str]:
    """Return those of the tags `wanted` by a person that are not in `kept`, whatever their case."""
    carried = {tag.casefold() for tag in kept}
    return [tag for tag in wanted if tag.casefold() not in carried]


async def _announce_tags(uow: UnitOfWork, session: Session, made: DevinSession) -> None:
    """Inform the asker which of their tags the session lacks: some organisations only take tags that they listed."""
    if not made.has("tags"):
        return
    missing = tags_missing(session.options.tags, made.tags)
    if missing:
        await uow.reply_privately(_asker(session, "tags"), start_sentences.tags_left_out(missing))


def _asker(session: Session, about: str) -> Recipient:
    # A command's card has no replies yet, and in a thread without replies Slack shows nobody a private answer.
    begins = session.reference is not None and ts_of(session.reference) == session.thread_ts
    where = session.thread_ts if session.cause_ts is not None or not begins else None
    return Recipient(session.team, f"{about}:{session.id}", session.requester, session.channel, where)
