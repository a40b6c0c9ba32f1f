"""The life of this worker: what it has claimed stays its own as long as its heart beats."""

from bot.flows.services import Services
from bot.store import cards, lanes, outbox


class Heartbeat:
    """Takes work up, keeps it and gives it back."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def begin(self) -> None:
        """Take up the work; on SQLite, free at once what a killed process held, since there can be no other."""
        if self._services.db.is_sqlite:
            async with self._services.db.write() as tx:
                await lanes.free_all(tx)
                await outbox.free_all(tx)
                await cards.free_all(tx)
        await self.beat()

    async def beat(self) -> float:
        """Store that this worker is alive; answers the seconds until the next beat."""
        lease = self._services.timing.lease
        # First, also under a flood: others take over what a worker has in hand that is late with its beat.
        async with self._services.db.write(first=True) as tx:
            await lanes.beat(tx, self._services.db, self._services.worker, lease)
        return lease / 3

    async def leave(self) -> None:
        """Give all claims back: another worker, or the next start, goes on at once."""
        async with self._services.db.write() as tx:
            await outbox.leave(tx, self._services.worker)
            await cards.leave(tx, self._services.worker)
            await lanes.leave(tx, self._services.worker)
