"""The tables of ends of turns, and of what people think of them."""

from typing import Final

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, text

from bot.store import columns
from bot.store.columns import JSON_TEXT as _JSON

# The ends of turns that were announced, as their posts show them.
turn_ends: Final = Table(
    "turn_ends",
    columns.metadata,
    Column("key", String, primary_key=True),  # the subject of its post
    Column("team", String, nullable=False),
    Column("session_id", String, nullable=False),
    Column("number", Integer, nullable=False),  # of the ends of the session's turns
    Column("name", String, nullable=False),  # its kind, and Devin's detail where that says why
    Column("message", _JSON),  # what its post shows without buttons; empty once that is not edited any more
    Column("options", _JSON, nullable=False),  # that Devin offers
    Column("remind_at", Float),  # when whoever is asked is reminded next; empty where they are not
    Column("reminders", Integer, nullable=False, server_default=text("0")),  # that they got
    Column("created_at", Float, nullable=False),
    Column("settled_at", Float),  # when it was answered, or the session went on or ended
    Column("answered_by", String),
    Column("answer", String),  # the option that they chose, if they did
)
Index("ix_turn_ends_session_id", turn_ends.c.session_id)
_WAITS = text("settled_at IS NULL AND remind_at IS NOT NULL")
Index(
    "ix_turn_ends_remind_at",
    turn_ends.c.team,
    turn_ends.c.remind_at,
    turn_ends.c.key,
    sqlite_where=_WAITS,
    postgresql_where=_WAITS,
)

# What people think of results.
votes: Final = Table(
    "votes",
    columns.metadata,
    Column("key", String, primary_key=True),  # of the end of a turn
    Column("user", String, primary_key=True),
    Column("team", String, nullable=False),
    columns.owner("org_id"),
    Column("good", Boolean, nullable=False),
    Column("at", Float, nullable=False),
)
