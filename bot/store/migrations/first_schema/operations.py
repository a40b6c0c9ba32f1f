"""Work that takes longer than one answer: operations and fan-outs."""

from sqlalchemy import Column, Float, Index, Integer, MetaData, PrimaryKeyConstraint, String, Table

from bot.store.migrations.first_schema.columns import JSON_TEXT, number

metadata = MetaData()

# Work for one person that takes longer than an answer may.
Table(
    "operations",
    metadata,
    Column("id", String, nullable=False),
    Column("team", String, nullable=False),
    Column("user", String, nullable=False),
    Column("role", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("title", String, nullable=False),
    Column("file_name", String, nullable=False),
    Column("shape", JSON_TEXT, nullable=False),
    Column("asked", JSON_TEXT, nullable=False),
    Column("state", String, nullable=False),
    Column("ref", String, nullable=False),
    Column("channel", String),
    Column("cursor", JSON_TEXT),
    number("done"),
    Column("total", Integer),
    Column("notes", JSON_TEXT, nullable=False),
    Column("reason", String),
    Column("created_at", Float, nullable=False),
    Column("ended_at", Float),
    PrimaryKeyConstraint("id", name="pk_operations"),
)

# What an operation has read so far.
Table(
    "operation_rows",
    metadata,
    Column("operation_id", String, nullable=False),
    Column("key", String, nullable=False),
    Column("team", String, nullable=False),
    Column("user", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("cells", JSON_TEXT, nullable=False),
    PrimaryKeyConstraint("operation_id", "key", name="pk_operation_rows"),
    Index("ix_operation_rows_position", "operation_id", "position"),
)

# One prompt for several organisations at Devin.
Table(
    "fan_outs",
    metadata,
    Column("id", String, nullable=False),
    Column("team", String, nullable=False),
    Column("user", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("prompt", String, nullable=False),
    Column("options", JSON_TEXT, nullable=False),
    Column("acu_limit", Integer),
    Column("state", String, nullable=False),
    Column("ts", String),
    Column("stopped_at", Float),
    number("version"),
    Column("created_at", Float, nullable=False),
    Column("begun_at", Float),
    PrimaryKeyConstraint("id", name="pk_fan_outs"),
    Index("ix_fan_outs_ts", "team", "channel", "ts"),
)

# The session of a fan-out in one organisation.
Table(
    "fan_out_sessions",
    metadata,
    Column("fan_out_id", String, nullable=False),
    Column("org_id", String, nullable=False),
    Column("session_id", String, nullable=False),
    Column("team", String, nullable=False),
    Column("user", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("lifecycle", String, nullable=False),
    Column("display", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("devin_id", String),
    Column("url", String),
    Column("acus", Float, nullable=False),
    Column("reason", String),
    Column("intent_at", Float),
    Column("accepted_at", Float),
    Column("polled_at", Float, nullable=False),
    number("started_at", Float),
    Column("detail", String),
    number("failed_before"),
    number("acus_before", Float),
    Column("acu_limit", Integer),
    number("read_at", Float),
    PrimaryKeyConstraint("fan_out_id", "org_id", name="pk_fan_out_sessions"),
    Index("ix_fan_out_sessions_session_id", "session_id"),
)
