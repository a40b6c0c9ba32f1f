"""The outbox: everything the bot says, in the order it is to be said."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Float,
    String,
    and_,
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

from bot.store.database import Database, insert
from bot.store.inbox import BATCH
from bot.store.tables import outbox

PAYLOAD_VERSION: Final = 1
FIRST, USUAL, LAST = 0, 1, 2  # ranks
TURN_SECONDS: Final = 60.0  # a thread that was not spoken in for this long is next
# Written out, not bound: SQLite takes the index of open rows only for what it can read in the statement.
_OPEN_STATES: Final[tuple[ColumnElement[str], ...]] = (literal_column("'open'"), literal_column("'sending'"))


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One thing to say or to draw.

    `thread` keeps the order: the thread's `ts`, or the row's own key while there is no thread.
    `follow` is an inbox row, stored in the transaction that marks this one as sent.
    """

    key: str
    lane: str
    kind: str  # card, post, reaction, private
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
    version: int = 1
    sent_version: int = 0
    ts: str | None = None
    attempts: int = 0
    sending_at: float | None = None


_GIVEN: Final = [
    "key",
    "lane",
    "kind",
    "team",
    "channel",
    "thread",
    "ref",
    "next_at",
    "created_at",
    "thread_ts",
    "session_id",
    "rank",
    "expires_at",
    "follow",
    "version",
]
_READ: Final = (*_GIVEN, "payload", "seq", "state", "sent_version", "ts", "attempts", "sending_at")


def _smaller(column: Any, value: int) -> Any:
    return case((column < value, column), else_=value)


def _open() -> Any:
    return outbox.c.state.in_(_OPEN_STATES)


def _edits() -> Any:
    return and_(outbox.c.kind == "card", outbox.c.ts.is_not(None))


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


def _first_of_thread() -> Any:
    earlier = outbox.alias("earlier")
    holds_up = and_(
        earlier.c.lane == outbox.c.lane,
        earlier.c.thread == outbox.c.thread,
        earlier.c.seq < outbox.c.seq,
        earlier.c.state.in_(_OPEN_STATES),
        or_(earlier.c.kind != "card", earlier.c.ts.is_(None)),
    )
    return or_(_edits(), ~exists(select(earlier.c.seq).where(holds_up)))


def _head() -> Any:
    drawn = or_(outbox.c.rank < LAST, bindparam("figures", type_=Boolean))
    edit, post = bindparam("edits", type_=Boolean), bindparam("posts", type_=Boolean)
    allowed = or_(and_(_edits(), edit, drawn), and_(~_edits(), post))
    spoken = _spoken_in()
    due = outbox.c.next_at <= bindparam("now")
    return (
        select(outbox)
        .outerjoin(spoken, spoken.c.thread == outbox.c.thread)
        .where(outbox.c.lane == bindparam("lane"), _open(), due, allowed, _first_of_thread())
        .order_by(outbox.c.rank, func.coalesce(spoken.c.at, 0.0), outbox.c.seq)
        .limit(1)
    )


def _next_at() -> Any:
    posts_at, edits_at, figures_at = (bindparam(name, type_=Float) for name in ("posts_at", "edits_at", "figures_at"))
    last = and_(_edits(), outbox.c.rank >= LAST)
    pace = case((last, figures_at), (_edits(), edits_at), else_=posts_at)
    at = case((outbox.c.next_at > pace, outbox.c.next_at), else_=pace)
    return select(func.min(at)).where(outbox.c.lane == bindparam("lane"), _open(), _first_of_thread())


def _start() -> Any:
    mark: dict[str, Any] = {"state": "sending", "sending_at": bindparam("now"), "attempts": outbox.c.attempts + 1}
    return update(outbox).where(outbox.c.seq == bindparam("row")).values(mark)


