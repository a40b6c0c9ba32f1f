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
from bot.domain.session import Lifecycle, Session
from bot.flows.exactly_once import Creation, ExactlyOnce, LookUp, is_late, is_unknown
from bot.flows.lookup import BOT_TAG, SessionLookup
from bot.flows.prompt import Prompt, PromptBuilder, left_out_of, with_left_out
from bot.flows.services import Job, Recipient, Services, UnitOfWork, finish
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

    def __init__(self, services: Services, prompts: PromptBuilder, lookup: SessionLookup) -> None:
        self._services = services
        self._prompts = prompts
        self._lookup = lookup
        self._once = ExactlyOnce(services)

    async def run(self, job: Job) -> None:
        """The row that a slash command's card brings along once it is posted."""
        session = await self._services.session(job.row.payload["session_id"])
        if session is None or session.lifecycle not in {Lifecycle.QUEUED, Lifecycle.CREATING}:
            async with self._services.unit_of_work_for(job) as uow:
                await finish(uow, job)
            return
        await self.create(job, session)

    async def on_dead(self, uow: UnitOfWork, job: Job, _reason: str, /) -> None:
        """The session will not come: say so on the card and in the thread."""
        await start_is_dead(uow, job, job.row.payload["session_id"])

    async def create(self, job: Job, session: Session) -> None:
        """Create the session, or adopt the one that an earlier try has made."""
        session = await self._services.session(session.id) or session
        await self._once.create(job, NewSession(self._services, self._prompts, self._lookup, job, session))


class NewSession(Creation[CreatedSession]):
    """The creation of a session, as a row asks for it."""

    kind: ClassVar[str] = "session"

    def __init__(
        self, services: Services, prompts: PromptBuilder, lookup: SessionLookup, job: Job, session: Session
    ) -> None:
        self._services = services
        self._prompts = prompts
        self._lookup = lookup
        self._job = job
        self._session = session
        self._prompt = Prompt(
            left_out=left_out_of(job.row.payload)
        )  # until there is a prompt, as an earlier try left it
        self._forms = self._tag_lists()

    async def prepare(self) -> bool:
        """Write the prompt; a start that was cancelled, or whose prompt cannot be written, closes the row."""
        if self._session.stop_requested:
            await self._cancel()
            return False
        self._prompt = await self._prompts.build(self._job, self._session)
        if self._prompt.refusal is None:
            return True
        async with self._services.unit_of_work_for(self._job) as uow:
            await record(uow, self._session)
            await refuse(uow, self._session.id, self._prompt.refusal)
            await finish(uow, self._job)
        return False

    async def _cancel(self) -> None:
        session = self._session
        async with self._services.unit_of_work_for(self._job) as uow:
            await sessions.end(uow.tx, session.id, Lifecycle.CANCELLED, uow.now)
            await uow.post(f"news:{session.id}:cancelled", session, answers.cancelled(session.stopped_by))
            await uow.redraw(session.id)
            await finish(uow, self._job)

    async def write_intent(self, uow: UnitOfWork) -> None:
        """Record the session, with its thread and its card."""
        row = self._job.row
        await record(uow, replace(self._session, lifecycle=Lifecycle.CREATING, checking=False))
        payload = with_left_out(row.payload, self._prompt.left_out)
        if payload != row.payload:
            await inbox.move(uow.tx, row, row.lane, payload)
        if is_unknown(row) and is_late(row, uow.now, self._services.timing.late_notice):
            await self.write_late(uow)  # an earlier try came to nothing, and took its time

    async def call(self) -> CreatedSession:
        """Ask for the session with the tags that are still to be tried."""
        tags = self._forms[0]
        if tags is None and not self._lookup.tags_refused:
            log.warning("Devin refuses our tags; sessions are found by the reference in the prompt")
            await self._lookup.tags_are_refused()
        options = self._session.options
        return await self._services.devin.create_session(
            self._prompt.text,
            title=options.title,
            tags=tags,
            repos=[options.repo] if options.repo else None,
            playbook_id=self._prompt.playbook_id,
            devin_mode=options.mode,
            max_acu_limit=options.acu,
            attachment_urls=self._prompt.attachments or None,
        )

    def _tag_lists(self) -> list[list[str] | None]:
        """The tags to ask for, fullest first: Devin may refuse a person's tags, or all of them."""
        assert self._session.reference is not None
        if self._lookup.tags_refused:
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
        return await self._lookup.session(self._session)

    async def write_checking(self, uow: UnitOfWork) -> None:
        """Let the card say that the session is being looked for."""
        await sessions.change(uow.tx, self._session.id, checking=True)
        await uow.redraw(self._session.id)

    async def write_late(self, uow: UnitOfWork) -> None:
        """Say in the thread that the start is tried again."""
        await uow.post(f"late:{self._session.id}", self._session, answers.start_retrying(self._job.row.ref))

    async def write_created(self, uow: UnitOfWork, thing: CreatedSession) -> None:
        """Store what Devin answered; from here on the poller follows the session."""
        session = self._session
        await sessions.opened(uow.tx, session, thing.session_id, thing.url, thing.snapshot())
        await uow.redraw(session.id)
        for number, message in enumerate(self._prompt.left_out):
            await uow.post(f"file:{session.id}:{number}", session, message)
        await _announce_tags(uow, session, thing)
        current = await sessions.get(uow.tx, session.id)
        if current is not None and current.stop_requested:
            await uow.add_to_inbox(stop_row(self._job.row.lane, self._job.row.ref, current, uow.now))
        uow.after_commit(partial(self._follow, thing))

    def _follow(self, thing: CreatedSession) -> None:
        log.info("session created", session=self._session.id, devin_id=thing.session_id)
        self._services.engine.wake_by("poll", self._services.timing.poll_soon)
        self._services.engine.wake_by("catch-up", self._services.timing.poll_soon)

    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """Say why nothing was started."""
        await refuse(uow, self._session.id, _sentence(refused))


