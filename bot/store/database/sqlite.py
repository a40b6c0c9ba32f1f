"""Engines on an SQLite file, and where their statements run.

A statement that touches a few rows takes some ten microseconds, the trip to a thread and back several times that, and
a transaction has twenty of them while it keeps everyone else from writing. So statements run in place, on the event
loop. Only what may take long goes elsewhere: a commit, which waits for the disk, to a thread; waiting for the lock of
another process, to the loop's clock; and reading many rows, to an engine of its own whose statements all make the trip.
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

BEGIN_WRITING: Final = "BEGIN IMMEDIATE"
LOCK_WAIT_SECONDS: Final = 1.0
LONGEST_WAL_PAGES: Final = 10_000  # 40 MB: when a commit makes the checkpoint itself after all
PRIMARY_CODE: Final = 0xFF  # SQLite's extended codes say in higher bits what exactly it was
LOCK_CHECK_SECONDS: Final = 0.002  # between two looks whether another process has freed its lock

Serializer = Callable[[Any], str]


def writing(url: str, serializer: Serializer) -> AsyncEngine:
    """One connection that takes the lock as it begins."""
    return _engine(url, BEGIN_WRITING, 1, serializer, **_IN_PLACE)


def reading(url: str, serializer: Serializer, connections: int) -> AsyncEngine:
    """Connections that cannot write, for a few rows at a time."""
    return _engine(url, "BEGIN", connections, serializer, **_IN_PLACE)


def scanning(url: str, serializer: Serializer) -> AsyncEngine:
    """One connection that cannot write, for many rows: its statements run in a thread."""
    return _engine(url, "BEGIN", 1, serializer)


def storing(url: str, serializer: Serializer) -> Engine:
    """One connection for what Slack waits for: SQLAlchemy's synchronous one, which takes half as long."""
    engine = create_engine(
        make_url(url).set(drivername="sqlite"),
        hide_parameters=True,
        json_serializer=serializer,
        pool_size=1,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": LOCK_WAIT_SECONDS},
    )
    _prepare(engine, BEGIN_WRITING)
    return engine


def checkpoint(path: Path) -> None:
    """Bring what the log holds into the file. Writers go on meanwhile; by itself SQLite does it within a commit."""
    # A crash right here loses nothing: the log is still there, and the next checkpoint brings the same again.
    # Not created where it is missing: an empty file in the place of a store would be taken for one.
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


class InPlace(aiosqlite.Connection):
    """A connection whose statements run where they are called.

    Its commit goes to the connection's thread, and so does its closing, which waits for a commit that was cancelled.
    """

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if fn in {self._conn.commit, self._conn.close}:
            return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]  # not annotated there
        if args[:1] == (BEGIN_WRITING,):
            return await self._locking(partial(fn, *args, **kwargs))
        return fn(*args, **kwargs)

    async def _locking(self, begin: Callable[[], Any]) -> Any:
        """Begin once no other process writes. Within this one there is a turn, so this hardly ever waits."""
        self._conn.execute("PRAGMA busy_timeout=0")  # SQLite's own waiting would hold up the loop
        loop = asyncio.get_running_loop()
        until = loop.time() + LOCK_WAIT_SECONDS
        while True:
            try:
                return begin()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & PRIMARY_CODE != sqlite3.SQLITE_BUSY or loop.time() > until:
                    raise
            await asyncio.sleep(LOCK_CHECK_SECONDS)


def _in_place(database: str, **options: Any) -> InPlace:
    connection = InPlace(partial(sqlite3.connect, database, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy has it: a thread that was left behind ends with us
    return connection


_IN_PLACE: Final = {"async_creator_fn": _in_place, "check_same_thread": False}


def _engine(url: str, begin: str, connections: int, serializer: Serializer, **options: Any) -> AsyncEngine:
    engine = create_async_engine(
        url,
        hide_parameters=True,  # an error must not show what people wrote
        json_serializer=serializer,
        pool_size=connections,
        max_overflow=0,
        connect_args=options | {"timeout": LOCK_WAIT_SECONDS},
    )
    _prepare(engine.sync_engine, begin)
    return engine


def _prepare(engine: Engine, begin: str) -> None:
    writes = begin == BEGIN_WRITING

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver's own idea of transactions is switched off: ours begin where we say.
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
