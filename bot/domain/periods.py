"""The billing days of a period: those that are finished, and those that are shown apart because they are not."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from bot.domain.billing import ONE_DAY, Period, billing_day, days_before, newest_finished
from bot.domain.cycle import Cycle, calendar_month, month_before

_TO: Final = ".."
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NUMBERS: Final = {"two": 2, "three": 3, "four": 4, "six": 6}
_MONTH: Final = (
    "(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR: Final = r"(?:,? (?P<year>\d{4}))?"
_DAY: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_WEEKDAY: Final = "(?:last )?(?P<weekday>mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_BACK: Final = rf"(?:(?:last|past|previous) )?(?P<number>\d{{1,3}}|{'|'.join(_NUMBERS)}) (?P<unit>day|week|month)s?"


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

    Of a running day alone that day is counted, and `with_running` counts others too. `first` and `last` are the ends of
    the period. It is `assumed` if Devin names no cycle, so that the month stands for one. A period of a `month` of the
    calendar begins later than the month where there are no figures of its first days.
    """

    first: date
    last: date
    counted: tuple[date, ...]
    apart: tuple[date, ...] = ()
    assumed: bool = False
    month: Cycle | None = None
    running: tuple[date, ...] = ()  # those of the counted ones that are not finished

    def with_running(self, today: date) -> "Span":
        """Return it with those of its own days counted, as far as they go, that are not finished, if `today` is one."""
        own = tuple(day for day in self.apart if day <= self.last) if self.first <= today <= self.last else ()
        running = (*self.running, *own)
        return replace(self, counted=(*self.counted, *own), apart=self.apart[len(own) :], running=running)

    @property
    def whole_month(self) -> Cycle | None:
        """The month of the calendar of which all days are counted, if it is one."""
        is_whole = self.month is not None and self.counted == days_between(self.month.first, self.month.last)
        return self.month if is_whole and not self.running else None


def span_of_period(period: Period, now: float, cycle: Cycle, kept: date) -> Span | RefusedRange:
    """Return the days of a `period` as seen at `now`, or why there are no figures of it.

    `cycle` is Devin's cycle at this instant. A month or a cycle begins with the day `kept`, the first one of which
    there are figures, if it began before.
    """
    today, finished = billing_day(now), newest_finished(now)
    if period is Period.TODAY:
        return Span(today, today, (today,), running=(today,))
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
    first, dots, last = typed.partition(_TO)
    today = Cycle(billing_day(now), billing_day(now))
    begin, end = _read_end(first, now), _read_end(last if dots else first, now)
    if dots and not last:
        end = today
    if begin is None or end is None:
        return RefusedRange(RangeFault.MALFORMED, typed, today.first, kept)
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
    # A range within the running month may end on a later day of it: there it is counted up to now.
    if end.first > today and (begin.first > today or end.last > calendar_month(today).last):
        return RangeFault.FUTURE
    return RangeFault.NOT_KEPT if begin.last < kept else None


def _read_end(typed: str, now: float) -> Cycle | None:
    """Read a day, a month or another time that people name, as a cycle of its own; None if there is no such time."""
    for pattern, read in _NAMED:
        if (found := pattern.fullmatch(typed)) is not None:
            try:
                return read(found, now)
            except ValueError:  # such as 30 February
                return None
    return None


def names_days(typed: str) -> bool:
    """Whether `typed` is meant for a time or a range as people name one, which need not be in the calendar."""
    first, _, last = typed.partition(_TO)
    return all(any(pattern.fullmatch(end) for pattern, _ in _NAMED) for end in [first, *filter(None, [last])])


def _day(of: re.Match[str], _now: float) -> Cycle:
    day = date.fromisoformat(of[0])
    return Cycle(day, day)


def _named_month(of: re.Match[str], now: float) -> Cycle:
    """The month that is named, or the day in it; without a year the newest one that has begun."""
    parts, today = of.groupdict(), billing_day(now)
    number, day = _MONTHS.index(of["month"][:3]) + 1, int(parts.get("day") or 1)
    year = int(of["year"] or today.year - ((number, day) > (today.month, today.day)))
    begun = date(year, number, day)
    return Cycle(begun, begun) if parts.get("day") else calendar_month(begun)


def _weekday(of: re.Match[str], now: float) -> Cycle:
    today = billing_day(now)
    day = today - ONE_DAY * ((today.weekday() - _WEEKDAYS.index(of["weekday"][:3])) % 7)
    return Cycle(day, day)


def _today(of: re.Match[str], now: float) -> Cycle:
    day = billing_day(now) - ONE_DAY * (of[0] == "yesterday")
    return Cycle(day, day)


def _week(of: re.Match[str], now: float) -> Cycle:
    """The week from Monday to Sunday that is running, or the one before it."""
    monday = billing_day(now) - ONE_DAY * (billing_day(now).weekday() + 7 * (of[0] != "this week"))
    return Cycle(monday, monday + ONE_DAY * 6)


def _year(of: re.Match[str], now: float) -> Cycle:
    today = billing_day(now)
    year = {"this year": today.year, "last year": today.year - 1}.get(of[0]) or int(of[0])
    return Cycle(date(year, 1, 1), date(year, 12, 31))


def _back(of: re.Match[str], now: float) -> Cycle:
    """So many finished days, up to now. A month back is the same day of an earlier month, or the last one of it."""
    number, finished = _NUMBERS.get(of["number"]) or int(of["number"]), newest_finished(now)
    if of["unit"] != "month":
        return Cycle(finished - ONE_DAY * (number * (7 if of["unit"] == "week" else 1) - 1), billing_day(now))
    months = finished.year * 12 + finished.month - 1 - number
    month = calendar_month(date(months // 12, months % 12 + 1, 1))
    return Cycle(min(month.first + ONE_DAY * finished.day, month.last + ONE_DAY), billing_day(now))


# How people name a time, and which one is meant. The first pattern that fits counts.
_NAMED: Final[Sequence[tuple[re.Pattern[str], Callable[[re.Match[str], float], Cycle]]]] = [
    (re.compile(pattern), read)
    for pattern, read in (
        (r"\d{4}-\d{2}", lambda of, _: calendar_month(date.fromisoformat(f"{of[0]}-01"))),
        (r"\d{4}-\d{2}-\d{2}", _day),
        (_MONTH + _YEAR, _named_month),
        (rf"{_MONTH} {_DAY}{_YEAR}", _named_month),
        (rf"{_DAY} {_MONTH}{_YEAR}", _named_month),
        (_WEEKDAY, _weekday),
        ("today|yesterday", _today),
        ("(?:this|last|previous) week", _week),
        (r"20\d\d|this year|last year", _year),
        (_BACK, _back),
    )
]
