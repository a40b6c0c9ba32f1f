"""The table of alarms."""

from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Float, Index, String, Table, Update, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import Lifecycle, Session
from bot.features.alarms.rules import Alarm, AlarmKind, AlarmState
from bot.store.columns import JSON_TEXT, metadata, owner
from bot.store.database.connection import insert
from bot.store.instants import happened, until
from bot.store.table_spec import TableSpec, kept_for
from bot.store.tables import sessions
from bot.store.watched_sessions import WORKS

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


# ------------------------------------------------------------ rows
# Alarms: one row for each, which its post shows (`bot.store.posts`).


_FIELDS: Final = tuple(field.name for field in fields(Alarm))


async def any_works(tx: AsyncConnection, org_id: str) -> bool:
    """Whether Devin works on a session of an organisation."""
    return (await tx.execute(select(sessions.c.id).where(*_at_work(org_id)).limit(1))).first() is not None


async def silent_ids(tx: AsyncConnection, org_id: str, acus: float) -> list[str]:
    """The ids of the sessions at work that spent more than `acus` since their last message or pull request."""
    silent = sessions.c.acus - sessions.c.progress_acus > acus
    return list(await tx.scalars(select(sessions.c.id).where(*_at_work(org_id), silent)))


async def open_one(tx: AsyncConnection, alarm: Alarm) -> None:
    """Store a new alarm."""
    await tx.execute(insert(tx.dialect.name, alarms).values(asdict(alarm)).on_conflict_do_nothing())


async def get(tx: AsyncConnection, key: str) -> Alarm | None:
    """The alarm with this key, or None."""
    row = (await tx.execute(select(alarms).where(alarms.c.key == key))).mappings().one_or_none()
    return None if row is None else _alarm(row)


async def locked(tx: AsyncConnection, key: str) -> Alarm | None:
    """The alarm with this key, or None; no other transaction changes it until `tx` ends."""
    await tx.execute(select(alarms.c.key).where(alarms.c.key == key).with_for_update())
    return await get(tx, key)


async def current(tx: AsyncConnection, org_id: str, over_after: float) -> list[Alarm]:
    """The alarms of an organisation that are not over, or are so since `over_after`, the newest last."""
    lately = or_(alarms.c.over_at.is_(None), alarms.c.over_at > over_after)
    found = await tx.execute(
        select(alarms).where(alarms.c.org_id == org_id, lately).order_by(alarms.c.opened_at, alarms.c.key)
    )
    return [_alarm(row) for row in found.mappings()]


async def change(tx: AsyncConnection, key: str, now: float, **values: Any) -> None:
    """Set columns of an alarm to these `values`."""
    await tx.execute(_changed(_row(key), now, **values))


async def not_stopped(tx: AsyncConnection, session: Session, now: float) -> list[str]:
    """Open the alarm about `session` again, whose stop was given up. Returns the keys of such alarms."""
    stopped = (alarms.c.state == AlarmState.STOPPED, alarms.c.over_at.is_(None))
    about = update(alarms).where(alarms.c.org_id == session.org_id, alarms.c.subject == session.id, *stopped)
    opened = _changed(about, now, state=AlarmState.OPEN, user=None).returning(alarms.c.key)
    return list(await tx.scalars(opened))


def _at_work(org_id: str) -> tuple[ColumnElement[bool], ...]:
    watched = (sessions.c.lifecycle == Lifecycle.OPEN, sessions.c.ended_at.is_(None), ~sessions.c.archived)
    return (sessions.c.org_id == org_id, *watched, WORKS)


def _changed(row: Update, now: float, **values: Any) -> Update:
    return row.values(**values, changed_at=now)


def _row(key: str) -> Update:
    return update(alarms).where(alarms.c.key == key)


def _alarm(row: Any) -> Alarm:
    values = {name: row[name] for name in _FIELDS}
    return Alarm(**values | {"kind": AlarmKind(row["kind"]), "state": AlarmState(row["state"])})
