"""The engines on an SQLite file, and where their statements run.

A statement that touches a few rows takes some ten microseconds. To run it in a thread takes several times as long, and
a transaction has twenty statements while it keeps everyone else from writing. So statements run on the event loop.
Three things that may take long do not: a commit, which waits for the disk, runs in a thread; a wait for the lock of
another process sleeps on the event loop; and reads of many rows have an engine whose statements all run in a thread.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiosqlite
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.timing import Timing

BEGIN_WRITING: Final = "BEGIN IMMEDIATE"
LONGEST_WAL_PAGES: Final = 10_000  # 40 MB: a log of this length makes a commit do a checkpoint after all
PRIMARY_CODE: Final = 0xFF  # the bits of an SQLite error code that hold its kind; higher bits hold details

Serializer = Callable[[Any], str]


def writing(url: str, serializer: Serializer, timing: Timing) -> AsyncEngine:
    """Make the engine for writes on the file at `url`: one connection, whose transactions begin with the lock."""
    return _engine(url, BEGIN_WRITING, 1, serializer, timing, **_in_place(timing))


def reading(url: str, serializer: Serializer, timing: Timing, connections: int) -> AsyncEngine:
    """Make the engine for reads of a few rows: as many `connections`, which cannot write."""
    return _engine(url, "BEGIN", connections, serializer, timing, **_in_place(timing))


def scanning(url: str, serializer: Serializer, timing: Timing) -> AsyncEngine:
    """Make the engine for reads of many rows: one connection, which cannot write and runs statements in a thread."""
    return _engine(url, "BEGIN", 1, serializer, timing)


def storing(url: str, serializer: Serializer, timing: Timing) -> Engine:
    """Make the engine for the rows that Slack waits for: one synchronous connection, which takes half as long."""
    engine = create_engine(
        make_url(url).set(drivername="sqlite"),
        hide_parameters=True,
        json_serializer=serializer,
        pool_size=1,
        max_overflow=0,
        pool_timeout=timing.store_connection,
        connect_args={"check_same_thread": False, "timeout": timing.store_lock},
    )
    _prepare(engine, BEGIN_WRITING)
    return engine


def checkpoint(path: Path) -> None:
    """Move what the log of the SQLite file `path` holds into the file, while writers go on.

    Otherwise SQLite would do this within a commit.
    """
    # A crash right here loses nothing: the log is still there, and the next checkpoint moves its contents again.
    # mode=rw, so that a missing file is not created: an empty one would pass for a store.
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def compact(path: Path) -> None:
    """Rewrite the SQLite file `path`, with its log, without the parts of deleted rows that unused pages still hold."""
    # A crash right here leaves the file as it was: a later call rewrites it.
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class InPlace(aiosqlite.Connection):
    """A connection whose statements run on the event loop.

    Only its commit runs in the connection's thread. So does its closing, which has to wait for a cancelled commit.
    """

    def __init__(self, timing: Timing, database: str, **options: Any) -> None:
        """Connect to the file `database`, with these `options` of sqlite3."""
        super().__init__(partial(sqlite3.connect, database, **options), iter_chunk_size=64)
        self._timing = timing
        self._thread.daemon = True  # as in SQLAlchemy: an abandoned thread ends with the process

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if fn in {self._conn.commit, self._conn.close}:
            return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]  # not annotated there
        if args[:1] == (BEGIN_WRITING,):
            return await self._locking(partial(fn, *args, **kwargs))
        return fn(*args, **kwargs)

    async def _locking(self, begin: Callable[[], Any]) -> Any:
        """Call `begin` again and again until no other process holds the lock, for at most `store_lock`.

        Writers in this process wait for each other in `WriteLock`, so this hardly ever waits.
        """
        self._conn.execute("PRAGMA busy_timeout=0")  # SQLite's own wait would block the event loop
        loop = asyncio.get_running_loop()
        until = loop.time() + self._timing.store_lock
        while True:
            try:
                return begin()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & PRIMARY_CODE != sqlite3.SQLITE_BUSY or loop.time() > until:
                    raise
            await asyncio.sleep(self._timing.store_lock_check)


def _in_place(timing: Timing) -> dict[str, Any]:
    return {"async_creator_fn": partial(InPlace, timing), "check_same_thread": False}


def _engine(
    url: str, begin: str, connections: int, serializer: Serializer, timing: Timing, **options: Any
) -> AsyncEngine:
    engine = create_async_engine(
        url,
        hide_parameters=True,  # an error must not show what people wrote
        json_serializer=serializer,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=timing.store_connection,
        connect_args=options | {"timeout": timing.store_lock},
    )
    _prepare(engine.sync_engine, begin)
    return engine


def _prepare(engine: Engine, begin: str) -> None:
    writes = begin == BEGIN_WRITING

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself, because the code below begins them.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"query_only={'OFF' if writes else 'ON'}",
            f"wal_autocheckpoint={LONGEST_WAL_PAGES}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        if writes:
            connection.exec_driver_sql(begin)  # may find the file locked, which becomes an error of SQLAlchemy's
            return
        cursor = connection.connection.cursor()  # takes half the time of SQLAlchemy's own execution
        cursor.execute(begin)
        cursor.close()
