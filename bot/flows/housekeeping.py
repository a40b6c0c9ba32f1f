"""What keeps engine and store in order: heartbeat, checkpoint, and the sweep that wakes every lane with open rows."""

from bot.domain.lane import card_lane
from bot.flows.tools import Tools
from bot.store import cards, inbox, lanes, outbox


class Housekeeping:
    """Ticks of the store."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def beat(self) -> float:
        """Say that this worker is alive."""
        lease = self._tools.timing.lease
        # First, also under a flood: others take over what a worker has in hand that is late with its beat.
        async with self._tools.db.write(first=True) as tx:
            await lanes.beat(tx, self._tools.db, self._tools.worker, lease)
        return lease / 3

    async def begin(self) -> None:
        """Take up the work; what a killed process held is free at once where there can be no other."""
        if self._tools.db.is_sqlite:
            async with self._tools.db.write() as tx:
                await lanes.free_all(tx)
                await outbox.free_all(tx)
                await cards.free_all(tx)
        await self.beat()

    async def sweep(self) -> float:
        """Wake what a lost hint, a crash or another worker's end has left lying."""
        tools = self._tools
        async with tools.db.scan() as tx:
            found = [*await inbox.open_lanes(tx), *await outbox.open_lanes(tx)]
            found += [(card_lane(team), at) for team, at in await cards.open_teams(tx)]
            tools.metrics.waiting("inbox", await inbox.count_open(tx))
            tools.metrics.waiting("outbox", await outbox.count_open(tx))
            tools.metrics.waiting("cards", await cards.count_open(tx))
        now = tools.clock()
        for lane, at in found:
            tools.engine.wake(lane, max(at - now, 0.0))
        return tools.timing.lane_sweep

    async def checkpoint(self) -> float:
        """Keep the store's write-ahead log short."""
        await self._tools.db.checkpoint()
        return self._tools.timing.checkpoint

    async def leave(self) -> None:
        """Give everything back: another worker, or the next start, goes on at once."""
        async with self._tools.db.write() as tx:
            await outbox.leave(tx, self._tools.worker)
            await cards.leave(tx, self._tools.worker)
            await lanes.leave(tx, self._tools.worker)