def _sent() -> Any:
    newer = outbox.c.version > bindparam("shown")
    mark: dict[str, Any] = {
        "state": case((newer, "open"), else_="sent"),
        "ts": bindparam("at_slack"),
        "sent_at": bindparam("now"),
        "sending_at": None,
        "sent_version": bindparam("shown"),
        "attempts": 0,
        "next_at": bindparam("now"),
        "rank": case((newer, outbox.c.rank), else_=LAST),
        "reason": None,
        "follow": None,
        "payload": bindparam("left"),
    }
    return update(outbox).where(outbox.c.seq == bindparam("row")).values(mark)


# Made once: the sender executes them for each row, and to put one together takes longer than to execute it.
_HEAD: Final = _head()
_NEXT_AT: Final = _next_at()
_START: Final = _start()
_SENT: Final = _sent()


async def add(tx: AsyncConnection, rows: Sequence[OutboxRow]) -> None:
    """Add rows; one whose key is there already is said or will be, so it is left out."""
    statement = insert(tx.dialect.name, outbox).on_conflict_do_nothing(index_elements=["key"])
    values = [
        {**{name: getattr(row, name) for name in _GIVEN}, "payload": {"v": PAYLOAD_VERSION, **row.payload}}
        for row in rows
    ]
    await tx.execute(statement, values)


async def redraw(tx: AsyncConnection, session_ids: Sequence[str], rank: int, now: float) -> list[str]:
    """Ask for new versions of cards; answers the lanes to look at. A card that died stays dead."""
    changed = await tx.execute(
        update(outbox)
        .where(outbox.c.key.in_([f"card:{session_id}" for session_id in session_ids]), outbox.c.state != "dead")
        .values(
            version=outbox.c.version + 1,
            state=case((outbox.c.state == "sending", "sending"), else_="open"),
            rank=case((outbox.c.state == "sent", rank), else_=_smaller(outbox.c.rank, rank)),
            next_at=case((outbox.c.state == "sent", now), else_=outbox.c.next_at),
        )
        .returning(outbox.c.lane)
    )
    return list(changed.scalars())


async def head(
    tx: AsyncConnection, lane: str, now: float, *, posts: bool, edits: bool, figures: bool = True
) -> OutboxRow | None:
    """What may be said next in a lane: of the first open row of each thread, the one that ranks first.

    A card that stands already is only edited, so it neither waits for its thread nor holds it up. `posts`, `edits`
    and, of those that rank last, `figures` say what the pace allows now. Threads take turns: a long answer in one
    holds up no other.
    """
    allowed = {"posts": posts, "edits": edits, "figures": figures}
    found = await tx.execute(_HEAD, {"lane": lane, "now": now, "spoken_after": now - TURN_SECONDS, **allowed})
    row = found.mappings().one_or_none()
    return None if row is None else OutboxRow(**{name: row[name] for name in _READ})


async def next_at(
    tx: AsyncConnection, lane: str, posts_at: float, edits_at: float, figures_at: float = 0.0
) -> float | None:
    """When the lane is worth another look, if these may be made from these instants; None when empty."""
    paces = {"posts_at": posts_at, "edits_at": edits_at, "figures_at": max(edits_at, figures_at)}
    found = await tx.execute(_NEXT_AT, {"lane": lane, **paces})
    value: float | None = found.scalar_one()
    return value


async def start(tx: AsyncConnection, row: OutboxRow, now: float) -> None:
    """Note that a post is about to be made: after a crash its outcome is unknown."""
    await tx.execute(_START, {"row": row.seq, "now": now})


async def sent(
    tx: AsyncConnection, row: OutboxRow, ts: str | None, now: float, payload: dict[str, Any] | None = None
) -> None:
    """Mark what was said; its text is blanked. A card that got a newer version meanwhile stays open."""
    left = {"v": PAYLOAD_VERSION, **(payload or {})}
    await tx.execute(_SENT, {"row": row.seq, "shown": row.version, "at_slack": ts, "now": now, "left": left})


