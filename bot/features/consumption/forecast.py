"""How many ACUs a whole cycle will take, from the days that are finished: a range that holds in four of five cycles.

Each day that is to come is expected to take the mean of the last four days of its weekday. Before three finished days
nothing is said.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from statistics import fmean
from typing import Final

from bot.domain.billing import ONE_DAY
from bot.domain.cycle import Cycle

FEWEST_DAYS: Final = 3  # finished days of the cycle, before which it is too early to say
SAME_WEEKDAYS: Final = 4
HISTORY_DAYS: Final = 7 * SAME_WEEKDAYS  # before a cycle, so that its first days have four of each weekday
_ANY_DAY: Final = -1  # stands for a weekday of which nothing is known
# How many standard deviations the range reaches to each side: Student's t for 80 %, by degrees of freedom. From the
# eleventh on it hardly changes.
_REACH: Final = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372, 1.32)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a whole cycle will take: with four chances in five between `low` and `high` ACUs."""

    low: float
    high: float

    def at_least(self, used: float) -> "Forecast":
        """Return the forecast after `used` ACUs, of which some may be of a day that is not finished."""
        return Forecast(max(self.low, used), max(self.high, used))


def forecast(known: Mapping[date, float], cycle: Cycle) -> Forecast | None:
    """Forecast the whole `cycle` from the ACUs of all finished days that are `known`, of the cycle and before it.

    Returns None if it is too early to say. The forecast of a finished cycle is what it took.
    """
    finished = {day: acus for day, acus in known.items() if day in cycle}
    spent = sum(finished.values())
    ahead = cycle.days_after(max(finished, default=cycle.first - ONE_DAY))
    if not ahead:
        return Forecast(spent, spent)
    sample = _since_first_use(known)
    if len(finished) < FEWEST_DAYS or 0 < len(sample) < FEWEST_DAYS:
        return None
    if not sample:
        return Forecast(spent, spent)
    expected, margin = _expected(sample, ahead)
    return Forecast(spent + max(0.0, expected - margin), spent + expected + margin)


def _since_first_use(known: Mapping[date, float]) -> dict[date, float]:
    """Return the newest days, without those before the first on which anything was used: nobody was there yet."""
    first = min((day for day, acus in known.items() if acus > 0), default=date.max)
    return {day: known[day] for day in sorted(known)[-HISTORY_DAYS:] if day >= first}


def _expected(sample: Mapping[date, float], ahead: Sequence[date]) -> tuple[float, float]:
    """Return what the days `ahead` are expected to take together, and how far they may be off to each side."""
    groups = _by_weekday(sample)
    wanted = Counter(day.weekday() if day.weekday() in groups else _ANY_DAY for day in ahead)
    groups[_ANY_DAY] = list(sample.values())
    expected = sum(count * fmean(groups[group]) for group, count in wanted.items())
    variance, freedom = _variance(sample)
    # Each day is off by itself, and all days of a weekday together by as much as its mean is.
    days_off = sum(count + count * count / len(groups[group]) for group, count in wanted.items())
    reach = _REACH[min(freedom, len(_REACH)) - 1]
    return expected, reach * sqrt(variance * days_off)


def _by_weekday(sample: Mapping[date, float]) -> dict[int, list[float]]:
    groups: dict[int, list[float]] = defaultdict(list)
    for day in sorted(sample):
        groups[day.weekday()].append(sample[day])
    return dict(groups)


def _variance(sample: Mapping[date, float]) -> tuple[float, int]:
    """Return the variance of a day about the mean of its weekday, and its degrees of freedom.

    While the weekdays hardly repeat, it is the variance about the mean of all days.
    """
    groups = list(_by_weekday(sample).values())
    if len(sample) - len(groups) < FEWEST_DAYS:
        groups = [list(sample.values())]
    squares = sum((acus - fmean(group)) ** 2 for group in groups for acus in group)
    freedom = len(sample) - len(groups)
    return squares / freedom, freedom
