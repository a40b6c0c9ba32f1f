"""The outbox: everything that the bot posts, in the order in which it is to be posted.

Rows of one channel share a rate limit, and rows of one thread keep their order. The next row of a channel is one whose
thread has no earlier open row; rows of a lower rank come first, and threads take turns. A row is claimed and not its
channel (`bot.store.row_claims`), so a post that hangs holds up no thread but its own. What is edited afterwards is
posted by a row like any other, whose kind is the name of its drawer; `bot.store.posts` keeps it up to date after that.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
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

from bot.domain.keys import DEVINS_POSTS
from bot.store import replies, row_claims
from bot.store.closed_rows import ClosedRows, Passed
from bot.store.database.connection import Database, each_of, insert
from bot.store.inbox import BATCH
from bot.store.row_claims import Sender, change_held
from bot.store.tables import outbox, sessions

PAYLOAD_VERSION: Final = 1
FIRST, USUAL = 0, 1  # ranks
# More threads than can get a post within a turn under a channel's rate limit, so one that got none is among them.
CANDIDATES: Final = 100
MOST_DROPPED: Final = 500  # late reactions at a time, so that the transaction stays short
# Literals, not parameters: SQLite uses the index of open rows only if the statement itself contains the states.
_OPEN_STATES: Final[tuple[ColumnElement[str], ...]] = (literal_column("'open'"), literal_column("'sending'"))
_IS_OPEN: Final = outbox.c.state.in_(_OPEN_STATES)
_IS_CLOSED: Final = outbox.c.state.in_(("sent", "dead"))
_CLOSED: Final = ClosedRows(outbox.c.sent_at, outbox.c.seq, outbox.c.session_id, _IS_CLOSED)
_BLANK: Final[dict[str, Any]] = {"v": PAYLOAD_VERSION}
_NO_POSTS: Final = ("reaction", "reaction_removal", "private")
IS_POST: Final = outbox.c.kind.not_in(_NO_POSTS)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One message, reaction or private answer to be sent to Slack.

    Rows with one `thread` keep their order; it is the thread's `ts`, or the key of the row that begins the thread.
    `follow` is what the start row of a session is built from, in the transaction that marks its card's post as sent.
    """

    key: str
    lane: str
    kind: str  # post, the name of a drawer, reaction, reaction_removal, private
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
    reason: str | None = None  # why it waits or is dead
    attempts: int = 0
    sending_at: float | None = None
    owner: str | None = None
    epoch: int = 0

    @property
    def id(self) -> int:
        """The id by which the row is found."""
        return self.seq

    @property
    def is_post(self) -> bool:
        """Whether the row puts a new message into its channel."""
        return self.kind not in _NO_POSTS

    @property
    def is_drawn(self) -> bool:
        """Whether what it posts is drawn when it is sent, and edited afterwards."""
        return self.is_post and self.kind != "post"

    def has_expired(self, now: float) -> bool:
        """Whether it comes too late to be of use at `now`."""
        return self.expires_at is not None and self.expires_at < now


# The fields of a new row that are inserted; the others begin with the defaults of the table.
_KEPT_BY_STORE: Final = frozenset({"seq", "state", "ts", "reason", "attempts", "sending_at", "owner", "epoch"})
_GIVEN: Final = [field.name for field in fields(OutboxRow) if field.name not in _KEPT_BY_STORE]


def _spoken_at(row: Any) -> ColumnElement[float]:
    """When the thread of `row` got its last post after `spoken_after`; 0 if it got none."""
    # For each candidate one search of an index. A join would first read what was posted meanwhile in all channels.
    recent = outbox.alias("recent")
    posted = recent.c.lane == row.lane, recent.c.thread == row.thread, _is_posted(recent)
    found = select(func.max(recent.c.sent_at)).where(*posted, recent.c.sent_at > bindparam("spoken_after"))
    return func.coalesce(found.scalar_subquery(), 0.0)


def _is_posted(table: Any) -> ColumnElement[bool]:
    return and_(table.c.state == literal_column("'sent'"), table.c.kind == literal_column("'post'"))


def _is_first_of_thread() -> ColumnElement[bool]:
    earlier = outbox.alias("earlier")
    same_thread = (earlier.c.lane == outbox.c.lane, earlier.c.thread == outbox.c.thread)
    holds_up = (*same_thread, earlier.c.seq < outbox.c.seq, earlier.c.state.in_(_OPEN_STATES))
    return ~exists(select(earlier.c.seq).where(*holds_up))


