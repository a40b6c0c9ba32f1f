"""Who goes first in this process: what Slack waits for, before all work that nobody watches.

SQLite's statements run on the event loop (`bot.store.database.sqlite`), so an ack is as slow as what runs beside it.
While Slack waits for an answer, and for a moment after, other transactions do not begin; those that run are finished.
"""

import asyncio
from typing import Final

CALM_SECONDS: Final = 0.005  # what Slack sends comes in bursts: so long nothing more has to have come
# Under a flood one of the others begins this often, in a gap between two answers, so that the work never stands still.
SHARE_SECONDS: Final = 0.05
GAPLESS_SECONDS: Final = 0.1  # where there is no gap, this often
CHECK_SECONDS: Final = 0.005  # between two looks of the first in line; the others wait behind it
# Passes of the loop from what waits unread in a socket to the block that says so. After work that held the loop up,
# its clock says that it was calm, and nobody has looked at the sockets yet.
PASSES: Final = 5


class PriorityGate:
    """Lets the others begin one by one while Slack waits for nothing, and at a measured pace while it does."""

    def __init__(self) -> None:
        self._pressing = 0
        self._calm_at = 0.0
        self._let_at = 0.0
        self._line = asyncio.Lock()

    def __enter__(self) -> None:
        """Slack waits for what happens in this block."""
        self._pressing += 1

    def __exit__(self, *_: object) -> None:
        """It has its answer, or none."""
        self._pressing -= 1
        if not self._pressing:
            self._calm_at = asyncio.get_running_loop().time() + CALM_SECONDS

    async def admit(self) -> None:
        """Wait until it is one's turn to begin."""
        loop = asyncio.get_running_loop()
        async with self._line:
            await self._yield_to_sockets()
            while self._free_at() > loop.time():
                await asyncio.sleep(CHECK_SECONDS)
                await self._yield_to_sockets()
            self._let_at = loop.time()

    async def _yield_to_sockets(self) -> None:
        """Let the loop read its sockets, and what it read there get as far as its block."""
        for _ in range(PASSES):
            await asyncio.sleep(0)

    def _free_at(self) -> float:
        if self._pressing:
            return self._let_at + GAPLESS_SECONDS
        return min(self._calm_at, self._let_at + SHARE_SECONDS)
