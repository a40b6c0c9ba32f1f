"""The inbox: everything Slack sent that asks for work, stored before it is acknowledged."""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    Update,
    and_,
    bindparam,
    cast,
    delete,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.causes import Cause, MessageCause, ReadableCause, flow_name
from bot.domain.lane import thread_lane, thread_of
from bot.store.cause_codec import BLANK, decode, encode
from bot.store.closed_rows import ClosedRows, Passed
from bot.store.database.connection import Database, insert
from bot.store.tables import inbox, sessions

BATCH: Final = 200
_CHANNELS_AT_ONCE: Final = 100

_Cause = TypeVar("_Cause", bound=ReadableCause)
_Noted = TypeVar("_Noted", bound=Cause)
_Cause_co = TypeVar("_Cause_co", bound=Cause, covariant=True)


@dataclass(frozen=True, slots=True)
class InboxRow(Generic[_Cause_co]):
    """One cause of work, and where it stands in its lane; `ref` is its reference in the log."""

    key: str
    team: str
    lane: str
    ts: str
    ref: str
    cause: _Cause_co
    ready_at: float
    created_at: float
    urgent: bool = False
    attempts: int = 0
    failures: int = 0
    intent_at: float | None = None
    accepted_at: float | None = None
    edited_ts: str | None = None

    @property
    def kind(self) -> str:
        """The kind of the row's cause."""
        return self.cause.kind

    @property
    def flow(self) -> str:
        """The name of the flow that takes the row."""
        return flow_name(self.cause)

    def with_cause(self, cause: _Noted) -> "InboxRow[_Noted]":
        """Return the row with another cause, which is not stored."""
        return InboxRow(**{**{field.name: getattr(self, field.name) for field in fields(self)}, "cause": cause})


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a message's row, open or closed, that says what became of the message."""

    key: str
    lane: str
    open: bool
    sent: bool  # Devin has the message, or may have it
    edited_ts: str | None  # Slack's time of the last edit that counts, or of the deletion
    reason: str | None  # why it was closed, or waits; None where what it asked for was worked on


# A literal, not a parameter: the index of open rows is used only if the statement itself contains the state.
_IS_OPEN: Final[ColumnElement[bool]] = inbox.c.state == literal_column("'open'")
# Built once, because building a statement takes longer than executing it.
_HEAD: Final = (
    select(inbox)
    .where(inbox.c.lane == bindparam("lane"), _IS_OPEN)
    .order_by(inbox.c.urgent.desc(), inbox.c.ts, inbox.c.key)
    .limit(1)
)
_CLOSED: Final = ClosedRows(inbox.c.done_at, inbox.c.key, inbox.c.lane, inbox.c.state != literal_column("'open'"))
_KNOWN: Final = select(inbox.c.key).where(inbox.c.lane == bindparam("lane")).limit(1)
_OPEN: Final = _KNOWN.where(_IS_OPEN)
_CLOSE: Final = (
    update(inbox)
    .where(inbox.c.key.in_(bindparam("keys", expanding=True)), _IS_OPEN)
    .values(state=bindparam("outcome"), done_at=bindparam("at"), reason=bindparam("because"))
)
_CLOSE_AND_BLANK: Final = _CLOSE.values(payload=BLANK)


@cache
def _adding(dialect: str) -> Any:
    return insert(dialect, inbox).on_conflict_do_nothing()


async def add(tx: AsyncConnection, rows: Sequence[InboxRow[Cause]]) -> None:
    """Store `rows`; a row whose key is stored already is left out, because that one has acted or will act."""
    await tx.run_sync(add_now, rows)


def add_now(connection: Connection, rows: Sequence[InboxRow[Cause]]) -> None:
    """Store rows through a synchronous connection; a row whose key is there already is left out."""
    # By key, so that two processes that store the same rows do not wait for each other in a circle.
    ordered = sorted(rows, key=lambda row: row.key)
    connection.execute(_adding(connection.dialect.name), [_values(row) for row in ordered])


