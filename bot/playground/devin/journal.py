"""What was asked of the API, call by call, so that tests wait for events instead of sleeping."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from bot.playground.news import Change, News

LOG_LENGTH: Final = 50_000


@dataclass(slots=True)
class Entry:
    """One call. `state`: arrived, held (by a fault), answered, or dropped; `status` only when answered."""

    number: int
    time: float
    route: str
    method: str
    path: str
    query: list[list[str]]
    body: Any = None
    state: str = "arrived"
    status: int | None = None
    fault: str | None = None
    session_id: str | None = None  # in 32 hex digits: the one in the path, or the one that was created

    @property
    def change(self) -> Change:
        """That it came, or went on."""
        return Change("devin_call", key=str(self.number), thing=self)

    @property
    def text(self) -> str:
        """Everything it says, for searching."""
        return f"{self.path} {self.query} {self.body}"

    def row(self) -> dict[str, Any]:
        """As the control API tells it."""
        return asdict(self)


@dataclass(slots=True)
class Journal:
    """The log, the counters, and whoever waits for something to happen."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))
    counters: Counter[str] = field(default_factory=Counter)
    number: int = 0
    news: News = field(default_factory=News)

    def arrive(self, entry: Entry) -> Entry:
        """Note a call that came in."""
        self.number += 1
        entry.number = self.number
        self.entries.append(entry)
        self.counters[entry.route] += 1
        self.news.tell(entry.change)
        return entry

    def seen(self, route: str, contains: str = "", since: int = 0) -> list[Entry]:
        """The calls of a route that had their effect or are being held; `*` is any route."""
        return [
            entry
            for entry in self.entries
            if entry.number > since
            and entry.state != "arrived"
            and route in {"*", entry.route}
            and (not contains or contains in entry.text)
        ]

    def changed(self, *changes: Change) -> None:
        """Wake whoever waits."""
        self.news.tell(*changes)

    async def until(self, happened: Callable[[], bool], timeout: float) -> bool:  # noqa: ASYNC109
        """Wait for something to be true; False when the time is up."""
        try:
            async with asyncio.timeout(timeout):
                while not happened():
                    await self.news.wait(timeout)
        except TimeoutError:
            return happened()
        return True

    def clear(self) -> None:
        """Forget all calls."""
        self.entries.clear()
        self.counters.clear()
        self.number = 0
