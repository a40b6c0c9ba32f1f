"""What Devin billed on any number of days, read in calls about as many days as one may ask about."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from bot.devin.models import Consumption
from bot.domain.amounts import exact_sum
from bot.domain.billing import ONE_DAY, bounds, day_of_row
from bot.domain.periods import days_between
from bot.domain.products import Products, by_limit
from bot.features.consumption.rules import WINDOW_DAYS, by_product, not_in_yet

DAYS_AT_ONCE: Final = WINDOW_DAYS - 1  # beside the day before, as the row of the first one may be dated before it

Read = Callable[[int, int], Awaitable[Consumption]]
Bill = Mapping[date, Products]
"""ACUs by billing day and product."""


def spans(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Divide the days from `first` to `last` into spans that one call may ask about, the oldest first."""
    while first <= last:
        end = min(first + timedelta(DAYS_AT_ONCE - 1), last)
        yield first, end
        first = end + ONE_DAY


async def read_bill(read: Read, first: date, last: date) -> Bill:
    """Return what was billed from `first` to `last`, which one call may ask about."""
    answer = await read(bounds(first - ONE_DAY)[0], bounds(last)[1])
    bill: dict[date, dict[str, Decimal]] = defaultdict(dict)
    for row in answer.consumption_by_date:
        day = day_of_row(row.date)
        if not first <= day <= last:
            continue
        for product, acus in by_product(row.acus, row.acus_by_product).items():
            bill[day][product] = exact_sum([bill[day].get(product, Decimal()), acus])
    return bill


@dataclass(frozen=True, slots=True)
class Sums:
    """What was billed in a period: `by_day` of its days, and `apart`, on those after it that are not finished.

    Days that Devin does not list are `late`, or left out of `apart`; that is None if it lists none of them.
    """

    by_day: Mapping[date, Decimal]
    late: tuple[date, ...] = ()
    apart: Decimal | None = None

    @property
    def total(self) -> Decimal:
        """What was billed on all days of the period."""
        return exact_sum(self.by_day.values())


async def read_sums(read: Read, first: date, last: date, until: date, now: float) -> Sums:
    """Return what was billed from `first` to `last`, and on the days after it up to `until`."""
    days: dict[date, Products] = {}
    for span in spans(first, until):
        days |= await read_bill(read, *span)
    counted = {day: exact_sum(products.values()) for day, products in days.items() if day <= last}
    running = [exact_sum(products.values()) for day, products in days.items() if day > last]
    late = not_in_yet(days_between(first, last), max(counted, default=None), now)
    return Sums(counted, late, exact_sum(running) if running else None)


async def read_sum(read: Read, first: date, last: date) -> Products:
    """Return how many ACUs were billed from `first` to `last` in all, divided by what Devin limits."""
    bills = [await read_bill(read, *span) for span in spans(first, last)]
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for products in (by_limit(products) for bill in bills for products in bill.values()):
        for name, acus in products.items():
            amounts[name] = exact_sum([amounts[name], acus])
    return dict(amounts)
