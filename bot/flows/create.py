"""Making the session at Devin: exactly one for each cause, although Devin has no idempotency key.

1. The intent is stored, with the session and its card.
2. The epoch is checked.
3. Devin is asked to create the session; a tag and the prompt carry its reference.
4. The answer is stored.

A crash between 1 and 4 leaves the intent. Then the reference is looked for: found, the session is adopted; not found,
it is asked again only after the request's own time limit and a margin have passed and a last look found nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from bot.devin.errors import (
    DevinForbidden,
    DevinInvalid,
    DevinLater,
    DevinQuotaExceeded,
    DevinRefused,
    DevinServerError,
    DevinUnauthorized,
    DevinUncertain,
)
from bot.devin.models import CreatedSession
from bot.domain.commands.registry import STOP
from bot.domain.lane import thread_lane
from bot.domain.session import Session, Stage
from bot.flows.brief import Brief, Briefing, left_out_of, with_left_out
from bot.flows.finder import BOT_TAG, Finder
from bot.flows.tools import Job, Later, Listener, Step, Tools, finish, session_id
from bot.logs import get_logger
from bot.store import cards, inbox, outbox, sessions, threads
from bot.store.cards import CardRow
from bot.store.inbox import InboxRow
from bot.store.threads import Thread
from bot.views import answers
from bot.views.message import Message

log = get_logger(__name__)

EYES: Final = "eyes"
_TAGS: Final = re.compile(r"\btags?\b", re.IGNORECASE)
LOOK_AGAIN_SECONDS: Final = 5.0
LATE_SECONDS: Final = 20.0  # a start that waits longer than this for Devin is worth a word


class Create:
    """Carries one session from the intent to Devin's answer."""

    def __init__(self, tools: Tools, briefing: Briefing, finder: Finder) -> None:
        self._tools = tools
        self._briefing = briefing
        self._finder = finder

    async def run(self, job: Job) -> None:
        """The row that a slash command's card brings along once it is posted."""
        session = await self._tools.session(job.row.payload["session_id"])
        if session is None or session.stage not in {Stage.QUEUED, Stage.CREATING}:
            await self._close(job)
            return
        await self.create(job, session)

    async def give_up(self, step: Step, job: Job, _reason: str, /) -> None:
        """The session will not come: say so on the card and in the thread."""
        await give_up_start(step, job, job.row.payload["session_id"])

    async def create(self, job: Job, session: Session) -> None:
        """Create the session, or adopt the one that an earlier try has made."""
        session = await self._tools.session(session.id) or session
        if job.row.intent_at is not None and await self._settled(job, session, job.row.intent_at):
            return
        if session.stop_requested:
            await self._cancel(job, session)
            return
        brief = await self._briefing.brief(job, session)
        if brief.refusal is not None:
            async with self._tools.step_of(job) as step:
                await record(step, session)
                await refuse(step, session.id, brief.refusal)
                await finish(step, job)
            return
        session = await self._intend(job, session, brief)
        await self._tools.check(job)
        # A crash or a lost answer from here on leaves the intent: the next try looks for the reference first.
        made = await self._ask(job, session, brief)
        if made is not None:
            await self.adopt(job, session, made, brief)

    async def _intend(self, job: Job, session: Session, brief: Brief) -> Session:
        session = replace(session, stage=Stage.CREATING, checking=False)
        async with self._tools.step_of(job) as step:
            await record(step, session)
            await inbox.intend(step.tx, job.row.key, step.now)
            payload = with_left_out(job.row.payload, brief.left_out)
            if payload != job.row.payload:
                await inbox.move(step.tx, job.row, job.row.lane, payload)
        return session

    async def _ask(self, job: Job, session: Session, brief: Brief) -> CreatedSession | None:
        try:
            return await self._call(job, session, brief)
        except DevinLater:
            await self._not_done(job)
            raise
        except DevinServerError:
            # Answered, so nothing is on its way any more: one look is enough.
            found = await self._finder.session(session)
            if found is not None:
                return CreatedSession.of(found)
            await self._not_done(job)
            raise
        except DevinUncertain:
            await self._show_checking(job, session)
            raise Later(LOOK_AGAIN_SECONDS, "outcome unknown") from None
        except DevinRefused as refused:
            await self._refused(job, session, refused)
            return None

    async def _call(self, job: Job, session: Session, brief: Brief) -> CreatedSession:
        assert session.reference is not None
        own = [BOT_TAG, session.reference]
        tries: list[list[str] | None] = [None] if self._finder.tags_refused else [own, None]
        if session.options.tags and not self._finder.tags_refused:
            tries.insert(0, [*own, *session.options.tags])
        for tags in tries[:-1]:
            try:
                return await self._create(session, brief, tags)
            except DevinInvalid as invalid:
                if not _about_tags(invalid):
                    raise
                # The next request begins now, and so does its time limit.
                await self._intend(job, session, brief)
        if not self._finder.tags_refused:
            log.warning("Devin refuses our tags; sessions are found by the reference in the prompt")
            await self._finder.tags_are_refused()
        return await self._create(session, brief, None)

    async def _create(self, session: Session, brief: Brief, tags: list[str] | None) -> CreatedSession:
        options = session.options
        return await self._tools.devin.create_session(
            brief.prompt,
            title=options.title,
            tags=tags,
            repos=[options.repo] if options.repo else None,
            playbook_id=brief.playbook_id,
            devin_mode=options.mode,
            max_acu_limit=options.acu,
            attachment_urls=brief.attachments or None,
        )

    async def _settled(self, job: Job, session: Session, intent_at: float) -> bool:
        """Whether the outcome of an earlier try is known by now and dealt with."""
        found = await self._finder.session(session)
        if found is not None:
            log.info("session adopted", devin_id=found.session_id)
            await self.adopt(job, session, CreatedSession.of(found), None)
            return True
        left = intent_at + self._tools.rules.unknown_after - self._tools.clock()
        if left > 0:
            await self._show_checking(job, session)
            raise Later(min(LOOK_AGAIN_SECONDS, left + 0.1), "outcome unknown")
        await self._not_done(job)
        return False

    async def _not_done(self, job: Job) -> None:
        async with self._tools.step_of(job) as step:
            await inbox.intend(step.tx, job.row.key, None)
            session = await sessions.get(step.tx, job.row.payload.get("session_id") or session_id(job.row.key))
            if session is not None and step.now - job.row.created_at > LATE_SECONDS:
                await step.post(f"late:{session.id}", session, answers.start_retrying(job.row.ref))

    async def _show_checking(self, job: Job, session: Session) -> None:
        async with self._tools.step_of(job) as step:
            await sessions.change(step.tx, session.id, checking=True)
            await step.redraw(session.id)

    async def adopt(self, job: Job, session: Session, made: CreatedSession, brief: Brief | None) -> None:
        """Store what Devin answered; from here on the poller follows the session."""
        async with self._tools.step_of(job) as step:
            await sessions.opened(step.tx, session, made.session_id, made.url, made.snapshot())
            await step.redraw(session.id)
            for number, message in enumerate(brief.left_out if brief else left_out_of(job.row.payload)):
                await step.post(f"file:{session.id}:{number}", session, message)
            await _tell_tags(step, session, made)
            current = await sessions.get(step.tx, session.id)
            if current is not None and current.stop_requested:
                await step.store(stop_row(job.row.lane, job.row.ref, current, step.now))
            await finish(step, job)
        log.info("session created", session=session.id, devin_id=made.session_id)
        self._tools.engine.hasten("poll", 1.0)
        self._tools.engine.hasten("catch-up", 1.0)

    async def _cancel(self, job: Job, session: Session) -> None:
        async with self._tools.step_of(job) as step:
            await sessions.end(step.tx, session.id, Stage.CANCELLED, step.now)
            await step.post(f"news:{session.id}:cancelled", session, answers.cancelled(session.stopped_by))
            await step.redraw(session.id)
            await finish(step, job)

    async def _refused(self, job: Job, session: Session, refused: DevinRefused) -> None:
        log.warning("Devin refused a session", error=type(refused).__name__, status=refused.status)
        async with self._tools.step_of(job) as step:
            await refuse(step, session.id, _sentence(refused))
            await finish(step, job)

    async def _close(self, job: Job) -> None:
        async with self._tools.step_of(job) as step:
            await finish(step, job)


