"""How far in the future the instants of a table may be, and the way back for those that a wrong clock has written.

A clock that was an hour ahead and is set back leaves instants an hour in the future, and what waits for them would wait
as long. Each table declares its instants beside its other rules (`bot.store.table_spec`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Select, Table, case, exists, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.timing import Timing

Seconds = Callable[[Timing], float]


def _none(_timing: Timing) -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class Instants:
    """Columns of one table with instants, which may be `ahead` of now by so many seconds.

    Those that are later are brought to now, or with `deadline` to the latest that they may be. `rows` are those that it
    matters for. What is `watched` is found by an index, and looked for in each sweep; the rest only once the clock is
    known to have been set back. Those of a row that waits are put on with a clock that is put on (`moves`).
    """

    columns: tuple[Column[Any], ...]
    ahead: Seconds
    rows: ColumnElement[bool] | None = None
    deadline: bool = False
    watched: bool = True
    moves: bool = False

    @property
    def table(self) -> Table:
        """The table of the columns."""
        table: Table = self.columns[0].table
        return table


def waits(
    column: Column[Any], ahead: Seconds, rows: ColumnElement[bool] | None = None, *, watched: bool = True
) -> Instants:
    """Work waits until these instants."""
    return Instants((column,), ahead, rows, watched=watched)


def until(
    column: Column[Any], ahead: Seconds, rows: ColumnElement[bool] | None = None, *, moves: bool = False
) -> Instants:
    """Until these instants somebody may answer, or something is of use."""
    return Instants((column,), ahead, rows, deadline=True, moves=moves)


def since(*columns: Column[Any], rows: ColumnElement[bool]) -> Instants:
    """Since these instants `rows` have waited, or an answer may come."""
    return Instants(columns, _none, rows, moves=True)


def asked_at(column: Column[Any], rows: ColumnElement[bool]) -> Instants:
    """At this instant somebody was asked about `rows`, who may answer for a while."""
    return Instants((column,), _none, rows, watched=False, moves=True)


def happened(*columns: Column[Any], rows: ColumnElement[bool] | None = None) -> Instants:
    """At these instants something happened; nothing waits for them."""
    return Instants(columns, _none, rows, watched=False)


def any_late(one: Instants, now: float, timing: Timing) -> Select[Any]:
    """A query for whether an instant is later than its rule allows, and than clocks may differ."""
    latest = now + one.ahead(timing) + timing.clocks_differ
    return select(exists(select(one.columns[0]).where(_rows(one), or_(*(column > latest for column in one.columns)))))


async def bring_back(tx: AsyncConnection, one: Instants, now: float, timing: Timing, *, strictly: bool) -> int:
    """Bring back the instants that are later than their rule allows; returns the number of rows.

    With `strictly`, once the clock is known to have been set back, no work waits any more, and nothing has happened
    later than now.
    """
    allowed = one.ahead(timing)
    slack = 0.0 if strictly else timing.clocks_differ
    latest = now + (allowed if one.deadline or not strictly else 0.0) + slack
    right = now + allowed if one.deadline else now
    values = {column.name: case((column > latest, right), else_=column) for column in one.columns}
    late = or_(*(column > latest for column in one.columns))
    return (await tx.execute(update(one.table).where(_rows(one), late).values(values))).rowcount


async def put_on(tx: AsyncConnection, one: Instants, seconds: float) -> int:
    """Move the instants by the `seconds` that the clock is put on; returns the number of rows.

    What has waited a moment has not waited an hour because the clock says so.
    """
    values = {column.name: column + seconds for column in one.columns}
    return (await tx.execute(update(one.table).where(_rows(one)).values(values))).rowcount


def _rows(one: Instants) -> ColumnElement[bool]:
    return true() if one.rows is None else one.rows


def in_state(state: Any, names: frozenset[str], latest: float, now: float, *, named: bool = False) -> Any:
    """The `state` of a recurring job with each instant that is later, under one of these `names`, brought to now.

    A name may stand for several instants, each under a name of its own.
    """
    if isinstance(state, dict):
        return {
            name: in_state(value, names, latest, now, named=named or name in names) for name, value in state.items()
        }
    return now if named and type(state) in {int, float} and state > latest else state


NEVER_AHEAD: Final = _none
