"""Group commit: inbox rows that arrive together are stored in one transaction."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock

from sqlalchemy import Connection

from bot.domain.causes import Cause
from bot.store.database.connection import Database
from bot.store.database.refusals import refusal
from bot.store.inbox import BATCH, InboxRow, add_now
from bot.timing import PRODUCTION, Timing


class NotStoredError(Exception):
    """The row was not stored, and will not be, except in the subclass MaybeStoredError."""

    @property
    def because(self) -> str:
        """Why, in words for the log where the store says it, or else the name of the error."""
        return refusal(self.__cause__) or type(self.__cause__).__name__


class MaybeStoredError(NotStoredError):
    """The answer to the row's commit got lost and the second attempt failed too, so the row may be stored."""


@dataclass(slots=True)
class _Waiting:
    row: InboxRow[Cause]
    deadline: float
    taken: bool = False  # a transaction has the row, and only its outcome decides what the caller gets
    # The commit of the row was begun. This stays true, because a second attempt that fails does not undo the first.
    committing: bool = False
    stored: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class InboxWriter:
    """Stores rows that arrive together in one transaction; each caller waits until its row is committed.

    A row that no transaction has taken by its deadline is dropped, and its caller gets an error at once, however long
    the store hangs. So the answer that nothing was started is true. When a batch fails, its rows are tried again one by
    one, so that a bad row harms no other.
    """

    def __init__(self, db: Database, timing: Timing = PRODUCTION) -> None:
        self._db = db
        self._timing = timing
        self._queue: deque[_Waiting] = deque()
        self._filled = asyncio.Event()
        self._taking = Lock()  # so that a row is either taken or dropped, although two threads do these

    async def put(self, row: InboxRow[Cause]) -> None:
        """Store `row` and return once it is committed.

        Raises NotStoredError if it was not stored, and MaybeStoredError if that is unknown.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(row, loop.time() + self._timing.stored)
        self._queue.append(waiting)
        self._filled.set()
        alarm = loop.call_at(waiting.deadline, self._drop, waiting)
        try:
            await waiting.stored
        finally:
            alarm.cancel()

    async def run(self) -> None:
        """Store batches for ever; no fault of a row or a caller ends this loop."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._queue:
                await self.store_batch()

    async def store_batch(self) -> None:
        """Store the rows that wait when a transaction begins; if that fails, try each of them alone."""
        batch: list[_Waiting] = []
        try:
            await self._store(self._queue, batch)
        except Exception:  # noqa: BLE001 - whatever it is, the callers get it and the loop goes on
            await (self._singly(batch) if batch else self._shut_out())
        else:
            _resolve(batch)

    async def _shut_out(self) -> None:
        """Wait after a transaction could not begin, and drop the rows whose callers have had their answer."""
        await asyncio.sleep(self._timing.store_retry)
        self._queue = deque(waiting for waiting in self._queue if not waiting.stored.done())

    async def _singly(self, batch: Sequence[_Waiting]) -> None:
        """Store each row of a failed `batch` in a transaction of its own.

        This also tries again a row that was alone: if the answer to its commit got lost, the second attempt finds out
        what became of it.
        """
        loop = asyncio.get_running_loop()
        for waiting in batch:
            waiting.taken = False
            if loop.time() > waiting.deadline:
                self._drop(waiting)
        for waiting in batch:
            if not waiting.stored.done():  # its deadline may have passed while the others were stored
                await self._store_one(waiting)

    async def _store_one(self, waiting: _Waiting) -> None:
        stored: list[_Waiting] = []
        try:
            await self._store(deque([waiting]), stored)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets it and the loop goes on
            _reject(waiting, error)
        else:
            _resolve(stored)

    async def _store(self, queue: deque[_Waiting], batch: list[_Waiting]) -> None:
        async with self._db.write_lock(urgent=True):
            await self._db.run_in_writer_thread(partial(self._insert, queue, batch))

    def _insert(self, queue: deque[_Waiting], batch: list[_Waiting], connection: Connection) -> None:
        """Move rows from `queue` to `batch` and insert them through `connection`; on SQLite this runs in a thread."""
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
                # Otherwise its caller is gone, or is about to get the error that the row is not stored.
                if not waiting.stored.done() and time.monotonic() <= waiting.deadline:
                    waiting.taken = True
                    batch.append(waiting)
        return batch

    def _drop(self, waiting: _Waiting) -> None:
        """Reject a row at its deadline, unless a transaction has taken it: then the transaction's outcome decides."""
        with self._taking:
            if not waiting.taken:
                error = TimeoutError("the store did not take the row in time")
                self._db.outage.hit(error)
                _reject(waiting, error)


def _resolve(batch: Sequence[_Waiting]) -> None:
    for waiting in batch:
        if not waiting.stored.done():
            waiting.stored.set_result(None)


def _reject(waiting: _Waiting, error: BaseException) -> None:
    if not waiting.stored.done():
        refusal = (MaybeStoredError if waiting.committing else NotStoredError)(waiting.row.key)
        refusal.__cause__ = error
        waiting.stored.set_exception(refusal)
