"""Sessions that stand in people's own names at Devin: it counts them as theirs, and they are the bot's all the same."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import sessions, spend


async def created_between(tx: AsyncConnection, org_id: str, after: float, before: float) -> int:
    """Count those that were started in an organisation from `after` until `before`."""
    theirs = (sessions.c.org_id == org_id, sessions.c.devin_user.is_not(None), sessions.c.devin_id.is_not(None))
    span = (sessions.c.created_at >= after, sessions.c.created_at < before)
    return int((await tx.execute(select(func.count()).select_from(sessions).where(*theirs, *span))).scalar_one())


async def spent_by_day(tx: AsyncConnection, org_id: str, first: date, last: date) -> dict[str, Mapping[date, float]]:
    """What those of an organisation spent from `first` to `last`, by the id of the person at Devin, and day."""
    keys = (sessions.c.devin_user, spend.c.day)
    joined = select(*keys, func.sum(spend.c.acus).label("acus")).join(sessions, sessions.c.id == spend.c.session_id)
    theirs = (spend.c.org_id == org_id, sessions.c.devin_user.is_not(None))
    span = spend.c.day.between(first.isoformat(), last.isoformat())
    found: dict[str, dict[date, float]] = defaultdict(dict)
    for row in await tx.execute(joined.where(*theirs, span).group_by(*keys)):
        found[row.devin_user][date.fromisoformat(row.day)] = float(row.acus)
    return dict(found)
