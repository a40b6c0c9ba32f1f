"""Retention: rows that nobody needs any more are purged, in batches small enough for other work to get its turn.

A session that has slept for the retention time is watched no longer, but a reply wakes it. A retention time after that,
or after its end, but at least a week, its card says that it has ended; then it is purged. Until then its rows stay,
because their keys keep old messages from acting again; after that they are purged too. The texts of dead rows are
blanked after a day, unless the settings keep them for the retention time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from bot.domain.billing import billing_day, bounds
from bot.flows.services import Services
from bot.logs import get_logger
from bot.store import (
    admins,
    alarms,
    audit,
    corrections,
    crossings,
    fan_outs,
    grants,
    guardrail_violations,
    inbox,
    long_jobs,
    notifications,
    outbox,
    pull_requests,
    purge,
    recent_spend,
    sessions,
    spend,
    waiting_times,
    watched_sessions,
)
from bot.store.database.connection import Database, Transaction
from bot.store.inbox import BATCH

log = get_logger(__name__)

BATCHES_A_TICK: Final = 50  # of each kind, so that a stop need not wait for a long history

Batch = Callable[[Database], Awaitable[int]]  # deletes at most a batch, and returns the number of its rows


class Retention:
    """Purges old rows."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._has_waited = False

    async def tick(self) -> float:
        """Purge what is old, but not right at the start, which has better to do. Returns the seconds until the next."""
        if not self._has_waited:
            self._has_waited = True
            return self._services.timing.first_purge
        return await self.purge()

    async def purge(self) -> float:
        """Purge what is old. Returns the seconds until the next purge, which comes soon if there may be more."""
        batches = {**self._batches(), **self._money_batches()}
        purged = {name: await self._all(batch) for name, batch in batches.items()}
        if any(purged.values()):
            log.info("purged", **{name: count for name, count in purged.items() if count})
        more = max(purged.values()) >= BATCHES_A_TICK * BATCH
        return self._services.timing.retention_soon if more else self._services.timing.retention_interval

    def _batches(self) -> Mapping[str, Batch]:
        """Return the function that deletes one batch of each kind, by its name in the log.

        Sessions come first, because the rows of a session stay as long as it does.
        """
        now, kept, timing = self._services.clock(), self._services.timing.retention, self._services.timing
        old, ended = now - kept, now - max(kept, timing.keys_kept)
        dead = now - min(kept, timing.dead_texts)
        return {
            "sleepers": _written(partial(watched_sessions.unwatch_sleepers, before=int(old), now=now)),
            "closed": partial(self._close, before=ended),
            "waits_over": _written(partial(waiting_times.end_with_sessions, now=now)),
            "sessions": _written(partial(sessions.purge, before=ended)),
            "notifications": _written(notifications.purge),
            "inbox": partial(inbox.purge, before=old),
            "inbox_texts": partial(inbox.purge_texts, before=dead),
            "outbox": partial(outbox.purge, before=old, live_sessions=sessions.kept()),
            "outbox_texts": partial(outbox.purge_texts, before=dead),
            "audit": _written(partial(audit.purge, before=now - timing.audit_kept)),
            "guardrail_violations": _written(partial(guardrail_violations.purge, before=now - timing.audit_kept)),
            "long_jobs": _written(partial(long_jobs.purge, before=old)),
            "long_job_rows": _written(long_jobs.purge_rows),
            "fan_outs": _written(partial(fan_outs.purge, before=now - max(kept, timing.fan_outs_kept))),
            "fan_out_sessions": _written(fan_outs.purge_sessions),
            "lanes": _written(purge.purge_lanes),
            "rate_limits": _written(partial(purge.purge_rate_limits, before=now - timing.buckets_kept)),
            "channels": _written(purge.purge_channels),
            "people": _written(partial(purge.purge_people, before=old)),
            "admins": _written(partial(admins.purge, before=now - timing.admins_known)),
            "shown_lists": _written(partial(purge.purge_shown_lists, before=now - timing.list_kept)),
            "numbered_lists": _written(partial(purge.purge_numbered_lists, before=now - timing.list_kept)),
        }

    def _money_batches(self) -> Mapping[str, Batch]:
        """Return the same for what was spent and what came of it."""
        now, timing = self._services.clock(), self._services.timing
        oldest, last_spent = now - timing.spend_kept, billing_day(now - timing.spend_kept)
        return {
            "recent_spend": _written(partial(recent_spend.purge, before=now - timing.recent_spend_kept)),
            "alarms": _written(partial(alarms.purge, before=now - max(timing.retention, timing.keys_kept))),
            "spend": _written(partial(spend.purge, before=last_spent)),
            "pull_requests": _written(partial(pull_requests.purge, before=bounds(last_spent)[0])),
            "waiting_times": _written(partial(waiting_times.purge, before=bounds(last_spent)[0])),
            "consumption": _written(partial(spend.purge_consumption, before=last_spent)),
            "corrections": _written(partial(corrections.purge, before=last_spent)),
            "crossings": _written(partial(crossings.purge, before=oldest)),
            "grants": _written(partial(grants.purge, before=oldest)),
        }

    async def _close(self, _db: Database, before: float) -> int:
        # A crash right here loses nothing: the sessions and the edits of their cards are one transaction.
        async with self._services.unit_of_work() as uow:
            closed = await watched_sessions.close_unwatched(uow.tx, before)
            if closed:
                await uow.redraw(*closed)
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


def _written(purge: Callable[[Transaction], Awaitable[int]]) -> Batch:
    """Return a batch that runs `purge` in one writing transaction."""

    async def batch(db: Database) -> int:
        async with db.write() as tx:
            return await purge(tx)

    return batch
