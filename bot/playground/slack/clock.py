"""Time and names: a clock tests can move, message timestamps, and ids that never repeat."""

import itertools
import time
from collections.abc import Callable
from typing import Final

DAY: Final = 86_400.0
Wall = Callable[[], float]  # Unix seconds


class Clock:
    """The time by which limits, triggers and response URLs expire. Message timestamps keep to the wall."""

    def __init__(self, wall: Wall = time.time) -> None:
        self.wall = wall
        self._ahead = 0.0

    def now(self) -> float:
        """Unix seconds, moved ahead by what was asked for."""
        return self.wall() + self._ahead

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
