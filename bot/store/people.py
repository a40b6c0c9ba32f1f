"""People, as Slack has described them last, in an answer or in an event."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.person import Person
from bot.store.database.connection import insert, storable
from bot.store.tables import people

_FIELDS = ("name", "is_guest", "is_external", "is_bot", "is_admin", "deleted", "tz")


# Built once, because every message executes it.
_ONE: Final = select(people).where(
    people.c.team == bindparam("of_team"),
    people.c.user == bindparam("who"),
    people.c.read_at >= bindparam("read_after"),
)


async def get(tx: AsyncConnection, team: str, user: str, read_after: float) -> Person | None:
    """The person with the id `user`; None if they were never read from Slack, or not since `read_after`."""
    found = await tx.execute(_ONE, {"of_team": team, "who": user, "read_after": read_after})
    row = found.mappings().one_or_none()
    return None if row is None else Person(id=row["user"], **{name: row[name] for name in _FIELDS})


async def name_of(tx: AsyncConnection, team: str, user: str | None) -> str:
    """The name of the person with the id `user` as it was last read from Slack, however long ago that was."""
    found = await tx.execute(select(people.c.name).where(people.c.team == team, people.c.user == user))
    return found.scalar() or "someone"


async def names(tx: AsyncConnection, team: str, users: Collection[str]) -> dict[str, str]:
    """The names of these people by their ids, as they were last read from Slack; without those who never were."""
    found = await tx.execute(
        select(people.c.user, people.c.name).where(people.c.team == team, people.c.user.in_(users))
    )
    return {row.user: row.name for row in found}


async def called(tx: AsyncConnection, team: str, name: str) -> list[str]:
    """The ids of those who are called `name`, or have it as the first word of their name, in capitals or not."""
    theirs, wanted = func.lower(people.c.name), name.lower()
    alike = or_(theirs == wanted, theirs.startswith(f"{wanted} ", autoescape=True))
    active = (people.c.team == team, ~people.c.deleted, ~people.c.is_bot)
    return list(await tx.scalars(select(people.c.user).where(*active, alike)))


async def outsiders(tx: AsyncConnection, team: str, users: Collection[str]) -> frozenset[str]:
    """Those of these people who are no full members of `team`, as they were last read from Slack."""
    theirs = (people.c.team == team, people.c.user.in_(users))
    none = or_(people.c.is_guest, people.c.is_external, people.c.deleted)
    return frozenset(await tx.scalars(select(people.c.user).where(*theirs, none)))


async def put(tx: AsyncConnection, team: str, person: Person, read_at: float) -> None:
    """Store `person` as Slack has described them at `read_at`, unless a later description is stored."""
    facts = _facts(person) | {"read_at": read_at}
    statement = insert(tx.dialect.name, people).values(team=team, user=person.id, **facts)
    is_later = people.c.read_at <= read_at
    await tx.execute(statement.on_conflict_do_update(index_elements=["team", "user"], set_=facts, where=is_later))


async def lock(tx: AsyncConnection, team: str, user: str) -> None:
    """Have others who lock this person wait until `tx` ends. On SQLite there is no other writer."""
    await tx.execute(select(people.c.user).where(people.c.team == team, people.c.user == user).with_for_update())


def is_stored_as(person: Person, stored: Person) -> bool:
    """Whether `stored`, as it was read from a row, says the same as a row of `person` would."""
    return _facts(person) == _facts(stored)


def _facts(person: Person) -> dict[str, Any]:
    facts: dict[str, Any] = storable({name: getattr(person, name) for name in _FIELDS})
    return facts
