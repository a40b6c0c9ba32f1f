"""The tables of what was spent."""

from typing import Final

from sqlalchemy import Column, Float, Index, String, Table

from bot.store.columns import SEQUENCE, ExactNumber, metadata, number, owner

# ACUs by session and billing day, from the differences between polls.
spend: Final = Table(
    "spend",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("day", String, primary_key=True),  # ISO date of the billing day
    owner("org_id"),
    number("acus", Float),
)
Index("ix_spend_day", spend.c.day)

# What Devin billed to an organisation, by billing day and product. The rows of a day add up to its bill exactly.
consumption: Final = Table(
    "consumption",
    metadata,
    owner("org_id", key=True),
    Column("day", String, primary_key=True),
    Column("product", String, primary_key=True),
    Column("acus", ExactNumber, nullable=False),
    Column("read_at", Float, nullable=False),  # the same for all rows of a day
)

# Each change of what Devin billed for a day that had settled. `seq` says up to which one a digest has named them.
corrections: Final = Table(
    "corrections",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("org_id", String, nullable=False),
    Column("day", String, nullable=False),
    Column("acus_before", Float, nullable=False),
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
