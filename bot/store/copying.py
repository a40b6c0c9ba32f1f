"""Copies one store into another, table by table in the order of keys, and shows that both hold the same.

Each batch of rows is inserted in one transaction with the key of its last row, which stands in the target's `due` until
all is copied and compared. So a copy that ended early goes on where it was, and a bot that is started on it refuses.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Table, delete, func, insert, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import due
from bot.store.columns import metadata
from bot.store.database.connection import Database, storable
from bot.store.money_tables import DERIVED
from bot.store.tables import due as due_table
from bot.store.tables import workers

BATCH: Final = 500
_PROGRESS: Final = "copy"
_SUMS: Final = 1 << 128

Check = Callable[[AsyncConnection], Awaitable[None]]


class NotEmptyError(Exception):
    """The target holds rows that are none of a copy from this source."""


class DifferentError(Exception):
    """The target doesn't hold what the source holds; `tables` names where."""

    def __init__(self, tables: Sequence[str]) -> None:
        super().__init__(", ".join(tables))
        self.tables = tables


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy has in common with its source: so many rows in so many tables."""

    rows: int
    tables: int
    resumed_after: int  # rows that an earlier call had copied


class Copy:
    """A copy of the store `source`, which is called `name`, into the store `target`.

    `check` raises in the transaction of a batch if another process works on the target.
    """

    def __init__(self, source: Database, target: Database, name: str, check: Check) -> None:
        self._source = source
        self._target = target
        self._name = name
        self._check = check
        # Who was alive on the source says nothing about the target, which adds up by itself what is spent.
        self._tables = [table for table in metadata.sorted_tables if table not in (workers, *DERIVED)]

    async def run(self) -> Copied:
        """Copy all rows that an earlier call has not copied, and compare; raises NotEmptyError or DifferentError."""
        done = await self._begin()
        for table in self._tables:
            if done.get(table.name) != "all":
                await self._copy(table, done.get(table.name), done)
        rows = await self._compare()
        async with self._target.write() as tx:
            await self._check(tx)
            await self._set_sequences(tx)
            # A crash before this commit compares once more.
            await tx.execute(delete(due_table).where(due_table.c.name == _PROGRESS))
        return Copied(rows, len(self._tables), done.get("", 0))

    async def _begin(self) -> dict[str, Any]:
        """How far an earlier call has come, by table: the key of the last row, or "all"; under "" the rows so far."""
        async with self._target.write() as tx:
            await self._check(tx)
            stored = await due.read(tx, _PROGRESS)
            if stored is None:
                if any([await _count(tx, table) for table in self._tables]):
                    raise NotEmptyError
                await self._note(tx, {})
                return {}
            if stored.state["source"] != self._name:
                raise NotEmptyError
            copied = sum([await _count(tx, table) for table in self._tables])
            return {**stored.state["done"], "": copied}

    async def _note(self, tx: AsyncConnection, done: Mapping[str, Any]) -> None:
        by_table = {name: last for name, last in done.items() if name}
        await due.write(tx, _PROGRESS, 0.0, {"v": 1, "source": self._name, "done": by_table})

    async def _copy(self, table: Table, last: Sequence[Any] | None, done: dict[str, Any]) -> None:
        async for rows in _batches(self._source, table, last):
            done[table.name] = [rows[-1][column.name] for column in table.primary_key]
            # A crash before this commit copies the batch again, and one after it goes on behind it.
            async with self._target.write() as tx:
                await self._check(tx)
                await tx.execute(insert(table), [storable(row) for row in rows])
                await self._note(tx, done)
        done[table.name] = "all"
        async with self._target.write() as tx:
            await self._note(tx, done)

    async def _compare(self) -> int:
        """Return how many rows there are; raises DifferentError if a table differs by its count or its checksum."""
        total, different = 0, []
        for table in self._tables:
            source, target = await _sums(self._source, table), await _sums(self._target, table)
            total += source[0]
            if source != target:
                different.append(table.name)
        if different:
            raise DifferentError(different)
        return total

    async def _set_sequences(self, tx: AsyncConnection) -> None:
        """Have each number that counts up go on where it was in the source, also if its last rows are deleted."""
        for table in self._tables:
            column = table.autoincrement_column
            if column is None:
                continue
            async with self._source.read() as from_:
                last = max(await _last_number(from_, table), await from_.scalar(select(func.max(column))) or 0)
            if last:
                await _count_from(tx, table, column.name, last)


async def is_unfinished(tx: AsyncConnection) -> bool:
    """Whether the store is the target of a copy that has not come to its end."""
    return await due.read(tx, _PROGRESS) is not None


async def _batches(
    db: Database, table: Table, last: Sequence[Any] | None = None
) -> AsyncIterator[Sequence[dict[str, Any]]]:
    """Read the rows of `table` behind the key `last` in batches, in the order of their keys."""
    key = list(table.primary_key)
    while True:
        found = select(table).order_by(*key).limit(BATCH)
        if table is due_table:
            found = found.where(table.c.name != _PROGRESS)
        if last is not None:
            found = found.where(tuple_(*key) > tuple_(*last))
        async with db.scan() as tx:
            rows = [dict(row) for row in (await tx.execute(found)).mappings()]
        if not rows:
            return
        yield rows
        last = [rows[-1][column.name] for column in key]


async def _count(tx: AsyncConnection, table: Table) -> int:
    found = select(func.count()).select_from(table)
    if table is due_table:
        found = found.where(table.c.name != _PROGRESS)
    return int(await tx.scalar(found) or 0)


async def _sums(db: Database, table: Table) -> tuple[int, int]:
    """The number of the rows of `table`, and a checksum that does not depend on their order."""
    count = checksum = 0
    async for rows in _batches(db, table):
        count += len(rows)
        checksum = (checksum + sum(map(_hash, rows))) % _SUMS
    return count, checksum


def _hash(row: Mapping[str, Any]) -> int:
    written = json.dumps(_plain(storable(dict(row))), sort_keys=True, default=str)
    return int.from_bytes(hashlib.blake2b(written.encode(), digest_size=16).digest())


def _plain(value: Any) -> Any:
    """`value` with each whole number as an integer: in JSON, PostgreSQL does not tell 1e3 from 1000."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value


async def _last_number(tx: AsyncConnection, table: Table) -> int:
    """The last number that was given in `table`; 0 if none was."""
    if tx.dialect.name == "sqlite":
        given = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return int(await tx.scalar(given, {"name": table.name}) or 0)
    # None until a number was given.
    given = text("SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence(:name, :column) AS regclass))")
    column = table.autoincrement_column
    assert column is not None
    return int(await tx.scalar(given, {"name": table.name, "column": column.name}) or 0)


async def _count_from(tx: AsyncConnection, table: Table, column: str, last: int) -> None:
    if tx.dialect.name == "postgresql":
        await tx.execute(select(func.setval(func.pg_get_serial_sequence(table.name, column), last)))
        return
    await tx.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
    await tx.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :last)"), {"name": table.name, "last": last})
