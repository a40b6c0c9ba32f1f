"""The interface of the engine, for flows and the composition root."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakValueDictionary

# Handles one row of the lane that it is given; returns the seconds until its next call, or None if the lane is empty.
Work = Callable[[str], Awaitable[float | None]]
# Does what is due; returns the seconds until its next call.
Tick = Callable[[], Awaitable[float]]


@dataclass(slots=True)
class Route:
    """The function that works on the lanes with one first word, and how many of its calls may run at once.

    Of these at most `share` are for one person, so that a flood of one leaves the others their turns. None is no limit.
    """

    work: Work
    at_once: int
    share: int | None = None
    _slots: asyncio.Semaphore = field(init=False)
    _shares: WeakValueDictionary[str, asyncio.Semaphore] = field(init=False, default_factory=WeakValueDictionary)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.at_once)

    @property
    def is_full(self) -> bool:
        """Whether a further call would have to wait for a slot."""
        return self._slots.locked()

    @asynccontextmanager
    async def slot(self, whose: str | None) -> AsyncIterator[None]:
        """Wait for a slot, first come first served; first for one within the share of the person `whose`."""
        share = None
        if whose is not None and self.share is not None:
            share = self._shares.setdefault(whose, asyncio.Semaphore(self.share))
        # In this order: what waits for its person's share stands in nobody else's way.
        async with share or nullcontext(), self._slots:
            yield


class Engine(Protocol):
    """Carries hints, and stores none. A lost hint costs seconds and no message, because a sweep repeats it."""

    def route(self, word: str, route: Route) -> None:
        """Have the lanes whose name begins with `word` and a colon worked on by `route`, in this process."""

    def wake(self, lane: str, after: float = 0.0, whose: str | None = None) -> None:
        """Have `lane` worked on, `after` so many seconds; of two hints the earlier one counts.

        `whose` is the person for whom the lane is worked on, if that is known: nobody's lanes take up all there is.
        """

    def pass_on(self, lane: str, within: float) -> None:
        """Let a second call work on `lane` beside the one that runs, `within` so many seconds.

        The work itself calls this, once it has claimed its row.
        """

    def every(self, name: str, tick: Tick) -> None:
        """Call `tick` again and again under this `name`, as soon as the engine runs."""

    def wake_by(self, name: str, within: float) -> None:
        """Call the tick `name` in at most `within` seconds, in whichever process it is called."""

    def subscribe(self, topic: str, receive: Callable[[str], None]) -> None:
        """Have `receive` called with each message that another process publishes under this `topic`."""

    def publish(self, topic: str, message: str) -> None:
        """Send `message`, about what each process keeps in memory, to the others; it may be lost."""

    async def run(self) -> None:
        """Call the ticks until the engine is stopped; lanes are worked on as hints come."""

    async def stop(self, within: float) -> None:
        """Start nothing new, let what runs finish for `within` seconds, then cancel it."""
