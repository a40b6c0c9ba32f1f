"""Ticks that are called in one process alone, however many there are: a poll costs Devin the calls of one.

The tick's claim is a lane of its own name, as for rows: whoever has it keeps it until it stops, dies or freezes for a
lease, and then another process takes it over. The claim saves calls; it is not the fence. What a tick writes is
guarded by claims and keys of its own, because a process may freeze in the middle of it.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Final

from bot.kernel.services import Services
from bot.store import lanes

CHECKS_IN_A_LEASE: Final = 3


class Once:
    """Decides for each tick whether this process calls it. With SQLite there is only one process, which calls all."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._checked_at: dict[str, float] = {}  # by tick, by the monotonic clock
        self._ours: set[str] = set()

    def is_ours(self, name: str) -> bool:
        """Whether this process calls the tick `name`, as far as it knows."""
        return self._services.db.is_sqlite or name in self._ours

    def of(self, name: str, tick: Callable[[], Awaitable[float]]) -> Callable[[], Awaitable[float]]:
        """Return the tick `name` as the engine is to call it: it does nothing where another process has it."""

        async def called() -> float:
            if wait := await self._wait_for(name):
                return wait
            return await tick()

        return tick if self._services.db.is_sqlite else called

    async def _wait_for(self, name: str) -> float:
        """Return 0 if the tick `name` is ours, else the seconds until it is worth asking again."""
        often = self._services.timing.lease / CHECKS_IN_A_LEASE
        since = time.monotonic() - self._checked_at.get(name, -often)
        if since < often:
            return 0.0 if name in self._ours else often - since
        services = self._services
        # Asked before the claim: it holds from then on, as the process may freeze between the two.
        self._checked_at[name] = time.monotonic()
        async with services.db.write() as tx:
            claim = await lanes.claim(tx, services.db, f"tick:{name}", services.worker, services.timing.lease)
        if claim is None:
            self._ours.discard(name)
            return often
        self._ours.add(name)
        return 0.0
