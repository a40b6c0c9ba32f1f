"""The rows of a session that several rooms write: its record, card, start and stop, and its end if it never started."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.domain.causes import ActionCause, Cause, StartCause
from bot.domain.commands.registry import STOP
from bot.domain.file import DevinFile, SlackFile
from bot.domain.lane import held_lane, thread_lane
from bot.domain.session import Lifecycle, Session
from bot.flows.exactly_once.loss import Loss, announce_loss
from bot.flows.job import Job
from bot.flows.unit_of_work import UnitOfWork
from bot.store import cards, inbox, outbox, people, session_days, sessions, threads, waiting_times
from bot.store.cards import CardRow
from bot.store.cause_codec import decode_files, encode_files
from bot.store.inbox import InboxRow
from bot.store.threads import Thread
from bot.views.answers import starts as start_sentences
from bot.views.answers import wakings as waking_sentences
from bot.views.attachments import files_named
from bot.views.message import Message

EYES: Final = "eyes"
FILES_A_POST: Final = 10  # what people can share at once in Slack


async def add(uow: UnitOfWork, session: Session) -> None:
    """Store `session` with the name of its asker, unless it is stored already."""
    name = await people.name_of(uow.tx, session.team, session.requester)
    await sessions.add(uow.tx, replace(session, requester_name=name))


async def record(uow: UnitOfWork, session: Session) -> None:
    """Store `session`, which has a thread: its row, its thread, its card, and eyes on the message that asked for it."""
    assert session.thread_ts is not None
    await add(uow, session)
    await sessions.change(uow.tx, session.id, lifecycle=session.lifecycle, checking=session.checking)
    last_seen_ts = session.cause_ts or session.thread_ts
    thread = Thread(session.team, session.channel, session.thread_ts, session.id, False, False, last_seen_ts)
    await threads.put(uow.tx, thread, uow.now)
    await post_card(uow, session)
    if session.cause_ts is not None:
        await uow.react(session, session.cause_ts, EYES)


async def post_card(
    uow: UnitOfWork, session: Session, *, payload: dict[str, Any] | None = None, follow: dict[str, Any] | None = None
) -> None:
    """Have the card of `session` posted, unless that was done before. The post carries `payload` and `follow`."""
    card = CardRow(session.id, session.team, session.channel, uow.ref, uow.now)
    if not await cards.add(uow.tx, card):
        return
    row = uow.post_row(card.key, session.team, session.channel, session.thread_ts, Message(""), session_id=session.id)
    await uow.add_to_outbox(replace(row, kind="card", payload=payload or {}, follow=follow, rank=outbox.FIRST))


def start_to_follow(key: str, files: tuple[SlackFile, ...]) -> dict[str, Any]:
    """Return the `follow` of a card's post, from which `start_row` is made; `key` is the key of the row that asked."""
    return {"cause": key, "files": encode_files(files)}


def start_row(follow: dict[str, Any], ref: str, session: Session, ts: str, now: float) -> InboxRow[StartCause]:
    """Return the inbox row that creates `session`, once its card was posted as the message `ts`.

    The row is the first one in the lane of the thread that the card begins. `follow` comes from `start_to_follow`.
    """
    cause = StartCause(session.id, decode_files(follow["files"]))
    lane = thread_lane(session.team, session.channel, ts)
    return InboxRow(f"start:{follow['cause']}", session.team, lane, ts, ref, cause, ready_at=now, created_at=now)


async def start_is_dead(uow: UnitOfWork, job: Job[Cause], session_id: str) -> None:
    """End a session whose start is marked dead, as refused or as uncertain; its card and its thread say which."""
    await announce_loss(uow, job.row, _StartLoss(session_id, job.row.ref))


