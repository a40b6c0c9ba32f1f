"""Outliers: up to which amount nothing is unusual."""

from collections import Counter
from collections.abc import Mapping, Sequence
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


def usual_limit_of(counts: Mapping[float, int]) -> float:
    """The same by how many hours of sessions cost each of the amounts in `counts`, of which there may be millions."""
    if not counts:
        return 0.0
    middle = _median_of(counts)
    distances: Counter[float] = Counter()
    for amount, count in counts.items():
        distances[abs(amount - middle)] += count
    return middle + DEVIATIONS * TO_STANDARD_DEVIATION * _median_of(distances)


def _median_of(counts: Mapping[float, int]) -> float:
    total, passed, below = sum(counts.values()), 0, None
    for amount in sorted(counts):
        passed += counts[amount]
        if below is None and 2 * passed == total:
            below = amount  # the middle lies between this amount and the next one
        elif 2 * passed > total:
            return amount if below is None else (below + amount) / 2
    raise AssertionError
