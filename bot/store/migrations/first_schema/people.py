"""People and channels: what they may do, set, changed and were shown."""

from sqlalchemy import Boolean, Column, Float, MetaData, PrimaryKeyConstraint, String, Table

from bot.store.migrations.first_schema.columns import JSON_TEXT, SEQUENCE, flag, number

metadata = MetaData()

# What Slack says about people.
Table(
    "people",
    metadata,
    Column("team", String, nullable=False),
    Column("user", String, nullable=False),
    Column("name", String, nullable=False),
    flag("is_guest"),
    flag("is_external"),
    flag("is_bot"),
    flag("is_admin"),
    flag("deleted"),
    Column("tz", String),
    Column("read_at", Float, nullable=False),
    PrimaryKeyConstraint("team", "user", name="pk_people"),
)

# Who is in the user groups that settings and roles name.
Table(
    "user_group_members",
    metadata,
    Column("team", String, nullable=False),
    Column("user_group", String, nullable=False),
    Column("user", String, nullable=False),
    Column("read_at", Float, nullable=False),
    PrimaryKeyConstraint("team", "user_group", "user", name="pk_user_group_members"),
)

# What is known about channels.
Table(
    "channels",
    metadata,
    Column("team", String, nullable=False),
    Column("channel", String, nullable=False),
    flag("is_shared"),
    number("changed_at", Float),
    Column("unread_from", String),
    Column("is_private", Boolean),
    number("private_asked_at", Float),
    PrimaryKeyConstraint("team", "channel", name="pk_channels"),
)

# Who people are at Devin.
Table(
    "identities",
    metadata,
    Column("team", String, nullable=False),
    Column("user", String, nullable=False),
    Column("state", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("devin_user", String),
    Column("source", String, nullable=False),
    Column("explained", String),
    PrimaryKeyConstraint("team", "user", name="pk_identities"),
)

# Who has which right where.
Table(
    "roles",
    metadata,
    Column("team", String, nullable=False),
    Column("right", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("holder", String, nullable=False),
    PrimaryKeyConstraint("team", "right", "channel", "holder", name="pk_roles"),
)

# Where nothing may be started or woken until somebody resumes it.
Table(
    "pauses",
    metadata,
    Column("team", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("paused_by", String, nullable=False),
    Column("at", Float, nullable=False),
    PrimaryKeyConstraint("team", "channel", name="pk_pauses"),
)

# What people set for themselves and for channels.
Table(
    "settings",
    metadata,
    Column("team", String, nullable=False),
    Column("scope", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("key", String, nullable=False),
    Column("value", JSON_TEXT, nullable=False),
    Column("who", String, nullable=False),
    Column("at", Float, nullable=False),
    PrimaryKeyConstraint("team", "scope", "subject", "key", name="pk_settings"),
)

# What mentions a person in one thread.
Table(
    "notifications",
    metadata,
    Column("team", String, nullable=False),
    Column("user", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("thread", String, nullable=False),
    Column("choice", String, nullable=False),
    PrimaryKeyConstraint("team", "user", "channel", "thread", name="pk_notifications"),
)

# Who changed what.
Table(
    "audit",
    metadata,
    Column("seq", SEQUENCE, autoincrement=True, nullable=False),
    Column("team", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("user", String, nullable=False),
    Column("action", String, nullable=False),
    Column("target", String, nullable=False),
    Column("channel", String),
    Column("before", JSON_TEXT),
    Column("after", JSON_TEXT),
    Column("outcome", String, nullable=False),
    PrimaryKeyConstraint("seq", name="pk_audit"),
    sqlite_autoincrement=True,
)

# The sessions that a person was shown last, whose numbers they may type.
Table(
    "shown_lists",
    metadata,
    Column("team", String, nullable=False),
    Column("user", String, nullable=False),
    Column("session_ids", JSON_TEXT, nullable=False),
    Column("shown_at", Float, nullable=False),
    PrimaryKeyConstraint("team", "user", name="pk_shown_lists"),
)

# The other lists that a person was shown last, whose numbers they may type.
Table(
    "numbered_lists",
    metadata,
    Column("team", String, nullable=False),
    Column("user", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("entries", JSON_TEXT, nullable=False),
    Column("shown_at", Float, nullable=False),
    PrimaryKeyConstraint("team", "user", "kind", name="pk_numbered_lists"),
)