@dataclass(frozen=True, slots=True)
class _StartLoss(Loss):
    """The loss of the start of a session; `ref` is the reference of the row that is marked dead."""

    session_id: str
    ref: str

    async def write_not_done(self, uow: UnitOfWork) -> None:
        """End the session as refused."""
        await refuse(uow, self.session_id, start_sentences.start_failed(self.ref))

    async def write_unknown(self, uow: UnitOfWork) -> None:
        """End the session as uncertain."""
        session = await _ended(uow, self.session_id, Lifecycle.UNCERTAIN)
        if session is not None:
            said = start_sentences.start_uncertain(self.ref, session.reference or "")
            await uow.post(f"announce:{session.id}:uncertain", session, said)


def stop_row(lane: str, ref: str, session: Session, now: float) -> InboxRow[ActionCause]:
    """Return the inbox row for a stop of `session` that somebody asked for while its start had no known outcome.

    `lane` is that of its thread, and `ref` the reference by which the log names the row.
    """
    cause = ActionCause(STOP.name, session.id, session.stopped_by)
    ts = session.stop_ts or f"{now:.6f}"
    key = f"stop:{session.id}"
    return InboxRow(key, session.team, lane, ts, ref, cause, ready_at=now, created_at=now, urgent=True)


async def post_files(uow: UnitOfWork, session: Session, event_id: str, files: Sequence[DevinFile]) -> None:
    """Have the `files` of the message `event_id` of Devin's shown in the thread, in one post as far as they fit."""
    assert session.thread_ts is not None
    for number, first in enumerate(range(0, len(files), FILES_A_POST)):
        together = files[first : first + FILES_A_POST]
        key, named = (
            f"say:{session.id}:{event_id}:files:{number}",
            files_named([file.name for file in together], session),
        )
        row = uow.post_row(key, session.team, session.channel, session.thread_ts, named, session_id=session.id)
        kept = [{"uuid": file.uuid, "name": file.name} for file in together]
        await uow.add_to_outbox(replace(row, payload=row.payload | {"files": kept}))


async def announce_channel_lost(uow: UnitOfWork, session: Session, message: Message, removal: str = "") -> None:
    """Send `message` to the asker directly, once for each loss of the session's channel; to nobody if they were erased.

    `removal` is the key of the event about it; without one a post was refused.
    """
    loss = await cards.note_loss(uow.tx, session.id, removal)
    if loss is not None and session.requester:
        key = f"lost:{session.id}:channel:{loss}"
        await uow.add_to_outbox(uow.post_row(key, session.team, session.requester, None, message))


async def show_new_state(uow: UnitOfWork, session_id: str) -> None:
    """Have the card show a session's new state, end its waiting time, and record its outcome of the running day."""
    await waiting_times.end(uow.tx, session_id, uow.now)
    await session_days.record(uow.tx, session_id, uow.now)
    await uow.redraw(session_id)


async def recheck_held(uow: UnitOfWork, session: Session) -> None:
    """Have the replies looked at that wait for an answer whether they may wake `session`, which is awake by now."""
    lane = held_lane(waking_sentences.QUESTION, session.id)
    if await inbox.make_ready(uow.tx, lane, uow.now):
        uow.wakes[lane] = 0.0


async def remove_mark(uow: UnitOfWork, session_id: str) -> None:
    """Take away the reaction that shows the state of a session, which is over here or has never begun."""
    tracked = (await sessions.tracked(uow.tx, [session_id])).get(session_id)
    if tracked is not None and tracked.position.mark is not None:
        await sessions.change(uow.tx, session_id, mark=None)
        await uow.replace_mark(tracked.session, tracked.position.mark, None, f"{uow.now:.6f}")


async def _ended(uow: UnitOfWork, session_id: str, lifecycle: Lifecycle) -> Session | None:
    """End a session that never started with `lifecycle`, and have its card show that. Returns it, if there is one."""
    session = await sessions.end(uow.tx, session_id, lifecycle, uow.now)
    await remove_mark(uow, session_id)
    await uow.redraw(session_id)
    return session


async def refuse(uow: UnitOfWork, session_id: str, message: Message) -> None:
    """End a session as refused: its card says that nothing runs, and `message` says in its thread why."""
    session = await _ended(uow, session_id, Lifecycle.REFUSED)
    if session is not None and session.thread_ts is not None:
        await uow.post(f"announce:{session.id}:refused", session, message)