def _candidates(lane: ColumnElement[str], dialect: str) -> tuple[ColumnElement[bool], ...]:
    """The conditions that a row of `lane` may be sent next, as soon as it is due."""
    free = row_claims.is_free(outbox.c.seq, dialect)
    return (outbox.c.lane == lane, _IS_OPEN, free, _is_first_of_thread())


# Statements are built once, because the sender executes them for each row and building one takes longer than that.


@cache
def _heads(dialect: str) -> Select[Any]:
    lanes = each_of("lanes", dialect)
    due = outbox.c.next_at <= bindparam("now")
    first = (
        select(outbox.c.seq, outbox.c.rank, outbox.c.lane, outbox.c.thread)
        .where(*_candidates(lanes.c.value, dialect), due)
        .order_by(outbox.c.rank, outbox.c.seq)
        .limit(CANDIDATES)
        .correlate(lanes)
        .subquery("first")
    )
    chosen = select(first.c.seq).order_by(first.c.rank, _spoken_at(first.c), first.c.seq).limit(1)
    return select(chosen.scalar_subquery()).select_from(lanes)


@cache
def _next_at(dialect: str) -> Select[Any]:
    lanes, now = each_of("lanes", dialect), bindparam("now", type_=Float)
    candidates = _candidates(lanes.c.value, dialect)
    is_ready = exists(select(outbox.c.seq).where(*candidates, outbox.c.next_at <= now).correlate(lanes))
    # Only where nothing is ready, because this subquery reads every row that waits.
    waits = select(func.min(outbox.c.next_at)).where(*candidates, outbox.c.next_at > now).correlate(lanes)
    return select(lanes.c.value, case((is_ready, now), else_=waits.scalar_subquery()).label("at"))


@cache
def _taking(dialect: str) -> Any:
    due = outbox.c.next_at <= bindparam("now")
    unheld = row_claims.not_held_by_others(outbox, dialect)
    return (
        update(outbox)
        .where(outbox.c.seq.in_(bindparam("rows", expanding=True)), _IS_OPEN, due, unheld)
        .values({"owner": bindparam("worker"), "epoch": outbox.c.epoch + 1})
        .returning(outbox)
    )


_HELD: Final = row_claims.is_held(outbox.c.seq)
_CLAIMS: Final = row_claims.claims_on(outbox.c.seq)
_CLAIMS_LOCKED: Final = _CLAIMS.order_by(outbox.c.seq).with_for_update()  # in one order, so that none waits in a circle
_FREED: Final[dict[str, Any]] = {"owner": None, "sending_at": None}
_DEAD: Final = outbox.c.state == "dead"  # of a claimed row: marked dead meanwhile, because its channel is gone
_STARTED: Final = {"state": "sending", "sending_at": bindparam("now"), "attempts": outbox.c.attempts + 1}
_START: Final = update(outbox).where(*_HELD, ~_DEAD).values(_STARTED)
_BY_SEQ: Final = select(outbox).where(outbox.c.seq.in_(bindparam("rows", expanding=True)))
_START_TAKEN: Final = update(outbox).where(outbox.c.seq.in_(bindparam("rows", expanding=True))).values(_STARTED)
_SENT: Final = (
    update(outbox)
    .where(*_HELD)
    .values(state="sent", ts=bindparam("at_slack"), sent_at=bindparam("now"), **_FREED)
    .values(reason=None, follow=None, payload=_BLANK)
)


async def add(tx: AsyncConnection, rows: Sequence[OutboxRow]) -> None:
    """Insert `rows`; a row whose key is stored already is left out, because that one was sent or will be."""
    statement = insert(tx.dialect.name, outbox).on_conflict_do_nothing(index_elements=["key"])
    values = [
        {name: getattr(row, name) for name in _GIVEN} | {"payload": {"v": PAYLOAD_VERSION, **row.payload}}
        for row in rows
    ]
    await tx.execute(statement, values)


async def heads(
    tx: AsyncConnection, db: Database, lanes: Collection[str], now: float, sender: Sender
) -> dict[str, OutboxRow]:
    """The rows of these `lanes` that `sender` should send next at `now`, by lane; a lane without a due row has none.

    Of the first open rows of all threads it is the one with the lowest rank. Threads take turns, so that a long answer
    in one holds up no other.
    """
    asked = _asked(db, lanes, now, sender) | {"spoken_after": now - db.timing.thread_turn}
    chosen = await tx.scalars(_heads(tx.dialect.name), asked)
    # Not joined to them: PostgreSQL would read the whole table for that.
    found = await tx.execute(_BY_SEQ, {"rows": [seq for seq in chosen if seq is not None]})
    return {read["lane"]: _row(read) for read in found.mappings()}