async def record(step: Step, session: Session) -> None:
    """Store a session that has its thread: its row, its thread, its card, and eyes on what asked for it."""
    assert session.thread_ts is not None
    await sessions.add(step.tx, session)
    await sessions.change(step.tx, session.id, stage=session.stage, checking=session.checking)
    seen = session.cause_ts or session.thread_ts
    thread = Thread(session.team, session.channel, session.thread_ts, session.id, False, False, seen)
    await threads.put(step.tx, thread, step.now)
    await post_card(step, session)
    if session.cause_ts is not None:
        await step.react(session.channel, session.cause_ts, EYES)


def tags_missing(wanted: Sequence[str], kept: Sequence[str]) -> list[str]:
    """Those of a person's tags that a session does not carry, however Devin writes them."""
    carried = {tag.casefold() for tag in kept}
    return [tag for tag in wanted if tag.casefold() not in carried]


async def _tell_tags(step: Step, session: Session, made: CreatedSession) -> None:
    """Say which tags the session goes without: some organisations take only tags that they have listed."""
    if made.session is None:
        return  # which tags it has is not known
    missing = tags_missing(session.options.tags, made.session.tags)
    if missing:
        # A command's card has no replies yet, and in a thread without replies Slack shows nobody a private answer.
        where = session.thread_ts if session.cause_ts is not None else None
        to = Listener(f"tags:{session.id}", session.requester, session.channel, where)
        await step.whisper(to, answers.tags_left_out(missing))


