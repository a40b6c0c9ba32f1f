"""Who goes first in this process: what Slack waits for, before all work that nobody watches.

SQLite's statements run on the event loop (`bot.store.sqlite`), so an ack is as slow as what runs beside it. While
something is being stored for Slack, and for a moment after, other transactions do not begin; those that run are
finished.
"""

import asyncio
from collections import deque
from typing import Final

CALM_SECONDS: Final = 0.005  # what Slack sends comes in bursts: so long nothing more has to have come
# Under a flood one of the others begins this often, in a gap between two acks, so that the work never stands still.
SHARE_SECONDS: Final = 0.2
GAPLESS_SECONDS: Final = 0.4  # where there is no gap, this often


class RightOfWay:
    """Lets the others begin one by one while nothing is stored for Slack, and at a measured pace while something is."""

    def __init__(self) -> None:
        self._pressing = 0
        self._calm_at = 0.0
        self._let_at = 0.0
        self._behind: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        """Slack waits for what happens in this block."""
        self._pressing += 1

    def __exit__(self, *_: object) -> None:
        """It has its answer, or none."""
        self._pressing -= 1
        if not self._pressing:
            self._calm_at = asyncio.get_running_loop().time() + CALM_SECONDS
            if self._behind:
                self._look_again()

    async def given(self) -> None:
        """Wait until it is one's turn to begin."""
        loop = asyncio.get_running_loop()
        if not self._behind and self._free_at() <= loop.time():
            self._let_at = loop.time()
            return
        place: asyncio.Future[None] = loop.create_future()
        self._behind.append(place)
        if self._timer is None:
            self._look_again()
        await place

    def _free_at(self) -> float:
        if self._pressing:
            return self._let_at + GAPLESS_SECONDS
        return min(self._calm_at, self._let_at + SHARE_SECONDS)

    def _look_again(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(self._free_at(), self._let)

    def _let(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        if self._free_at() <= loop.time():
            self._let_one(loop.time())
        if self._behind:
            self._look_again()

    def _let_one(self, now: float) -> None:
        while self._behind:
            place = self._behind.popleft()
            if not place.done():
                place.set_result(None)
                self._let_at = now
                return
