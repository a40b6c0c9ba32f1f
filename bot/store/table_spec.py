"""What happens to the rows of a table: how long they stay, and what becomes of them when somebody is forgotten."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, String, Table, delete, false, literal, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.billing import billing_day, bounds
from bot.domain.erasure import Nouns
from bot.store.instants import Instants
from bot.timing import Timing

# Stands in a column for a person who was erased: not None, so that a session which has ended counts as stopped, and its
# last words are not read any more.
NOBODY: Final = ""

FindKeys = Callable[[AsyncConnection], Awaitable[Sequence[Any]]]
EraseKeys = Callable[[AsyncConnection, Sequence[Any], float], Awaitable[None]]  # a batch of keys, and the instant


@dataclass(frozen=True, slots=True)
class RowsToErase:
    """Some rows of a table: `find` returns their keys, of which `erase` takes a batch.

    By the `last` rows those of other tables are found, also when an erasure that ended in the middle is repeated. The
    `first` ones hold what others say before these are erased.
    """

    nouns: Nouns
    find: FindKeys
    erase: EraseKeys
    last: bool = False
    first: bool = False


Keep = Callable[[AsyncConnection, Sequence[Any]], Awaitable[None]]  # the keys of a batch
Old = Callable[[float, Timing], ColumnElement[bool]]  # the condition that a row is deleted at an instant
Erase = Callable[["TableSpec", str], Sequence[RowsToErase]]  # the rows that hold something about the person with an id


def by(*columns: str) -> Erase:
    """The rows of which one of these columns names the person, to be deleted."""

    def person(spec: "TableSpec", user: str) -> list[RowsToErase]:
        return [deletion(spec, or_(*(spec.table.c[column] == user for column in columns)))]

    return person


by_user: Final = by("user")
by_subject: Final = by("subject")


def by_name(spec: "TableSpec", named: str) -> list[RowsToErase]:
    """The rows whose `name`, made of ids with colons between them, contains the id of a person or workspace."""
    whole = literal(":") + spec.table.c.name + ":"
    return [deletion(spec, whole.contains(f":{named}:", autoescape=True))]


def blank(column: str, **others: str | None) -> Erase:
    """The rows whose `column` names the person: they stay, with nobody in it, and these values in `others`."""

    def person(spec: "TableSpec", user: str) -> list[RowsToErase]:
        async def erase(tx: AsyncConnection, keys: Sequence[Any], _now: float) -> None:
            await tx.execute(update(spec.table).where(_has_key(spec.table, keys)).values({column: NOBODY, **others}))

        return [RowsToErase(spec.nouns, keys_of(spec.table, spec.table.c[column] == user), erase)]

    return person


def nothing(_spec: "TableSpec", _user: str) -> list[RowsToErase]:
    """No row: none holds anything about a person."""
    return []


def kept_for(instant: ColumnElement[float], seconds: Callable[[Timing], float]) -> Old:
    """Rows are old so many seconds after `instant`."""
    return lambda now, timing: instant < now - seconds(timing)


def kept_like_spend(when: Column[Any]) -> Old:
    """Rows are old if `when`, a billing day or an instant, is before the days of which is kept what was spent."""

    def old(now: float, timing: Timing) -> ColumnElement[bool]:
        first = billing_day(now - timing.spend_kept)
        return when < (first.isoformat() if isinstance(when.type, String) else bounds(first)[0])

    return old


def once(condition: ColumnElement[bool]) -> Old:
    """Rows are old once the condition holds."""
    return lambda _now, _timing: condition


never: Final = once(false())  # it is not retention that deletes the rows; who does stands beside the spec


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table, what one of its rows and several are called, when they are old, and which of them are about a person.

    The rows of a workspace are found by the column `team`. What is needed longer than old rows is `kept` from them.
    `instants` says how far in the future each instant in it may be, for when the clock was wrong.
    """

    table: Table
    nouns: Nouns
    old: Old
    person: Erase = by_user
    kept: Keep | None = None
    instants: Sequence[Instants] = ()


def by_team(spec: TableSpec, team: str) -> list[RowsToErase]:
    """The rows that belong to a workspace, to be deleted."""
    if "team" in spec.table.c:
        return [deletion(spec, spec.table.c.team == team)]
    return by_name(spec, team) if spec.person is by_name else []


def deletion(spec: TableSpec, where: ColumnElement[bool]) -> RowsToErase:
    """The rows of a table that meet a condition, to be deleted."""

    async def erase(tx: AsyncConnection, keys: Sequence[Any], _now: float) -> None:
        await tx.execute(delete(spec.table).where(_has_key(spec.table, keys)))

    return RowsToErase(spec.nouns, keys_of(spec.table, where), erase)


def keys_of(table: Table, where: ColumnElement[bool]) -> FindKeys:
    """The function that finds the keys of the rows that meet a condition."""

    async def find(tx: AsyncConnection) -> Sequence[Any]:
        return (await tx.execute(select(*table.primary_key).where(where))).all()

    return find


def _has_key(table: Table, keys: Sequence[Any]) -> ColumnElement[bool]:
    return tuple_(*table.primary_key).in_([tuple(key) for key in keys])
