"""The figures that are read from the store when somebody reads the metrics: once in a while, however many ask."""

import asyncio
import math

from bot.domain.billing import billing_day
from bot.kernel.services import Services
from bot.logs import get_logger
from bot.store import figures

log = get_logger(__name__)


class Figures:
    """Reads the figures of the store into the metrics."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._read_at = -math.inf
        self._alone = asyncio.Lock()

    async def read(self) -> None:
        """Read the figures, unless that was done a moment ago. A store that does not answer leaves them as they are."""
        services = self._services
        async with self._alone:
            if services.clock.steady() - self._read_at <= services.timing.figures_kept:
                return
            self._read_at = services.clock.steady()
            try:
                async with asyncio.timeout(services.timing.readiness):
                    await self._read()
            except Exception as error:  # noqa: BLE001 - whatever the store's driver raises; readiness reports it
                log.warning("figures not read", error=type(error).__name__)

    async def _read(self) -> None:
        services, metrics, now = self._services, self._services.metrics, self._services.clock()
        async with services.db.scan() as tx:
            requests, posts = await figures.oldest_requests(tx, now), await figures.oldest_posts(tx, now)
            states = await figures.open_sessions(tx)
            organisations = [organisation.id for organisation in services.organisations]
            acus = await figures.acus_on(tx, billing_day(now), organisations)
        for box, found in (("inbox", requests), ("outbox", posts)):
            metrics.oldest(box, {why: max(now - found[why], 0.0) if why in found else 0.0 for why in figures.REASONS})
        metrics.sessions_open(states)
        metrics.acus_used(acus)
