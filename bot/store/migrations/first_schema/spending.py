"""What was spent and billed."""

from sqlalchemy import BigInteger, Column, Float, Index, MetaData, PrimaryKeyConstraint, String, Table

from bot.store.migrations.first_schema.columns import EXACT_NUMBER, SEQUENCE, index_where, number, text

metadata = MetaData()

# The ACUs of a session on each billing day.
Table(
    "spend",
    metadata,
    Column("session_id", String, nullable=False),
    Column("day", String, nullable=False),
    text("team"),
    text("org_id"),
    number("acus", Float),
    Column("outcome", String, server_default="running", nullable=False),
    Column("requester", String),
    Column("channel", String),
    Column("tags", String),
    Column("cost_centre", String),
    Column("used_since", String),
    Column("ask_at", Float, server_default="0"),
    PrimaryKeyConstraint("session_id", "day", name="pk_spend"),
    Index("ix_spend_day", "day", "org_id", "team", "requester", "channel", "tags", "cost_centre", "session_id", "acus"),
    index_where("ix_spend_in_doubt", "used_since IS NOT NULL", "day", "org_id"),
    index_where("ix_spend_no_org_id", "org_id = ''", "org_id"),
    index_where("ix_spend_no_team", "team = ''", "team"),
    index_where("ix_spend_to_ask", "ask_at IS NOT NULL AND acus > 0", "org_id", "ask_at"),
)

# What the rows of `spend` add up to, which the triggers of `spend_sums` keep right.
Table(
    "spend_days",
    metadata,
    Column("team", String, nullable=False),
    Column("day", String, nullable=False),
    Column("org_id", String, nullable=False),
    Column("requester", String, nullable=False),
    Column("channel", String, nullable=False),
    number("acus", Float),
    number("sessions"),
    PrimaryKeyConstraint("team", "day", "org_id", "requester", "channel", name="pk_spend_days"),
    Index("ix_spend_days_org_id", "org_id", "day"),
    sqlite_with_rowid=False,
)
Table(
    "session_totals",
    metadata,
    Column("session_id", String, nullable=False),
    Column("team", String, nullable=False),
    Column("last_day", String, nullable=False),
    number("acus", Float),
    number("days"),
    PrimaryKeyConstraint("session_id", name="pk_session_totals"),
    Index("ix_session_totals_last_day", "team", "last_day", "acus"),
    sqlite_with_rowid=False,
)

# The ACUs of a session in slots of ten minutes.
Table(
    "recent_spend",
    metadata,
    Column("session_id", String, nullable=False),
    Column("slot", BigInteger, nullable=False),
    text("team"),
    text("org_id"),
    number("acus", Float),
    PrimaryKeyConstraint("session_id", "slot", name="pk_recent_spend"),
    Index("ix_recent_spend_slot", "org_id", "slot", "acus"),
    index_where("ix_recent_spend_no_org_id", "org_id = ''", "org_id"),
    index_where("ix_recent_spend_no_team", "team = ''", "team"),
)

# What Devin billed to an organisation, by billing day and product.
Table(
    "consumption",
    metadata,
    text("org_id"),
    Column("day", String, nullable=False),
    Column("product", String, nullable=False),
    Column("acus", EXACT_NUMBER),
    Column("read_at", Float, nullable=False),
    PrimaryKeyConstraint("org_id", "day", "product", name="pk_consumption"),
)

# Changes of what Devin had billed for a day that was settled.
Table(
    "corrections",
    metadata,
    Column("seq", SEQUENCE, autoincrement=True, nullable=False),
    Column("org_id", String, nullable=False),
    Column("day", String, nullable=False),
    Column("acus_before", Float),
    Column("acus_after", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    PrimaryKeyConstraint("seq", name="pk_corrections"),
    Index("ix_corrections_day", "day"),
    sqlite_autoincrement=True,
)

# The cycles in which Devin bills an organisation.
Table(
    "cycles",
    metadata,
    Column("org_id", String, nullable=False),
    Column("starts", String, nullable=False),
    Column("ends", String, nullable=False),
    Column("read_at", Float, nullable=False),
    PrimaryKeyConstraint("org_id", "starts", name="pk_cycles"),
)

# How many ACUs an organisation may use in a cycle, by who says so.
Table(
    "cycle_limits",
    metadata,
    Column("org_id", String, nullable=False),
    Column("source", String, nullable=False),
    Column("acus", Float, nullable=False),
    Column("read_at", Float, nullable=False),
    PrimaryKeyConstraint("org_id", "source", name="pk_cycle_limits"),
)