async def next_at(
    tx: AsyncConnection, db: Database, lanes: Collection[str], now: float, sender: Sender
) -> dict[str, float]:
    """The instants at which `sender` can send a row of these `lanes`, `now` at the earliest; none if none is free."""
    found = await tx.execute(_next_at(tx.dialect.name), _asked(db, lanes, now, sender))
    return {lane: at for lane, at in found if at is not None}


def _asked(db: Database, lanes: Collection[str], now: float, sender: Sender) -> dict[str, Any]:
    return {"lanes": json.dumps(list(lanes)), "now": now, **row_claims.searcher(db, sender)}


async def take(
    tx: AsyncConnection, db: Database, rows: Collection[int], sender: Sender, now: float
) -> dict[int, OutboxRow]:
    """Claim `rows`, of which `seq` is given, for `sender`; returns those that are due and not another worker's."""
    claimant = row_claims.claimant(db, sender)
    claimed = await tx.execute(_taking(tx.dialect.name), {"rows": sorted(rows), "now": now, **claimant})
    return {read["seq"]: _row(read) for read in claimed.mappings()}


async def start_taken(tx: AsyncConnection, rows: Collection[OutboxRow], now: float) -> None:
    """Do for all `rows`, which were claimed in this transaction, what `start` does for one."""
    if rows:
        await tx.execute(_START_TAKEN, {"rows": [row.seq for row in rows], "now": now})


async def held(tx: AsyncConnection, rows: Collection[OutboxRow]) -> set[int]:
    """Which of `rows`, by `seq`, are still claimed as they were read; asked right before calls to Slack."""
    return await row_claims.still_held(tx, _CLAIMS, rows)


async def start(tx: AsyncConnection, row: OutboxRow, now: float) -> None:
    """Store that the post of `row` is about to be made; raises ClaimLostError if its claim is lost or it is dead."""
    # A crash after this commit leaves the outcome unknown, so the post is looked up before it is repeated.
    await change_held(tx, row, _START, {"now": now})


async def sent(tx: AsyncConnection, row: OutboxRow, ts: str | None, now: float) -> None:
    """Mark `row` as sent with Slack's `ts`, also if it was marked as dead meanwhile; blank it and release the claim."""
    await change_held(tx, row, _SENT, {"at_slack": ts, "now": now})
    await replies.begin_thread(tx, row, ts)


async def all_sent(tx: AsyncConnection, posted: Sequence[tuple[OutboxRow, str]], now: float) -> set[int]:
    """Do for rows with Slack's `ts`, none of which begins a thread, what `sent` does for one.

    Returns the `seq` of those whose claims held.
    """
    held = await row_claims.still_held(tx, _CLAIMS_LOCKED, [row for row, _ in posted])
    marks = [row_claims.holder(row) | {"at_slack": ts, "now": now} for row, ts in posted if row.seq in held]
    if marks:
        await tx.execute(_SENT, marks)
    return held


async def reschedule(tx: AsyncConnection, row: OutboxRow, at: float, reason: str, *, unknown: bool = False) -> None:
    """Release `row` with a `reason`, to be due again at `at`.

    With `unknown` it may have reached Slack, so it stays in the state `sending` and is looked up before it is repeated.
    """
    # An attempt to post is counted when it begins, and one of any other kind when it fails.
    repeated = case((outbox.c.state == "sending", outbox.c.attempts), else_=outbox.c.attempts + 1)
    values: dict[str, Any] = {"owner": None, "next_at": at, "reason": reason, "attempts": repeated}
    if not unknown:
        values |= {"state": case((_DEAD, "dead"), else_="open"), "sending_at": None}
    await change_held(tx, row, update(outbox).where(*_HELD).values(values))


async def failed(tx: AsyncConnection, row: OutboxRow) -> None:
    """Count a failure that is our own fault on `row`."""
    await change_held(tx, row, update(outbox).where(*_HELD).values(attempts=outbox.c.attempts + 1))


async def replace_payload(tx: AsyncConnection, row: OutboxRow, payload: dict[str, Any]) -> None:
    """Replace the payload of the claimed `row`, to send its text in another form."""
    await change_held(tx, row, update(outbox).where(*_HELD).values(payload=payload))


