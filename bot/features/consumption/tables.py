"""The tables of billing cycles and of changes of a bill; the bill itself is a table of the store, for its sums."""

from typing import Final

from sqlalchemy import Column, Float, Index, String, Table

from bot.store.columns import SEQUENCE, metadata
from bot.store.instants import happened
from bot.store.table_spec import TableSpec, kept_like_spend, never, nothing
from bot.store.tables import consumption

# Each change of what Devin billed for a day that had settled. `seq` says up to which one a digest has named them.
corrections: Final = Table(
    "corrections",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("org_id", String, nullable=False),
    Column("day", String, nullable=False),
    Column("acus_before", Float),  # none where Devin did not list the day
    Column("acus_after", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_corrections_day", corrections.c.day)

# The cycles in which Devin bills an organisation, as it was last asked.
cycles: Final = Table(
    "cycles",
    metadata,
    Column("org_id", String, primary_key=True),
    Column("starts", String, primary_key=True),  # ISO date of the first billing day
    Column("ends", String, nullable=False),  # ISO date of the last billing day
    Column("read_at", Float, nullable=False),
)

# How many ACUs an organisation may use in a cycle, by who says so.
cycle_limits: Final = Table(
    "cycle_limits",
    metadata,
    Column("org_id", String, primary_key=True),
    Column("source", String, primary_key=True),
    Column("acus", Float, nullable=False),
    Column("read_at", Float, nullable=False),
)

TABLES: Final = (
    TableSpec(
        consumption,
        ("figure of a bill", "figures of bills"),
        kept_like_spend(consumption.c.day),
        nothing,
        instants=(happened(consumption.c.read_at),),
    ),
    TableSpec(
        corrections,
        ("change of a bill", "changes of bills"),
        kept_like_spend(corrections.c.day),
        nothing,
        instants=(happened(corrections.c.seen_at),),
    ),
    # Each reading replaces the cycles and limits of the last one.
    TableSpec(cycles, ("billing cycle", "billing cycles"), never, nothing, instants=(happened(cycles.c.read_at),)),
    TableSpec(
        cycle_limits,
        ("limit of billing cycles", "limits of billing cycles"),
        never,
        nothing,
        instants=(happened(cycle_limits.c.read_at),),
    ),
)
