"""An outage of the store: one line in the log when it begins, one a minute while it lasts, and one when it ends.

What fails meanwhile is counted. Its error is marked, so that nobody writes a line and a traceback about it once more.
"""

import asyncio
import math
import time
from typing import Final

from bot.logs import count_in, get_logger
from bot.store.database.refusals import refusal
from bot.timing import MINUTE

log = get_logger(__name__)

REPEATED: Final = MINUTE  # between two lines about one outage


class Outage:
    """What became of the last transactions, by the clock of `time.monotonic`."""

    def __init__(self) -> None:
        self.written_at = self.refused_at = -math.inf  # the last write that was committed, and the last refusal
        self.because = ""
        self._since: float | None = None
        self._said_at = 0.0
        self._waiting: set[str] = set()

    def failed(self, error: Exception) -> None:
        """Note that a transaction ended with `error`, if the store is the cause: whoever wanted it has to wait."""
        because, now = refusal(error), time.monotonic()
        if because is None:
            return
        self.refused_at, self.because = now, because
        if self._since is None:
            self._since = self._said_at = now
            log.error("store unavailable", because=because, error=type(error).__name__)
        elif now - self._said_at > REPEATED:
            self._said_at = now
            log.error(
                "store still unavailable", because=because, seconds=round(now - self._since), waiting=len(self._waiting)
            )
        self.hit(error)

    def hit(self, error: Exception) -> None:
        """Count who got `error`, if that is during an outage: a request of Slack's, a lane, a tick."""
        if self._since is not None:
            task = asyncio.current_task()
            self._waiting.add(task.get_name() if task else str(id(error)))
            count_in(error)

    def wrote(self) -> None:
        """Note that a write was committed, which ends the outage."""
        self.written_at = time.monotonic()
        if self._since is not None:
            seconds = round(self.written_at - self._since, 1)
            log.warning("store available again", because=self.because, seconds=seconds, waited=len(self._waiting))
            self._since, self._waiting = None, set()
