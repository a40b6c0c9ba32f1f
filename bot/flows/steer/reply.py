"""A reply in a session's thread reaches Devin once, with its sender. `bot.flows.exactly_once` says how.

Its mark stands in the first line of the message. The mark is what is looked for in the session's messages, never the
text, because a second "yes" is as good as the first. A session that was put to sleep is unarchived first.
"""

from dataclasses import replace
from functools import partial
from typing import ClassVar, Final

from bot.devin.errors import (
    DevinConflict,
    DevinForbidden,
    DevinNotFound,
    DevinQuotaExceeded,
    DevinRefused,
    DevinUnauthorized,
)
from bot.domain.causes import MessageCause, SearchStart
from bot.domain.session import Lifecycle, Session, Snapshot
from bot.domain.text import plain, without_mention
from bot.flows.exactly_once import Creation, ExactlyOnce, LookUp, is_unknown
from bot.flows.job import Job, Reschedule, finish, recipient_of
from bot.flows.lookup import SessionLookup
from bot.flows.prompt import Files, PromptBuilder, left_out_of, with_left_out
from bot.flows.services import Services
from bot.flows.session_rows import EYES
from bot.flows.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.store import inbox, sessions, threads
from bot.store.threads import Thread
from bot.views import answers
from bot.views.message import Message

log = get_logger(__name__)

_REASONS: Final = {
    DevinUnauthorized: "Devin does not accept Devin Bridge's key",
    DevinForbidden: "Devin Bridge's key lacks a permission for it",
    DevinQuotaExceeded: "a limit or quota of your Devin organisation is used up",
}


class Reply:
    """Carries one reply to its session."""

    def __init__(self, services: Services, prompts: PromptBuilder, lookup: SessionLookup) -> None:
        self._services = services
        self._prompts = prompts
        self._lookup = lookup
        self._once = ExactlyOnce(services)

    async def run(self, job: Job[MessageCause], thread: Thread) -> None:
        """Send it, or say privately why not."""
        session = await self._services.session(thread.session_id)
        unwanted = self._unwanted(job, thread, session)
        if session is None or unwanted is not None:
            unknown = session is not None and session.lifecycle is Lifecycle.UNCERTAIN
            await self._keep_back(job, unwanted, "unknown" if unknown else "ended")
            return
        if session.lifecycle is not Lifecycle.OPEN:
            raise Reschedule(1.0, "the session is still being started")
        await self._once.create(job, NewMessage(self._services, self._prompts, self._lookup, job, session))

    def _unwanted(self, job: Job[MessageCause], thread: Thread, session: Session | None) -> Message | None:
        """Why a reply stays here; a Message without text where nothing need be said."""
        if thread.closed:
            return answers.THREAD_CLOSED
        if session is not None and session.lifecycle is Lifecycle.UNCERTAIN:
            return answers.START_UNKNOWN
        if session is None or session.lifecycle not in sessions.LIVE_LIFECYCLES:
            return answers.SESSION_ENDED
        if thread.muted and not job.cause.mention:
            return Message("")
        if session.cause_ts is not None and job.cause.ts < session.cause_ts:
            return Message("")  # Devin has read it, as context of the mention that came after it
        empty = not without_mention(job.cause.text, self._services.workspace.bot_user).strip()
        return Message("") if empty and not job.cause.files else None

    async def _keep_back(self, job: Job[MessageCause], message: Message | None, what: str) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            if message is not None and message.text:
                to = recipient_of(job)
                # Once for each person, for people may go on talking in such a thread; and once more when what was
                # not known has ended.
                await uow.reply_privately(to, message, key=f"{to.channel}:{to.thread_ts}:{to.user}:{what}")
            await finish(uow, job)

    def lost(self, job: Job[MessageCause], reason: str) -> Message:
        """What is said in the thread about a reply that was given up."""
        if is_unknown(job.row):
            return answers.reply_uncertain(job.row.ref, _text(job))
        outage = reason in {"DevinUnreachable", "DevinServerError", "DevinOutcomeUnknown", "DevinUnexpectedAnswer"}
        reason = "Devin could not be reached for too long" if outage else "something went wrong on our side"
        return answers.reply_not_sent(reason, job.row.ref, _text(job))


