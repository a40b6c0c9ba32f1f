"""The tables about admins: who they are, what they and others have changed through the bot, and their operations.

`bot.store.tables` says what all tables have in common.
"""

from typing import Final

from sqlalchemy import Column, Float, Index, Integer, String, Table

from bot.store.columns import JSON_TEXT, SEQUENCE, metadata, number

# Who is in the user groups that settings and roles name.
user_group_members: Final = Table(
    "user_group_members",
    metadata,
    Column("team", String, primary_key=True),
    Column("user_group", String, primary_key=True),
    Column("user", String, primary_key=True),
    Column("read_at", Float, nullable=False),
)

# Who has which right where; the empty channel stands for all. A holder is a person, a user group, or everyone.
roles: Final = Table(
    "roles",
    metadata,
    Column("team", String, primary_key=True),
    Column("right", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("holder", String, primary_key=True),
)

# Where nothing may be started or woken until somebody resumes it; the empty channel stands for the whole workspace.
pauses: Final = Table(
    "pauses",
    metadata,
    Column("team", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("paused_by", String, nullable=False),
    Column("at", Float, nullable=False),
)

# Who people are at Devin, in whose name their sessions and replies then stand there.
identities: Final = Table(
    "identities",
    metadata,
    Column("team", String, primary_key=True),
    Column("user", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("devin_user", String),
    Column("source", String, nullable=False),
    Column("explained", String),  # the state that the person was informed of last
)

# Who changed something: from what to what, and what came of it.
audit: Final = Table(
    "audit",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("team", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("user", String, nullable=False),
    Column("action", String, nullable=False),
    Column("target", String, nullable=False),
    Column("channel", String),
    Column("before", JSON_TEXT),
    Column("after", JSON_TEXT),
    Column("outcome", String, nullable=False),
    sqlite_autoincrement=True,
)

# Work for one person that takes longer than an answer may; how far it is, and where it goes on.
operations: Final = Table(
    "operations",
    metadata,
    Column("id", String, primary_key=True),
    Column("team", String, nullable=False),
    Column("user", String, nullable=False),
    Column("role", String, nullable=False),  # which who asked needs until the end
    Column("kind", String, nullable=False),
    Column("title", String, nullable=False),
    Column("file_name", String, nullable=False),
    Column("shape", JSON_TEXT, nullable=False),  # the columns of its rows, and which of them its message shows
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
    Column("ended_at", Float),  # when its message showed the end
)

# What operations have read, until they are over.
operation_rows: Final = Table(
    "operation_rows",
    metadata,
    Column("operation_id", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("team", String, nullable=False),
    Column("user", String, nullable=False),  # whose operation it is
    Column("position", Integer, nullable=False),
    Column("cells", JSON_TEXT, nullable=False),
)
Index("ix_operation_rows_position", operation_rows.c.operation_id, operation_rows.c.position)

# The list of another kind than sessions that a person was shown last, whose numbers they may type.
numbered_lists: Final = Table(
    "numbered_lists",
    metadata,
    Column("team", String, primary_key=True),
    Column("user", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("entries", JSON_TEXT, nullable=False),  # their ids: the first one has the number 1
    Column("shown_at", Float, nullable=False),
)

# One prompt for several organisations at Devin, and the message whose table shows what became of it.
fan_outs: Final = Table(
    "fan_outs",
    metadata,
    Column("id", String, primary_key=True),
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
)
Index("ix_fan_outs_ts", fan_outs.c.team, fan_outs.c.channel, fan_outs.c.ts)

# The session of a fan-out in one organisation.
fan_out_sessions: Final = Table(
    "fan_out_sessions",
    metadata,
    Column("fan_out_id", String, primary_key=True),
    Column("org_id", String, primary_key=True),
    Column("session_id", String, nullable=False),  # by which what it spent is kept
    Column("team", String, nullable=False),
    Column("user", String, nullable=False),  # whose fan-out it is
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
    Column("acu_limit", Integer),  # the ACUs that Devin may use in it
    number("read_at", Float),
)
Index("ix_fan_out_sessions_session_id", fan_out_sessions.c.session_id)
