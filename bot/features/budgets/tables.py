"""The tables of budgets, of levels that were reached, and of requests for more."""

from typing import Final

from sqlalchemy import Column, Float, Index, Integer, String, Table

from bot.store.columns import JSON_TEXT, SEQUENCE, ExactNumber, flag, metadata, number, text_column
from bot.store.instants import happened
from bot.store.table_spec import TableSpec, by, by_subject, kept_for, never

# How many ACUs somebody may use in a period. `seq` is the number by which people call a budget.
budgets: Final = Table(
    "budgets",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("team", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),  # the id of the channel or person; empty for other kinds
    Column("acus", ExactNumber, nullable=False),
    Column("span", String, nullable=False),
    Column("warn", JSON_TEXT, nullable=False),  # percentages
    Column("set_at", Float, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_budgets_scope", budgets.c.team, budgets.c.kind, budgets.c.subject, unique=True)

# Which level of a budget a subject has reached in a period, and that this was announced.
crossings: Final = Table(
    "crossings",
    metadata,
    Column("budget", Integer, primary_key=True, autoincrement=False),
    Column("subject", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("team", String, nullable=False),
    Column("acus", Float, nullable=False),  # of the level when it was announced last
    number("times"),  # how often it was announced
    flag("rearmed"),  # the spending has fallen, so that the level is announced again when it is reached
    Column("at", Float, nullable=False),
)
Index("ix_crossings_at", crossings.c.at)

# What raises a budget for a period: asked for, granted, refused or withdrawn.
grants: Final = Table(
    "grants",
    metadata,
    Column("key", String, primary_key=True),
    Column("team", String, nullable=False),
    Column("budget", Integer, nullable=False),
    Column("subject", String, nullable=False),  # empty: for all subjects of the budget
    Column("period", String, nullable=False),
    Column("acus", ExactNumber, nullable=False),
    Column("user", String, nullable=False),  # who asked for it, or who granted it without being asked
    text_column("start"),  # the key of the row of a start that waits for it
    text_column("digest"),  # of what that start asked for when the admins were asked
    Column("state", String, nullable=False),  # asked, granted, refused, edited, taken back
    Column("at", Float, nullable=False),
)
Index("ix_grants_budget", grants.c.budget, grants.c.period)
Index("ix_grants_at", grants.c.at)

TABLES: Final = (
    # Admins remove them.
    TableSpec(budgets, ("budget", "budgets"), never, by_subject, instants=(happened(budgets.c.set_at),)),
    TableSpec(
        crossings,
        ("level of a budget that was reached", "levels of budgets that were reached"),
        kept_for(crossings.c.at, lambda kept: kept.spend_kept),
        by_subject,
        instants=(happened(crossings.c.at),),
    ),
    TableSpec(
        grants,
        ("request for more of a budget", "requests for more of a budget"),
        kept_for(grants.c.at, lambda kept: kept.spend_kept),
        by("user", "subject"),
        instants=(happened(grants.c.at),),
    ),
)
