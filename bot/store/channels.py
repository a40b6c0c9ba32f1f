"""Channels: whether another company shares one, whether one is private, and from which message on to catch up on it.

A channel without a row is shared with nobody and need not be read; whether it is private is not known.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database.connection import insert
from bot.store.tables import channels, sessions


@dataclass(frozen=True, slots=True)
class KnownChannel:
    """What is stored about a channel; `changed_at` is when `is_shared` became what it is.

    `is_private` is None until Slack was asked.
    """

    team: str
    channel: str
    is_shared: bool
    changed_at: float
    unread_from: str | None
    is_private: bool | None = None


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


async def set_private(tx: AsyncConnection, team: str, channel: str, *, private: bool) -> None:
    """Store whether `channel` is private."""
    statement = insert(tx.dialect.name, channels).values(team=team, channel=channel, is_private=private)
    await tx.execute(statement.on_conflict_do_update(index_elements=["team", "channel"], set_={"is_private": private}))


async def public(tx: AsyncConnection, team: str) -> frozenset[str]:
    """The channels of a workspace that are known to be public."""
    known = select(channels.c.channel).where(channels.c.team == team, channels.c.is_private.is_(False))
    return frozenset(await tx.scalars(known))


async def not_asked_about(tx: AsyncConnection, team: str, most: int) -> list[str]:
    """At most `most` channels of a workspace with sessions of which it is not known whether they are private."""
    known = exists().where(
        channels.c.team == team, channels.c.channel == sessions.c.channel, channels.c.is_private.is_not(None)
    )
    theirs = (sessions.c.team == team, ~sessions.c.channel.startswith("D"), ~known)
    return list(await tx.scalars(select(sessions.c.channel).where(*theirs).distinct().limit(most)))


async def mark_unread(tx: AsyncConnection, team: str, unread_from: str, limit: int) -> None:
    """Mark the `limit` channels of a workspace in which people asked last as unread, unless they are unread already."""
    latest = func.max(sessions.c.spoken_at)
    used = select(sessions.c.team, sessions.c.channel, literal(unread_from)).where(sessions.c.team == team)
    used = used.group_by(sessions.c.team, sessions.c.channel).order_by(latest.desc()).limit(limit)
    statement = insert(tx.dialect.name, channels).from_select(["team", "channel", "unread_from"], used)
    kept = func.coalesce(channels.c.unread_from, unread_from)
    await tx.execute(statement.on_conflict_do_update(index_elements=["team", "channel"], set_={"unread_from": kept}))


async def unread(tx: AsyncConnection, team: str) -> list[KnownChannel]:
    """The channels of a workspace that catch-up has to read."""
    found = await tx.execute(select(channels).where(channels.c.team == team, channels.c.unread_from.is_not(None)))
    return [KnownChannel(**row) for row in found.mappings()]


async def mark_read(tx: AsyncConnection, channel: KnownChannel) -> None:
    """Store that catch-up has read `channel`, unless it was marked as unread anew."""
    this = (*_is(channel.team, channel.channel), channels.c.unread_from == channel.unread_from)
    await tx.execute(update(channels).where(*this).values(unread_from=None))


def _is(team: str, channel: str) -> tuple[ColumnElement[bool], ...]:
    return (channels.c.team == team, channels.c.channel == channel)
