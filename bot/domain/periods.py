"""The billing days of a period: those that are finished, and those that are shown apart because they are not."""

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from bot.domain.billing import ONE_DAY, Period, billing_day, days_before, newest_finished
from bot.domain.cycle import Cycle, calendar_month

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class RangeFault(StrEnum):
    """Why there are no figures of a range of dates."""

    MALFORMED = "malformed"
    REVERSED = "reversed"
    FUTURE = "future"
    NOT_KEPT = "not kept"


@dataclass(frozen=True, slots=True)
class RefusedRange:
    """A range that nobody can be shown figures of; `kept` is the first day of which there are some."""

    fault: RangeFault
    typed: str
    today: date
    kept: date


@dataclass(frozen=True, slots=True)
class Span:
    """The billing days of a period, oldest first: those that are counted, and those `apart` that are not finished.

    Of a running day alone that day is counted. `first` and `last` are the ends of the period. It is `assumed` if Devin
    names no cycle, so that the month stands for one.
    """

    first: date
    last: date
    counted: tuple[date, ...]
    apart: tuple[date, ...] = ()
    assumed: bool = False


def span_of_period(period: Period, now: float, cycle: Cycle, kept: date) -> Span:
    """Return the days of a `period` as seen at `now`; `cycle` is Devin's cycle at this instant.

    A month or a cycle begins with the day `kept`, the first one of which there are figures, if it began before.
    """
    today, finished = billing_day(now), newest_finished(now)
    if period is Period.TODAY:
        return Span(today, today, (today,))
    if period is Period.YESTERDAY:
        return _span(today - ONE_DAY, today - ONE_DAY, now)
    if period is Period.WEEK:
        days = days_before(finished + ONE_DAY)
        return Span(days[0], finished, days, days_between(finished + ONE_DAY, today))
    whole = calendar_month(today) if period is Period.MONTH else cycle
    return replace(_span(max(whole.first, kept), whole.last, now), assumed=period is Period.CYCLE and cycle.assumed)


def span_of_dates(typed: str, now: float, kept: date) -> Span | RefusedRange:
    """Return the days of the range that was `typed`, both ends included, or why there are no figures of it."""
    today, found = billing_day(now), _read_range(typed)
    fault = RangeFault.MALFORMED if found is None else _fault(*found, today, kept)
    if found is None or fault is not None:
        return RefusedRange(fault or RangeFault.MALFORMED, typed, today, kept)
    return _span(*found, now)


def days_between(first: date, last: date) -> tuple[date, ...]:
    """Return the days from `first` to `last`, oldest first; none if `first` comes after `last`."""
    return tuple(first + ONE_DAY * after for after in range((last - first).days + 1))


def _span(first: date, last: date, now: float) -> Span:
    today, finished = billing_day(now), newest_finished(now)
    apart = days_between(max(first, finished + ONE_DAY), min(last, today))
    return Span(first, last, days_between(first, min(last, finished)), apart)


def _fault(first: date, last: date, today: date, kept: date) -> RangeFault | None:
    if last < first:
        return RangeFault.REVERSED
    if last > today:
        return RangeFault.FUTURE
    return RangeFault.NOT_KEPT if first < kept else None


def _read_range(typed: str) -> tuple[date, date] | None:
    first, dots, last = typed.partition("..")
    ends = [_read_date(first), _read_date(last if dots else first)]
    return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])


def _read_date(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed) if _DATE.fullmatch(typed) else None
    except ValueError:  # such as 30 February
        return None
