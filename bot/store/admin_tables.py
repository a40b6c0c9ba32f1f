"""The tables about admins: who they are, and what they and others have changed through the bot.

`bot.store.tables` says what all tables have in common.
"""

from typing import Any, Final

from sqlalchemy import JSON, BigInteger, Column, Float, Integer, String, Table
from sqlalchemy.dialects.postgresql import JSONB

from bot.store.tables import metadata

_JSON: Final[Any] = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_SEQUENCE: Final[Any] = BigInteger().with_variant(Integer, "sqlite")

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
    Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("team", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("user", String, nullable=False),
    Column("action", String, nullable=False),
    Column("target", String, nullable=False),
    Column("channel", String),
    Column("before", _JSON),
    Column("after", _JSON),
    Column("outcome", String, nullable=False),
    sqlite_autoincrement=True,
)
