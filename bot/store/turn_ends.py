"""Ends of turns: a row for each that was announced, which its post shows (`bot.store.posts`)."""

from typing import Any, Final

from sqlalchemy import ColumnElement, String, cast, exists, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.announcements import TurnEnd
from bot.domain.turn_ends import AnnouncedEnd
from bot.store.database.connection import insert
from bot.store.table_spec import RowsToErase, TableSpec, deletion
from bot.store.tables import outbox, sessions, turn_ends

POSTS: Final = "say:"  # how the keys of their posts begin, whose rest is that of the end


async def add(tx: AsyncConnection, end: AnnouncedEnd) -> None:
    """Store an end of a turn, once."""
    values = {
        "key": end.key,
        "team": end.team,
        "session_id": end.session_id,
        "number": end.number,
        "name": end.end.name,
        "message": end.message,
        "options": [*end.options],
        "remind_at": end.remind_at,
        "created_at": end.created_at,
    }
    await tx.execute(insert(tx.dialect.name, turn_ends).values(values).on_conflict_do_nothing())


async def get(tx: AsyncConnection, key: str) -> AnnouncedEnd | None:
    """The end of a turn with this key, or None."""
    row = (await tx.execute(select(turn_ends).where(turn_ends.c.key == key))).mappings().one_or_none()
    return None if row is None else _end(row)


async def at_message(tx: AsyncConnection, team: str, channel: str, ts: str) -> AnnouncedEnd | None:
    """The end of a turn whose post is the message `ts`, or None."""
    posted = literal(POSTS) + turn_ends.c.key == outbox.c.key
    place = outbox.c.team == team, outbox.c.channel == channel, outbox.c.ts == ts
    row = (await tx.execute(select(turn_ends).join(outbox, posted).where(*place))).mappings().first()
    return None if row is None else _end(row)


async def settle(
    tx: AsyncConnection, session_id: str, at: float, by: str | None = None, answer: str | None = None
) -> list[str]:
    """Close the open ends of a session at an instant, with who has answered and what; returns their keys."""
    settled = (
        update(turn_ends)
        .where(turn_ends.c.session_id == session_id, turn_ends.c.settled_at.is_(None))
        .values(settled_at=at, answered_by=by, answer=answer)
        .returning(turn_ends.c.key)
    )
    return list(await tx.scalars(settled))


async def due_reminders(tx: AsyncConnection, team: str, now: float, limit: int) -> list[AnnouncedEnd]:
    """The open ends of a workspace whose next reminder is due at `now`, at most `limit`, the longest due first."""
    columns = turn_ends.c
    due = columns.settled_at.is_(None), columns.remind_at.is_not(None), columns.remind_at <= now
    found = select(turn_ends).where(columns.team == team, *due).order_by(columns.remind_at, columns.key).limit(limit)
    return [_end(row) for row in (await tx.execute(found)).mappings()]


async def remind_next(tx: AsyncConnection, end: AnnouncedEnd, at: float | None, *, reminded: bool) -> bool:
    """Store when the next reminder of `end` is due, and whether one is sent now.

    Returns False if another worker did so since `end` was read, or if somebody has answered.
    """
    columns = turn_ends.c
    unchanged = columns.key == end.key, columns.remind_at == end.remind_at, columns.settled_at.is_(None)
    values = {"remind_at": at, "reminders": columns.reminders + int(reminded)}
    return (await tx.execute(update(turn_ends).where(*unchanged).values(values))).rowcount > 0


async def blank_message(tx: AsyncConnection, key: str) -> None:
    """Delete what the post of an end shows, because it is not edited any more."""
    await tx.execute(update(turn_ends).where(turn_ends.c.key == key).values(message=None))


def of_deleted_session() -> ColumnElement[bool]:
    """The condition that an end of a turn belongs to no stored session."""
    return ~exists().where(sessions.c.id == turn_ends.c.session_id)


def of_person(spec: TableSpec, user: str) -> list[RowsToErase]:
    """The ends of turns of the person's sessions, and those that mention them or that they have answered."""
    theirs = select(sessions.c.id).where(sessions.c.requester == user)
    named = cast(turn_ends.c.message, String).contains(user, autoescape=True)
    whose = or_(turn_ends.c.session_id.in_(theirs), turn_ends.c.answered_by == user, named)
    return [deletion(spec, whose)]


def _end(row: Any) -> AnnouncedEnd:
    values = {name: row[name] for name in row if name != "name"}
    return AnnouncedEnd(**values | {"options": tuple(row["options"])}, end=TurnEnd.named(row["name"]))
