"""The table of alarms."""

from typing import Final

from sqlalchemy import Column, Float, Index, String, Table

from bot.store.columns import JSON_TEXT, metadata, owner
from bot.store.instants import happened, until
from bot.store.table_spec import TableSpec, kept_for

# Alarms about spending. Each has one post, which is edited until the alarm is over.
alarms: Final = Table(
    "alarms",
    metadata,
    Column("key", String, primary_key=True),
    owner("team"),
    owner("org_id"),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),  # the id of a session of ours, or of a workspace
    Column("state", String, nullable=False),  # what people have decided about it
    Column("user", String),  # who has decided
    Column("facts", JSON_TEXT, nullable=False),  # the figures that the post shows
    Column("channel", String, nullable=False),
    Column("thread_ts", String),
    Column("opened_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("snoozed_until", Float),
    Column("over_at", Float),
)
Index("ix_alarms_subject", alarms.c.org_id, alarms.c.over_at)

TABLES: Final = (
    TableSpec(
        alarms,
        ("alarm", "alarms"),
        kept_for(alarms.c.opened_at, lambda kept: max(kept.retention, kept.keys_kept)),
        instants=(
            until(alarms.c.snoozed_until, lambda wait: wait.alarm_snooze),
            happened(alarms.c.opened_at, alarms.c.changed_at, alarms.c.over_at),
        ),
    ),
)