async def mark_dead(tx: AsyncConnection, row: OutboxRow, reason: str, now: float) -> None:
    """Mark the claimed `row`, and the replies to it, as dead with a `reason`. Their texts stay for a while."""
    values: dict[str, Any] = {"state": "dead", "reason": reason, "sent_at": now, **_FREED}
    await change_held(tx, row, update(outbox).where(*_HELD).values(values))
    await replies.mark_dead(tx, row, reason, now)
    await without_secret(tx, row)


async def drop_expired(tx: AsyncConnection, lane: str, now: float) -> None:
    """Mark the first rows of a lane of reactions that have expired by `now`, and that no worker holds, as dead."""
    late = (outbox.c.lane == lane, _IS_OPEN, outbox.c.owner.is_(None), outbox.c.expires_at < now)
    first = select(outbox.c.seq).where(*late).order_by(outbox.c.rank, outbox.c.seq).limit(MOST_DROPPED)
    chosen = first.with_for_update(skip_locked=True)
    values: dict[str, Any] = {"state": "dead", "reason": "expired", "sent_at": now}
    await tx.execute(update(outbox).where(outbox.c.seq.in_(chosen)).values(values))


async def without_secret(tx: AsyncConnection, row: OutboxRow) -> None:
    """Delete the response_url from the payload of the dead `row`, whose text stays for a while."""
    if row.payload.get("response_url"):
        # The claim is not checked: the row is dead, and a worker that still holds it only stores the outcome.
        payload = row.payload | {"response_url": None}
        await tx.execute(update(outbox).where(outbox.c.seq == row.seq).values(payload=payload))


async def mark_session_dead(
    tx: AsyncConnection, session_id: str, reason: str, now: float, prefixes: Sequence[str] = ("",)
) -> int:
    """Mark the open posts of a session whose keys begin with one of `prefixes` as dead; returns their number.

    A worker that holds such a row keeps its claim, so that it can still store whether the post arrived.
    """
    named = or_(*(outbox.c.key.startswith(prefix) for prefix in prefixes))
    theirs = (outbox.c.session_id == session_id, _IS_OPEN, IS_POST, named)
    # Locked in one order, so that two transactions on one session do not wait for each other in a circle.
    await tx.execute(select(outbox.c.seq).where(*theirs).order_by(outbox.c.seq).with_for_update())
    marked = await tx.execute(
        update(outbox).where(*theirs).values(state="dead", reason=reason, sent_at=now, sending_at=None)
    )
    return marked.rowcount


async def withdraw(tx: AsyncConnection, session_id: str, prefix: str) -> None:
    """Delete the posts of a session whose keys begin with `prefix`, unless one is being made or may have been."""
    theirs = (outbox.c.session_id == session_id, outbox.c.state == _OPEN_STATES[0], IS_POST)
    named = outbox.c.key.startswith(prefix, autoescape=True)
    # Locked in one order, as in `mark_session_dead`.
    await tx.execute(select(outbox.c.seq).where(*theirs, named).order_by(outbox.c.seq).with_for_update())
    await tx.execute(delete(outbox).where(*theirs, named))


async def retract(tx: AsyncConnection, key: str) -> str | None:
    """Delete the post with this `key` unless it is made or being made; returns its `ts` if it was made."""
    await tx.execute(delete(outbox).where(outbox.c.key == key, outbox.c.state == _OPEN_STATES[0]))
    ts: str | None = await tx.scalar(select(outbox.c.ts).where(outbox.c.key == key))
    return ts


async def mark_channel_dead(
    tx: AsyncConnection, team: str, channel: str, reason: str, now: float, prefixes: Sequence[str]
) -> None:
    """Mark the open posts in a channel whose keys begin with one of `prefixes` as dead, but for drawn ones.

    Claims stay, as in `mark_session_dead`.
    """
    named = or_(*(outbox.c.key.startswith(prefix) for prefix in prefixes))
    there = (outbox.c.team == team, outbox.c.channel == channel, _IS_OPEN, outbox.c.kind == "post", named)
    # Locked in one order, as in `mark_session_dead`.
    await tx.execute(select(outbox.c.seq).where(*there).order_by(outbox.c.seq).with_for_update())
    values: dict[str, Any] = {"state": "dead", "reason": reason, "sent_at": now, "sending_at": None}
    await tx.execute(update(outbox).where(*there).values(values))


async def posted_after(tx: AsyncConnection, channel: str, since: float) -> list[str]:
    """Slack's `ts` of all that was posted in `channel` after the instant `since`, as far as it is known."""
    found = select(outbox.c.ts).where(outbox.c.channel == channel, outbox.c.ts >= f"{since:.6f}")
    return [ts for ts in await tx.scalars(found) if ts is not None]


