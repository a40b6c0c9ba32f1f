"""The billing days of a period: those that are finished, and those that are shown apart because they are not."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from bot.domain.billing import ONE_DAY, Period, billing_day, days_before, newest_finished
from bot.domain.cycle import Cycle, calendar_month, month_before

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTH: Final = re.compile(r"\d{4}-\d{2}")


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
    names no cycle, so that the month stands for one. A period of a `month` of the calendar begins later than the month
    where there are no figures of its first days.
    """

    first: date
    last: date
    counted: tuple[date, ...]
    apart: tuple[date, ...] = ()
    assumed: bool = False
    month: Cycle | None = None

    @property
    def whole_month(self) -> Cycle | None:
        """The month of the calendar of which all days are counted, if it is one."""
        is_whole = self.month is not None and self.counted == days_between(self.month.first, self.month.last)
        return self.month if is_whole else None


def span_of_period(period: Period, now: float, cycle: Cycle, kept: date) -> Span | RefusedRange:
    """Return the days of a `period` as seen at `now`, or why there are no figures of it.

    `cycle` is Devin's cycle at this instant. A month or a cycle begins with the day `kept`, the first one of which
    there are figures, if it began before.
    """
    today, finished = billing_day(now), newest_finished(now)
    if period is Period.TODAY:
        return Span(today, today, (today,))
    if period is Period.YESTERDAY:
        return _span(today - ONE_DAY, today - ONE_DAY, now)
    if period is Period.WEEK:
        days = days_before(finished + ONE_DAY)
        return Span(days[0], finished, days, days_between(finished + ONE_DAY, today))
    if period is Period.LAST_MONTH:
        month = month_before(calendar_month(today))
        return _between(month, month, period, now, kept)
    whole = calendar_month(today) if period is Period.MONTH else cycle
    return replace(_span(max(whole.first, kept), whole.last, now), assumed=period is Period.CYCLE and cycle.assumed)


def span_of_dates(typed: str, now: float, kept: date) -> Span | RefusedRange:
    """Return the days of the range that was `typed`, both ends included, or why there are no figures of it.

    An end is a day or a month. A month begins with the day `kept` if that is in it, and may be running.
    """
    first, dots, last = typed.partition("..")
    begin, end = _read_end(first), _read_end(last if dots else first)
    if begin is None or end is None:
        return RefusedRange(RangeFault.MALFORMED, typed, billing_day(now), kept)
    return _between(begin, end, typed, now, kept)


def days_between(first: date, last: date) -> tuple[date, ...]:
    """Return the days from `first` to `last`, oldest first; none if `first` comes after `last`."""
    return tuple(first + ONE_DAY * after for after in range((last - first).days + 1))


def in_doubt(doubts: Iterable[tuple[date, date]], days: Sequence[date]) -> tuple[date, ...]:
    """Return those of the days for which the sum of all is only about right, by the spans of days that are in doubt.

    What is in doubt within the days is in their sum all the same.
    """
    theirs, spans = set(days), [set(days_between(*doubt)) for doubt in doubts]
    return tuple(sorted({day for span in spans if not span <= theirs for day in span & theirs}))


def _span(first: date, last: date, now: float) -> Span:
    today, finished = billing_day(now), newest_finished(now)
    apart = days_between(max(first, finished + ONE_DAY), min(last, today))
    return Span(first, last, days_between(first, min(last, finished)), apart)


def _between(begin: Cycle, end: Cycle, typed: str, now: float, kept: date) -> Span | RefusedRange:
    """The days from the beginning of one day or month to the end of another, or why there are no figures of them."""
    today = billing_day(now)
    if (fault := _fault(begin, end, today, kept)) is not None:
        return RefusedRange(fault, typed, today, kept)
    month = calendar_month(begin.first)
    is_month = (begin.first, end.last) == (month.first, month.last)
    span = _span(max(begin.first, kept), end.last if is_month else min(end.last, today), now)
    return replace(span, month=month if is_month else None)


def _fault(begin: Cycle, end: Cycle, today: date, kept: date) -> RangeFault | None:
    if end.last < begin.first:
        return RangeFault.REVERSED
    if end.first > today:
        return RangeFault.FUTURE
    return RangeFault.NOT_KEPT if begin.last < kept else None


def _read_end(typed: str) -> Cycle | None:
    """Read a day, which is returned as a cycle of its own, or a month."""
    try:
        if _MONTH.fullmatch(typed):
            return calendar_month(date.fromisoformat(f"{typed}-01"))
        return Cycle(day := date.fromisoformat(typed), day) if _DATE.fullmatch(typed) else None
    except ValueError:  # such as 30 February
        return None
