"""Retention: rows that nobody needs any more are purged, in batches small enough for other work to get its turn.

A session that has slept for the retention time is watched no longer, but a reply wakes it. A retention time after that,
or after its end, but at least a week, its card says that it has ended; then it is purged. Until then its rows stay,
because their keys keep old messages from acting again; after that they are purged too. The texts of dead rows are
blanked after a day, unless the settings keep them for the retention time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final

from bot.kernel.services import Services
from bot.kernel.unit_of_work import Drawer
from bot.logs import get_logger
from bot.store import inbox, outbox, sessions, waiting_times, watched_sessions
from bot.store.closed_rows import Passed
from bot.store.database.connection import Database, Transaction
from bot.store.inbox import BATCH
from bot.store.purge import purge
from bot.store.table_spec import TableSpec, never

log = get_logger(__name__)

BATCHES_A_TICK: Final = 50  # of each kind, so that a stop need not wait for a long history

Batch = Callable[[Database], Awaitable[int]]  # deletes at most a batch, and returns the number of its rows


class Retention:
    """Purges old rows."""

    def __init__(self, services: Services, specs: Sequence[TableSpec], card: type[Drawer]) -> None:
        self._services = services
        self._card = card  # draws the cards of sessions
        self._specs = specs
        self._has_waited = False

    async def tick(self) -> float:
        """Purge what is old, but not right at the start, which has better to do. Returns the seconds until the next."""
        if not self._has_waited:
            self._has_waited = True
            return self._services.timing.first_purge
        return await self.purge()

    async def purge(self) -> float:
        """Purge what is old. Returns the seconds until the next purge, which comes soon if there may be more."""
        # Sessions come first, because the rows of a session stay as long as it does.
        batches = {**self._batches_of_sessions(), **self._batches_by_age()}
        purged = {name: await self._all(batch) for name, batch in batches.items()}
        if any(purged.values()):
            log.info("purged", **{name: count for name, count in purged.items() if count})
        more = max(purged.values()) >= BATCHES_A_TICK * BATCH
        return self._services.timing.retention_soon if more else self._services.timing.retention_interval

    def _batches_of_sessions(self) -> Mapping[str, Batch]:
        """Return the function that deletes a batch of sessions and of what belongs to them, by its name in the log."""
        now, timing = self._services.clock(), self._services.timing
        kept = timing.retention
        old, ended, dead = now - kept, now - max(kept, timing.keys_kept), now - min(kept, timing.dead_texts)
        return {
            "sleepers": partial(watched_sessions.unwatch_sleepers, before=int(old), now=now),
            "closed": partial(self._close, before=ended),
            "waits_over": _written(partial(waiting_times.end_with_sessions, now=now)),
            "sessions": _written(partial(sessions.purge, before=ended)),
            "inbox": partial(inbox.purge, before=old, passed=Passed()),
            "inbox_texts": partial(inbox.purge_texts, before=dead),
            "outbox": partial(outbox.purge, before=old, passed=Passed()),
            "outbox_texts": partial(outbox.purge_texts, before=dead),
        }

    def _batches_by_age(self) -> Mapping[str, Batch]:
        """Return the same for the tables whose declaration says which rows are old."""
        now, timing = self._services.clock(), self._services.timing
        return {
            spec.table.name: _written(partial(purge, table=spec.table, old=spec.old(now, timing), keep=spec.kept))
            for spec in self._specs
            if spec.old is not never
        }

    async def _close(self, _db: Database, before: float) -> int:
        # A crash right here loses nothing: the sessions and the edits of their cards are one transaction.
        async with self._services.unit_of_work() as uow:
            closed = await watched_sessions.close_unwatched(uow.tx, before)
            if closed:
                await uow.redraw(self._card, *closed)
        return len(closed)

    async def _all(self, batch: Batch) -> int:
        purged = 0
        for _ in range(BATCHES_A_TICK):
            count = await batch(self._services.db)
            purged += count
            if count < BATCH:
                break
            await asyncio.sleep(0)  # lets whoever waits for the store go first
        return purged


def _written(change: Callable[[Transaction], Awaitable[int]]) -> Batch:
    """Return a batch that runs `change` in one writing transaction."""

    async def batch(db: Database) -> int:
        async with db.write() as tx:
            return await change(tx)

    return batch
