"""The tables about admins.

`bot.store.tables` says what all tables have in common.
"""

from typing import Final

from sqlalchemy import Column, Float, String, Table

from bot.store.tables import metadata

# Who is in the user group that the settings name as admins.
admins: Final = Table(
    "admins",
    metadata,
    Column("team", String, primary_key=True),
    Column("user_group", String, primary_key=True),
    Column("user", String, primary_key=True),
    Column("read_at", Float, nullable=False),
)
