"""The sweep of pull requests: once a day Devin is asked for the state of each that is open, until it is 60 days old.

It is for sessions that the poller watches no longer, whose pull requests are merged all the same: those that are over,
and those whose own rows are purged. It comes shortly before a billing day ends, so that what was merged on a day counts
for that day. Only the rows of pull requests are written, which reports read. A card is left as the poller has drawn it:
that of a watched session is kept up to date by the poller, and that of a session that is over is not edited any more.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.devin.errors import DevinError
from bot.devin.models import DevinSession
from bot.domain.billing import billing_day, bounds
from bot.domain.session import bare_id
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.logs import get_logger
from bot.store import due, pull_requests
from bot.store.pull_requests import FollowedSession

log = get_logger(__name__)

BATCH_SIZE: Final = 50  # sessions in one call and one transaction, which is short because an ack may wait for it


class PullRequestSweep:
    """Keeps the states of pull requests up to date."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def tick(self, organisation: Organisation) -> float:
        """Sweep an organisation's pull requests if that is due and no other worker does it.

        Returns the seconds until the next call.
        """
        now, timing, name = self._services.clock(), self._services.timing, due.pull_requests(organisation.id)
        async with self._services.db.scan() as tx:
            stored = await due.read(tx, name)
            if stored is not None and stored.at > now:
                return min(stored.at - now, timing.idle_tick)
            seen_after, checked_before = now - timing.pull_requests_followed, now - timing.pull_request_fresh
            followed = await pull_requests.to_check(tx, organisation.id, seen_after, checked_before)
        if not followed:
            return timing.idle_tick
        if not await self._claim(name, now):
            return timing.pull_request_retry
        try:
            await self._sweep(organisation, followed)
        except DevinError as error:
            # It stays claimed, so the next sweep comes after the pause, and leaves out what this one has checked.
            log.warning("pull requests not read", organisation=organisation.id, error=type(error).__name__)
            return max(timing.pull_request_retry, error.retry_after or 0.0)
        return await self._finish(name, now)

    async def _claim(self, name: str, now: float) -> bool:
        # A crash after this commit has the sweep begin again after the pause: it only reads, so nothing is doubled.
        async with self._services.db.write() as tx:
            return await due.claim(tx, name, now, now + self._services.timing.pull_request_retry)

    async def _finish(self, name: str, now: float) -> float:
        next_at = _next_sweep(now, self._services.timing.pull_request_sweep)
        async with self._services.db.write() as tx:
            await due.write(tx, name, next_at, {"v": 1})
        return min(next_at - now, self._services.timing.idle_tick)

    async def _sweep(self, organisation: Organisation, followed: Sequence[FollowedSession]) -> None:
        for start in range(0, len(followed), BATCH_SIZE):
            batch = {session.bare_id: session for session in followed[start : start + BATCH_SIZE]}
            await self._store(batch, await _ask(organisation, list(batch)))
        log.info("pull requests swept", organisation=organisation.id, sessions=len(followed))

    async def _store(self, batch: Mapping[str, FollowedSession], found: Mapping[str, DevinSession]) -> None:
        # A crash before this commit has the same sessions asked for again.
        async with self._services.unit_of_work() as uow:
            states = [(batch[bare], made.snapshot().pull_requests) for bare, made in found.items()]
            await pull_requests.put(uow.tx, states, uow.now)
            await pull_requests.mark_checked(uow.tx, [session.session_id for session in batch.values()], uow.now)


async def _ask(organisation: Organisation, bare_ids: Sequence[str]) -> dict[str, DevinSession]:
    """Return those of these sessions that Devin lists, by bare id."""
    found = await _listed(organisation, bare_ids)
    missing = [bare for bare in bare_ids if bare not in found]
    # It is not documented whether the list has archived sessions without being asked for them.
    return found | (await _listed(organisation, missing, is_archived=True) if missing else {})


async def _listed(
    organisation: Organisation, bare_ids: Sequence[str], *, is_archived: bool | None = None
) -> dict[str, DevinSession]:
    # Filtered again: Devin lists everything if it does not know a filter.
    rows = organisation.devin.sessions(session_ids=bare_ids, is_archived=is_archived)
    made_by = {bare_id(made.session_id): made async for made in rows}
    return {bare: made_by[bare] for bare in bare_ids if bare in made_by}


def _next_sweep(now: float, before_end: float) -> float:
    """Return the next instant after `now` that is `before_end` seconds before the end of a billing day."""
    return bounds(billing_day(now + before_end))[1] - before_end
