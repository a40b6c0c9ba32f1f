"""Time and names: a clock that tests can move and quicken, message timestamps, and ids that never repeat."""

import itertools
import time
from collections.abc import Callable
from typing import Final

DAY: Final = 86_400.0
Wall = Callable[[], float]  # Unix seconds


class Clock:
    """The time by which limits, retries, triggers and response URLs run. Message timestamps keep to the wall.

    What Slack lets an app wait for passes `speed` times as fast as it would: rate limits, and the retries of events.
    What an app has to do in time, such as an ack, stays as long as it is, because a machine works no faster.
    """

    def __init__(self, wall: Wall = time.time, speed: float = 1.0) -> None:
        self.wall = wall
        self._ahead = 0.0
        self._speed = speed
        self._scaled = self._since = self.now()

    def now(self) -> float:
        """Unix seconds, moved ahead by what was asked for."""
        return self.wall() + self._ahead

    def scaled(self) -> float:
        """The seconds of what an app waits for; only their differences mean something."""
        return self._scaled + (self.now() - self._since) * self._speed

    def unscaled(self, seconds: float) -> float:
        """How long an app waits for what takes so many `seconds` at Slack."""
        return seconds / self._speed

    @property
    def speed(self) -> float:
        """How many times as fast an app's waits pass, from this moment on."""
        return self._speed

    @speed.setter
    def speed(self, times: float) -> None:
        self._scaled, self._since = self.scaled(), self.now()
        self._speed = times

    def advance(self, seconds: float) -> None:
        """Let time pass without waiting."""
        self._ahead += seconds


class Stamps:
    """Message timestamps: `seconds.micros`, unique, growing, near wall time."""

    def __init__(self, wall: Wall = time.time) -> None:
        self._wall = wall
        self._last = 0

    def next(self) -> str:
        """One that was never given before."""
        self._last = max(int(self._wall() * 1e6), self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


class Names:
    """Ids with a prefix. The start time is part of them, so a restarted simulator never repeats one."""

    def __init__(self) -> None:
        self._era = f"{int(time.time() * 1000):X}"
        self._count = itertools.count(1)

    def next(self, prefix: str) -> str:
        """Such as `Ev19A5C2E4B1F00012`."""
        return f"{prefix}{self._era}{next(self._count):05d}"

    def envelope(self) -> str:
        """In the form of a UUID, as Socket Mode has it."""
        era = self._era.rjust(12, "0").lower()
        return f"{next(self._count):08x}-0000-4000-8000-{era[-12:]}"
