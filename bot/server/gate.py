"""The gate that every request of Slack's passes, so that a stop can wait for the requests in flight."""

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
        """Whether new requests are refused. They get no ack, so Slack sends them again."""
        return self._closed

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count one request as in flight while the block runs, from its arrival until its answer is written."""
        self._in_flight += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._idle.set()

    async def close(self, within: float) -> None:
        """Refuse new requests, and wait at most `within` seconds for those in flight."""
        self._closed = True
        try:
            async with asyncio.timeout(within):
                await self._idle.wait()
        except TimeoutError:
            log.warning("listeners cut short at shutdown", inside=self._in_flight)
