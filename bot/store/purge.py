"""Deletes rows that are made again when they are needed.

These are idle lanes, full token buckets, people read long ago, lists shown long ago, and channels without a session.
"""

from typing import Any, Final

from sqlalchemy import delete, exists, literal_column, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.inbox import BATCH
from bot.store.tables import channels, inbox, lanes, numbered_lists, people, rate_limits, sessions, shown_lists

# A literal, because with a parameter SQLite would not use the inbox's partial index.
_OPEN: Final[Any] = literal_column("'open'")


async def purge_lanes(tx: AsyncConnection) -> int:
    """Delete one batch of the lanes that have no owner and no open row; returns their number."""
    asked = exists(select(inbox.c.key).where(inbox.c.lane == lanes.c.name, inbox.c.state == _OPEN))
    idle = select(lanes.c.name).where(lanes.c.owner.is_(None), ~asked).limit(BATCH)
    # The owner is checked again, because on PostgreSQL a worker may have claimed a lane since it was found.
    return (await tx.execute(delete(lanes).where(lanes.c.name.in_(idle), lanes.c.owner.is_(None)))).rowcount


async def purge_rate_limits(tx: AsyncConnection, before: float) -> int:
    """Delete one batch of the token buckets with a token since before `before`; returns their number.

    A bucket that is not stored counts as full.
    """
    old = select(rate_limits.c.name).where(rate_limits.c.next_at < before).limit(BATCH)
    return (await tx.execute(delete(rate_limits).where(rate_limits.c.name.in_(old)))).rowcount


async def purge_people(tx: AsyncConnection, before: float) -> int:
    """Delete one batch of the people who were last read from Slack before `before`; returns their number."""
    key = (people.c.team, people.c.user)
    old = select(*key).where(people.c.read_at < before).limit(BATCH)
    return (await tx.execute(delete(people).where(tuple_(*key).in_(old)))).rowcount


async def purge_shown_lists(tx: AsyncConnection, before: float) -> int:
    """Delete one batch of the lists of sessions that were shown before `before`; returns their number."""
    key = (shown_lists.c.team, shown_lists.c.user)
    old = select(*key).where(shown_lists.c.shown_at < before).limit(BATCH)
    # The time is checked again, because on PostgreSQL the person may have been shown a new list since it was found.
    stale = (tuple_(*key).in_(old), shown_lists.c.shown_at < before)
    return (await tx.execute(delete(shown_lists).where(*stale))).rowcount


async def purge_numbered_lists(tx: AsyncConnection, before: float) -> int:
    """Delete one batch of the other lists that were shown before `before`; returns their number."""
    key = (numbered_lists.c.team, numbered_lists.c.user, numbered_lists.c.kind)
    old = select(*key).where(numbered_lists.c.shown_at < before).limit(BATCH)
    # Checked again, as above.
    stale = (tuple_(*key).in_(old), numbered_lists.c.shown_at < before)
    return (await tx.execute(delete(numbered_lists).where(*stale))).rowcount


async def purge_channels(tx: AsyncConnection) -> int:
    """Delete one batch of what is known about channels in which no session is stored; returns their number."""
    key = (channels.c.team, channels.c.channel)
    used = exists(
        select(sessions.c.id).where(sessions.c.team == channels.c.team, sessions.c.channel == channels.c.channel)
    )
    unused = select(*key).where(~used).limit(BATCH)
    return (await tx.execute(delete(channels).where(tuple_(*key).in_(unused), ~used))).rowcount
