"""Group commit: rows of the inbox that arrive together share one transaction."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Final

from sqlalchemy import Connection

from bot.domain.causes import Cause
from bot.store.database.connection import Database
from bot.store.inbox import BATCH, InboxRow, add_now

DEADLINE_SECONDS: Final = 2.0


SHUT_OUT_SECONDS: Final = 0.05  # between two tries while the store lets nobody in


class NotStoredError(Exception):
    """The row was not confirmed: unless this is a MaybeStoredError, it is not in the store and never will be."""


class MaybeStoredError(NotStoredError):
    """The answer to the row's commit got lost and the second try failed too: the row may be in the store."""


@dataclass(slots=True)
class _Waiting:
    row: InboxRow[Cause]
    deadline: float
    taken: bool = False  # into a transaction, whose outcome alone tells what to say
    committing: bool = False  # its commit was asked for; stays so: a second try that fails tells nothing of the first
    stored: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class InboxWriter:
    """Group commit: rows that arrive together share one transaction, and none is acknowledged before it.

    What no transaction has taken by its deadline is dropped and its caller told at once, however long the store
    hangs; so a person who is told that nothing was started is told the truth. A batch that fails is tried again row by
    row: one bad row costs only itself.
    """

    def __init__(self, db: Database, *, deadline: float = DEADLINE_SECONDS) -> None:
        self._db = db
        self._deadline = deadline
        self._queue: deque[_Waiting] = deque()
        self._filled = asyncio.Event()
        self._taking = Lock()  # a row is either taken or dropped, also between two threads

    async def put(self, row: InboxRow[Cause]) -> None:
        """Return once the row is committed; raises NotStoredError when it is not, MaybeStoredError if nobody knows."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(row, loop.time() + self._deadline)
        self._queue.append(waiting)
        self._filled.set()
        alarm = loop.call_at(waiting.deadline, self._drop, waiting)
        try:
            await waiting.stored
        finally:
            alarm.cancel()

    async def run(self) -> None:
        """Store batches for ever. Nothing a row or a caller does ends this loop."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._queue:
                await self.store_batch()

    async def store_batch(self) -> None:
        """Store what has gathered by the time the store lets us in, at the second try row by row."""
        batch: list[_Waiting] = []
        try:
            await self._store(self._queue, batch)
        except Exception:  # noqa: BLE001 - whatever it is, the callers hear of it and the loop goes on
            await (self._singly(batch) if batch else self._shut_out())
        else:
            _resolve(batch)

    async def _shut_out(self) -> None:
        """The store lets nobody in: whoever has not been told so by his deadline is tried again."""
        await asyncio.sleep(SHUT_OUT_SECONDS)
        self._queue = deque(waiting for waiting in self._queue if not waiting.stored.done())

    async def _singly(self, batch: Sequence[_Waiting]) -> None:
        """Also a row that was alone: where the answer to its commit got lost, the second try tells the truth."""
        loop = asyncio.get_running_loop()
        for waiting in batch:
            waiting.taken = False
            if loop.time() > waiting.deadline:
                self._drop(waiting)
        for waiting in batch:
            if not waiting.stored.done():  # as long as the others took
                await self._store_one(waiting)

    async def _store_one(self, waiting: _Waiting) -> None:
        stored: list[_Waiting] = []
        try:
            await self._store(deque([waiting]), stored)
        except Exception as error:  # noqa: BLE001 - as above
            _reject(waiting, error)
        else:
            _resolve(stored)

    async def _store(self, queue: deque[_Waiting], batch: list[_Waiting]) -> None:
        async with self._db.write_lock(first=True):
            await self._db.run_in_writer_thread(partial(self._insert, queue, batch))

    def _insert(self, queue: deque[_Waiting], batch: list[_Waiting], connection: Connection) -> None:
        """Insert what waits, now that the store has let us in; on SQLite this runs in a thread."""
        batch += self._taken_from(queue)
        if batch:
            add_now(connection, [waiting.row for waiting in batch])
        for waiting in batch:
            waiting.committing = True

    def _taken_from(self, queue: deque[_Waiting]) -> list[_Waiting]:
        batch: list[_Waiting] = []
        with self._taking:
            while queue and len(batch) < BATCH:
                waiting = queue.popleft()
                # Else its caller is gone, or is being told that it is not stored.
                if not waiting.stored.done() and time.monotonic() <= waiting.deadline:
                    waiting.taken = True
                    batch.append(waiting)
        return batch

    def _drop(self, waiting: _Waiting) -> None:
        """Tell a caller at his deadline, unless a transaction has the row: then its outcome is awaited."""
        with self._taking:
            if not waiting.taken:
                _reject(waiting, TimeoutError("the store did not take the row in time"))


def _resolve(batch: Sequence[_Waiting]) -> None:
    for waiting in batch:
        if not waiting.stored.done():
            waiting.stored.set_result(None)


def _reject(waiting: _Waiting, error: BaseException) -> None:
    if not waiting.stored.done():
        refusal = (MaybeStoredError if waiting.committing else NotStoredError)(waiting.row.key)
        refusal.__cause__ = error
        waiting.stored.set_exception(refusal)
