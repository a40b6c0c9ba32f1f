"""The sweep wakes every lane with open rows, so that a lost hint costs seconds and never a message."""

from bot.domain.lane import edit_lane
from bot.kernel.services import Services
from bot.kernel.upkeep.clock import ClockWatch
from bot.store import inbox, outbox, posts


class Sweep:
    """Wakes every lane with open rows, and checkpoints the store's write-ahead log, each at its own interval."""

    def __init__(self, services: Services, clock: ClockWatch) -> None:
        self._services = services
        self._clock = clock

    async def tick(self) -> float:
        """Wake every lane with open rows, and count the rows that wait. Returns the seconds until the next sweep."""
        services = self._services
        await self._clock.bring_back()  # first of all: what it finds is woken below
        async with services.db.scan() as tx:
            found = await inbox.open_lanes(tx)
            found += [(lane, at, None) for lane, at in await outbox.open_lanes(tx)]
            found += [(edit_lane(*where), at, None) for where, at in await posts.open_edits(tx)]
            services.metrics.waiting("inbox", await inbox.count_open(tx))
            services.metrics.waiting("outbox", await outbox.count_open(tx))
            services.metrics.waiting("posts", await posts.count_open(tx, services.clock()))
        now = services.clock()
        for lane, at, whose in found:
            services.engine.wake(lane, max(at - now, 0.0), whose)
        return services.timing.lane_sweep

    async def checkpoint(self) -> float:
        """Keep the store's write-ahead log short. Returns the seconds until the next checkpoint."""
        await self._services.db.checkpoint()
        return self._services.timing.checkpoint
