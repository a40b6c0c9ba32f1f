"""How many ACUs a whole cycle will take, from the days that are finished: one figure, and a range where one is honest.

1. The level of a week follows the recent weeks: exponential smoothing with a damped trend (Gardner and McKenzie, 1985).
   The days of a week that is cut off have the shares of their weekdays in the last four weeks. A single day out of the
   ordinary counts in what was used, and not in what is to come.
2. The range comes from the errors that this method made before: from each day of the history it forecasts as many days
   as are to come now, all of which are known by now. It is as wide as would have held for nine of ten of these, and
   wider the fewer they are. There is none where less than two cycles before this one are known.

These errors are made anew each time, and no table keeps them: the store keeps the daily bills of a year
(`Timing.spend_kept`), a correction of one then counts at once, and a change of the method begins without old errors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import accumulate
from math import ceil, inf
from typing import Final

from bot.domain.billing import ONE_DAY
from bot.domain.cycle import Cycle

FEWEST_DAYS: Final = 3  # finished days of the cycle, before which it is too early to say
FEWEST_CYCLES: Final = 2  # before this one, without which there is no range
HISTORY_DAYS: Final = 124  # before a cycle: four months
HELD: Final = 0.9  # of the earlier forecasts, which a range has to hold
_WEEK: Final = 7
_RECENT_DAYS: Final = (
    4 * _WEEK
)  # that say what a day usually takes, and the share of a weekday; without them no backtest
_FEWEST_USED: Final = 7  # of these, before which no day is out of the ordinary
_MOST: Final = 4  # times the median of used days, beyond which a day is out of the ordinary
_LEVEL: Final = 0.3  # the weight of the newest week in the level,
_TREND: Final = 0.2  # that of its change in the trend,
_DAMPED: Final = 0.9  # and how much of the trend is left after each week
# How much wider a range gets where few of the earlier forecasts have no day in common, by their number: as Student's t
# for 80 % is beyond what it is for very many. From the eleventh on it hardly changes.
_WIDENED: Final = (2.40, 1.47, 1.28, 1.20, 1.15, 1.12, 1.10, 1.09, 1.08, 1.07, 1.03)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a whole cycle will take: with three chances in four or more between `low` and `high` ACUs.

    Where no range is honest it `is_range` no more, and both are what is expected.
    """

    low: float
    high: float
    is_range: bool = True

    def at_least(self, used: float) -> "Forecast":
        """Return the forecast after `used` ACUs, of which some may be of a day that is not finished."""
        return replace(self, low=max(self.low, used), high=max(self.high, used))


def forecast(known: Mapping[date, float], cycle: Cycle) -> Forecast | None:
    """Forecast the whole `cycle` from the ACUs of all finished days that are `known`, of the cycle and before it.

    Returns None if it is too early to say. The forecast of a finished cycle is what it took.
    """
    finished = {day: acus for day, acus in known.items() if day in cycle}
    spent = sum(finished.values())
    ahead = len(cycle.days_after(max(finished, default=cycle.first - ONE_DAY)))
    if not ahead:
        return Forecast(spent, spent)
    days = _since_first_use(known)
    if len(finished) < FEWEST_DAYS or 0 < len(days) < FEWEST_DAYS:
        return None
    if not days:
        return Forecast(spent, spent)
    history = _History.of(days)
    expected = history.expected(history.newest, ahead)
    cycle_days = (cycle.last - cycle.first).days + 1
    off = history.reach(ahead) if len(days) - len(finished) >= FEWEST_CYCLES * cycle_days else None
    if off is None:
        return Forecast(spent + expected, spent + expected, is_range=False)
    return Forecast(spent + expected * max(0.0, 1 - off), spent + expected * (1 + off))


def _since_first_use(known: Mapping[date, float]) -> list[float]:
    """Return the ACUs of the newest days without a gap, from the first on which anything was used: nobody was there."""
    days: list[float] = []
    day = max(known, default=date.min)
    while day in known:
        days.append(known[day])
        day -= ONE_DAY
    while days and days[-1] <= 0:
        days.pop()
    return days[::-1]


