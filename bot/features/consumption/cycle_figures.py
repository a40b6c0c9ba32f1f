"""The figures of the billing cycle that a day is in, made from the amounts of its days and of some before it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Protocol

from bot.domain.amounts import Price, cost, half_up
from bot.domain.billing import ONE_DAY, Withheld
from bot.domain.cycle import Cycle, CycleLimit, CycleLimits, LimitSource
from bot.domain.products import DEVIN, LOCAL_AGENTS
from bot.features.consumption.forecast import HISTORY_DAYS, Forecast, forecast
from bot.features.consumption.sentences import CycleFigures, ProductUse


class DailyAcus(Protocol):
    """ACUs by billing day, as the usage ledger has them."""

    @property
    def withheld(self) -> Withheld | None:
        """Why only our own sessions count, if Devin withholds its bill."""

    def best(self, days: Sequence[date]) -> float | None:
        """Return the ACUs of the days, or None if that is not known."""

    def up_to_known(self, days: Sequence[date]) -> tuple[date, ...]:
        """Return those of the days, oldest first, that are before the first one of which `best` is not known."""

    def by_limit(self) -> Mapping[str, "DailyAcus"]:
        """Return the same of each part of the bill that Devin limits by itself, Devin's own among them."""


def history_start(cycle: Cycle) -> date:
    """Return the first day that the forecast of a cycle is made from."""
    return cycle.first - timedelta(days=HISTORY_DAYS)


def cycle_figures(
    cycle: Cycle, limits: CycleLimits, amounts: DailyAcus, day: date, finished: date, price: Price | None = None
) -> CycleFigures | None:
    """Return the figures of `cycle` up to `day`, or None if a day of them is not known.

    The days up to `finished` are over, so that they say something about those that are to come.
    """
    days = amounts.up_to_known(_span(cycle.first, day))
    parts = dict(amounts.by_limit())
    devin = parts.pop(DEVIN)
    used = devin.best(days)
    if used is None:
        return None
    until = days[-1]
    known_until = min(until, finished)
    others = [_other_use(name, cycle, limits, part, days, known_until) for name, part in parts.items()]
    return CycleFigures(
        cycle=cycle,
        used=used,
        until=None if known_until >= cycle.last else until,
        limit=limits.devin.acus if limits.devin is not None and _compares(limits.devin, amounts) else None,
        forecast=_forecast(cycle, devin, used, known_until),
        is_over=known_until >= cycle.last,
        others=tuple(sorted((other for other in others if half_up(other.used, 6)), key=_order)),
        cost=cost(price, {day: amounts.best((day,)) or 0.0 for day in days}),
    )


def _compares(limit: CycleLimit, amounts: DailyAcus) -> bool:
    # Devin limits the whole organisation. What our own sessions used is no part of that which anybody could judge by.
    return amounts.withheld is None or limit.source is LimitSource.SETTING


def _other_use(
    name: str, cycle: Cycle, limits: CycleLimits, amounts: DailyAcus, days: Sequence[date], known_until: date
) -> ProductUse:
    """What a part of the bill used that is not Devin's own, with a forecast if it has a limit to be reached."""
    used, limit = amounts.best(days) or 0.0, limits.local_agents if name == LOCAL_AGENTS else None
    if limit is None:
        return ProductUse(name, used)
    return ProductUse(name, used, limit.acus, _forecast(cycle, amounts, used, known_until))


def _order(other: ProductUse) -> tuple[bool, float]:
    """The local agents come first, then what used most."""
    return other.name != LOCAL_AGENTS, -other.used


def _forecast(cycle: Cycle, amounts: DailyAcus, used: float, known_until: date) -> Forecast | None:
    known = {day: amounts.best((day,)) for day in _span(history_start(cycle), known_until)}
    expected = forecast({day: acus for day, acus in known.items() if acus is not None}, cycle)
    return expected and expected.at_least(used)


def _span(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + ONE_DAY * after for after in range((last - first).days + 1))
