"""Whether what was sampled over a time is flat: a line fitted through it, and how sure that line is."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, median
from typing import Final

HOUR: Final = 3600.0
SHARE: Final = 0.05
FLAT: Final = (
    "A figure is flat if it rises in an hour by no more than a twentieth of its median, or by one, on a line fitted\n"
    "through all samples after the warm-up, with two standard errors of that line (±) as tolerance."
)


@dataclass(frozen=True, slots=True)
class Trend:
    """A fitted line: the median of what it goes through, how much it rises in an hour, and a standard error of that."""

    median: float
    an_hour: float
    error: float

    @property
    def is_flat(self) -> bool:
        """As `FLAT` says it."""
        return self.an_hour - 2 * self.error <= max(SHARE * self.median, 1.0)


def trend(seconds: Sequence[float], values: Sequence[float]) -> Trend:
    """Fit a line through at least three samples by least squares."""
    middle, mean = fmean(seconds), fmean(values)
    spread = sum((at - middle) ** 2 for at in seconds)
    slope = sum((at - middle) * (value - mean) for at, value in zip(seconds, values, strict=True)) / spread
    left = sum((value - mean - slope * (at - middle)) ** 2 for at, value in zip(seconds, values, strict=True))
    error = sqrt(left / (len(values) - 2) / spread)
    return Trend(median(values), slope * HOUR, error * HOUR)
