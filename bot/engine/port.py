"""What flows and the composition root ask of an engine."""

from collections.abc import Awaitable, Callable
from typing import Protocol

# Works off one row of a lane; answers the seconds until the lane wants another look, or None when it is empty.
Work = Callable[[str], Awaitable[float | None]]
# Does what is due; answers the seconds until it wants to be called again.
Tick = Callable[[], Awaitable[float]]


class Engine(Protocol):
    """Carries hints. One that is lost costs seconds, because a sweep gives it again; never a message."""

    def wake(self, lane: str, after: float = 0.0) -> None:
        """Go and look at this lane."""

    def pass_on(self, lane: str, within: float) -> None:
        """Said by the look that has its row: others may look at the lane beside it, the next within so many seconds."""

    def every(self, name: str, tick: Tick) -> None:
        """Call this again and again."""

    def wake_by(self, name: str, within: float) -> None:
        """Call that tick at the latest in so many seconds."""

    async def run(self) -> None:
        """Work until stopped."""

    async def stop(self, within: float) -> None:
        """Start nothing new, let what runs finish for so many seconds, then cut it."""
