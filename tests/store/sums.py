"""Whether what the database adds up by itself is what the rows of `spend` add up to."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.money_tables import NOT_KNOWN
from bot.store.tables import session_totals, spend, spend_days


async def check_sums(tx: AsyncConnection) -> None:
    """Fail unless both tables of sums equal the sums over rows."""
    of, known = spend.c, [func.coalesce(column, NOT_KNOWN) for column in (spend.c.requester, spend.c.channel)]
    days = (of.team, of.day, of.org_id, *known)
    assert await _stored(tx, spend_days.c.sessions, *spend_days.primary_key) == await _added_up(tx, *days)
    totals = session_totals.c
    stored = await _stored(tx, totals.days, totals.session_id)
    assert stored == await _added_up(tx, of.session_id)
    newest = select(of.session_id, func.max(of.day)).where(of.acus > 0).group_by(of.session_id)
    last_days = {row.session_id: row.last_day for row in await tx.execute(select(totals.session_id, totals.last_day))}
    assert all(last_days[key] >= day for key, day in await tx.execute(newest))
    teams = {tuple(row) for row in await tx.execute(select(totals.session_id, totals.team))}
    assert teams <= {tuple(row) for row in await tx.execute(select(of.session_id, of.team))}


async def _added_up(tx: AsyncConnection, *key: Any) -> dict[Any, Any]:
    sums = select(*key, func.count(), func.sum(spend.c.acus)).where(spend.c.acus > 0).group_by(*key)
    return {tuple(row[:-2]): (row[-2], pytest.approx(row[-1], abs=1e-9)) for row in await tx.execute(sums)}


async def _stored(tx: AsyncConnection, number: Any, *key: Any) -> dict[Any, Any]:
    found = await tx.execute(select(*key, number, number.table.c.acus))
    return {tuple(row[:-2]): (row[-2], row[-1]) for row in found}
