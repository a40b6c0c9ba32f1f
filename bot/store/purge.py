"""Rows that come back by themselves when they are needed: idle lanes, spent paces, people last read long ago."""

from typing import Any, Final

from sqlalchemy import delete, exists, literal_column, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.inbox import BATCH
from bot.store.tables import inbox, lanes, people, rate_limits

# Written out, because as a parameter it would keep SQLite from the inbox's partial index.
_OPEN: Final[Any] = literal_column("'open'")


async def purge_lanes(tx: AsyncConnection) -> int:
    """Delete one small piece of the lanes that nobody holds and in which nothing waits."""
    asked = exists(select(inbox.c.key).where(inbox.c.lane == lanes.c.name, inbox.c.state == _OPEN))
    idle = select(lanes.c.name).where(lanes.c.owner.is_(None), ~asked).limit(BATCH)
    # Asked again: on PostgreSQL a worker may have claimed one since it was found.
    return (await tx.execute(delete(lanes).where(lanes.c.name.in_(idle), lanes.c.owner.is_(None)))).rowcount


async def purge_rate_limits(tx: AsyncConnection, before: float) -> int:
    """Delete one small piece of the paces that were spent before an instant: unknown ones are full."""
    old = select(rate_limits.c.name).where(rate_limits.c.next_at < before).limit(BATCH)
    return (await tx.execute(delete(rate_limits).where(rate_limits.c.name.in_(old)))).rowcount


async def purge_people(tx: AsyncConnection, before: float) -> int:
    """Delete one small piece of the people last read before an instant."""
    key = (people.c.team, people.c.user)
    old = select(*key).where(people.c.read_at < before).limit(BATCH)
    return (await tx.execute(delete(people).where(tuple_(*key).in_(old)))).rowcount
