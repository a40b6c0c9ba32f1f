"""Channels: whether another company shares one, and from which message on catch-up has to read it.

A channel without a row is shared with nobody and need not be read.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database.connection import insert
from bot.store.tables import channels


@dataclass(frozen=True, slots=True)
class KnownChannel:
    """What is stored about a channel; `changed_at` is when `is_shared` became what it is."""

    team: str
    channel: str
    is_shared: bool
    changed_at: float
    unread_from: str | None


async def get(tx: AsyncConnection, team: str, channel: str) -> KnownChannel | None:
    """What is stored about `channel`, or None."""
    row = (await tx.execute(select(channels).where(*_is(team, channel)))).mappings().one_or_none()
    return None if row is None else KnownChannel(**row)


async def set_shared(tx: AsyncConnection, team: str, channel: str, shared: bool, now: float) -> bool:
    """Store whether another company shares `channel`; returns whether that is a change, which only one caller sees."""
    values = {"team": team, "channel": channel}
    await tx.execute(insert(tx.dialect.name, channels).values(values).on_conflict_do_nothing())
    other = channels.c.is_shared.is_not(shared)
    changed = update(channels).where(*_is(team, channel), other).values(is_shared=shared, changed_at=now)
    return (await tx.execute(changed)).rowcount > 0


def _is(team: str, channel: str) -> tuple[ColumnElement[bool], ...]:
    return (channels.c.team == team, channels.c.channel == channel)
