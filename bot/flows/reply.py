"""A reply in a session's thread reaches Devin once, with its sender.

1. The intent is stored, with eyes on the reply.
2. The epoch is checked.
3. A session that was put to sleep is unarchived; then the message is posted, its mark in the first line.
4. The outcome is stored.

A crash between 1 and 4 leaves the intent: the mark is looked for in the session's messages, never the text, because
a second "yes" is as good as the first.
"""

from typing import Final

from bot.devin.errors import (
    DevinConflict,
    DevinForbidden,
    DevinLater,
    DevinNotFound,
    DevinQuotaExceeded,
    DevinRefused,
    DevinServerError,
    DevinUnauthorized,
    DevinUncertain,
)
from bot.domain.session import Session, Snapshot, Stage
from bot.domain.text import plain, without_mention
from bot.flows.brief import Briefing, Files, left_out_of, with_left_out
from bot.flows.create import EYES
from bot.flows.finder import Finder
from bot.flows.tools import Job, Later, Listener, Step, Tools, finish
from bot.logs import get_logger
from bot.store import inbox, sessions, threads
from bot.store.threads import Thread
from bot.views import answers
from bot.views.message import Message

log = get_logger(__name__)

LOOK_AGAIN_SECONDS: Final = 5.0
LATE_SECONDS: Final = 20.0  # a reply that waits longer than this for Devin is worth a word
_REASONS: Final = {
    DevinUnauthorized: "Devin does not accept Devin Bridge's key",
    DevinForbidden: "Devin Bridge's key lacks a permission for it",
    DevinQuotaExceeded: "a limit or quota of your Devin organisation is used up",
}