async def head(tx: AsyncConnection, lane: str) -> InboxRow[Cause] | None:
    """The open row of `lane` that comes next: urgent rows first, then by Slack's time and not by arrival."""
    found = await tx.execute(_HEAD, {"lane": lane})
    row = found.mappings().one_or_none()
    return None if row is None else _row(row)


async def waiting(tx: AsyncConnection, lane: str, *causes: type[_Cause]) -> list[InboxRow[_Cause]]:
    """The open rows of `lane` that have one of these types of `causes`, in order; unreadable rows are left out."""
    found = await tx.execute(
        select(inbox)
        .where(inbox.c.lane == lane, _IS_OPEN, inbox.c.kind.in_([cause.kind for cause in causes]))
        .order_by(inbox.c.ts, inbox.c.key)
    )
    return [row for row in map(_row, found.mappings()) if isinstance(row.cause, causes)]


async def under_way(tx: AsyncConnection, cause: type[_Cause]) -> list[InboxRow[_Cause]]:
    """The open rows with this type of `cause` that have an intent: Devin may have what they asked for."""
    theirs = and_(_IS_OPEN, inbox.c.kind == cause.kind, inbox.c.intent_at.is_not(None))
    found = await tx.execute(select(inbox).where(theirs))
    return [row for row in map(_row, found.mappings()) if isinstance(row.cause, cause)]


async def knows_lane(tx: AsyncConnection, lane: str) -> bool:
    """Whether any row of `lane` is stored, open or closed."""
    return (await tx.execute(_KNOWN, {"lane": lane})).first() is not None


async def has_open(tx: AsyncConnection, lane: str) -> bool:
    """Whether any row of `lane` is open. An ack waits for this, so no row is read, however many are open."""
    return (await tx.execute(_OPEN, {"lane": lane})).first() is not None


async def earlier_in_channel(tx: AsyncConnection, prefix: str, row: InboxRow[Cause]) -> bool:
    """Whether a lane that begins with `prefix`, other than that of `row`, has an untried row older than `row`.

    In a direct message the lines of one person belong together, so the later one waits.
    """
    found = await tx.execute(
        select(inbox.c.key)
        .where(
            _IS_OPEN,
            inbox.c.lane.startswith(prefix, autoescape=True),
            inbox.c.lane != row.lane,
            inbox.c.attempts == 0,  # a row that waits for Devin belongs to a thread of its own by now
            inbox.c.ts < row.ts,
        )
        .limit(1)
    )
    return found.first() is not None


async def intend(tx: AsyncConnection, key: str, at: float | None) -> None:
    """Store that the row's call is about to be made at `at`, or with None that the last call counts as not made."""
    await tx.execute(update(inbox).where(inbox.c.key == key).values(intent_at=at))


async def accept(tx: AsyncConnection, key: str, at: float) -> None:
    """Store that at `at` Devin created what the row asks for, although its answer did not contain what it created."""
    await tx.execute(update(inbox).where(inbox.c.key == key).values(accepted_at=at))


async def failed(tx: AsyncConnection, key: str) -> None:
    """Count a failure that is our own fault on the row with this key."""
    await tx.execute(update(inbox).where(inbox.c.key == key).values(failures=inbox.c.failures + 1))


async def reschedule(tx: AsyncConnection, key: str, ready_at: float, reason: str) -> None:
    """Count an attempt with its `reason`, and make the row ready again at `ready_at`, in its old place in the lane."""
    await tx.execute(
        update(inbox)
        .where(inbox.c.key == key, _IS_OPEN)
        .values(ready_at=ready_at, reason=reason, attempts=inbox.c.attempts + 1)
    )


async def go_on(tx: AsyncConnection, key: str, ready_at: float) -> None:
    """Make an open row ready at `ready_at`, and count its attempts and faults anew, because it has made progress."""
    await tx.execute(_open_row(key).values(ready_at=ready_at, attempts=0, failures=0, reason=None))


async def move(tx: AsyncConnection, key: str, lane: str, cause: Cause, ts: str) -> None:
    """Move an open row to another lane, where `ts` decides on its place; from now on `cause` stands in it."""
    await tx.execute(_open_row(key).values(lane=lane, kind=cause.kind, payload=encode(cause), ts=ts))


