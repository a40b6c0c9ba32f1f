"""The priority gate: writes that Slack waits for go before all others in this process.

SQLite's statements run on the event loop (`bot.store.database.sqlite`), so whatever runs beside an ack delays it. While
Slack waits for an answer, and for a moment after, other writes and long reads do not begin; those that run are
finished. Reads of a few rows pass: what follows from them is written, and waits then.
"""

import asyncio
from typing import Final

from bot.timing import Timing

# How many passes the event loop needs from reading a request in a socket to entering the gate's block. After work that
# blocked the loop, the clock suggests a calm although no socket has been read yet.
PASSES: Final = 5


class PriorityGate:
    """Admits other transactions one by one: freely while Slack waits for nothing, and rarely while it waits."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._pressing = 0
        self._calm_at = 0.0
        self._let_at = 0.0
        self._line = asyncio.Lock()

    def __enter__(self) -> None:
        """Begin a block that answers a request of Slack's, before which other transactions have to wait."""
        self._pressing += 1

    def __exit__(self, *_: object) -> None:
        """End the block, because the request was answered or has failed."""
        self._pressing -= 1
        if not self._pressing:
            self._calm_at = asyncio.get_running_loop().time() + self._timing.gate_calm  # requests come in bursts

    async def admit(self) -> None:
        """Wait until the caller's transaction may begin."""
        loop = asyncio.get_running_loop()
        async with self._line:
            await self._yield_to_sockets()
            while self._free_at() > loop.time():
                await asyncio.sleep(self._timing.gate_check)
                await self._yield_to_sockets()
            self._let_at = loop.time()

    def is_calm(self) -> bool:
        """Whether Slack waits for nothing, as far as its requests were read, nor did a moment ago."""
        return not self._pressing and self._calm_at <= asyncio.get_running_loop().time()

    async def stays_calm(self) -> bool:
        """Whether Slack waits for nothing once its requests were read; says so at the first that is found."""
        for _ in range(PASSES):
            if not self.is_calm():
                return False
            await asyncio.sleep(0)
        return self.is_calm()

    async def _yield_to_sockets(self) -> None:
        """Let the event loop read its sockets, and let each request found there reach its block."""
        for _ in range(PASSES):
            await asyncio.sleep(0)

    def _free_at(self) -> float:
        if self._pressing:
            return self._let_at + self._timing.gate_gapless
        return min(self._calm_at, self._let_at + self._timing.gate_share)