class Reply:
    """Carries one reply to its session."""

    def __init__(self, tools: Tools, briefing: Briefing, finder: Finder) -> None:
        self._tools = tools
        self._briefing = briefing
        self._finder = finder

    async def run(self, job: Job, thread: Thread) -> None:
        """Send it, or say privately why not."""
        session = await self._tools.session(thread.session_id)
        unwanted = self._unwanted(job, thread, session)
        if session is None or unwanted is not None:
            unknown = session is not None and session.stage is Stage.UNCERTAIN
            await self._keep_back(job, unwanted, "unknown" if unknown else "ended")
            return
        if session.stage is not Stage.OPEN:
            raise Later(1.0, "the session is still being started")
        if job.row.intent_at is not None and await self._arrived(job, session, job.row.intent_at):
            return
        files = await self._briefing.files(job.row.payload["files"], job.row.attempts)
        text = await self._briefing.readable(job.row.payload["text"])
        if not text and not files.urls:
            await self._files_lost(job, session, files)
            return
        await self._send(job, session, text, files)

    def _unwanted(self, job: Job, thread: Thread, session: Session | None) -> Message | None:
        """Why a reply stays here; a Message without text where nothing need be said."""
        if thread.closed:
            return answers.THREAD_CLOSED
        if session is not None and session.stage is Stage.UNCERTAIN:
            return answers.START_UNKNOWN
        if session is None or session.stage not in sessions.LIVE_STAGES:
            return answers.SESSION_ENDED
        if thread.muted and not job.row.payload["mention"]:
            return Message("")
        if session.cause_ts is not None and job.row.payload["ts"] < session.cause_ts:
            return Message("")  # Devin has read it, as context of the mention that came after it
        empty = not without_mention(job.row.payload["text"], self._tools.place.bot_user).strip()
        return Message("") if empty and not job.row.payload["files"] else None

    async def _keep_back(self, job: Job, message: Message | None, what: str) -> None:
        payload = job.row.payload
        async with self._tools.step_of(job) as step:
            if message is not None and message.text:
                to = Listener(job.row.key, payload["user"], payload["channel"], payload["thread_ts"])
                # Once for each person, for people may go on talking in such a thread; and once more when what was
                # not known has ended.
                await step.whisper(to, message, key=f"{to.channel}:{to.thread_ts}:{to.user}:{what}")
            await finish(step, job)

    async def _files_lost(self, job: Job, session: Session, files: Files) -> None:
        async with self._tools.step_of(job) as step:
            if files.left_out:
                await step.post(f"file:{job.row.key}", session, answers.files_lost(files.left_out, "sent"))
            await finish(step, job)

    async def _send(self, job: Job, session: Session, text: str, files: Files) -> None:
        assert session.devin_id is not None
        mark = _mark(job)
        sender = await self._briefing.name(job.row.payload["user"])
        try:
            if session.seen.archived:
                # Before the intent, whose time limit is for one request. A crash right here repeats it, harmlessly.
                await self._tools.check(job)
                await self._tools.devin.unarchive(session.devin_id)
            cursor = await self._intend(job, session, files)
            await self._tools.check(job)
            # A crash or a lost answer from here on leaves the intent: the next try looks for the mark first.
            answer = await self._tools.devin.send_message(session.devin_id, f"{mark} {sender}:\n{text}", files.urls)
        except DevinLater:
            await self._not_done(job, session)
            raise
        except DevinServerError:
            if await self._has(job, session, cursor, files):
                return
            await self._not_done(job, session)
            raise
        except DevinUncertain:
            raise Later(LOOK_AGAIN_SECONDS, "outcome unknown") from None
        except (DevinConflict, DevinNotFound):
            await self._over(job, session)
            return
        except DevinRefused as refused:
            await self._refused(job, session, refused)
            return
        await self._done(job, session, answer.snapshot() if answer else None, files)

    async def _intend(self, job: Job, session: Session, files: Files) -> str | None:
        """Store the intent, and from where on the conversation is to be searched: the poller's mark moves on."""
        payload = job.row.payload
        async with self._tools.step_of(job) as step:
            await inbox.intend(step.tx, job.row.key, step.now)
            if "cursor" not in payload:
                tracked = (await sessions.tracked(step.tx, [session.id]))[session.id]
                payload = payload | {"cursor": tracked.relay.page_cursor}
            payload = with_left_out(payload, files.left_out)
            if payload != job.row.payload:
                await inbox.move(step.tx, job.row, job.row.lane, payload)
            await step.react(session.channel, payload["ts"], EYES)
        cursor: str | None = payload["cursor"]
        return cursor

    async def _arrived(self, job: Job, session: Session, intent_at: float) -> bool:
        """Whether an earlier try has reached Devin; raises Later while that cannot be told yet."""
        payload = job.row.payload
        if await self._has(job, session, payload.get("cursor"), Files(left_out=left_out_of(payload))):
            return True
        left = intent_at + self._tools.rules.unknown_after - self._tools.clock()
        if left > 0:
            raise Later(min(LOOK_AGAIN_SECONDS, left + 0.1), "outcome unknown")
        return False

    async def _has(self, job: Job, session: Session, cursor: str | None, files: Files) -> bool:
        if not await self._finder.message(session, _mark(job), cursor):
            return False
        log.info("reply had arrived")
        await self._done(job, session, None, files)
        return True

    async def _done(self, job: Job, session: Session, seen: Snapshot | None, files: Files) -> None:
        async with self._tools.step_of(job) as step:
            await sessions.change(
                step.tx, session.id, spoken_at=step.now, stopped_by=None, archived=False, ended_at=None
            )
            if seen is not None and await sessions.stir(step.tx, session.id, seen):
                await step.redraw(session.id)
            await self._note(step, job, session)
            for number, message in enumerate(files.left_out):
                await step.post(f"file:{job.row.key}:{number}", session, message)
            await finish(step, job)
        log.info("reply sent", session=session.id, devin_id=session.devin_id)
        self._tools.engine.hasten("poll", 1.0)

    async def _note(self, step: Step, job: Job, session: Session) -> None:
        if session.thread_ts is not None:
            await threads.saw(step.tx, session.team, session.channel, session.thread_ts, job.row.payload["ts"])

    async def _not_done(self, job: Job, session: Session) -> None:
        async with self._tools.step_of(job) as step:
            await inbox.intend(step.tx, job.row.key, None)
            if step.now - job.row.created_at > LATE_SECONDS:
                hour = int(step.now // 3600)  # one word for all that waits, not one for each reply
                await step.post(f"late:{session.id}:{hour}", session, answers.REPLY_LATE)

    async def _over(self, job: Job, session: Session) -> None:
        """Devin takes no more messages: the thread is free for a new session."""
        async with self._tools.step_of(job) as step:
            await sessions.change(step.tx, session.id, stage=Stage.ENDED, ended_at=step.now, stopped_by=None)
            await step.redraw(session.id)
            await step.post(f"lost:{job.row.key}", session, answers.SESSION_ENDED)
            await inbox.finish(step.tx, [job.row.key], step.now, dead=True, reason="session ended")
            await finish(step, job)
        self._tools.metrics.died(job.row.kind)
        self._tools.engine.hasten("poll", 1.0)  # for its last words

    async def _refused(self, job: Job, session: Session, refused: DevinRefused) -> None:
        log.warning("Devin refused a reply", error=type(refused).__name__, status=refused.status)
        reason = _REASONS.get(type(refused), "Devin did not accept it")
        async with self._tools.step_of(job) as step:
            await step.post(f"lost:{job.row.key}", session, answers.reply_not_sent(reason, job.row.ref, _text(job)))
            await inbox.finish(step.tx, [job.row.key], step.now, dead=True, reason=type(refused).__name__)
            await finish(step, job)
        self._tools.metrics.died(job.row.kind)

    def lost(self, job: Job, reason: str) -> Message:
        """What is said in the thread about a reply that was given up."""
        if job.row.intent_at is not None:
            return answers.reply_uncertain(job.row.ref, _text(job))
        outage = reason in {"DevinUnreachable", "DevinServerError", "DevinOutcomeUnknown", "DevinUnexpectedAnswer"}
        reason = "Devin could not be reached for too long" if outage else "something went wrong on our side"
        return answers.reply_not_sent(reason, job.row.ref, _text(job))


def _text(job: Job) -> str:
    return plain(job.row.payload["text"])


def _mark(job: Job) -> str:
    """The beginning of the first line, which makes each message different from every other."""
    return f"[Slack {job.row.payload['ts']}]"
