"""The figures of the billing cycle that a day is in, made from the amounts of its days and of some before it."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

from bot.domain.billing import ONE_DAY, Withheld
from bot.domain.cycle import Cycle, CycleLimit, LimitSource
from bot.features.consumption.forecast import HISTORY_DAYS, forecast
from bot.features.consumption.sentences import CycleFigures


class DailyAcus(Protocol):
    """ACUs by billing day, as the usage ledger has them."""

    @property
    def withheld(self) -> Withheld | None:
        """Why only our own sessions count, if Devin withholds its bill."""

    def best(self, days: Sequence[date]) -> float | None:
        """Return the ACUs of the days, or None if that is not known."""

    def before_late(self, days: Sequence[date]) -> tuple[date, ...]:
        """Return those of the days, oldest first, that are before the first one whose bill is late."""


def history_start(cycle: Cycle) -> date:
    """Return the first day that the forecast of a cycle is made from."""
    return cycle.first - timedelta(days=HISTORY_DAYS)


def cycle_figures(
    cycle: Cycle, limit: CycleLimit | None, amounts: DailyAcus, day: date, finished: date
) -> CycleFigures | None:
    """Return the figures of `cycle` up to `day`, or None if a day of them is not known.

    The days up to `finished` are over, so that they say something about those that are to come.
    """
    counted = amounts.before_late(_span(cycle.first, day))
    used = amounts.best(counted)
    if used is None:
        return None
    until = counted[-1]
    known = {past_day: amounts.best((past_day,)) for past_day in _span(history_start(cycle), min(until, finished))}
    expected = forecast({past_day: acus for past_day, acus in known.items() if acus is not None}, cycle)
    return CycleFigures(
        cycle=cycle,
        used=used,
        until=None if until == day else until,
        limit=limit.acus if limit is not None and _compares(limit, amounts) else None,
        forecast=expected and expected.at_least(used),
        is_over=min(until, finished) >= cycle.last,
    )


def _compares(limit: CycleLimit, amounts: DailyAcus) -> bool:
    # Devin limits the whole organisation. What our own sessions used is no part of that which anybody could judge by.
    return amounts.withheld is None or limit.source is LimitSource.SETTING


def _span(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + ONE_DAY * after for after in range((last - first).days + 1))
