"""The tables about admins: who they are, and what they and others have changed through the bot.

`bot.store.tables` says what all tables have in common.
"""

from typing import Final

from sqlalchemy import Column, Float, String, Table

from bot.store.columns import JSON_TEXT, SEQUENCE, metadata

# Who is in the user group that the settings name as admins.
admins: Final = Table(
    "admins",
    metadata,
    Column("team", String, primary_key=True),
    Column("user_group", String, primary_key=True),
    Column("user", String, primary_key=True),
    Column("read_at", Float, nullable=False),
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
