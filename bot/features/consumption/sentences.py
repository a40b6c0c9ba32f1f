"""The line of a digest or a report about the billing cycle: what was used, of how much, and how it will end."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from bot.domain.amounts import Price, half_up
from bot.domain.cycle import Cycle
from bot.features.consumption.forecast import Forecast
from bot.views.dates import month_name, short_date
from bot.views.text import money, tenths, tenths_of_acus

TOO_EARLY: Final = "too early to say"
_TO: Final = "\N{EN DASH}"
_FORECAST_DIGITS: Final = 3  # more would promise what no forecast can


@dataclass(frozen=True, slots=True)
class CycleFigures:
    """What was `used` in a `cycle`, the `limit` if one is known, and the `forecast` unless it is too early for it."""

    cycle: Cycle
    used: float
    until: date | None = None  # the last day in `used`, if the bill of a later one is not in yet
    limit: float | None = None
    forecast: Forecast | None = None
    is_over: bool = False  # nothing of it is left to forecast


def cycle_line(figures: CycleFigures, price: Price | None = None) -> str:
    """Build the line about a cycle. A part for which something is missing is left out."""
    until = f", through {short_date(figures.until)}" if figures.until else ""
    notes = ", ".join([*_percent(figures), *([money(figures.used, price)] if price else [])])
    used = f"{cycle_name(figures.cycle)}{until}: {_of_limit(figures)}{f' ({notes})' if notes else ''}"
    return " · ".join([used, *_forecast(figures)])


def cycle_name(cycle: Cycle) -> str:
    """Name a month of the calendar as such, and another cycle by its first and its last day."""
    if cycle.is_month:
        return month_name(cycle.first)
    days = dict.fromkeys((short_date(cycle.first), short_date(cycle.last)))
    return f" {_TO} ".join(days)


def _of_limit(figures: CycleFigures) -> str:
    if figures.limit is None:
        return tenths_of_acus(figures.used)
    return f"{tenths(figures.used)} of {tenths_of_acus(figures.limit)}"


def _percent(figures: CycleFigures) -> list[str]:
    if not figures.limit:
        return []
    # Rounded down, so that 100 % means that all of it is used.
    return [f"{int(half_up(figures.used, 6) * 100 / Decimal(repr(figures.limit))):,} %"]


def _forecast(figures: CycleFigures) -> list[str]:
    if figures.is_over:
        return []
    if figures.forecast is None:
        return [f"forecast: {TOO_EARLY}"]
    if figures.forecast.high <= 0:
        return []  # nobody has used anything
    low, high = (max(figures.used, _roughly(acus)) for acus in (figures.forecast.low, figures.forecast.high))
    return [f"forecast {_TO.join(dict.fromkeys((tenths(low), tenths(high))))}"]


def _roughly(acus: float) -> float:
    return float(f"{acus:.{_FORECAST_DIGITS}g}")
