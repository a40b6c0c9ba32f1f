"""Retention: what nobody needs any more is forgotten, in pieces small enough for everybody else to get a turn.

A session is forgotten a retention time after its end, at least a week: until then its rows are the keys that keep old
messages from acting again. Its rows follow it; texts of dead rows go after the retention time in any case.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from bot.domain.billing import billing_day
from bot.flows.services import Services
from bot.logs import get_logger
from bot.store import inbox, outbox, purge, sessions, spend, watched_sessions
from bot.store.database.connection import Database, Transaction
from bot.store.inbox import BATCH

log = get_logger(__name__)

BATCHES_A_TICK: Final = 50  # of each kind, so that a stop need not wait for a long history

Batch = Callable[[Database], Awaitable[int]]  # deletes at most a batch, answers how much


class Retention:
    """Works off what has grown old."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def tick(self) -> float:
        """Forget what is due; answers when there may be more."""
        purged = {name: await self._all(batch) for name, batch in self._batches().items()}
        if any(purged.values()):
            log.info("purged", **{name: count for name, count in purged.items() if count})
        more = max(purged.values()) >= BATCHES_A_TICK * BATCH
        return self._services.timing.retention_soon if more else self._services.timing.retention_interval

    def _batches(self) -> Mapping[str, Batch]:
        """In this order: sessions first, since their rows stay as long as they do."""
        now, kept, timing = self._services.clock(), self._services.timing.retention, self._services.timing
        old = now - kept
        last_spent = billing_day(now - timing.spend_kept)
        return {
            "sleepers": _written(partial(watched_sessions.end_sleepers, before=int(old), now=now)),
            "sessions": _written(partial(sessions.purge, before=now - max(kept, timing.keys_kept))),
            "inbox": partial(inbox.purge, before=old),
            "inbox_texts": partial(inbox.purge_texts, before=old),
            "outbox": partial(outbox.purge, before=old, live_sessions=sessions.kept()),
            "outbox_texts": partial(outbox.purge_texts, before=old),
            "spend": _written(partial(spend.purge, before=last_spent)),
            "consumption": _written(partial(spend.purge_consumption, before=last_spent)),
            "lanes": _written(purge.purge_lanes),
            "paces": _written(partial(purge.purge_rate_limits, before=now - timing.buckets_kept)),
            "people": _written(partial(purge.purge_people, before=old)),
        }

    async def _all(self, batch: Batch) -> int:
        purged = 0
        for _ in range(BATCHES_A_TICK):
            count = await batch(self._services.db)
            purged += count
            if count < BATCH:
                break
            await asyncio.sleep(0)  # whoever waits for the store is next
        return purged


def _written(purge: Callable[[Transaction], Awaitable[int]]) -> Batch:
    """A piece that is one writing transaction."""

    async def batch(db: Database) -> int:
        async with db.write() as tx:
            return await purge(tx)

    return batch
