"""Writers of SQLite's one connection share a transaction, so that all that wait for each other wait for the disk once.

The first begins the transaction. Those that waited for it meanwhile write in it too, each in a savepoint, and the first
commits. No writer goes on before that, so each may rely on what it has written. While Slack waits for something nobody
joins, and what is written by then is committed at once.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.store.database.priority_gate import PriorityGate
from bot.store.database.write_lock import WriteLock

MOST_TOGETHER: Final = 16  # so that the first of them does not wait long

Outcome = asyncio.Task[BaseException | None]


@dataclass(slots=True)
class _Shared:
    """A transaction and the lock that it holds; `ending` is there from when nobody may join it any more."""

    connection: AsyncConnection
    held: AsyncExitStack
    members: int = 0
    ending: Outcome | None = None


class WriteGroup:
    """Lets writers in one by one, into a transaction that they share."""

    def __init__(self, engine: AsyncEngine, lock: WriteLock, gate: PriorityGate) -> None:
        self._engine = engine
        self._lock = lock
        self._gate = gate
        # Only one of these writers may wait for the write lock. If several did, each would begin as soon as the one
        # before ends, without asking the gate again.
        self._turn = asyncio.Lock()
        self._open: _Shared | None = None
        self._left: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[AsyncConnection]:
        """Write in the block; after it everything is committed, or the error of the commit is raised."""
        async with self._turn:
            shared = await self._join()
            async with self._part_of(shared):
                yield shared.connection
            if not self._gate.is_calm() or self._lock.is_pressing():
                self._end(shared)  # nobody could join it
        if (error := await self._committed(shared)) is not None:
            raise error

    async def _join(self) -> _Shared:
        """The transaction in which the next writer may write: the one that is open, or a new one."""
        shared = self._open
        if shared is not None and not await self._may_be_joined(shared):
            self._end(shared)
            shared = None
        if shared is None:
            await self._gate.admit()
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(self._lock())
                connection = await stack.enter_async_context(self._engine.connect())
                await connection.begin()
                shared = self._open = _Shared(connection, stack.pop_all())
        shared.members += 1
        return shared

    async def _may_be_joined(self, shared: _Shared) -> bool:
        return shared.members < MOST_TOGETHER and await self._gate.stays_calm() and not self._lock.is_pressing()

    @asynccontextmanager
    async def _part_of(self, shared: _Shared) -> AsyncIterator[None]:
        """What one writer does in the transaction: if it fails nothing of that is left, and what others did stays."""
        is_first = shared.members == 1
        try:
            if is_first:
                yield
            else:
                async with shared.connection.begin_nested():
                    yield
        except BaseException as error:
            # Some failures, such as a full disk, end the transaction itself.
            if is_first or not _is_open(shared.connection):
                await asyncio.shield(self._end(shared, error))
            raise

    async def _committed(self, shared: _Shared) -> BaseException | None:
        """Commit once those have had their turn that wait by now, or when another writer does. Returns what failed."""
        try:
            if shared.ending is None:
                await self._end_in_turn(shared)
        except asyncio.CancelledError:
            # Others are in the transaction, and nobody else may be there to end it.
            task = asyncio.create_task(self._end_in_turn(shared))
            self._left.add(task)
            task.add_done_callback(self._left.discard)
            raise
        return await asyncio.shield(self._end(shared))

    async def _end_in_turn(self, shared: _Shared) -> None:
        async with self._turn:  # nobody is in the middle of a block
            self._end(shared)

    def _end(self, shared: _Shared, error: BaseException | None = None) -> Outcome:
        """Commit, or because of an `error` roll back, even if the caller is cancelled. From now on nobody joins."""
        if shared.ending is None:
            self._open = None
            shared.ending = asyncio.create_task(self._finish(shared, error))
        return shared.ending

    async def _finish(self, shared: _Shared, error: BaseException | None) -> BaseException | None:
        async with shared.held:
            if error is None:
                # A crash before this commit loses the work of all its writers: none has gone on.
                try:
                    await shared.connection.commit()
                except Exception as failed:  # noqa: BLE001 - all its writers get it
                    error = failed
            if error is not None:
                with suppress(SQLAlchemyError):
                    await shared.connection.rollback()
        return error


def _is_open(connection: AsyncConnection) -> bool:
    """Whether SQLite still has the transaction."""
    held: Any = connection.sync_connection
    return held is not None and bool(held.connection.driver_connection.in_transaction)
