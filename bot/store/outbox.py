"""The outbox: everything the bot says, in the order it is to be said.

The channel is the rate, the thread is the order: next is the oldest row of a channel whose thread has no earlier open
row, what ranks first before the others, and threads in turns. A row is claimed, not its channel (`bot.store.claims`): a
post that hangs holds up its own thread and no other. The first post of a card is a row like any other; how the card
is kept up to date once it stands is told in `bot.store.cards`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    String,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import claims
from bot.store.claims import Sender, change_held
from bot.store.database.connection import Database, insert
from bot.store.inbox import BATCH
from bot.store.tables import outbox

PAYLOAD_VERSION: Final = 1
FIRST, USUAL, LAST = 0, 1, 2  # ranks
TURN_SECONDS: Final = 60.0  # a thread that was not spoken in for this long is next
# More than a channel's pace lets threads be spoken in within a turn, so one that was not is always among them.
CANDIDATES: Final = 100
# Written out, not bound: SQLite takes the index of open rows only for what it can read in the statement.
_OPEN_STATES: Final[tuple[ColumnElement[str], ...]] = (literal_column("'open'"), literal_column("'sending'"))
_BLANK: Final[dict[str, Any]] = {"v": PAYLOAD_VERSION}


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One thing to say.

    `thread` keeps the order: the thread's `ts`, or the row's own key while there is no thread.
    `follow` is an inbox row, stored in the transaction that marks this one as sent.
    """

    key: str
    lane: str
    kind: str  # post, card (its first post), reaction, private
    team: str
    channel: str
    thread: str
    ref: str
    payload: dict[str, Any]
    next_at: float
    created_at: float
    thread_ts: str | None = None
    session_id: str | None = None
    rank: int = USUAL
    expires_at: float | None = None
    follow: dict[str, Any] | None = None
    seq: int = 0
    state: str = "open"
    ts: str | None = None
    attempts: int = 0
    sending_at: float | None = None
    owner: str | None = None
    epoch: int = 0

    @property
    def id(self) -> int:
        """What the row is found by."""
        return self.seq

    @property
    def is_post(self) -> bool:
        """Whether it puts a new message into its channel."""
        return self.kind in {"post", "card"}


# What a new row says itself; the rest begins as the table has it.
_KEPT_BY_STORE: Final = frozenset({"seq", "state", "ts", "attempts", "sending_at", "owner", "epoch"})
_GIVEN: Final = [field.name for field in fields(OutboxRow) if field.name not in _KEPT_BY_STORE]


def _is_open() -> ColumnElement[bool]:
    return outbox.c.state.in_(_OPEN_STATES)


def _spoken_in() -> Any:
    """When each thread of a lane was last spoken in; the few of the last minute, found by their instant."""
    recent = outbox.alias("recent")
    return (
        select(recent.c.thread, func.max(recent.c.sent_at).label("at"))
        .where(
            recent.c.sent_at > bindparam("spoken_after"), recent.c.lane == bindparam("lane"), recent.c.kind == "post"
        )
        .group_by(recent.c.thread)
        .subquery("spoken")
    )


def _is_first_of_thread() -> ColumnElement[bool]:
    earlier = outbox.alias("earlier")
    same_thread = (earlier.c.lane == outbox.c.lane, earlier.c.thread == outbox.c.thread)
    holds_up = (*same_thread, earlier.c.seq < outbox.c.seq, earlier.c.state.in_(_OPEN_STATES))
    return ~exists(select(earlier.c.seq).where(*holds_up))


def _candidates(dialect: str) -> tuple[ColumnElement[bool], ...]:
    """What may be said next in a lane, as soon as it is due."""
    free = claims.is_free(outbox.c.seq, dialect)
    return (outbox.c.lane == bindparam("lane"), _is_open(), free, _is_first_of_thread())


# Statements are made once: the sender executes them for each row, and to put one together takes longer than that.


@cache
def _head(dialect: str) -> Select[Any]:
    due = outbox.c.next_at <= bindparam("now")
    first = (
        select(outbox)
        .where(*_candidates(dialect), due)
        .order_by(outbox.c.rank, outbox.c.seq)
        .limit(CANDIDATES)
        .subquery("first")
    )
    spoken = _spoken_in()
    return (
        select(first)
        .outerjoin(spoken, spoken.c.thread == first.c.thread)
        .order_by(first.c.rank, func.coalesce(spoken.c.at, 0.0), first.c.seq)
        .limit(1)
    )


