"""Ends of turns: a row for each that was announced, which its post shows (`bot.store.posts`)."""

from typing import Any

from sqlalchemy import ColumnElement, String, cast, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.announcements import TurnEnd
from bot.domain.turn_ends import AnnouncedEnd
from bot.store.database.connection import insert
from bot.store.table_spec import RowsToErase, TableSpec, deletion
from bot.store.tables import sessions, turn_ends


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
        "created_at": end.created_at,
    }
    await tx.execute(insert(tx.dialect.name, turn_ends).values(values).on_conflict_do_nothing())


async def get(tx: AsyncConnection, key: str) -> AnnouncedEnd | None:
    """The end of a turn with this key, or None."""
    row = (await tx.execute(select(turn_ends).where(turn_ends.c.key == key))).mappings().one_or_none()
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


async def forget_message(tx: AsyncConnection, key: str) -> None:
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
