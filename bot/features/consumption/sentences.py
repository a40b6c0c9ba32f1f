"""The line of a digest or a report about the billing cycle: what was used, of how much, and how it will end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from bot.domain.amounts import Money, exact_sum, half_up
from bot.domain.cycle import Cycle
from bot.domain.shares import Share, column
from bot.features.consumption.forecast import Forecast
from bot.views.dates import month_name, short_date, short_range
from bot.views.text import fitted, limit_of_acus, money, percent, share_of, tenths, tenths_of_acus, with_unit

TOO_EARLY: Final = "too early to say"
DEVIN: Final = "Devin"
LONGEST_NAME: Final = 40
_TO: Final = "\N{EN DASH}"
_FORECAST_DIGITS: Final = 3  # more would promise what no forecast can


@dataclass(frozen=True, slots=True)
class ProductUse:
    """What one part of the bill `used` in a cycle, with its own `limit` if it has one, and its own `forecast`."""

    name: str
    used: float
    limit: float | None = None
    forecast: Forecast | None = None


@dataclass(frozen=True, slots=True)
class CycleFigures:
    """What Devin itself `used` in a `cycle`, its `limit` if one is known, and its `forecast` unless it is too early.

    What `others` used, such as the local agents, is no part of these: no limit of Devin's is for it.
    """

    cycle: Cycle
    used: float
    until: date | None = None  # the last day in `used`, unless the cycle is over
    limit: float | None = None
    forecast: Forecast | None = None
    is_over: bool = False  # nothing of it is left to forecast
    others: tuple[ProductUse, ...] = ()
    cost: Money | None = None  # of all of it

    @property
    def parts(self) -> tuple[ProductUse, ...]:
        """What each part of the bill used, Devin first."""
        return ProductUse(DEVIN, self.used, self.limit, self.forecast), *self.others


def cycle_line(figures: CycleFigures) -> str:
    """Build the line about a cycle. A part for which something is missing is left out.

    Where others than Devin used something, each has its name, and their sum has the cost.
    """
    until = f", through {short_date(figures.until)}" if figures.until else ""
    amounts = [half_up(part.used, 6) for part in figures.parts]
    in_all = exact_sum(amounts)
    cost = [money(figures.cost)] if figures.cost else []
    devin, *others = figures.parts
    if not others:
        line = [_of_limit(devin, tenths(devin.used), cost), *_forecast(devin, figures)]
    else:
        rounded = column(amounts, half_up(in_all, 1))
        line = [_part(part, share, figures) for part, share in zip(figures.parts, rounded, strict=True)]
        line.append(f"{tenths_of_acus(float(in_all))} in all{_in_brackets(cost)}")
    return f"{cycle_name(figures.cycle)}{until}: {' · '.join(line)}"


def counted_through(today: date) -> str:
    """Name the last billing day that is counted, which still runs: where a person is, the date may be another one."""
    return f"Counted through {short_date(today)}. Devin's days start at 8:00 AM UTC."


def cycle_name(cycle: Cycle) -> str:
    """Name a month of the calendar as such, and another cycle by its first and its last day."""
    if cycle.is_month:
        return month_name(cycle.first)
    return short_range(cycle.first, cycle.last)


def _part(part: ProductUse, share: Share, figures: CycleFigures) -> str:
    """Write what a part used, rounded to its `share` of the sum."""
    is_forecast = part.name == DEVIN or part.forecast is not None
    forecast = _forecast(part, figures) if is_forecast else []
    return ", ".join([f"{fitted(part.name, LONGEST_NAME)} {_of_limit(part, share_of(share))}", *forecast])


def _of_limit(part: ProductUse, acus: str, notes: Sequence[str] = ()) -> str:
    if part.limit is None:
        return f"{with_unit(acus)}{_in_brackets(notes)}"
    return f"{acus} of {limit_of_acus(part.limit)}{_in_brackets([*_percent(part), *notes])}"


def _in_brackets(notes: Sequence[str]) -> str:
    return f" ({', '.join(notes)})" if notes else ""


def _percent(part: ProductUse) -> list[str]:
    if not part.limit:
        return []
    # Rounded down, so that 100 % means that all of it is used.
    return [percent(int(half_up(part.used, 6) * 100 / Decimal(repr(part.limit))))]


def _forecast(part: ProductUse, figures: CycleFigures) -> list[str]:
    if figures.is_over:
        return []
    if part.forecast is None:
        return [f"forecast: {TOO_EARLY}"]
    if part.forecast.high <= 0:
        return []  # nobody has used anything
    about = "" if part.forecast.is_range else "about "
    low, high = (max(part.used, _roughly(acus)) for acus in (part.forecast.low, part.forecast.high))
    return [f"forecast {about}{_TO.join(dict.fromkeys((tenths(low), tenths(high))))}"]


def _roughly(acus: float) -> float:
    return float(f"{acus:.{_FORECAST_DIGITS}g}")
