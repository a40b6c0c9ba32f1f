"""What sessions spent lately, in slots of ten minutes: as much as the runaway watch compares."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database.connection import insert
from bot.store.tables import recent_spend, sessions

SLOT: Final = 600  # seconds
HOUR: Final = 3600


async def add(tx: AsyncConnection, amounts: Mapping[str, float], now: float) -> None:
    """Add `amounts`, ACUs by session id, to what these sessions spent in the slot of `now`."""
    if not amounts:
        return
    owners = await tx.execute(
        select(sessions.c.id, sessions.c.team, sessions.c.org_id).where(sessions.c.id.in_(list(amounts)))
    )
    slot = int(now) // SLOT * SLOT
    rows = [
        {"session_id": row.id, "slot": slot, "team": row.team, "org_id": row.org_id, "acus": amounts[row.id]}
        for row in owners
    ]
    if not rows:
        return
    statement = insert(tx.dialect.name, recent_spend)
    statement = statement.on_conflict_do_update(
        index_elements=["session_id", "slot"], set_={"acus": recent_spend.c.acus + statement.excluded.acus}
    )
    await tx.execute(statement, rows)


async def last_hour(tx: AsyncConnection, org_id: str, now: float) -> dict[str, float]:
    """What each session of an organisation spent in the slots that began in the hour before `now`, by session id."""
    found = await tx.execute(
        select(recent_spend.c.session_id, func.sum(recent_spend.c.acus))
        .where(recent_spend.c.org_id == org_id, recent_spend.c.slot >= now - HOUR)
        .group_by(recent_spend.c.session_id)
    )
    return {session_id: float(acus) for session_id, acus in found}


async def session_hours(tx: AsyncConnection, org_id: str, before: float) -> list[float]:
    """What each session of an organisation spent in each whole hour of the clock that ended `before` an instant.

    Hours in which a session spent nothing are left out.
    """
    hour = recent_spend.c.slot - recent_spend.c.slot % HOUR
    found = await tx.execute(
        select(func.sum(recent_spend.c.acus))
        .where(recent_spend.c.org_id == org_id, recent_spend.c.slot < int(before) // HOUR * HOUR)
        .group_by(recent_spend.c.session_id, hour)
    )
    return [float(acus) for acus in found.scalars()]
