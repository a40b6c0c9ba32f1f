"""The table of subscriptions to digests."""

from datetime import time
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ColumnElement, Float, String, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.features.digest.rules import Edition, Schedule, Share, Subscription
from bot.store.columns import flag, metadata
from bot.store.database.connection import insert
from bot.store.instants import happened
from bot.store.table_spec import TableSpec, blank, never

# Which channels get which digests, beside the daily one that the settings name.
subscriptions: Final = Table(
    "subscriptions",
    metadata,
    Column("team", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("edition", String, primary_key=True),
    Column("time", String, nullable=False),  # HH:MM in the zone
    Column("zone", String, nullable=False),  # a name, never an offset
    Column("share", String, nullable=False),
    Column("added_by", String, nullable=False),  # empty once the person is erased
    Column("added_at", Float, nullable=False),
    flag("with_file"),
)

TABLES: Final = (
    # People remove what they have subscribed to.
    TableSpec(
        subscriptions,
        ("subscription to a digest", "subscriptions to digests"),
        never,
        blank("added_by"),
        instants=(happened(subscriptions.c.added_at),),
    ),
)


# ------------------------------------------------------------ subscription rows
# Subscriptions: which channels get which digests, when, and whose sessions these count.


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
