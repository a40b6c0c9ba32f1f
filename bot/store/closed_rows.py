"""Old closed rows of inbox and outbox that belong to nothing any more, found in slices, the oldest first.

Most old rows may still belong to a session that is stored. One read of all takes seconds, for each batch again.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Select, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database.connection import Database

# Those of the owners of some rows that are still stored.
Stored = Callable[[AsyncConnection, Collection[Any]], Awaitable[Collection[Any]]]


SLICE: Final = 5  # times as many rows are read at once as go at once: most may stay


@dataclass(slots=True)
class Passed:
    """How far a purge has come: when the last row that it has read closed, and its key; and whether it was the last.

    `found` are the keys of rows that it has read and that have still to go.
    """

    place: tuple[float, Any] | None = None
    all: bool = False
    found: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ClosedRows:
    """The closed rows of a table, with an index of `closed_at` and `key`, and the column that names their owner."""

    closed_at: Column[Any]
    key: Column[Any]
    owner: Column[Any]
    closed: ColumnElement[bool]

    async def ownerless(self, db: Database, before: float, passed: Passed, stored: Stored, most: int) -> list[Any]:
        """The keys of the next `most` rows that closed before `before` and of which no owner is `stored`.

        They are fewer only at the end. Each slice is read in a transaction of its own, beside which others may write.
        """
        while len(passed.found) < most and not passed.all:
            async with db.scan() as tx:
                rows = (await tx.execute(self._slice(before, passed, most * SLICE))).all()
                owners = await stored(tx, {row.owner for row in rows if row.owner is not None})
            passed.found += [row.key for row in rows if row.owner is None or row.owner not in owners]
            passed.all = len(rows) < most * SLICE
            passed.place = (rows[-1].at, rows[-1].key) if rows else passed.place
        batch, passed.found = passed.found[:most], passed.found[most:]
        return batch

    def _slice(self, before: float, passed: Passed, most: int) -> Select[Any]:
        place = (self.closed_at, self.key)
        columns = (self.closed_at.label("at"), self.key.label("key"), self.owner.label("owner"))
        old = select(*columns).where(self.closed_at < before, self.closed)
        if passed.place is not None:
            old = old.where(tuple_(*place) > tuple_(*map(literal, passed.place)))
        return old.order_by(*place).limit(most)