async def replies_to(tx: AsyncConnection, root: OutboxRow) -> list[OutboxRow]:
    """The rows that wait until `root` begins their thread, in order."""
    found = await tx.execute(select(outbox).where(*replies.waiting_for(root)).order_by(outbox.c.seq))
    return [_row(row) for row in found.mappings()]


async def free_all(tx: AsyncConnection) -> None:
    """Release every claim on a row. Only where no other worker is alive, as the lock of an SQLite file proves."""
    await tx.execute(update(outbox).where(_IS_OPEN, outbox.c.owner.is_not(None)).values(owner=None))


async def leave(tx: AsyncConnection, worker: str) -> None:
    """Release the rows that `worker`, which is stopping, has claimed."""
    await tx.execute(update(outbox).where(_IS_OPEN, outbox.c.owner == worker).values(owner=None))


async def by_key(tx: AsyncConnection, key: str) -> OutboxRow | None:
    """The row with this key in any state, or None."""
    row = (await tx.execute(select(outbox).where(outbox.c.key == key))).mappings().one_or_none()
    return None if row is None else _row(row)


async def devin_wrote(tx: AsyncConnection, session_id: str, before: str) -> str | None:
    """The `ts` of the newest post of what Devin said or did in the thread of a session, before the message `before`."""
    devins = or_(*(outbox.c.key.startswith(prefix, autoescape=True) for prefix in DEVINS_POSTS))
    of_thread = outbox.c.session_id == session_id, outbox.c.ts < before, devins
    found: str | None = await tx.scalar(select(func.max(outbox.c.ts)).where(*of_thread))
    return found


async def open_lanes(tx: AsyncConnection, limit: int = 10_000) -> list[tuple[str, float]]:
    """Each lane with open rows, and when the first is due, for the sweep to wake it; at most `limit` lanes."""
    found = await tx.execute(
        select(outbox.c.lane, func.min(outbox.c.next_at)).where(_IS_OPEN).group_by(outbox.c.lane).limit(limit)
    )
    return [(lane, at) for lane, at in found]


async def overdue_since(tx: AsyncConnection, before: float) -> float | None:
    """Since when the oldest post waits that may be sent since `before` or longer; None if there is none.

    A row whose thread has an earlier row waits for that one.
    """
    earlier = outbox.alias("earlier")
    waits = select(earlier.c.seq).where(
        earlier.c.lane == outbox.c.lane,
        earlier.c.thread == outbox.c.thread,
        earlier.c.seq < outbox.c.seq,
        earlier.c.state.in_(_OPEN_STATES),
    )
    first = _IS_OPEN, IS_POST, outbox.c.next_at <= before, ~waits.exists()
    since: float | None = await tx.scalar(select(func.min(outbox.c.next_at)).where(*first))
    return since


async def count_open(tx: AsyncConnection) -> int:
    """Count the open rows."""
    found = await tx.execute(select(func.count()).select_from(outbox).where(_IS_OPEN))
    return int(found.scalar_one())


async def purge(db: Database, before: float, passed: Passed) -> int:
    """Delete one batch of the rows that were closed before `before`, behind those `passed`; returns their number.

    Rows of stored sessions stay.
    """
    rows = await _CLOSED.ownerless(db, before, passed, _stored, BATCH)
    async with db.write() as tx:
        return (await tx.execute(delete(outbox).where(outbox.c.seq.in_(rows)))).rowcount if rows else 0


async def _stored(tx: AsyncConnection, session_ids: Collection[str]) -> set[str]:
    """Those of `session_ids` that are stored."""
    if not session_ids:
        return set()
    return set(await tx.scalars(select(sessions.c.id).where(sessions.c.id.in_(session_ids))))


async def purge_texts(db: Database, before: float) -> int:
    """Blank the payloads of one batch of rows that died before `before` and are kept; returns the number of rows."""
    has_text = cast(outbox.c.payload, String) != json.dumps(_BLANK)
    old = outbox.c.state == literal_column("'dead'"), outbox.c.sent_at < before, has_text
    async with db.scan() as tx:
        rows = list(await tx.scalars(select(outbox.c.seq).where(*old).limit(BATCH)))
    async with db.write() as tx:
        values = {"payload": _BLANK, "follow": None}
        return (await tx.execute(update(outbox).where(outbox.c.seq.in_(rows)).values(values))).rowcount


def _row(read: Any) -> OutboxRow:
    return OutboxRow(**{field.name: read[field.name] for field in fields(OutboxRow)})