@cache
def _next_at(dialect: str) -> Select[Any]:
    candidates, now = _candidates(dialect), bindparam("now", type_=Float)
    is_ready = exists(select(outbox.c.seq).where(*candidates, outbox.c.next_at <= now))
    # Only where nothing is ready: this one looks through everything that waits.
    waits = select(func.min(outbox.c.next_at)).where(*candidates, outbox.c.next_at > now).scalar_subquery()
    return select(case((is_ready, now), else_=waits))


@cache
def _taking(dialect: str) -> Any:
    due = outbox.c.next_at <= bindparam("now")
    unheld = claims.not_held_by_others(outbox, dialect)
    return (
        update(outbox)
        .where(outbox.c.seq == bindparam("row"), _is_open(), due, unheld)
        .values({"owner": bindparam("worker"), "epoch": outbox.c.epoch + 1})
        .returning(outbox)
    )


_HELD: Final = claims.is_held(outbox.c.seq)
_CHECK: Final = claims.check_of(outbox.c.seq)
_FREED: Final[dict[str, Any]] = {"owner": None, "sending_at": None}
_DEAD: Final = outbox.c.state == "dead"  # given up, while somebody has it in hand, because its channel is gone


_START: Final = (
    update(outbox)
    .where(*_HELD, ~_DEAD)
    .values(state="sending", sending_at=bindparam("now"), attempts=outbox.c.attempts + 1)
)
_SENT: Final = (
    update(outbox)
    .where(*_HELD)
    .values(state="sent", ts=bindparam("at_slack"), sent_at=bindparam("now"), **_FREED)
    .values(reason=None, follow=None, payload=_BLANK)
)


async def add(tx: AsyncConnection, rows: Sequence[OutboxRow]) -> None:
    """Add rows; one whose key is there already is said or will be, so it is left out."""
    statement = insert(tx.dialect.name, outbox).on_conflict_do_nothing(index_elements=["key"])
    values = [
        {name: getattr(row, name) for name in _GIVEN} | {"payload": {"v": PAYLOAD_VERSION, **row.payload}}
        for row in rows
    ]
    await tx.execute(statement, values)


async def head(tx: AsyncConnection, db: Database, lane: str, now: float, sender: Sender) -> OutboxRow | None:
    """What is to be said next in a lane: of the first open row of each thread, the one that ranks first.

    Threads take turns: a long answer in one holds up no other.
    """
    asked = {"lane": lane, "now": now, "spoken_after": now - TURN_SECONDS, **claims.searcher(db, sender)}
    row = (await tx.execute(_head(tx.dialect.name), asked)).mappings().one_or_none()
    return None if row is None else _row(row)


async def next_at(tx: AsyncConnection, db: Database, lane: str, now: float, sender: Sender) -> float | None:
    """When a lane has something to say, `now` at the earliest; None when nothing is free."""
    found = await tx.execute(_next_at(tx.dialect.name), {"lane": lane, "now": now, **claims.searcher(db, sender)})
    at: float | None = found.scalar_one()
    return at


async def take(tx: AsyncConnection, db: Database, seq: int, sender: Sender, now: float) -> OutboxRow | None:
    """Claim a row that is due; None when it is no more, or when another worker that is alive was quicker."""
    claimed = await tx.execute(_taking(tx.dialect.name), {"row": seq, "now": now, **claims.claimant(db, sender)})
    row = claimed.mappings().one_or_none()
    return None if row is None else _row(row)


async def check(tx: AsyncConnection, row: OutboxRow) -> None:
    """Look at the epoch right before a call to the outside; raises ClaimLostError when the row is no longer ours."""
    await claims.check_held(tx, _CHECK, row)


async def start(tx: AsyncConnection, row: OutboxRow, now: float) -> None:
    """Note that a post is about to be made: after a crash its outcome is unknown. Not where it was given up since."""
    await change_held(tx, row, _START, {"now": now})


async def sent(tx: AsyncConnection, row: OutboxRow, ts: str | None, now: float) -> None:
    """Mark what was said, and give it back; its text is blanked. Also what was given up meanwhile: it arrived."""
    await change_held(tx, row, _SENT, {"at_slack": ts, "now": now})


async def reschedule(tx: AsyncConnection, row: OutboxRow, at: float, reason: str, *, unknown: bool = False) -> None:
    """Give a row back. `unknown`: it may have been said, so it has to be looked for first."""
    # Posts are counted when they begin; of what is simply repeated only the failures are.
    repeated = case((outbox.c.state == "sending", outbox.c.attempts), else_=outbox.c.attempts + 1)
    values: dict[str, Any] = {"owner": None, "next_at": at, "reason": reason, "attempts": repeated}
    if not unknown:
        values |= {"state": case((_DEAD, "dead"), else_="open"), "sending_at": None}
    await change_held(tx, row, update(outbox).where(*_HELD).values(values))