@dataclass(frozen=True, slots=True)
class _History:
    """The ACUs of days that follow each other, and for each of them what the week that ends with it says.

    `took` sums up all that is before each day, and `usual` the same without what is out of the ordinary. `levels` and
    `trends` are those of weeks, smoothed over all weeks that end on the same weekday; the first six are none.
    """

    took: Sequence[float]
    usual: Sequence[float]
    levels: Sequence[float]
    trends: Sequence[float]

    @classmethod
    def of(cls, days: Sequence[float]) -> "_History":
        usual = [0.0, *accumulate(_usual(days))]
        weeks = [usual[last + 1] - usual[max(0, last + 1 - _WEEK)] for last in range(len(days))]
        return cls([0.0, *accumulate(days)], usual, *_smoothed(weeks))

    @property
    def newest(self) -> int:
        """The number of the newest day."""
        return len(self.levels) - 1

    def expected(self, last: int, ahead: int) -> float:
        """Return what so many days `ahead` of the day with the number `last` are expected to take."""
        if last < _WEEK - 1:
            return max(0.0, self.usual[last + 1] / (last + 1) * ahead)
        weeks, rest = divmod(ahead, _WEEK)
        level, trend = self.levels[last], self.trends[last]
        whole = weeks * level + _grown_in_all(weeks) * trend
        return max(0.0, whole + self._share(last, rest) * (level + _grown(weeks + 1) * trend))

    def _share(self, last: int, days: int) -> float:
        """Return the share of a week that its first `days` have after the day `last`, by the last four weeks."""
        end, usual = last + 1, self.usual
        weeks = range(end - min(end, _RECENT_DAYS) // _WEEK * _WEEK, end, _WEEK)
        whole = usual[end] - usual[weeks[0]]
        return sum(usual[first + days] - usual[first] for first in weeks) / whole if whole else 0.0

    def reach(self, ahead: int) -> float | None:
        """Return by which part of it a forecast of so many days `ahead` may be off; None where no range is honest."""
        origins = range(_RECENT_DAYS - 1, self.newest - ahead + 1)
        errors = [self._error(last, ahead) for last in origins]
        if not errors:
            return None
        apart = max(1, (self.newest + 1 - _RECENT_DAYS) // ahead)
        held = sorted(errors)[ceil(HELD * len(errors)) - 1]
        return held * _WIDENED[min(apart, len(_WIDENED)) - 1] if held < inf else None

    def _error(self, last: int, ahead: int) -> float:
        """Return by which part of it the forecast was off that the day `last` made."""
        expected, took = self.expected(last, ahead), self.took[last + 1 + ahead] - self.took[last + 1]
        if expected > 0:
            return abs(took - expected) / expected
        return inf if took else 0.0


@cache
def _grown(weeks: int) -> float:
    """Return how many times the trend of a week the level has grown by after so many `weeks`."""
    return sum(_DAMPED**week for week in range(1, weeks + 1))


@cache
def _grown_in_all(weeks: int) -> float:
    """Return the sum of `_grown` over so many `weeks`."""
    return sum(map(_grown, range(1, weeks + 1)))


def _usual(days: Sequence[float]) -> list[float]:
    """Return the days as they say what days to come will take.

    One that took more than `_MOST` times what a used day took lately counts as such a day: it is an exception. Where
    there was another one lately they belong to the use, and count as `_MOST` such days.
    """
    usual: list[float] = []
    newest = -inf
    for number, acus in enumerate(days):
        used = [recent for recent in usual[-_RECENT_DAYS:] if recent > 0]
        level = sorted(used)[len(used) // 2] if len(used) >= _FEWEST_USED else inf
        if acus <= _MOST * level:
            usual.append(acus)
        else:
            usual.append(level if number - newest > _RECENT_DAYS else _MOST * level)
            newest = number
    return usual


def _smoothed(weeks: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return the smoothed level and trend of each of the weeks, of which one ends each day."""
    levels, trends = list(weeks), [0.0] * len(weeks)
    for last in range(2 * _WEEK - 1, len(weeks)):
        before, damped = levels[last - _WEEK], _DAMPED * trends[last - _WEEK]
        levels[last] = _LEVEL * weeks[last] + (1 - _LEVEL) * (before + damped)
        trends[last] = _TREND * (levels[last] - before) + (1 - _TREND) * damped
    return levels, trends
