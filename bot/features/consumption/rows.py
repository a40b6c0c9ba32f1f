"""The tables of billing cycles and of changes of a bill; the bill itself is a table of the store, for its sums."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Column, Float, Index, Select, String, Table, delete, func, insert, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.billing import bounds
from bot.domain.cycle import Cycle, CycleLimit, LimitSource
from bot.features.consumption.rules import Correction
from bot.store import stored_sessions
from bot.store.columns import SEQUENCE, metadata
from bot.store.instants import happened
from bot.store.table_spec import TableSpec, kept_like_spend, never, nothing
from bot.store.tables import consumption, spend

# Each change of what Devin billed for a day that had settled. `seq` says up to which one a digest has named them.
corrections: Final = Table(
    "corrections",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("org_id", String, nullable=False),
    Column("day", String, nullable=False),
    Column("acus_before", Float),  # none where Devin did not list the day
    Column("acus_after", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_corrections_day", corrections.c.day)

# The cycles in which Devin bills an organisation, as it was last asked.
cycles: Final = Table(
    "cycles",
    metadata,
    Column("org_id", String, primary_key=True),
    Column("starts", String, primary_key=True),  # ISO date of the first billing day
    Column("ends", String, nullable=False),  # ISO date of the last billing day
    Column("read_at", Float, nullable=False),
)

# How many ACUs an organisation may use in a cycle, by who says so.
cycle_limits: Final = Table(
    "cycle_limits",
    metadata,
    Column("org_id", String, primary_key=True),
    Column("source", String, primary_key=True),
    Column("acus", Float, nullable=False),
    Column("read_at", Float, nullable=False),
)

TABLES: Final = (
    TableSpec(
        consumption,
        ("figure of a bill", "figures of bills"),
        kept_like_spend(consumption.c.day),
        nothing,
        instants=(happened(consumption.c.read_at),),
    ),
    TableSpec(
        corrections,
        ("change of a bill", "changes of bills"),
        kept_like_spend(corrections.c.day),
        nothing,
        instants=(happened(corrections.c.seen_at),),
    ),
    # Each reading replaces the cycles and limits of the last one.
    TableSpec(cycles, ("billing cycle", "billing cycles"), never, nothing, instants=(happened(cycles.c.read_at),)),
    TableSpec(
        cycle_limits,
        ("limit of billing cycles", "limits of billing cycles"),
        never,
        nothing,
        instants=(happened(cycle_limits.c.read_at),),
    ),
)


# ------------------------------------------------------------ cycle rows
# Billing cycles of organisations, and how many ACUs they may use in one: each reading replaces the one before.


async def put_cycles(tx: AsyncConnection, org_id: str, known: Iterable[Cycle], now: float) -> None:
    """Store the cycles of an organisation as read at `now`, in place of all older ones."""
    await tx.execute(delete(cycles).where(cycles.c.org_id == org_id))
    # Of two that begin on one day the later one in the list counts.
    ends = {cycle.first.isoformat(): cycle.last.isoformat() for cycle in known}
    rows = [{"org_id": org_id, "starts": first, "ends": last, "read_at": now} for first, last in ends.items()]
    if rows:
        await tx.execute(insert(cycles), rows)


async def cycles_with(tx: AsyncConnection, org_id: str, day: date) -> list[Cycle]:
    """The cycles of an organisation that the billing day `day` is in."""
    named = day.isoformat()
    found = await tx.execute(
        select(cycles.c.starts, cycles.c.ends).where(
            cycles.c.org_id == org_id, cycles.c.starts <= named, cycles.c.ends >= named
        )
    )
    return [Cycle(date.fromisoformat(starts), date.fromisoformat(ends)) for starts, ends in found]


async def put_limit(tx: AsyncConnection, org_id: str, source: LimitSource, acus: float | None, now: float) -> None:
    """Store the limit that `source` sets, as read at `now`, in place of the older one; None if it sets none."""
    theirs = (cycle_limits.c.org_id == org_id, cycle_limits.c.source == source.value)
    await tx.execute(delete(cycle_limits).where(*theirs))
    if acus is not None:
        row = {"org_id": org_id, "source": source.value, "acus": acus, "read_at": now}
        await tx.execute(insert(cycle_limits).values(row))


async def limits(tx: AsyncConnection, org_id: str) -> list[CycleLimit]:
    """The limits of an organisation that are known from Devin."""
    found = await tx.execute(select(cycle_limits.c.source, cycle_limits.c.acus).where(cycle_limits.c.org_id == org_id))
    return [CycleLimit(float(acus), LimitSource(source)) for source, acus in found]


# ------------------------------------------------------------ correction rows
# What Devin changed in its bill for days that had settled. The changes are numbered, for digests to name each once.


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes in the order in which they were seen, and the number of the last one."""

    changes: tuple[Correction, ...]
    seq: int


