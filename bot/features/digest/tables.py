"""The table of subscriptions to digests."""

from typing import Final

from sqlalchemy import Column, Float, String, Table

from bot.store.columns import flag, metadata
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
