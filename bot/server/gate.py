"""The gate that every request of Slack's passes, so that a stop can wait for those in flight."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bot.logs import get_logger

log = get_logger(__name__)


class RequestGate:
    """Counts the requests in flight, and closes for new ones at a stop."""

    def __init__(self) -> None:
        self._in_flight = 0
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def closed(self) -> bool:
        """Whether nothing is taken any more: what is refused is not acknowledged, and Slack sends it again."""
        return self._closed

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count one request, from its arrival until its answer is written."""
        self._in_flight += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._idle.set()

    async def close(self, within: float) -> None:
        """Take nothing new, and wait at most `within` seconds for the requests in flight."""
        self._closed = True
        try:
            async with asyncio.timeout(within):
                await self._idle.wait()
        except TimeoutError:
            log.warning("listeners cut at stop", inside=self._in_flight)