async def note(tx: AsyncConnection, key: str, cause: Cause) -> None:
    """Replace the cause of an open row by `cause`, in which a flow has noted something.

    A message's row may become that of the command that the message consists of.
    """
    await tx.execute(_open_row(key).values(kind=cause.kind, payload=encode(cause)))


async def confirm(tx: AsyncConnection, key: str, lane: str, cause: Cause, now: float) -> None:
    """Make an open row, which waits for an answer, ready at `now` in `lane`; from now on `cause` stands in it."""
    await tx.execute(_open_row(key).values(lane=lane, payload=encode(cause), ready_at=now))


async def bring_back(tx: AsyncConnection, key: str, lane: str, cause: Cause, now: float) -> None:
    """Have an open row, which waited for a person, worked on in `lane` as if it had come `now`; `cause` stands in it.

    Its place in the lane is the old one. What it has waited counts as no outage.
    """
    await tx.execute(_open_row(key).values(lane=lane, payload=encode(cause), ready_at=now, created_at=now))


async def make_ready(tx: AsyncConnection, lane: str, now: float) -> bool:
    """Make all open rows of `lane` ready at `now`. Returns whether there are any."""
    waiting = update(inbox).where(inbox.c.lane == lane, _IS_OPEN)
    return (await tx.execute(waiting.values(ready_at=now))).rowcount > 0


async def state_of(tx: AsyncConnection, key: str) -> str | None:
    """The state of the row with this key: open, done or dead; None if there is none."""
    return await tx.scalar(select(inbox.c.state).where(inbox.c.key == key))


async def standing(tx: AsyncConnection, key: str) -> Standing | None:
    """What became of the message whose row has this key; None if it has none.

    A row that is done keeps its intent if the call was made: Devin has what it asked for. What became of a dead one was
    announced. The row of a command may have changed something, but its message was sent nowhere.
    """
    found = (await tx.execute(select(inbox).where(inbox.c.key == key))).mappings().one_or_none()
    if found is None:
        return None
    sent = found["kind"] == MessageCause.kind and found["state"] != "dead" and found["intent_at"] is not None
    return Standing(key, found["lane"], found["state"] == "open", sent, found["edited_ts"], found["reason"])


async def note_edit(tx: AsyncConnection, key: str, edited_ts: str) -> None:
    """Note that the edit or deletion at this time of Slack's has been dealt with, so that no older one counts."""
    await tx.execute(update(inbox).where(inbox.c.key == key).values(edited_ts=edited_ts))


async def postpone(tx: AsyncConnection, key: str, lane: str, cause: Cause, ready_at: float) -> None:
    """Have an open row wait until `ready_at` behind everything in `lane` that comes before then.

    It is not urgent any more; from now on `cause` stands in it.
    """
    later = {"lane": lane, "ts": f"{ready_at:.6f}", "ready_at": ready_at, "urgent": False}
    await tx.execute(_open_row(key).values(payload=encode(cause), **later))


def _open_row(key: str) -> Update:
    return update(inbox).where(inbox.c.key == key, _IS_OPEN)


async def get(tx: AsyncConnection, key: str) -> InboxRow[Cause] | None:
    """The open row with this key, or None."""
    found = await tx.execute(select(inbox).where(inbox.c.key == key, _IS_OPEN))
    row = found.mappings().one_or_none()
    return None if row is None else _row(row)


async def finish(
    tx: AsyncConnection, keys: Sequence[str], at: float, *, dead: bool = False, reason: str | None = None
) -> None:
    """Close the rows with these keys as done, or as dead with a `reason`.

    The payloads of rows that are done are blanked; dead rows keep theirs for a while.
    """
    outcome = {"outcome": "dead" if dead else "done", "at": at, "because": reason}
    await tx.execute(_CLOSE if dead else _CLOSE_AND_BLANK, {"keys": list(keys), **outcome})


