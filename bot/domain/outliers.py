"""Outliers: up to which amount nothing is unusual."""

from collections.abc import Sequence
from statistics import median
from typing import Final

DEVIATIONS: Final = 3.5
TO_STANDARD_DEVIATION: Final = 1.4826  # of a normal distribution: the median absolute deviation times this


def usual_limit(session_hours: Sequence[float]) -> float:
    """What an hour of a session costs at most where nothing is unusual, by the `session_hours` of an organisation.

    It is median + 3.5 · 1.4826 · MAD, which one hour that was very expensive hardly moves; 0 without any hour.
    """
    if not session_hours:
        return 0.0
    middle = median(session_hours)
    deviation = median(abs(hour - middle) for hour in session_hours)
    return middle + DEVIATIONS * TO_STANDARD_DEVIATION * deviation