async def post_card(
    step: Step, session: Session, *, payload: dict[str, Any] | None = None, follow: dict[str, Any] | None = None
) -> None:
    """Have the session's card posted, unless it was before; `follow` and `payload` are those of the post."""
    card = CardRow(session.id, session.team, session.channel, step.ref, step.now)
    if not await cards.add(step.tx, card):
        return
    row = step.row(card.key, session.channel, session.thread_ts, Message(""), session_id=session.id)
    await step.say(replace(row, kind="card", payload=payload or {}, follow=follow, rank=outbox.FIRST))


def start_row(cause: str, ref: str, session: Session, ts: str, now: float, files: list[dict[str, Any]]) -> InboxRow:
    """The creation that follows a slash command's card: first in the thread that the card makes."""
    key = f"start:{cause}"
    lane = thread_lane(session.team, session.channel, ts)
    payload = {"session_id": session.id, "files": files}
    return InboxRow(key, lane, "start", ts, ref, payload, ready_at=now, created_at=now)


async def give_up_start(step: Step, job: Job, session_id: str) -> None:
    """The session will not come, or nobody can say whether it came: the card and the thread say which."""
    session = await sessions.get(step.tx, session_id)
    if job.row.intent_at is None or session is None:
        await refuse(step, session_id, answers.start_failed(job.row.ref))
        return
    await sessions.end(step.tx, session_id, Stage.UNCERTAIN, step.now)
    await step.redraw(session_id)
    said = answers.start_uncertain(job.row.ref, session.reference or "")
    await step.post(f"news:{session_id}:uncertain", session, said)


def stop_row(lane: str, ref: str, session: Session, now: float) -> InboxRow:
    """The stop that somebody asked for while the outcome of the start was unknown."""
    payload = {"verb": STOP.name, "session_id": session.id, "user": session.stopped_by}
    ts = session.stop_ts or f"{now:.6f}"
    return InboxRow(f"stop:{session.id}", lane, "control", ts, ref, payload, ready_at=now, created_at=now, urgent=True)


async def refuse(step: Step, session_id: str, message: Message) -> None:
    """Nothing runs: the card says so, and the thread says why."""
    session = await sessions.end(step.tx, session_id, Stage.REFUSED, step.now)
    await step.redraw(session_id)
    if session is not None and session.thread_ts is not None:
        await step.post(f"news:{session.id}:refused", session, message)


def _about_tags(invalid: DevinInvalid) -> bool:
    words = [invalid.told, *(problem.field for problem in invalid.problems)]
    return any(_TAGS.search(word) for word in words)


def _sentence(refused: DevinRefused) -> Message:
    """Four kinds of no, in four tones."""
    if isinstance(refused, DevinUnauthorized):
        return answers.START_UNAUTHORISED
    if isinstance(refused, DevinForbidden):
        return answers.start_forbidden(refused.needed)
    if isinstance(refused, DevinQuotaExceeded):
        return answers.start_limited(refused.told)
    return answers.start_refused(refused.told)
