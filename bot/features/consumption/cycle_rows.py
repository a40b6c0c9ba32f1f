"""Billing cycles of organisations, and how many ACUs they may use in one: each reading replaces the one before."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.cycle import Cycle, CycleLimit, LimitSource
from bot.features.consumption.tables import cycle_limits, cycles


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
