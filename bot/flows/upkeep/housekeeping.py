"""What keeps engine and store in order: heartbeat, checkpoint, and the sweep that wakes every lane with open rows."""

from bot.domain.lane import card_lane
from bot.flows.services import Services
from bot.store import cards, inbox, lanes, outbox


class Housekeeping:
    """Ticks of the store."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def beat(self) -> float:
        """Say that this worker is alive."""
        lease = self._services.timing.lease
        # First, also under a flood: others take over what a worker has in hand that is late with its beat.
        async with self._services.db.write(first=True) as tx:
            await lanes.beat(tx, self._services.db, self._services.worker, lease)
        return lease / 3

    async def begin(self) -> None:
        """Take up the work; what a killed process held is free at once where there can be no other."""
        if self._services.db.is_sqlite:
            async with self._services.db.write() as tx:
                await lanes.free_all(tx)
                await outbox.free_all(tx)
                await cards.free_all(tx)
        await self.beat()

    async def sweep(self) -> float:
        """Wake what a lost hint, a crash or another worker's end has left lying."""
        services = self._services
        async with services.db.scan() as tx:
            found = [*await inbox.open_lanes(tx), *await outbox.open_lanes(tx)]
            found += [(card_lane(team), at) for team, at in await cards.open_teams(tx)]
            services.metrics.waiting("inbox", await inbox.count_open(tx))
            services.metrics.waiting("outbox", await outbox.count_open(tx))
            services.metrics.waiting("cards", await cards.count_open(tx))
        now = services.clock()
        for lane, at in found:
            services.engine.wake(lane, max(at - now, 0.0))
        return services.timing.lane_sweep

    async def checkpoint(self) -> float:
        """Keep the store's write-ahead log short."""
        await self._services.db.checkpoint()
        return self._services.timing.checkpoint

    async def leave(self) -> None:
        """Give everything back: another worker, or the next start, goes on at once."""
        async with self._services.db.write() as tx:
            await outbox.leave(tx, self._services.worker)
            await cards.leave(tx, self._services.worker)
            await lanes.leave(tx, self._services.worker)
