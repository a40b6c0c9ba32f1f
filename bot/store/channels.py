"""Channels: whether another company shares one, whether one is private, and from which message on to catch up on it.

A channel without a row is shared with nobody and need not be read; whether it is private is not known.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select, text, union, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.readers import Readers
from bot.domain.session import Lifecycle
from bot.store import stored_sessions
from bot.store.database.connection import insert
from bot.store.of_channel import DIRECT
from bot.store.tables import channels, sessions

NEWEST: Final = 2_000  # sessions, of those that are open and of those that ended


@dataclass(frozen=True, slots=True)
class KnownChannel:
    """What is stored about a channel; `changed_at` is when `is_shared` became what it is.

    `is_private` is None until Slack was asked, which it was last at `private_asked_at`.
    """

    team: str
    channel: str
    is_shared: bool
    changed_at: float
    unread_from: str | None
    is_private: bool | None = None
    private_asked_at: float = 0.0


async def get(tx: AsyncConnection, team: str, channel: str) -> KnownChannel | None:
    """What is stored about `channel`, or None."""
    row = (await tx.execute(select(channels).where(*_is(team, channel)))).mappings().one_or_none()
    return None if row is None else KnownChannel(**row)


async def get_each(tx: AsyncConnection, team: str, names: Collection[str]) -> dict[str, KnownChannel]:
    """What is stored about the channels `names` of a workspace, by channel; nothing about some."""
    found = await tx.execute(select(channels).where(channels.c.team == team, channels.c.channel.in_(names)))
    return {row["channel"]: KnownChannel(**row) for row in found.mappings()}


async def set_shared(tx: AsyncConnection, team: str, channel: str, shared: bool, now: float) -> bool:
    """Store whether another company shares `channel`; returns whether that is a change, which only one caller sees."""
    values = {"team": team, "channel": channel}
    await tx.execute(insert(tx.dialect.name, channels).values(values).on_conflict_do_nothing())
    other = channels.c.is_shared.is_not(shared)
    changed = update(channels).where(*_is(team, channel), other).values(is_shared=shared, changed_at=now)
    return (await tx.execute(changed)).rowcount > 0


async def set_private(tx: AsyncConnection, team: str, channel: str, *, private: bool, asked_at: float = 0.0) -> None:
    """Store whether `channel` is private, as Slack was asked at `asked_at`."""
    values = {"is_private": private, "private_asked_at": asked_at}
    statement = insert(tx.dialect.name, channels).values(team=team, channel=channel, **values)
    await tx.execute(statement.on_conflict_do_update(index_elements=["team", "channel"], set_=values))


async def are_private(tx: AsyncConnection, team: str) -> dict[str, bool]:
    """Whether each channel of a workspace is private of which Slack has said that."""
    known = select(channels.c.channel, channels.c.is_private)
    found = await tx.execute(known.where(channels.c.team == team, channels.c.is_private.is_not(None)))
    return {row.channel: bool(row.is_private) for row in found}


def shows_session(
    team: str, readers: Readers, channel: ColumnElement[str], asker: ColumnElement[str]
) -> ColumnElement[bool]:
    """The condition that `readers` may see title, links and repository of a session in `channel` that `asker` wanted.

    `ShownTitles` in `bot/conversation/titles.py` says the same of a session that is read.
    """
    public = select(channels.c.channel).where(channels.c.team == team, channels.c.is_private.is_(False))
    own = [asker == readers.person] if readers.person else []
    here = [channel == readers.channel] if readers.channel and not readers.channel.startswith("D") else []
    return or_(channel.in_(public), *own, *here)


async def to_ask_about(tx: AsyncConnection, team: str, before: float, most: int) -> list[str]:
    """At most `most` channels that figures name of which Slack was not asked since `before` whether they are private.

    Those of which nothing is known come first, then those in which people asked last.
    """
    used = union(*(stored_sessions.channels_in(of, team) for of in stored_sessions.ASKED_IN)).subquery()
    same = and_(channels.c.team == team, channels.c.channel == used.c.channel)
    unknown = channels.c.is_private.is_(None)
    theirs = (~used.c.channel.startswith(DIRECT), or_(unknown, channels.c.private_asked_at < before))
    found = select(used.c.channel).outerjoin(channels, same).where(*theirs)
    ordered = found.order_by(unknown.desc(), *stored_sessions.newest_in(team, used.c.channel))
    return list(await tx.scalars(ordered.limit(most)))


async def asked_in_last(tx: AsyncConnection, team: str, limit: int) -> list[str]:
    """The `limit` channels of a workspace in which people asked last, of those of its newest sessions."""
    of = sessions.c
    asked = select(of.team, of.channel, of.spoken_at)
    newest = (
        asked.where(of.team == team, text("lifecycle = 'open'")).order_by(of.spoken_at.desc()),
        # Of all workspaces: with the team in the condition, SQLite would sort all that ended of this one.
        asked.where(of.ended_at.is_not(None)).order_by(of.ended_at.desc()),
        asked.where(of.lifecycle.in_((Lifecycle.QUEUED, Lifecycle.CREATING))),
    )
    found = union_all(*(select(few.limit(NEWEST).subquery()) for few in newest)).subquery().c
    used = select(found.channel).where(found.team == team).group_by(found.channel)
    return list(await tx.scalars(used.order_by(func.max(found.spoken_at).desc()).limit(limit)))


async def mark_unread(tx: AsyncConnection, team: str, unread_from: str, named: Collection[str]) -> None:
    """Mark the channels of a workspace that are `named` as unread, unless they are unread already."""
    kept = {"unread_from": func.coalesce(channels.c.unread_from, unread_from)}
    for channel in sorted(named):
        values = {"team": team, "channel": channel, "unread_from": unread_from}
        one = insert(tx.dialect.name, channels).values(values)
        await tx.execute(one.on_conflict_do_update(index_elements=["team", "channel"], set_=kept))


async def unread(tx: AsyncConnection, team: str, limit: int | None = None) -> list[KnownChannel]:
    """The first channels of a workspace that catch-up has to read."""
    theirs = select(channels).where(channels.c.team == team, channels.c.unread_from.is_not(None))
    found = await tx.execute(theirs.order_by(channels.c.channel).limit(limit))
    return [KnownChannel(**row) for row in found.mappings()]


async def mark_read(tx: AsyncConnection, channel: KnownChannel) -> None:
    """Store that catch-up has read `channel`, unless it was marked as unread anew."""
    this = (*_is(channel.team, channel.channel), channels.c.unread_from == channel.unread_from)
    await tx.execute(update(channels).where(*this).values(unread_from=None))


def _is(team: str, channel: str) -> tuple[ColumnElement[bool], ...]:
    return (channels.c.team == team, channels.c.channel == channel)
