"""The interface of the engine, for flows and the composition root."""

from collections.abc import Awaitable, Callable
from typing import Protocol

# Handles one row of the lane that it is given; returns the seconds until its next call, or None if the lane is empty.
Work = Callable[[str], Awaitable[float | None]]
# Does what is due; returns the seconds until its next call.
Tick = Callable[[], Awaitable[float]]


class Engine(Protocol):
    """Carries hints, and stores none. A lost hint costs seconds and no message, because a sweep repeats it."""

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
        """Call the tick `name` in at most `within` seconds."""

    async def run(self) -> None:
        """Call the ticks until the engine is stopped; lanes are worked on as hints come."""

    async def stop(self, within: float) -> None:
        """Start nothing new, let what runs finish for `within` seconds, then cancel it."""
