"""Devin's billing days, as pure functions of an instant.

A billing day runs from 08:00 UTC to 08:00 UTC all year (midnight PST without summer time) and carries the
UTC date on which it starts (https://docs.devin.ai/api-reference/v3/consumption/consumption-daily).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from bot.domain.products import Products, of_devin, of_others

DAY_STARTS: Final = timedelta(hours=8)
SETTLING: Final = timedelta(hours=1)  # late bookings: a day counts as finished this long after its end
BILL_LATEST: Final = timedelta(days=1)  # what Devin says this long after a day's end is its bill, however little it is
DAY_EDGE: Final = timedelta(hours=2)  # so far a day's start in Devin's bill may be off, as under summer time
TOLERANCE: Final = 0.05  # of our own count: what was used at a day's edge is seen, and counted, a moment later
ONE_DAY: Final = timedelta(days=1)


class Period(StrEnum):
    """A period that people can ask about, by the word for it."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "week"  # the last seven finished days
    MONTH = "month"  # of the calendar
    LAST_MONTH = "last month"  # the one before it
    CYCLE = "cycle"  # of Devin's billing


class WithheldBecause(StrEnum):
    """Why Devin does not give its bill to the key."""

    PERMISSION = "permission"
    NOT_FOUND = "not found"
    QUOTA = "quota"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Withheld:
    """Devin keeps its bill from the key; `named` is the permission that would help, or what Devin says."""

    because: WithheldBecause
    named: str


@dataclass(frozen=True, slots=True)
class Billed:
    """The ACUs that Devin billed for a billing day, when that was read, and what each product used of them.

    If Devin did not list the day, the ACUs are None, and there are no products.
    """

    acus: float | None
    read_at: float
    products: Products

    @property
    def of_devin(self) -> float | None:
        """What Devin itself used of them, the cloud agent."""
        return None if self.acus is None else float(of_devin(self.products))

    @property
    def of_others(self) -> Decimal:
        """What other products used of them."""
        return of_others(self.products)


@dataclass(frozen=True, slots=True)
class Booked:
    """The ACUs that are booked of a session on a billing day.

    Some of them may be those of the days from `since` on, if there is such a day: nobody looked when those ended. They
    are Devin's own figure unless it has yet to be `asked`.
    """

    acus: float
    since: date | None = None
    asked: bool = True


def billing_day(at: float) -> date:
    """The billing day in which the instant `at` (Unix seconds) lies."""
    return (datetime.fromtimestamp(at, UTC) - DAY_STARTS).date()


def bounds(day: date) -> tuple[int, int]:
    """The first second of the billing day `day` and the first second after it, as Unix seconds."""
    return _start(day), _start(day + ONE_DAY)


def finished_at(day: date) -> float:
    """The instant from which on the billing day `day` is finished, so that its figures count."""
    return bounds(day)[1] + SETTLING.total_seconds()


def newest_finished(now: float) -> date:
    """The newest billing day that ended at least `SETTLING` before `now`, so that its figures count."""
    return billing_day(now - SETTLING.total_seconds()) - ONE_DAY


def day_of_row(instant: int) -> date:
    """The billing day that a row of Devin's bill with the date `instant` is about.

    Which instant of a day Devin gives is not documented. Midnight UTC names a date, and the last second of an hour can
    only be an end. Any other instant is in its day, or up to `DAY_EDGE` before it: where a day starts at midnight in
    California, it starts at 07:00 UTC in summer.
    """
    if instant % 86_400 == 0:
        return datetime.fromtimestamp(instant, UTC).date()
    ends = instant % 3600 == 3599
    return billing_day(instant if ends else instant + DAY_EDGE.total_seconds())


def is_bill_in(day: date, billed: float, own: float, now: float) -> bool:
    """Whether the ACUs that Devin has `billed` for `day` by `now` can be its bill, if our sessions used `own` on it.

    While the day can still change, nothing and less than our own count mean that the bill is not in yet. Below zero it
    is with a credit.
    """
    end = bounds(day)[1]
    if now >= end + BILL_LATEST.total_seconds():
        return True
    if billed <= 0 and now < end + SETTLING.total_seconds():
        return False
    return own <= 0 or billed >= own * (1 - TOLERANCE)


def days_before(day: date, count: int = 7) -> tuple[date, ...]:
    """The `count` billing days before `day`, oldest first."""
    return tuple(day - ONE_DAY * back for back in range(count, 0, -1))


def _start(day: date) -> int:
    return int((datetime.combine(day, time(), UTC) + DAY_STARTS).timestamp())
