"""The tables of ends of turns."""

from typing import Final

from sqlalchemy import Column, Float, Index, Integer, String, Table

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
    Column("created_at", Float, nullable=False),
    Column("settled_at", Float),  # when it was answered, or the session went on or ended
    Column("answered_by", String),
    Column("answer", String),  # the option that they chose, if they did
)
Index("ix_turn_ends_session_id", turn_ends.c.session_id)
