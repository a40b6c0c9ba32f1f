"""The outbox: everything the bot says, in the order it is to be said.

A row is claimed, not its channel: a post that hangs holds up its own thread and no other. As with lanes, the worker
has the heartbeat, each claim counts the row's `epoch` up, and whoever holds an older one writes nothing.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    ColumnElement,
    Float,
    Select,
    String,
    Update,
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
from bot.store.lanes import ClaimLostError, alive
from bot.store.tables import outbox

PAYLOAD_VERSION: Final = 1
FIRST, USUAL, LAST = 0, 1, 2  # ranks
TURN_SECONDS: Final = 60.0  # a thread that was not spoken in for this long is next
# More than a channel's pace lets threads be spoken in within a turn, so one that was not is always among them.
CANDIDATES: Final = 100
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
    owner: str | None = None
    epoch: int = 0

    @property
    def is_edit(self) -> bool:
        """Whether it changes a message that stands already; `_edits` says the same in SQL."""
        return self.kind == "card" and self.ts is not None

    @property
    def is_post(self) -> bool:
        """Whether it puts a new message into its channel."""
        return self.kind in {"post", "card"} and self.ts is None


@dataclass(frozen=True, slots=True)
class Sender:
    """A worker that looks for something to say; it passes over what others hold and what it has in hand itself."""

    worker: str
    lease_seconds: float
    in_hand: Collection[int] = ()  # `seq`s; the caller's own set, which changes while it works


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


def _theirs(dialect: str) -> ColumnElement[bool]:
    return and_(outbox.c.owner != bindparam("worker", type_=String), outbox.c.owner.in_(alive(dialect)))


def _unheld(dialect: str) -> ColumnElement[bool]:
    return or_(outbox.c.owner.is_(None), ~_theirs(dialect))


def _free(dialect: str) -> ColumnElement[bool]:
    # What is our own and not in hand is left over from a look that failed.
    in_hand: BindParameter[int] = bindparam("in_hand", type_=BigInteger, expanding=True)
    return and_(outbox.c.seq.not_in(in_hand), _unheld(dialect))


# Statements are made once: the sender executes them for each row, and to put one together takes longer than that.


@cache
def _head(dialect: str) -> Select[Any]:
    drawn = or_(outbox.c.rank < LAST, bindparam("figures", type_=Boolean))
    edit, post = bindparam("edits", type_=Boolean), bindparam("posts", type_=Boolean)
    allowed = or_(and_(_edits(), edit, drawn), and_(~_edits(), post))
    due = outbox.c.next_at <= bindparam("now")
    first = (
        select(outbox)
        .where(outbox.c.lane == bindparam("lane"), _open(), due, allowed, _free(dialect), _first_of_thread())
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
    free = (outbox.c.lane == bindparam("lane"), _open(), _free(dialect), _first_of_thread())
    now = bindparam("now", type_=Float)

    def ready(kind: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists(select(outbox.c.seq).where(kind, outbox.c.next_at <= now, *free))

    figures = and_(_edits(), outbox.c.rank >= LAST)
    edits = and_(_edits(), outbox.c.rank < LAST)
    waits = select(func.min(outbox.c.next_at)).where(outbox.c.next_at > now, *free).scalar_subquery()
    return select(ready(~_edits()), ready(edits), ready(figures), waits)


@cache
def _taking(dialect: str) -> Any:
    due = outbox.c.next_at <= bindparam("now")
    ours: dict[str, Any] = {"owner": bindparam("worker"), "epoch": outbox.c.epoch + 1}
    return (
        update(outbox)
        .where(outbox.c.seq == bindparam("row"), _open(), due, _unheld(dialect))
        .values(ours)
        .returning(outbox)
    )


_HELD: Final = (
    outbox.c.seq == bindparam("row"),
    outbox.c.owner == bindparam("holder"),
    outbox.c.epoch == bindparam("held_epoch"),
)
_CHECK: Final = select(outbox.c.epoch).where(*_HELD)
_GIVEN_BACK: Final[dict[str, Any]] = {"owner": None, "sending_at": None}


_DEAD: Final = outbox.c.state == "dead"  # given up, while somebody has it in hand, because its channel is gone


def _start() -> Update:
    mark: dict[str, Any] = {"state": "sending", "sending_at": bindparam("now"), "attempts": outbox.c.attempts + 1}
    return update(outbox).where(*_HELD, ~_DEAD).values(mark)


def _sent() -> Update:
    newer = and_(outbox.c.version > bindparam("shown"), ~_DEAD)
    payload = outbox.c.payload.type
    mark: dict[str, Any] = {
        "state": case((newer, "open"), else_="sent"),
        "ts": bindparam("at_slack"),
        "sent_at": bindparam("now"),
        "sent_version": bindparam("shown"),
        "attempts": 0,
        "next_at": bindparam("now"),
        "rank": case((newer, outbox.c.rank), else_=LAST),
        "reason": None,
        "follow": None,
        # What is to be drawn again is drawn whatever it looked like: somebody may have drawn over it meanwhile.
        "payload": case((newer, bindparam("blank", type_=payload)), else_=bindparam("left", type_=payload)),
    }
    return update(outbox).where(*_HELD).values(mark | _GIVEN_BACK)


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


async def forget_drawing(tx: AsyncConnection, row: OutboxRow) -> None:
    """Let a card be drawn again although it may look the same as last time."""
    await tx.execute(update(outbox).where(outbox.c.seq == row.seq).values(payload={"v": PAYLOAD_VERSION}))


async def head(
    tx: AsyncConnection,
    db: Database,
    lane: str,
    now: float,
    sender: Sender,
    *,
    posts: bool,
    edits: bool,
    figures: bool = True,
) -> OutboxRow | None:
    """What may be said next in a lane: of the first open row of each thread, the one that ranks first.

    A card that stands already is only edited, so it neither waits for its thread nor holds it up. `posts`, `edits`
    and, of those that rank last, `figures` say what the pace allows now. Threads take turns: a long answer in one
    holds up no other.
    """
    allowed = {"posts": posts, "edits": edits, "figures": figures}
    asked = {"lane": lane, "now": now, "spoken_after": now - TURN_SECONDS, **allowed, **_looking(db, sender)}
    row = (await tx.execute(_head(tx.dialect.name), asked)).mappings().one_or_none()
    return None if row is None else _row(row)


async def next_at(
    tx: AsyncConnection,
    db: Database,
    lane: str,
    now: float,
    sender: Sender,
    *,
    posts_at: float,
    edits_at: float,
    figures_at: float = 0.0,
) -> float | None:
    """When the lane is worth another look: as soon as the pace of what is ready allows, or something gets ready.

    None when nothing is free.
    """
    found = await tx.execute(_next_at(tx.dialect.name), {"lane": lane, "now": now, **_looking(db, sender)})
    *ready, waits = found.one()
    paces = (posts_at, edits_at, max(edits_at, figures_at))
    instants = [max(pace, now) for pace, is_ready in zip(paces, ready, strict=True) if is_ready]
    return min([*instants, *([] if waits is None else [waits])], default=None)


async def take(tx: AsyncConnection, db: Database, seq: int, sender: Sender, now: float) -> OutboxRow | None:
    """Claim a row that is due; None when it is no more, or when another worker that is alive was quicker."""
    claimed = await tx.execute(_taking(tx.dialect.name), {"row": seq, "now": now, **_who(db, sender)})
    row = claimed.mappings().one_or_none()
    return None if row is None else _row(row)


async def check(tx: AsyncConnection, row: OutboxRow) -> None:
    """Look at the epoch right before a call to the outside. What freezes after this line, nobody can fence."""
    if (await tx.execute(_CHECK, _hand(row))).scalar_one_or_none() is None:
        raise ClaimLostError(row.key)


async def start(tx: AsyncConnection, row: OutboxRow, now: float) -> None:
    """Note that a post is about to be made: after a crash its outcome is unknown. Not where it was given up since."""
    await _change_held(tx, row, _START, {"now": now})


async def sent(
    tx: AsyncConnection, row: OutboxRow, ts: str | None, now: float, payload: dict[str, Any] | None = None
) -> None:
    """Mark what was said, and give it back; its text is blanked. A card with a newer version meanwhile stays open."""
    blank = {"v": PAYLOAD_VERSION}
    outcome = {"shown": row.version, "at_slack": ts, "now": now, "blank": blank, "left": {**blank, **(payload or {})}}
    await _change_held(tx, row, _SENT, outcome)


async def later(tx: AsyncConnection, row: OutboxRow, at: float, reason: str, *, unknown: bool = False) -> None:
    """Give a row back. `unknown`: it may have been said, so it has to be looked for first."""
    # Posts are counted when they begin; of what is simply repeated only the failures are.
    repeated = case((outbox.c.state == "sending", outbox.c.attempts), else_=outbox.c.attempts + 1)
    values: dict[str, Any] = {"owner": None, "next_at": at, "reason": reason, "attempts": repeated}
    if not unknown:
        values |= {"state": case((_DEAD, "dead"), else_="open"), "sending_at": None}
    await _change_held(tx, row, update(outbox).where(*_HELD).values(values))


async def failed(tx: AsyncConnection, row: OutboxRow) -> None:
    """Count a fault of our own on a row."""
    await _change_held(tx, row, update(outbox).where(*_HELD).values(attempts=outbox.c.attempts + 1))


async def replace_payload(tx: AsyncConnection, row: OutboxRow, payload: dict[str, Any]) -> None:
    """Say the same in another form."""
    await _change_held(tx, row, update(outbox).where(*_HELD).values(payload=payload))


async def bury(tx: AsyncConnection, row: OutboxRow, reason: str, now: float) -> None:
    """Give a row up. Its text stays for the retention time."""
    values: dict[str, Any] = {"state": "dead", "reason": reason, "sent_at": now, **_GIVEN_BACK}
    await _change_held(tx, row, update(outbox).where(*_HELD).values(values))
    await without_secret(tx, row)


async def without_secret(tx: AsyncConnection, row: OutboxRow) -> None:
    """A dead row keeps its text for a while, but no response_url."""
    if row.payload.get("response_url"):
        # Not fenced: the row is dead, and whoever still has it in hand only notes what came of it.
        payload = row.payload | {"response_url": None}
        await tx.execute(update(outbox).where(outbox.c.seq == row.seq).values(payload=payload))


async def bury_session(tx: AsyncConnection, session_id: str, reason: str, now: float) -> int:
    """Give up all that is open for a session, because its channel cannot be posted to.

    What somebody has in hand is given up too, but not taken from them: whether it arrived is still noted.
    """
    theirs = (outbox.c.session_id == session_id, _open(), outbox.c.kind.in_(("card", "post")))
    # In one order, so that two that give up the same session do not wait for each other in a circle.
    await tx.execute(select(outbox.c.seq).where(*theirs).order_by(outbox.c.seq).with_for_update())
    buried = await tx.execute(
        update(outbox).where(*theirs).values(state="dead", reason=reason, sent_at=now, sending_at=None)
    )
    return buried.rowcount


async def free_all(tx: AsyncConnection) -> None:
    """Free every row: whoever holds the SQLite file alone knows that no other worker is alive."""
    await tx.execute(update(outbox).where(_open(), outbox.c.owner.is_not(None)).values(owner=None))


async def leave(tx: AsyncConnection, worker: str) -> None:
    """A worker that stops properly leaves its rows free at once."""
    await tx.execute(update(outbox).where(_open(), outbox.c.owner == worker).values(owner=None))


async def by_key(tx: AsyncConnection, key: str) -> OutboxRow | None:
    """One row, whatever its state."""
    row = (await tx.execute(select(outbox).where(outbox.c.key == key))).mappings().one_or_none()
    return None if row is None else _row(row)


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


def _row(read: Any) -> OutboxRow:
    return OutboxRow(**{field.name: read[field.name] for field in fields(OutboxRow)})


async def _change_held(
    tx: AsyncConnection, row: OutboxRow, statement: Update, values: dict[str, Any] | None = None
) -> None:
    """Change a row while it is in our hands; raises ClaimLostError when it is no longer, or not to be changed so."""
    changed = await tx.execute(statement, {**_hand(row), **(values or {})})
    if not changed.rowcount:
        raise ClaimLostError(row.key)


def _hand(row: OutboxRow) -> dict[str, Any]:
    return {"row": row.seq, "holder": row.owner, "held_epoch": row.epoch}


def _looking(db: Database, sender: Sender) -> dict[str, Any]:
    return {"in_hand": list(sender.in_hand), **_who(db, sender)}


def _who(db: Database, sender: Sender) -> dict[str, Any]:
    return {"worker": sender.worker, "lease": sender.lease_seconds, **db.own_clock()}
