"""What was spent: by session from the differences the poller sees, and by day as Devin billed it."""

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import insert
from bot.store.tables import consumption, sessions, spend


async def add(tx: AsyncConnection, day: date, amounts: Mapping[str, float]) -> None:
    """Add ACUs of sessions to a billing day."""
    if not amounts:
        return
    statement = insert(tx, spend)
    statement = statement.on_conflict_do_update(
        index_elements=["session_id", "day"], set_={"acus": spend.c.acus + statement.excluded.acus}
    )
    rows = [{"session_id": key, "day": day.isoformat(), "acus": acus} for key, acus in amounts.items()]
    await tx.execute(statement, rows)


async def total(tx: AsyncConnection, first: date, last: date) -> float:
    """ACUs of all our sessions over billing days, both included."""
    found = await tx.execute(
        select(func.coalesce(func.sum(spend.c.acus), 0.0)).where(
            spend.c.day >= first.isoformat(), spend.c.day <= last.isoformat()
        )
    )
    return float(found.scalar_one())


async def by_day(tx: AsyncConnection, first: date, last: date) -> dict[date, float]:
    """ACUs of all our sessions on each billing day that has any."""
    found = await tx.execute(
        select(spend.c.day, func.sum(spend.c.acus))
        .where(spend.c.day >= first.isoformat(), spend.c.day <= last.isoformat())
        .group_by(spend.c.day)
    )
    return {date.fromisoformat(day): float(acus) for day, acus in found}


async def dearest(tx: AsyncConnection, first: date, last: date, most: int = 5) -> list[tuple[str, float]]:
    """The sessions that cost most over billing days, as (session id, ACUs)."""
    acus = func.sum(spend.c.acus)
    found = await tx.execute(
        select(spend.c.session_id, acus)
        .join(sessions, sessions.c.id == spend.c.session_id)
        .where(spend.c.day >= first.isoformat(), spend.c.day <= last.isoformat())
        .group_by(spend.c.session_id)
        .having(acus > 0)
        .order_by(acus.desc(), spend.c.session_id)
        .limit(most)
    )
    return [(key, float(value)) for key, value in found]


async def put_consumption(tx: AsyncConnection, days: Iterable[tuple[date, float]], now: float) -> None:
    """Remember what Devin billed."""
    rows = [{"day": day.isoformat(), "acus": acus, "read_at": now} for day, acus in days]
    if not rows:
        return
    statement = insert(tx, consumption)
    newest = {"acus": statement.excluded.acus, "read_at": statement.excluded.read_at}
    await tx.execute(statement.on_conflict_do_update(index_elements=["day"], set_=newest), rows)


async def consumed(tx: AsyncConnection, first: date, last: date) -> dict[date, float]:
    """What Devin billed on each billing day that was read, both ends included."""
    found = await tx.execute(
        select(consumption.c.day, consumption.c.acus).where(
            consumption.c.day >= first.isoformat(), consumption.c.day <= last.isoformat()
        )
    )
    return {date.fromisoformat(day): float(acus) for day, acus in found}