async def add(tx: AsyncConnection, org_id: str, changes: Iterable[Correction], now: float) -> None:
    """Store `changes` of an organisation's bill that were seen at `now`."""
    rows = [
        {
            "org_id": org_id,
            "day": change.day.isoformat(),
            "acus_before": change.before,
            "acus_after": change.after,
            "seen_at": now,
        }
        for change in changes
    ]
    if rows:
        await tx.execute(insert(corrections), rows)


async def after(tx: AsyncConnection, org_id: str, seq: int) -> Changes:
    """The changes of an organisation's bill after the one with the number `seq`."""
    found = await tx.execute(
        select(corrections.c.seq, corrections.c.day, corrections.c.acus_before, corrections.c.acus_after)
        .where(corrections.c.org_id == org_id, corrections.c.seq > seq)
        .order_by(corrections.c.seq)
    )
    rows = found.all()
    changes = tuple(Correction(date.fromisoformat(row.day), row.acus_before, row.acus_after) for row in rows)
    return Changes(changes, rows[-1].seq if rows else seq)


async def last_before(tx: AsyncConnection, org_id: str, instant: float) -> int:
    """The number of the last change of an organisation's bill that was seen before `instant`; 0 if there is none."""
    newest = select(func.max(corrections.c.seq)).where(corrections.c.org_id == org_id, corrections.c.seen_at < instant)
    return int((await tx.execute(newest)).scalar() or 0)


# ------------------------------------------------------------ session bill rows
# Which session's days Devin is to be asked about next.


@dataclass(frozen=True, slots=True)
class AskedSession:
    """A session of whose days Devin is asked: our id, and the one at Devin."""

    id: str
    devin_id: str


async def next_session(
    tx: AsyncConnection, org_id: str, first: date, last: date, now: float, *, polled: bool
) -> AskedSession | None:
    """The session of an organisation about which Devin is to be asked next, if there is one.

    Those come first of which it is in doubt on which days they spent. `last` is the newest finished day, and what is
    older than `first` is not asked about any more. Unless all were `polled` since `last`, only sessions that are over
    count, and fan-outs' that were read: what the others spent up to then may not be booked yet.
    """
    wanted = _to_ask(org_id, first, last, now).where(stored_sessions.was_read(bounds(last)[1], polled=polled))
    row = (
        await tx.execute(wanted.order_by(func.count(spend.c.used_since).desc(), spend.c.session_id).limit(1))
    ).first()
    return AskedSession(row.session_id, row.devin_id) if row else None


async def is_any_in_doubt(tx: AsyncConnection, org_id: str, first: date, last: date, now: float) -> bool:
    """Whether Devin is to be asked now about a session of which it is in doubt on which days it spent."""
    doubtful = _to_ask(org_id, first, last, now).where(spend.c.used_since.is_not(None)).limit(1)
    return (await tx.execute(doubtful)).first() is not None


def _to_ask(org_id: str, first: date, last: date, now: float) -> Select[str, str]:
    return (
        select(spend.c.session_id, func.max(stored_sessions.DEVIN_ID).label("devin_id"))
        .select_from(stored_sessions.with_stored(spend, spend.c.session_id, spend.c.team))
        .where(
            spend.c.org_id == org_id,
            spend.c.ask_at.is_not(None),
            spend.c.acus > literal_column("0"),  # as in the index: of a parameter SQLite would not know it
            spend.c.ask_at <= now,
            spend.c.day >= first.isoformat(),
            func.coalesce(spend.c.used_since, spend.c.day) <= last.isoformat(),
            stored_sessions.DEVIN_ID.is_not(None),
        )
        .group_by(spend.c.session_id)
    )