async def later(tx: AsyncConnection, row: OutboxRow, at: float, reason: str, *, unknown: bool = False) -> None:
    """Put a row back. `unknown`: it may have been said, so it has to be looked for first."""
    # Posts are counted when they begin; of what is simply repeated only the failures are.
    repeated = case((outbox.c.state == "sending", outbox.c.attempts), else_=outbox.c.attempts + 1)
    values: dict[str, Any] = {"next_at": at, "reason": reason, "attempts": repeated}
    if not unknown:
        values |= {"state": "open", "sending_at": None}
    await tx.execute(update(outbox).where(outbox.c.seq == row.seq).values(values))


async def failed(tx: AsyncConnection, row: OutboxRow) -> None:
    """Count a fault of our own on a row."""
    await tx.execute(update(outbox).where(outbox.c.seq == row.seq).values(attempts=outbox.c.attempts + 1))


async def replace_payload(tx: AsyncConnection, row: OutboxRow, payload: dict[str, Any]) -> None:
    """Say the same in another form."""
    await tx.execute(update(outbox).where(outbox.c.seq == row.seq).values(payload=payload))


async def bury(tx: AsyncConnection, seq: int, reason: str, now: float) -> None:
    """Give a row up. Its text stays for the retention time."""
    await tx.execute(
        update(outbox).where(outbox.c.seq == seq).values(state="dead", reason=reason, sent_at=now, sending_at=None)
    )


async def bury_session(tx: AsyncConnection, session_id: str, reason: str, now: float) -> int:
    """Give up all that is open for a session, because its channel cannot be posted to."""
    buried = await tx.execute(
        update(outbox)
        .where(outbox.c.session_id == session_id, _open(), outbox.c.kind.in_(("card", "post")))
        .values(state="dead", reason=reason, sent_at=now, sending_at=None)
    )
    return buried.rowcount


async def by_key(tx: AsyncConnection, key: str) -> OutboxRow | None:
    """One row, whatever its state."""
    row = (await tx.execute(select(outbox).where(outbox.c.key == key))).mappings().one_or_none()
    return None if row is None else OutboxRow(**{name: row[name] for name in _READ})


async def open_lanes(tx: AsyncConnection, limit: int = 10_000) -> list[tuple[str, float]]:
    """Every lane with something to say and when; the sweep wakes them."""
    found = await tx.execute(
        select(outbox.c.lane, func.min(outbox.c.next_at)).where(_open()).group_by(outbox.c.lane).limit(limit)
    )
    return [(lane, at) for lane, at in found]


async def count_open(tx: AsyncConnection) -> int:
    """How much is waiting to be said."""
    found = await tx.execute(select(func.count()).select_from(outbox).where(_open()))
    return int(found.scalar_one())


async def forget(db: Database, before: float, live_sessions: Any) -> int:
    """Delete one small piece of what was said before an instant and belongs to no session that is still kept.

    The search takes longer than the deletion, so it is made while others may write.
    """
    nobodys = or_(outbox.c.session_id.is_(None), outbox.c.session_id.not_in(live_sessions))
    old = outbox.c.state.in_(("sent", "dead")), outbox.c.sent_at < before, nobodys
    async with db.scan() as tx:
        rows = list(await tx.scalars(select(outbox.c.seq).where(*old).limit(BATCH)))
    async with db.write() as tx:
        return (await tx.execute(delete(outbox).where(outbox.c.seq.in_(rows)))).rowcount


async def forget_texts(db: Database, before: float) -> int:
    """Blank one small piece of the texts of rows that died before an instant and stay with their session."""
    blank = {"v": PAYLOAD_VERSION}
    told = cast(outbox.c.payload, String) != json.dumps(blank)
    old = outbox.c.state == "dead", outbox.c.sent_at < before, told
    async with db.scan() as tx:
        rows = list(await tx.scalars(select(outbox.c.seq).where(*old).limit(BATCH)))
    async with db.write() as tx:
        values = {"payload": blank, "follow": None}
        return (await tx.execute(update(outbox).where(outbox.c.seq.in_(rows)).values(values))).rowcount
