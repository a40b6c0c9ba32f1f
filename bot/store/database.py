"""Connections and transactions, the same for SQLite and PostgreSQL.

SQLite has two engines on one file. *Writing*: one connection, BEGIN IMMEDIATE, WAL, synchronous=FULL.
*Reading*: deferred and query_only, because a SELECT under BEGIN IMMEDIATE locks out every writer.
All writes of this process take one turn, and what Slack sent goes first: it is what a person waits for.
PostgreSQL needs neither; there the rows' own conditions decide.
"""

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Float,
    Table,
    cast,
    create_engine,
    event,
    extract,
    func,
    literal,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.store.right_of_way import RightOfWay

_T = TypeVar("_T")

Clock = Callable[[], float]  # Unix seconds, UTC
Transaction = AsyncConnection  # what repositories get and flows pass on
Insert = postgresql.Insert | sqlite.Insert

LOCK_WAIT_SECONDS: Final = 1.0
READERS: Final = 4
UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
POSTGRES_CONNECTIONS: Final = 10
# What stands in many addresses for libpq alone: asyncpg would hand it to the server, which refuses it.
LIBPQ_ONLY: Final = (
    "channel_binding",
    "connect_timeout",
    "gssencmode",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
)


class Turn:
    """One writer at a time; those marked `first` overtake the others, never the one at work."""

    def __init__(self) -> None:
        self._busy = False
        self._waiting: tuple[deque[asyncio.Future[None]], deque[asyncio.Future[None]]] = (deque(), deque())

    @asynccontextmanager
    async def __call__(self, *, first: bool = False) -> AsyncIterator[None]:
        """Wait for the turn, hold it for the block."""
        await self._take(first)
        try:
            yield
        finally:
            self._pass_on()

    async def _take(self, first: bool) -> None:
        if not self._busy:
            self._busy = True
            return
        seat: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[0 if first else 1].append(seat)
        try:
            await seat
        except asyncio.CancelledError:
            if seat.done() and not seat.cancelled():
                self._pass_on()  # the turn had been given to somebody who is no longer there
            raise

    def _pass_on(self) -> None:
        for queue in self._waiting:
            while queue:
                seat = queue.popleft()
                if not seat.done():
                    seat.set_result(None)
                    return
        self._busy = False


class Database:
    """Transactions on one store: `read()` and `write()`."""

    def __init__(self, url: str, clock: Clock = time.time) -> None:
        self.clock = clock
        self.url = async_url(url)
        self.is_sqlite = self.url.startswith("sqlite")
        self.turn = Turn()
        self.way = RightOfWay()
        self._others = asyncio.Lock()
        if self.is_sqlite:
            self._writing = _sqlite_engine(self.url, begin="BEGIN IMMEDIATE", connections=1)
            self._reading = _sqlite_engine(self.url, begin="BEGIN", connections=READERS)
            self._storing = _storing_engine(self.url)
            self._thread = ThreadPoolExecutor(1, "inbox")
        else:
            self._writing = self._reading = _postgres_engine(self.url)

    @asynccontextmanager
    async def read(self, *, first: bool = False) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads; `first` when Slack waits for its ack."""
        if not first:
            await self.way.given()
        async with self._reading.begin() as connection:
            yield connection

    @asynccontextmanager
    async def write(self, *, first: bool = False) -> AsyncIterator[AsyncConnection]:
        """A transaction that is committed at the end of the block, or not at all."""
        async with AsyncExitStack() as stack:
            if not first:
                await self._stand_behind(stack)
            if self.is_sqlite:
                await stack.enter_async_context(self.turn(first=first))
            yield await stack.enter_async_context(self._writing.begin())

    async def in_one_trip(self, work: Callable[[Connection], _T]) -> _T:
        """Do a small piece of writing that Slack waits for, in one transaction; the caller holds the turn.

        On SQLite it is one trip to a thread of its own. Statement by statement it would be ten, and they are most of
        what an ack takes.
        """
        if self.is_sqlite:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._trip, work)
        async with self._writing.begin() as connection:
            return await connection.run_sync(work)

    def _trip(self, work: Callable[[Connection], _T]) -> _T:
        with self._storing.begin() as connection:
            return work(connection)

    async def _stand_behind(self, stack: AsyncExitStack) -> None:
        if self.is_sqlite:
            # Only one of them at the turn: with a queue there, each would begin as the one before ends.
            await stack.enter_async_context(self._others)
        await self.way.given()

    async def run_sync(self, work: Callable[[Any], None]) -> None:
        """Run a blocking piece of SQLAlchemy (Alembic) in one writing transaction."""
        async with self.write() as tx:
            await tx.run_sync(work)

    async def close(self) -> None:
        """Give all connections back."""
        await self._reading.dispose()
        if self._writing is not self._reading:
            await self._writing.dispose()
            self._storing.dispose()
            self._thread.shutdown()

    def now(self) -> ColumnElement[float]:
        """The instant that rules leases: the database's on PostgreSQL, our own on SQLite."""
        if self.is_sqlite:
            return literal(self.clock(), Float)
        return cast(extract("epoch", func.clock_timestamp()), Float)


def async_url(url: str) -> str:
    """The same address with the driver this project uses."""
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


def sqlite_path(url: str) -> Path | None:
    """The file of an SQLite store, None for another one."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database)


def storable(value: Any) -> Any:
    """The same without what PostgreSQL refuses, NUL and halves of a character: one odd sign must not stop a thread."""
    if isinstance(value, str):
        return UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {storable(key): storable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [storable(part) for part in value]
    return value


def insert(tx: AsyncConnection | Connection, table: Table) -> Insert:
    """An INSERT that knows ON CONFLICT, in the dialect of this connection."""
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)


def _postgres_engine(url: str) -> AsyncEngine:
    address = make_url(url)
    # asyncpg takes sslmode, sslrootcert and the like only from an address in libpq's own form.
    query = {"sslmode" if name == "ssl" else name: value for name, value in address.query.items()}
    libpq = address.set(drivername="postgresql", query=query).difference_update_query(LIBPQ_ONLY)
    return create_async_engine(
        address.set(query={}),
        hide_parameters=True,  # an error must not show what people wrote
        json_serializer=_json,
        pool_size=POSTGRES_CONNECTIONS,
        pool_pre_ping=True,
        connect_args={
            "dsn": libpq.render_as_string(hide_password=False),
            "timeout": 5,
            "server_settings": {"lock_timeout": f"{LOCK_WAIT_SECONDS * 1000:.0f}"},
        },
    )


def _sqlite_engine(url: str, *, begin: str, connections: int) -> AsyncEngine:
    engine = create_async_engine(
        url,
        hide_parameters=True,  # as above
        json_serializer=_json,
        pool_size=connections,
        max_overflow=0,
        connect_args={"timeout": LOCK_WAIT_SECONDS},
    )
    _set_up_sqlite(engine.sync_engine, begin)
    return engine


def _storing_engine(url: str) -> Engine:
    engine = create_engine(
        make_url(url).set(drivername="sqlite"),
        hide_parameters=True,  # as above
        json_serializer=_json,
        pool_size=1,
        max_overflow=0,
        connect_args={"timeout": LOCK_WAIT_SECONDS, "check_same_thread": False},
    )
    _set_up_sqlite(engine, "BEGIN IMMEDIATE")
    return engine


def _set_up_sqlite(engine: Engine, begin: str) -> None:
    reads = begin == "BEGIN"

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver's own idea of transactions is switched off: ours begin where we say.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", f"query_only={'ON' if reads else 'OFF'}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)


def _json(value: Any) -> str:
    return json.dumps(storable(value))