async def record(uow: UnitOfWork, session: Session) -> None:
    """Store a session that has its thread: its row, its thread, its card, and eyes on what asked for it."""
    assert session.thread_ts is not None
    await sessions.add(uow.tx, session)
    await sessions.change(uow.tx, session.id, lifecycle=session.lifecycle, checking=session.checking)
    last_seen_ts = session.cause_ts or session.thread_ts
    thread = Thread(session.team, session.channel, session.thread_ts, session.id, False, False, last_seen_ts)
    await threads.put(uow.tx, thread, uow.now)
    await post_card(uow, session)
    if session.cause_ts is not None:
        await uow.react(session.channel, session.cause_ts, EYES)


def tags_missing(wanted: Sequence[str], kept: Sequence[str]) -> list[str]:
    """Those of a person's tags that a session does not carry, however Devin writes them."""
    carried = {tag.casefold() for tag in kept}
    return [tag for tag in wanted if tag.casefold() not in carried]


async def _announce_tags(uow: UnitOfWork, session: Session, made: CreatedSession) -> None:
    """Say which tags the session goes without: some organisations take only tags that they have listed."""
    if made.session is None:
        return  # which tags it has is not known
    missing = tags_missing(session.options.tags, made.session.tags)
    if missing:
        # A command's card has no replies yet, and in a thread without replies Slack shows nobody a private answer.
        where = session.thread_ts if session.cause_ts is not None else None
        to = Recipient(f"tags:{session.id}", session.requester, session.channel, where)
        await uow.reply_privately(to, answers.tags_left_out(missing))


async def post_card(
    uow: UnitOfWork, session: Session, *, payload: dict[str, Any] | None = None, follow: dict[str, Any] | None = None
) -> None:
    """Have the session's card posted, unless it was before; `follow` and `payload` are those of the post."""
    card = CardRow(session.id, session.team, session.channel, uow.ref, uow.now)
    if not await cards.add(uow.tx, card):
        return
    row = uow.post_row(card.key, session.channel, session.thread_ts, Message(""), session_id=session.id)
    await uow.add_to_outbox(replace(row, kind="card", payload=payload or {}, follow=follow, rank=outbox.FIRST))


def start_row(cause: str, ref: str, session: Session, ts: str, now: float, files: list[dict[str, Any]]) -> InboxRow:
    """The creation that follows a slash command's card: first in the thread that the card makes."""
    key = f"start:{cause}"
    lane = thread_lane(session.team, session.channel, ts)
    payload = {"session_id": session.id, "files": files}
    return InboxRow(key, lane, "start", ts, ref, payload, ready_at=now, created_at=now)


async def start_is_dead(uow: UnitOfWork, job: Job, session_id: str) -> None:
    """The session will not come, or nobody can say whether it came: the card and the thread say which."""
    session = await sessions.get(uow.tx, session_id)
    if session is None or not is_unknown(job.row):
        await refuse(uow, session_id, answers.start_failed(job.row.ref))
        return
    await sessions.end(uow.tx, session_id, Lifecycle.UNCERTAIN, uow.now)
    await uow.redraw(session_id)
    said = answers.start_uncertain(job.row.ref, session.reference or "")
    await uow.post(f"news:{session_id}:uncertain", session, said)


def stop_row(lane: str, ref: str, session: Session, now: float) -> InboxRow:
    """The stop that somebody asked for while the outcome of the start was unknown."""
    payload = {"verb": STOP.name, "session_id": session.id, "user": session.stopped_by}
    ts = session.stop_ts or f"{now:.6f}"
    return InboxRow(f"stop:{session.id}", lane, "control", ts, ref, payload, ready_at=now, created_at=now, urgent=True)


async def refuse(uow: UnitOfWork, session_id: str, message: Message) -> None:
    """Nothing runs: the card says so, and the thread says why."""
    session = await sessions.end(uow.tx, session_id, Lifecycle.REFUSED, uow.now)
    await uow.redraw(session_id)
    if session is not None and session.thread_ts is not None:
        await uow.post(f"news:{session.id}:refused", session, message)


def _about_tags(invalid: DevinInvalid) -> bool:
    words = [invalid.message, *(problem.field for problem in invalid.problems)]
    return any(_TAGS.search(word) for word in words)


def _sentence(refused: DevinRefused) -> Message:
    """Four kinds of no, in four tones."""
    if isinstance(refused, DevinUnauthorized):
        return answers.START_UNAUTHORISED
    if isinstance(refused, DevinForbidden):
        return answers.start_forbidden(refused.needed)
    if isinstance(refused, DevinQuotaExceeded):
        return answers.start_limited(refused.message)
    return answers.start_refused(refused.message)
