"""What may be spent, and who is informed of it."""

from sqlalchemy import Column, Float, Index, Integer, MetaData, PrimaryKeyConstraint, String, Table

from bot.store.migrations.first_schema.columns import EXACT_NUMBER, JSON_TEXT, SEQUENCE, flag, number, text

metadata = MetaData()

# How many ACUs somebody may use in a period.
Table(
    "budgets",
    metadata,
    Column("seq", SEQUENCE, autoincrement=True, nullable=False),
    Column("team", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("acus", EXACT_NUMBER, nullable=False),
    Column("span", String, nullable=False),
    Column("warn", JSON_TEXT, nullable=False),
    Column("set_at", Float, nullable=False),
    PrimaryKeyConstraint("seq", name="pk_budgets"),
    Index("ix_budgets_scope", "team", "kind", "subject", unique=True),
    sqlite_autoincrement=True,
)

# Who and what belongs to which team.
Table(
    "cost_centre_members",
    metadata,
    Column("team", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("since", String, nullable=False),
    Column("name", String, nullable=False),
    PrimaryKeyConstraint("team", "kind", "subject", "since", name="pk_cost_centre_members"),
)

# Levels of budgets that were reached in a period.
Table(
    "crossings",
    metadata,
    Column("budget", Integer, autoincrement=False, nullable=False),
    Column("subject", String, nullable=False),
    Column("period", String, nullable=False),
    Column("level", Integer, autoincrement=False, nullable=False),
    Column("team", String, nullable=False),
    Column("acus", Float, nullable=False),
    number("times"),
    flag("rearmed"),
    Column("at", Float, nullable=False),
    PrimaryKeyConstraint("budget", "subject", "period", "level", name="pk_crossings"),
    Index("ix_crossings_at", "at"),
)

# What raises a budget for a period.
Table(
    "grants",
    metadata,
    Column("key", String, nullable=False),
    Column("team", String, nullable=False),
    Column("budget", Integer, nullable=False),
    Column("subject", String, nullable=False),
    Column("period", String, nullable=False),
    Column("acus", EXACT_NUMBER, nullable=False),
    Column("user", String, nullable=False),
    text("start"),
    text("digest"),
    Column("state", String, nullable=False),
    Column("at", Float, nullable=False),
    PrimaryKeyConstraint("key", name="pk_grants"),
    Index("ix_grants_at", "at"),
    Index("ix_grants_budget", "budget", "period"),
)

# Alarms about spending.
Table(
    "alarms",
    metadata,
    Column("key", String, nullable=False),
    text("team"),
    text("org_id"),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("state", String, nullable=False),
    Column("user", String),
    Column("facts", JSON_TEXT, nullable=False),
    Column("channel", String, nullable=False),
    Column("thread_ts", String),
    Column("opened_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("snoozed_until", Float),
    Column("over_at", Float),
    PrimaryKeyConstraint("key", name="pk_alarms"),
    Index("ix_alarms_subject", "org_id", "over_at"),
)

# Guardrail violations that admins were informed of.
Table(
    "guardrail_violations",
    metadata,
    Column("org_id", String, nullable=False),
    Column("id", String, nullable=False),
    Column("at", Float, nullable=False),
    PrimaryKeyConstraint("org_id", "id", name="pk_guardrail_violations"),
    Index("ix_guardrail_violations_at", "at"),
)

# Which previews are shown outside of the channels of their sessions.
Table(
    "previews",
    metadata,
    Column("team", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("ts", String, nullable=False),
    Column("source", String, nullable=False),
    Column("links", String, nullable=False),
    Column("shown_at", Float, nullable=False),
    Column("asked_at", Float, nullable=False),
    PrimaryKeyConstraint("team", "channel", "ts", "source", name="pk_previews"),
    Index("ix_previews_source", "team", "source"),
    Index("ix_previews_shown_at", "shown_at"),
)

# Which channels get which digests.
Table(
    "subscriptions",
    metadata,
    Column("team", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("edition", String, nullable=False),
    Column("time", String, nullable=False),
    Column("zone", String, nullable=False),
    Column("share", String, nullable=False),
    Column("added_by", String, nullable=False),
    Column("added_at", Float, nullable=False),
    flag("with_file"),
    PrimaryKeyConstraint("team", "channel", "edition", name="pk_subscriptions"),
)
