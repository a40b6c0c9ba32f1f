"""What changed in the playground, numbered: it wakes those who wait, and tells a page what it has not seen yet."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed. `thing` is read when it is told, so several changes of one thing are one."""

    kind: str
    place: str = ""  # the channel of a message, a private answer or an agent session
    key: str = ""  # what it is called there: a timestamp, a number, an id
    thing: Any = field(default=None, compare=False, repr=False)


class News:
    """Wakes those who wait for something to change; the last changes are kept only where somebody asks `since`."""

    def __init__(self, first: int = 0, length: int = 0) -> None:
        self.position = first  # the number of the newest change
        self._kept: deque[Change] = deque(maxlen=length)
        self._waiting: set[asyncio.Future[None]] = set()
        self._followers: list[Callable[[Change], None]] = []

    def tell(self, *changes: Change) -> None:
        """Something changed: what no page shows needs no name, it only wakes."""
        for change in changes:
            self.position += 1
            self._kept.append(change)
            for follower in self._followers:
                _pass_on(follower, change)
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    def since(self, position: int) -> list[Change] | None:
        """The changes after a number, oldest first; None when it is too old, or was never given."""
        count = self.position - position
        if not 0 <= count <= len(self._kept):
            return None
        newest_first = list(islice(reversed(self._kept), count))
        return newest_first[::-1]

    def follow(self, follower: Callable[[Change], None]) -> None:
        """Pass every change on, as it happens."""
        self._followers.append(follower)

    def leave(self, follower: Callable[[Change], None]) -> None:
        """Pass nothing on any more."""
        self._followers.remove(follower)

    async def wait(self, seconds: float) -> bool:
        """Until something changes; False when nothing did in time."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            done, _ = await asyncio.wait({future}, timeout=seconds)
            return bool(done)
        finally:
            self._waiting.discard(future)


def _pass_on(follower: Callable[[Change], None], change: Change) -> None:
    """Whoever cannot take a change in keeps it neither from happening nor from the others."""
    try:
        follower(change)
    except Exception as error:  # noqa: BLE001 - whatever it was, the act that is told of is done
        # Its name only: a text or a traceback may quote what somebody wrote.
        _log.error("A follower failed to process a change (%s).", type(error).__name__)
