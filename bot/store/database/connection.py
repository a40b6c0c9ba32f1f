"""Connections and transactions, under one interface for SQLite and PostgreSQL.

SQLite has four engines on one file (`bot.store.database.sqlite`). *Writing* has one connection with BEGIN IMMEDIATE.
*Storing* has another such connection, in a thread of its own, for the rows that Slack waits for. *Reading* is for a few
rows and *scanning* for any number of rows. These two are deferred and query_only, because a SELECT under BEGIN
IMMEDIATE locks out every writer. All writes of this process wait for one `WriteLock`; rows that Slack sent go first,
because a person waits for them, and the others share transactions (`WriteGroup`). PostgreSQL needs none of this: there
the conditions in the statements decide.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Float,
    String,
    Table,
    TableValuedAlias,
    bindparam,
    cast,
    column,
    extract,
    func,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import postgres, sqlite
from bot.store.database.outage import Outage
from bot.store.database.priority_gate import PriorityGate
from bot.store.database.write_group import WriteGroup
from bot.store.database.write_lock import WriteLock
from bot.timing import PRODUCTION, Timing

_T = TypeVar("_T")

Clock = Callable[[], float]  # Unix seconds, UTC
Transaction = AsyncConnection  # what repositories get and flows pass on
Insert = postgresql.Insert | SqliteInsert

READERS: Final = 4
UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


class Database:
    """Transactions on one store: `read()`, `scan()` and `write()`, and `run_in_writer_thread()` for the inbox."""

    def __init__(self, url: str, clock: Clock = time.time, timing: Timing = PRODUCTION) -> None:
        self.clock = clock
        self.timing = timing
        self.url = async_url(url)
        self.is_sqlite = self.url.startswith("sqlite")
        self.write_lock = WriteLock()
        self.gate = PriorityGate(timing)
        self.outage = Outage()
        if self.is_sqlite:
            self._writing = sqlite.writing(self.url, _json, timing)
            self._group = WriteGroup(self._writing, self.write_lock, self.gate)
            self._reading = sqlite.reading(self.url, _json, timing, READERS)
            self._scanning = self._frozen = sqlite.scanning(self.url, _json, timing)
            self._storing = sqlite.storing(self.url, _json, timing)
            # Kept open, because to fetch the connection from the pool takes as long as the work on it.
            self._at_hand: Connection | None = None
            self._thread = ThreadPoolExecutor(1, "inbox")
        else:
            self._address = postgres.parse_address(self.url)
            self._writing = postgres.engine(self._address, _json, timing)
            self._reading = self._scanning = postgres.reading(self._writing, self._address)
            self._frozen = self._writing.execution_options(isolation_level="REPEATABLE READ")

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that reads a few rows.

        It does not wait for the priority gate: it takes less time than the ack that it delays, and a reply needs nine.
        """
        # Not begin(), which would end with a commit: that goes to a thread, and a rollback does not.
        with self._noting_outages():
            async with self._reading.connect() as connection:
                yield connection

    @asynccontextmanager
    async def scan(self, *, urgent: bool = False, frozen: bool = False) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that reads any number of rows; `urgent` is for a read that Slack's ack waits for.

        If it is `frozen`, all its statements see the rows of one instant. On PostgreSQL others see what is committed
        when each of them begins: https://www.postgresql.org/docs/current/transaction-iso.html.
        """
        if not urgent:
            await self.gate.admit()
        with self._noting_outages():
            async with (self._frozen if frozen else self._scanning).connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self, *, urgent: bool = False) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that is committed at the end of the block, or rolled back if the block raises.

        `urgent` is for a write that Slack's ack waits for.
        """
        with self._noting_outages():
            async with AsyncExitStack() as stack:
                yield await stack.enter_async_context(self._urgent() if urgent else self._in_turn())
        self.outage.wrote()

    async def run_in_writer_thread(self, work: Callable[[Connection], _T]) -> _T:
        """Run `work`, a short write that Slack waits for, in one transaction; the caller holds the write lock.

        On SQLite it runs in a thread of its own while the event loop goes on, and through SQLAlchemy's synchronous
        connection, which takes half as long as the asynchronous one.
        """
        with self._noting_outages():
            if self.is_sqlite:
                done = await asyncio.get_running_loop().run_in_executor(self._thread, self._in_writer_thread, work)
            else:
                async with self._writing.begin() as connection:
                    done = await connection.run_sync(work)
        self.outage.wrote()
        return done

    @contextmanager
    def _noting_outages(self) -> Iterator[None]:
        """Note when and why the store refused what this block is to do."""
        try:
            yield
        except Exception as error:
            self.outage.failed(error)
            raise

    def _in_writer_thread(self, work: Callable[[Connection], _T]) -> _T:
        if self._at_hand is None:
            self._at_hand = self._storing.connect()
        with self._at_hand.begin():
            return work(self._at_hand)

    @asynccontextmanager
    async def _urgent(self) -> AsyncIterator[AsyncConnection]:
        async with AsyncExitStack() as stack:
            if self.is_sqlite:
                await stack.enter_async_context(self.write_lock(urgent=True))
            yield await stack.enter_async_context(self._writing.begin())

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[AsyncConnection]:
        if self.is_sqlite:
            async with self._group.turn() as tx:
                yield tx
            return
        await self.gate.admit()
        async with self._writing.begin() as tx:
            yield tx

    async def run_sync(self, work: Callable[[Any], None]) -> None:
        """Run `work`, a synchronous function for SQLAlchemy such as a migration, in one transaction that writes.

        On PostgreSQL it has a connection of its own, whose statements may take long.
        """
        if self.is_sqlite:
            async with self.write() as tx:
                await tx.run_sync(work)
            return
        timing = replace(self.timing, store_statement=self.timing.migration)
        patient = postgres.engine(self._address, _json, timing)
        try:
            async with patient.begin() as tx:
                await tx.run_sync(work)
        finally:
            await patient.dispose()

    @property
    def schema(self) -> str | None:
        """The schema of PostgreSQL that the address names; None for the usual one."""
        return None if self.is_sqlite else self._address.schema

    async def checkpoint(self) -> None:
        """Move what SQLite's log holds into the file; PostgreSQL has processes of its own for this."""
        path = sqlite_path(self.url)
        if path is not None:
            await asyncio.to_thread(sqlite.checkpoint, path)

    async def compact(self) -> None:
        """Rewrite the SQLite file without parts of deleted rows; PostgreSQL's own upkeep does this in time."""
        path = sqlite_path(self.url)
        if path is not None:
            await asyncio.to_thread(sqlite.compact, path)

    async def close(self) -> None:
        """Close all connections."""
        for engine in {self._reading, self._scanning, self._writing}:
            await engine.dispose()
        if self.is_sqlite:
            self._thread.shutdown()
            if self._at_hand is not None:
                self._at_hand.close()
            self._storing.dispose()

    def own_clock(self) -> dict[str, float]:
        """The parameter that `instant` needs on SQLite; PostgreSQL has a clock of its own."""
        return {"clock": self.clock()} if self.is_sqlite else {}


