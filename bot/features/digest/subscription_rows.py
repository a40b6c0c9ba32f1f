"""Subscriptions: which channels get which digests, when, and whose sessions these count."""

from datetime import time
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.features.digest.editions import Edition, Schedule, Share
from bot.features.digest.subscription import Subscription
from bot.features.digest.tables import subscriptions
from bot.store.database.connection import insert


async def put(tx: AsyncConnection, team: str, subscription: Subscription) -> None:
    """Store a subscription, in place of the one of the same channel to the same edition."""
    values = {
        "time": f"{subscription.schedule.at:%H:%M}",
        "zone": str(subscription.schedule.zone),
        "share": subscription.share.value,
        "added_by": subscription.added_by,
        "added_at": subscription.added_at,
        "with_file": subscription.with_file,
    }
    key = {"team": team, "channel": subscription.channel, "edition": subscription.edition.value}
    statement = insert(tx.dialect.name, subscriptions).values(**key, **values)
    await tx.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


async def get(tx: AsyncConnection, team: str, channel: str, edition: Edition) -> Subscription | None:
    """The subscription of a channel to an edition, or None."""
    return next(iter(await _read(tx, *_is(team, channel, edition))), None)


async def all_of(tx: AsyncConnection, team: str) -> list[Subscription]:
    """The subscriptions in a workspace, the oldest first."""
    return await _read(tx, subscriptions.c.team == team)


async def remove(tx: AsyncConnection, team: str, channel: str, edition: Edition) -> None:
    """Delete the subscription of a channel to an edition."""
    await tx.execute(delete(subscriptions).where(*_is(team, channel, edition)))


async def _read(tx: AsyncConnection, *where: ColumnElement[bool]) -> list[Subscription]:
    order = (subscriptions.c.added_at, subscriptions.c.channel, subscriptions.c.edition)
    found = await tx.execute(select(subscriptions).where(*where).order_by(*order))
    return [
        Subscription(
            channel=row.channel,
            edition=Edition(row.edition),
            schedule=Schedule(time.fromisoformat(row.time), ZoneInfo(row.zone)),
            share=Share(row.share),
            added_by=row.added_by,
            added_at=row.added_at,
            with_file=row.with_file,
        )
        for row in found
    ]


def _is(team: str, channel: str, edition: Edition) -> tuple[ColumnElement[bool], ...]:
    columns = subscriptions.c
    return (columns.team == team, columns.channel == channel, columns.edition == edition.value)
