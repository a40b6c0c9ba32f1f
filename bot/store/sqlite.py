"""The SQLite driver: aiosqlite with one trip to its thread for a statement, where its own cursors take four.

A transaction begins with its first statement and in the same trip. Trips are most of what a small transaction costs,
and an ack waits for one.
"""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Self, TypeVar

import aiosqlite

_T = TypeVar("_T")
_NOTHING: Final[Sequence[Any]] = ()


class Connection(aiosqlite.Connection):
    """One connection and its thread; `begin` is the statement that opens each transaction."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], begin: str, *, reads: bool) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._thread.daemon = True  # a process that ends does not wait for it
        self._begin = begin
        self._reads = reads
        self._inside = False

    async def prepare(self, pragmas: Sequence[str]) -> None:
        """Set it up, outside of any transaction."""
        for pragma in pragmas:
            await self._do(partial(self._conn.execute, f"PRAGMA {pragma}"))

    def cursor(self) -> "Cursor":  # type: ignore[override]  # made here, without a trip
        """A cursor for one statement."""
        return Cursor(self)

    async def start(self) -> None:
        """Begin the transaction now."""
        await self.trip(lambda _: None)

    async def trip(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do a piece of work in the thread, inside a transaction."""
        self._inside = True
        return await self._do(partial(self._in_transaction, work))

    async def commit(self) -> None:
        """End the transaction, if one was begun."""
        if not self._inside:
            return
        if self._reads:
            self._let_go()
            return
        await self._do(self._conn.commit)
        self._inside = False  # only now: a commit that failed has to be rolled back

    async def rollback(self) -> None:
        """Undo the transaction, if one was begun."""
        if not self._inside:
            return
        if self._reads:
            self._let_go()
            return
        await self._do(self._conn.rollback)
        self._inside = False

    async def _do(self, job: Callable[[], _T]) -> _T:
        done: _T = await self._execute(job)  # type: ignore[no-untyped-call]  # aiosqlite's annotation is missing
        return done

    def _let_go(self) -> None:
        # Nothing was written, so nobody waits for it: what the thread is given next comes after it.
        self._inside = False
        self._tx.put_nowait((None, self._conn.rollback))

    def _in_transaction(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        if not self._conn.in_transaction:
            self._conn.execute(self._begin)
        return work(self._conn)


class Cursor:
    """One statement and all that came of it, fetched in the same trip."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: Sequence[Any] = _NOTHING
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = _NOTHING) -> Self:
        """Execute a statement and fetch its rows."""
        await self._connection.trip(partial(self._run, sqlite3.Connection.execute, statement, parameters))
        return self

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> Self:
        """Execute a statement once for each set of parameters."""
        await self._connection.trip(partial(self._run, sqlite3.Connection.executemany, statement, parameters))
        return self

    async def fetchall(self) -> Sequence[Any]:
        """The rows, which are here already."""
        return self._rows

    async def close(self) -> None:
        """Nothing is open any more."""

    def _run(
        self,
        how: Callable[[sqlite3.Connection, str, Any], sqlite3.Cursor],
        statement: str,
        parameters: Sequence[Any],
        connection: sqlite3.Connection,
    ) -> None:
        done = how(connection, statement, parameters)
        self.description, self.lastrowid = done.description, done.lastrowid
        if self.description:
            self._rows = done.fetchall()
        self.rowcount = done.rowcount
        done.close()


async def connect(file: str, *, begin: str, pragmas: Sequence[str], reads: bool, **options: Any) -> Connection:
    """A connection set up with these pragmas. The driver's own idea of transactions is off: ours begin as we say."""
    connection = Connection(partial(sqlite3.connect, file, isolation_level=None, **options), begin, reads=reads)
    await connection
    try:
        await connection.prepare(pragmas)
    except BaseException:
        await connection.close()
        raise
    return connection
