"""Start a session at Devin: one for each cause. `bot.flows.exactly_once` says how that is made sure.

The reference by which a session is found again stands in one of its tags and at the end of its prompt.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Final

from bot.devin.errors import DevinForbidden, DevinInvalid, DevinQuotaExceeded, DevinRefused, DevinUnauthorized
from bot.devin.models import CreatedSession
from bot.domain.commands.registry import STOP
from bot.domain.lane import thread_lane
from bot.domain.session import Session, Stage
from bot.flows.brief import Brief, Briefing, left_out_of, with_left_out
from bot.flows.exactly_once import Creation, ExactlyOnce, LookUp, is_late, is_unknown
from bot.flows.finder import BOT_TAG, Finder
from bot.flows.tools import Job, Listener, Step, Tools, finish
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


class Create:
    """Carries one session from the intent to Devin's answer."""

    def __init__(self, tools: Tools, briefing: Briefing, finder: Finder) -> None:
        self._tools = tools
        self._briefing = briefing
        self._finder = finder
        self._once = ExactlyOnce(tools)

    async def run(self, job: Job) -> None:
        """The row that a slash command's card brings along once it is posted."""
        session = await self._tools.session(job.row.payload["session_id"])
        if session is None or session.stage not in {Stage.QUEUED, Stage.CREATING}:
            async with self._tools.step_of(job) as step:
                await finish(step, job)
            return
        await self.create(job, session)

    async def give_up(self, step: Step, job: Job, _reason: str, /) -> None:
        """The session will not come: say so on the card and in the thread."""
        await give_up_start(step, job, job.row.payload["session_id"])

    async def create(self, job: Job, session: Session) -> None:
        """Create the session, or adopt the one that an earlier try has made."""
        session = await self._tools.session(session.id) or session
        await self._once.create(job, NewSession(self._tools, self._briefing, self._finder, job, session))


class NewSession(Creation[CreatedSession]):
    """The creation of a session, as a row asks for it."""

    kind: ClassVar[str] = "session"

    def __init__(self, tools: Tools, briefing: Briefing, finder: Finder, job: Job, session: Session) -> None:
        self._tools = tools
        self._briefing = briefing
        self._finder = finder
        self._job = job
        self._session = session
        self._brief = Brief(left_out=left_out_of(job.row.payload))  # until there is a prompt, as an earlier try left it
        self._forms = self._tag_lists()

    async def prepare(self) -> bool:
        """Write the prompt; a start that was cancelled, or whose prompt cannot be written, closes the row."""
        if self._session.stop_requested:
            await self._cancel()
            return False
        self._brief = await self._briefing.brief(self._job, self._session)
        if self._brief.refusal is None:
            return True
        async with self._tools.step_of(self._job) as step:
            await record(step, self._session)
            await refuse(step, self._session.id, self._brief.refusal)
            await finish(step, self._job)
        return False

    async def _cancel(self) -> None:
        session = self._session
        async with self._tools.step_of(self._job) as step:
            await sessions.end(step.tx, session.id, Stage.CANCELLED, step.now)
            await step.post(f"news:{session.id}:cancelled", session, answers.cancelled(session.stopped_by))
            await step.redraw(session.id)
            await finish(step, self._job)

    async def write_intent(self, step: Step) -> None:
        """Record the session, with its thread and its card."""
        row = self._job.row
        await record(step, replace(self._session, stage=Stage.CREATING, checking=False))
        payload = with_left_out(row.payload, self._brief.left_out)
        if payload != row.payload:
            await inbox.move(step.tx, row, row.lane, payload)
        if is_unknown(row) and is_late(row, step.now, self._tools.timing.late_notice):
            await self.write_late(step)  # an earlier try came to nothing, and took its time

    async def call(self) -> CreatedSession:
        """Ask for the session with the tags that are still to be tried."""
        tags = self._forms[0]
        if tags is None and not self._finder.tags_refused:
            log.warning("Devin refuses our tags; sessions are found by the reference in the prompt")
            await self._finder.tags_are_refused()
        options = self._session.options
        return await self._tools.devin.create_session(
            self._brief.prompt,
            title=options.title,
            tags=tags,
            repos=[options.repo] if options.repo else None,
            playbook_id=self._brief.playbook_id,
            devin_mode=options.mode,
            max_acu_limit=options.acu,
            attachment_urls=self._brief.attachments or None,
        )

    def _tag_lists(self) -> list[list[str] | None]:
        """The tags to ask for, fullest first: Devin may refuse a person's tags, or all of them."""
        assert self._session.reference is not None
        if self._finder.tags_refused:
            return [None]
        own, wanted = [BOT_TAG, self._session.reference], self._session.options.tags
        return [[*own, *wanted], own, None] if wanted else [own, None]

    async def other_form(self, refused: DevinRefused, /) -> bool:
        """Leave tags out that Devin refuses."""
        if len(self._forms) == 1 or not isinstance(refused, DevinInvalid) or not _about_tags(refused):
            return False
        self._forms.pop(0)
        return True

    async def look_up(self) -> LookUp[CreatedSession]:
        """Look for the session by its reference."""
        return await self._finder.session(self._session)

    async def write_checking(self, step: Step) -> None:
        """Let the card say that the session is being looked for."""
        await sessions.change(step.tx, self._session.id, checking=True)
        await step.redraw(self._session.id)

    async def write_late(self, step: Step) -> None:
        """Say in the thread that the start is tried again."""
        await step.post(f"late:{self._session.id}", self._session, answers.start_retrying(self._job.row.ref))

    async def write_created(self, step: Step, thing: CreatedSession) -> None:
        """Store what Devin answered; from here on the poller follows the session."""
        session = self._session
        await sessions.opened(step.tx, session, thing.session_id, thing.url, thing.snapshot())
        await step.redraw(session.id)
        for number, message in enumerate(self._brief.left_out):
            await step.post(f"file:{session.id}:{number}", session, message)
        await _tell_tags(step, session, thing)
        current = await sessions.get(step.tx, session.id)
        if current is not None and current.stop_requested:
            await step.store(stop_row(self._job.row.lane, self._job.row.ref, current, step.now))
        step.after_commit(partial(self._follow, thing))

    def _follow(self, thing: CreatedSession) -> None:
        log.info("session created", session=self._session.id, devin_id=thing.session_id)
        self._tools.engine.hasten("poll", self._tools.timing.poll_soon)
        self._tools.engine.hasten("catch-up", self._tools.timing.poll_soon)

    async def write_refused(self, step: Step, refused: DevinRefused) -> None:
        """Say why nothing was started."""
        await refuse(step, self._session.id, _sentence(refused))


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
    if session is None or not is_unknown(job.row):
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