async def drop(tx: AsyncConnection, key: str) -> None:
    """Delete the open row with this key, so that a row which comes again under the key counts as new."""
    await tx.execute(delete(inbox).where(inbox.c.key == key, _IS_OPEN))


async def open_lanes(tx: AsyncConnection, limit: int = 10_000) -> list[tuple[str, float, str | None]]:
    """Each lane with open rows, when its first row is ready, and a person who waits for it, for the sweep to wake it.

    The person is None where none is known. At most `limit` lanes.
    """
    first, person = func.min(inbox.c.ready_at), func.min(inbox.c.payload["user"].as_string())
    lanes = select(inbox.c.lane, first, person).where(_IS_OPEN).group_by(inbox.c.lane)
    found = await tx.execute(lanes.order_by(first).limit(limit))
    return [(lane, ready_at, user) for lane, ready_at, user in found]


async def count_open(tx: AsyncConnection) -> int:
    """Count the open rows."""
    found = await tx.execute(select(func.count()).select_from(inbox).where(_IS_OPEN))
    return int(found.scalar_one())


async def purge(db: Database, before: float, passed: Passed) -> int:
    """Delete one batch of the rows that were closed before `before`, behind those `passed`; returns their number.

    Rows in the thread of a stored session stay, because their keys keep old messages from acting again.
    """
    keys = await _CLOSED.ownerless(db, before, passed, _lanes_of_sessions, BATCH)
    async with db.write() as tx:
        return (await tx.execute(delete(inbox).where(inbox.c.key.in_(keys)))).rowcount if keys else 0


async def purge_texts(db: Database, before: float) -> int:
    """Blank the payloads of one batch of the dead rows that were closed before `before` and are kept for their keys.

    Returns the number of rows.
    """
    has_text = cast(inbox.c.payload, String) != json.dumps(BLANK)
    old = inbox.c.state == literal_column("'dead'"), inbox.c.done_at < before, has_text
    async with db.scan() as tx:
        keys = list(await tx.scalars(select(inbox.c.key).where(*old).limit(BATCH)))
    async with db.write() as tx:
        return (await tx.execute(update(inbox).where(inbox.c.key.in_(keys)).values(payload=BLANK))).rowcount


async def _lanes_of_sessions(tx: AsyncConnection, lanes: Collection[str]) -> set[str]:
    """Those of `lanes` that are of the threads of stored sessions."""
    by_channel = defaultdict[tuple[str, str], list[str]](list)
    for team, channel, ts in filter(None, map(thread_of, lanes)):
        by_channel[team, channel].append(ts)
    of, places, stored = sessions.c, list(by_channel.items()), set[str]()
    # By channel, because PostgreSQL takes a second for a list of a thousand places.
    for start in range(0, len(places), _CHANNELS_AT_ONCE):
        here = (
            and_(of.team == team, of.channel == channel, of.thread_ts.in_(threads))
            for (team, channel), threads in places[start : start + _CHANNELS_AT_ONCE]
        )
        found = await tx.execute(select(of.team, of.channel, of.thread_ts).where(or_(*here)))
        stored |= {thread_lane(*thread) for thread in found}
    return stored


def _values(row: InboxRow[Cause]) -> dict[str, Any]:
    return {
        "key": row.key,
        "team": row.team,
        "lane": row.lane,
        "kind": row.kind,
        "ts": row.ts,
        "ref": row.ref,
        "payload": encode(row.cause),
        "ready_at": row.ready_at,
        "created_at": row.created_at,
        "urgent": row.urgent,
        "edited_ts": row.edited_ts,
    }


def _row(row: Any) -> InboxRow[Any]:
    return InboxRow(
        key=row["key"],
        team=row["team"],
        lane=row["lane"],
        ts=row["ts"],
        ref=row["ref"],
        cause=decode(row["kind"], row["payload"]),
        ready_at=row["ready_at"],
        created_at=row["created_at"],
        urgent=row["urgent"],
        attempts=row["attempts"],
        failures=row["failures"],
        intent_at=row["intent_at"],
        accepted_at=row["accepted_at"],
        edited_ts=row["edited_ts"],
    )
