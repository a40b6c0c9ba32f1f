"""What sessions spent lately, in slots of ten minutes: as much as the runaway watch compares."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database.connection import insert
from bot.store.inbox import BATCH
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


async def above(tx: AsyncConnection, org_id: str, now: float, acus: float) -> dict[str, float]:
    """Which sessions of an organisation spent more than `acus` in the slots that began in the hour before `now`.

    Returned is what each spent, by session id.
    """
    # Who spent so much in some slots together spent its share in one of them, and those are found by an index.
    slots = _slots_of_the_hour(now)
    much = select(recent_spend.c.session_id).where(
        recent_spend.c.org_id == org_id, recent_spend.c.slot.in_(slots), recent_spend.c.acus > acus / len(slots)
    )
    ids = sorted(set(await tx.scalars(much)))
    found: dict[str, float] = {}
    for start in range(0, len(ids), BATCH):
        found |= await last_hour(tx, ids[start : start + BATCH], now)
    return {session_id: spent for session_id, spent in found.items() if spent > acus}


async def last_hour(tx: AsyncConnection, session_ids: Sequence[str], now: float) -> dict[str, float]:
    """What each of these sessions spent in the slots that began in the hour before `now`, by session id."""
    theirs = (recent_spend.c.session_id.in_(session_ids), recent_spend.c.slot.in_(_slots_of_the_hour(now)))
    found = await tx.execute(
        select(recent_spend.c.session_id, func.sum(recent_spend.c.acus))
        .where(*theirs)
        .group_by(recent_spend.c.session_id)
    )
    return {session_id: float(acus) for session_id, acus in found}


def _slots_of_the_hour(now: float) -> list[int]:
    return list(range(math.ceil((now - HOUR) / SLOT) * SLOT, int(now) + 1, SLOT))


async def session_hours(tx: AsyncConnection, org_id: str, before: float) -> dict[float, int]:
    """How many hours of sessions cost how much, to a hundredth: whole ones of the clock that ended `before` an instant.

    Hours in which a session spent nothing are left out.
    """
    hour = recent_spend.c.slot - recent_spend.c.slot % HOUR
    amount = func.round(func.sum(recent_spend.c.acus) * 100).label("amount")
    hours = (
        select(amount)
        .where(recent_spend.c.org_id == org_id, recent_spend.c.slot < int(before) // HOUR * HOUR)
        .group_by(recent_spend.c.session_id, hour)
        .subquery()
    )
    found = await tx.execute(select(hours.c.amount, func.count()).group_by(hours.c.amount))
    return {float(amount) / 100: int(count) for amount, count in found}