def async_url(url: str) -> str:
    """The database address `url` with the driver that this project uses; raises ValueError for other databases."""
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    drivers = {
        "sqlite": "sqlite+aiosqlite",
        "postgresql": "postgresql+asyncpg",
        "postgres": "postgresql+asyncpg",
    }
    if backend not in drivers:
        raise ValueError(f"DATABASE_URL names {backend}; use sqlite:///file.db or postgresql://host/name.")
    return parsed.set(drivername=drivers[backend]).render_as_string(hide_password=False)


def address_without_password(url: str) -> str:
    """The database address `url` as it may be stored and shown."""
    return make_url(async_url(url)).set(password=None).render_as_string()


def sqlite_path(url: str) -> Path | None:
    """The file of the SQLite store at `url`; None for PostgreSQL and for a store in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database)


def storable(value: Any) -> Any:
    """`value` with NUL and lone surrogates replaced in all its texts, because PostgreSQL refuses these.

    One odd character must not stop a thread.
    """
    if isinstance(value, str):
        return UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {storable(key): storable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [storable(part) for part in value]
    return value


def instant(dialect: str) -> ColumnElement[float]:
    """The current instant for leases, as SQL: PostgreSQL's clock, or on SQLite the parameter of `own_clock`."""
    if dialect == "postgresql":
        return cast(extract("epoch", func.clock_timestamp()), Float)
    return bindparam("clock", type_=Float)


def each_of(name: str, dialect: str) -> TableValuedAlias:
    """A table with the one column `value`: the texts in the parameter `name`, a list as JSON."""
    listed, value = bindparam(name, type_=String), column("value", String)
    if dialect == "postgresql":
        return func.json_array_elements_text(cast(listed, JSON)).table_valued(value).render_derived()
    return func.json_each(listed).table_valued(value)


def insert(dialect: str, table: Table) -> Insert:
    """An INSERT into `table` that supports ON CONFLICT in this dialect."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite_insert(table)


def _json(value: Any) -> str:
    text = json.dumps(value)
    # Only what json has escaped can be unstorable, and it takes longer to check each part of a payload.
    return json.dumps(storable(value)) if "\\u0000" in text or "\\ud" in text else text
