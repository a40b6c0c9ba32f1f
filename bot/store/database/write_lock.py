"""The lock for which all writers of this process wait, as SQLite has one writer at a time."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class WriteLock:
    """Lets one writer in at a time. Writers marked as `urgent` overtake those that wait, never the one that writes."""

    def __init__(self) -> None:
        self._busy = False
        self._waiting: tuple[deque[asyncio.Future[None]], deque[asyncio.Future[None]]] = (deque(), deque())

    @asynccontextmanager
    async def __call__(self, *, urgent: bool = False) -> AsyncIterator[None]:
        """Wait for the lock and hold it for the block; with `urgent`, ahead of the writers without that mark."""
        await self._acquire(urgent)
        try:
            yield
        finally:
            self._hand_over()

    def is_pressing(self) -> bool:
        """Whether an urgent writer waits."""
        return any(not waiter.done() for waiter in self._waiting[0])

    async def _acquire(self, urgent: bool) -> None:
        if not self._busy:
            self._busy = True
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[0 if urgent else 1].append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._hand_over()  # the lock was passed to this writer just as it was cancelled
            raise

    def _hand_over(self) -> None:
        for queue in self._waiting:
            while queue:
                waiter = queue.popleft()
                if not waiter.done():
                    waiter.set_result(None)
                    return
        self._busy = False