async def failed(tx: AsyncConnection, row: OutboxRow) -> None:
    """Count a fault of our own on a row."""
    await change_held(tx, row, update(outbox).where(*_HELD).values(attempts=outbox.c.attempts + 1))


async def replace_payload(tx: AsyncConnection, row: OutboxRow, payload: dict[str, Any]) -> None:
    """Say the same in another form."""
    await change_held(tx, row, update(outbox).where(*_HELD).values(payload=payload))


async def mark_dead(tx: AsyncConnection, row: OutboxRow, reason: str, now: float) -> None:
    """Give a row up. Its text stays for the retention time."""
    values: dict[str, Any] = {"state": "dead", "reason": reason, "sent_at": now, **_FREED}
    await change_held(tx, row, update(outbox).where(*_HELD).values(values))
    await without_secret(tx, row)


async def without_secret(tx: AsyncConnection, row: OutboxRow) -> None:
    """A dead row keeps its text for a while, but no response_url."""
    if row.payload.get("response_url"):
        # Not fenced: the row is dead, and whoever still has it in hand only notes what came of it.
        payload = row.payload | {"response_url": None}
        await tx.execute(update(outbox).where(outbox.c.seq == row.seq).values(payload=payload))


async def mark_session_dead(tx: AsyncConnection, session_id: str, reason: str, now: float) -> int:
    """Give up all that is open for a session, because its channel cannot be posted to.

    What somebody has in hand is given up too, but not taken from them: whether it arrived is still noted.
    """
    theirs = (outbox.c.session_id == session_id, _is_open(), outbox.c.kind.in_(("card", "post")))
    # In one order, so that two that give up the same session do not wait for each other in a circle.
    await tx.execute(select(outbox.c.seq).where(*theirs).order_by(outbox.c.seq).with_for_update())
    marked = await tx.execute(
        update(outbox).where(*theirs).values(state="dead", reason=reason, sent_at=now, sending_at=None)
    )
    return marked.rowcount


async def free_all(tx: AsyncConnection) -> None:
    """Free every row: whoever holds the SQLite file alone knows that no other worker is alive."""
    await tx.execute(update(outbox).where(_is_open(), outbox.c.owner.is_not(None)).values(owner=None))


async def leave(tx: AsyncConnection, worker: str) -> None:
    """A worker that stops properly leaves its rows free at once."""
    await tx.execute(update(outbox).where(_is_open(), outbox.c.owner == worker).values(owner=None))


async def by_key(tx: AsyncConnection, key: str) -> OutboxRow | None:
    """One row, whatever its state."""
    row = (await tx.execute(select(outbox).where(outbox.c.key == key))).mappings().one_or_none()
    return None if row is None else _row(row)


async def open_lanes(tx: AsyncConnection, limit: int = 10_000) -> list[tuple[str, float]]:
    """Every lane with something to say and when; the sweep wakes them."""
    found = await tx.execute(
        select(outbox.c.lane, func.min(outbox.c.next_at)).where(_is_open()).group_by(outbox.c.lane).limit(limit)
    )
    return [(lane, at) for lane, at in found]


async def count_open(tx: AsyncConnection) -> int:
    """How much is waiting to be said."""
    found = await tx.execute(select(func.count()).select_from(outbox).where(_is_open()))
    return int(found.scalar_one())


async def purge(db: Database, before: float, live_sessions: Any) -> int:
    """Delete one small piece of what was said before an instant and belongs to no session that is still kept.

    The search takes longer than the deletion, so it is made while others may write.
    """
    nobodys = or_(outbox.c.session_id.is_(None), outbox.c.session_id.not_in(live_sessions))
    old = outbox.c.state.in_(("sent", "dead")), outbox.c.sent_at < before, nobodys
    async with db.scan() as tx:
        rows = list(await tx.scalars(select(outbox.c.seq).where(*old).limit(BATCH)))
    async with db.write() as tx:
        return (await tx.execute(delete(outbox).where(outbox.c.seq.in_(rows)))).rowcount


async def purge_texts(db: Database, before: float) -> int:
    """Blank one small piece of the texts of rows that died before an instant and stay with their session."""
    has_text = cast(outbox.c.payload, String) != json.dumps(_BLANK)
    old = outbox.c.state == "dead", outbox.c.sent_at < before, has_text
    async with db.scan() as tx:
        rows = list(await tx.scalars(select(outbox.c.seq).where(*old).limit(BATCH)))
    async with db.write() as tx:
        values = {"payload": _BLANK, "follow": None}
        return (await tx.execute(update(outbox).where(outbox.c.seq.in_(rows)).values(values))).rowcount


def _row(read: Any) -> OutboxRow:
    return OutboxRow(**{field.name: read[field.name] for field in fields(OutboxRow)})
