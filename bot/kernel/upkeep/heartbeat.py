"""The heartbeat of this worker: while it beats, no other worker takes what this one has claimed."""

from bot.kernel.services import Services
from bot.store import due, lanes, outbox, posts
from bot.store.database.connection import Transaction


class Heartbeat:
    """Keeps the claims of this worker, from its start to its stop."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.receives = False  # whether the beats say too that Slack can send something
        # When it could last do so before this process began; None if that is not known.
        self.received_before: float | None = None

    async def begin(self) -> None:
        """Beat for the first time. On SQLite free all claims first: only one process runs, so their owner is dead."""
        if self._services.db.is_sqlite:
            async with self._services.db.write() as tx:
                await lanes.free_all(tx)
                await outbox.free_all(tx)
                await posts.free_all(tx)
        async with self._services.db.read() as tx:
            received = await due.read(tx, due.RECEIVER)
        self.received_before = None if received is None else received.at
        await self.beat()

    async def beat(self) -> float:
        """Store that this worker is alive. Returns the seconds until the next beat."""
        # First, before all other writes that wait: a worker whose heartbeat is late loses its claims to other workers.
        async with self._services.db.write(urgent=True) as tx:
            await self.write(tx)
        return self._services.timing.lease / 3

    async def write(self, tx: Transaction) -> None:
        """Store in `tx` that this worker is alive, and what the clock says: by that the next sweep sees it set back."""
        await lanes.beat(tx, self._services.db, self._services.worker, self._services.timing.lease)
        await due.note_clock(tx, self._services.clock())
        if self.receives:
            await due.note_receiver(tx, self._services.clock())

    async def leave(self) -> None:
        """Release all claims of this worker, so that another worker or the next start goes on at once."""
        async with self._services.db.write() as tx:
            await outbox.leave(tx, self._services.worker)
            await posts.leave(tx, self._services.worker)
            await lanes.leave(tx, self._services.worker)