class NewMessage(Creation[Snapshot | None]):
    """The creation of a message in a session: its thing is what Devin answered about the session, if it did."""

    kind: ClassVar[str] = "reply"

    def __init__(
        self,
        services: Services,
        prompts: PromptBuilder,
        lookup: SessionLookup,
        job: Job[MessageCause],
        session: Session,
    ) -> None:
        self._services = services
        self._prompts = prompts
        self._lookup = lookup
        self._job = job
        self._session = session
        self._files = Files(left_out=left_out_of(job.cause))  # as an earlier try left it, until handed on
        self._text = ""
        self._search_start = job.cause.search_start

    @property
    def _devin_id(self) -> str:
        assert self._session.devin_id is not None
        return self._session.devin_id

    async def prepare(self) -> bool:
        """Hand the files on and write the text; where nothing is left of both, close the row."""
        cause = self._job.cause
        self._files = await self._prompts.files(cause.files, self._job.row.attempts)
        text = await self._prompts.readable(cause.text)
        if text or self._files.urls:
            self._text = f"{_mark(self._job)} {await self._prompts.name(cause.user)}:\n{text}"
            return True
        async with self._services.unit_of_work_for(self._job) as uow:
            if self._files.left_out:
                lost = answers.files_lost(self._files.left_out, "sent")
                await uow.post(f"file:{self._job.row.key}", self._session, lost)
            await finish(uow, self._job)
        return False

    async def call_first(self) -> None:
        """Unarchive a session that sleeps."""
        if self._session.snapshot.archived:
            await self._services.check_claim(self._job)
            # A crash right here repeats it, harmlessly.
            await self._services.devin.unarchive(self._devin_id)

    async def write_intent(self, uow: UnitOfWork) -> None:
        """Store from where on the conversation is to be searched, as the poller's mark moves on; eyes on the reply."""
        row = self._job.row
        if self._search_start is None:
            tracked = (await sessions.tracked(uow.tx, [self._session.id]))[self._session.id]
            self._search_start = SearchStart(tracked.position.page_cursor)
        cause = replace(with_left_out(row.cause, self._files.left_out), search_start=self._search_start)
        if cause != row.cause:
            await inbox.note(uow.tx, row.key, cause)
        await uow.react(self._session.channel, cause.ts, EYES)

    async def call(self) -> Snapshot | None:
        """Send the message."""
        answer = await self._services.devin.send_message(self._devin_id, self._text, self._files.urls)
        return answer.snapshot() if answer else None

    async def look_up(self) -> LookUp[Snapshot | None]:
        """Look for the mark in the conversation; a message that is found tells nothing of its session."""
        cursor = self._search_start.cursor if self._search_start else None
        return await self._lookup.message(self._session, _mark(self._job), cursor)

    async def write_late(self, uow: UnitOfWork) -> None:
        """Say in the thread that replies wait for Devin."""
        hour = int(uow.now // 3600)  # one word for all that waits, not one for each reply
        await uow.post(f"late:{self._session.id}:{hour}", self._session, answers.REPLY_LATE)

    async def write_created(self, uow: UnitOfWork, thing: Snapshot | None) -> None:
        """Store that a person has spoken, which wakes the session."""
        session, ts = self._session, self._job.cause.ts
        await sessions.change(uow.tx, session.id, spoken_at=uow.now, stopped_by=None, archived=False, ended_at=None)
        if thing is not None and await sessions.apply_reply_status(uow.tx, session.id, thing):
            await uow.redraw(session.id)
        if session.thread_ts is not None:
            await threads.advance_last_seen(uow.tx, session.team, session.channel, session.thread_ts, ts)
        for number, message in enumerate(self._files.left_out):
            await uow.post(f"file:{self._job.row.key}:{number}", session, message)
        uow.after_commit(self._follow)

    def _follow(self) -> None:
        log.info("reply sent", session=self._session.id, devin_id=self._session.devin_id)
        self._services.engine.wake_by("poll", self._services.timing.poll_soon)

    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """Say that the reply was not sent: a session that takes no more messages has ended, else why."""
        if isinstance(refused, DevinConflict | DevinNotFound):
            await self._write_over(uow)
            return
        reason = _REASONS.get(type(refused), "Devin did not accept it")
        said = answers.reply_not_sent(reason, self._job.row.ref, _text(self._job))
        await self._write_lost(uow, said, type(refused).__name__)

    async def _write_over(self, uow: UnitOfWork) -> None:
        """Devin takes no more messages: the thread is free for a new session."""
        session = self._session
        await sessions.change(uow.tx, session.id, lifecycle=Lifecycle.ENDED, ended_at=uow.now, stopped_by=None)
        await uow.redraw(session.id)
        await self._write_lost(uow, answers.SESSION_ENDED, "session ended")
        uow.after_commit(
            partial(self._services.engine.wake_by, "poll", self._services.timing.poll_soon)
        )  # for its last words

    async def _write_lost(self, uow: UnitOfWork, said: Message, reason: str) -> None:
        key = self._job.row.key
        await uow.post(f"lost:{key}", self._session, said)
        await inbox.finish(uow.tx, [key], uow.now, dead=True, reason=reason)
        uow.after_commit(partial(self._services.metrics.died, self._job.row.kind))


def _text(job: Job[MessageCause]) -> str:
    return plain(job.cause.text)


def _mark(job: Job[MessageCause]) -> str:
    """The beginning of the first line, which makes each message different from every other."""
    return f"[Slack {job.cause.ts}]"
