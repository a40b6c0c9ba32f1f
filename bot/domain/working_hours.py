"""Working hours: Monday to Friday, 09:00 to 17:00 by the clocks of a time zone. Holidays are not known."""

from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

BEGIN: Final = time(9)
END: Final = time(17)
_WORKDAYS: Final = 5  # of a week, from Monday on


def working_seconds(first: float, last: float, zone: tzinfo) -> float:
    """Return how many seconds between the instants `first` and `last` are working hours in `zone`."""
    day, end = (datetime.fromtimestamp(at, zone).date() for at in (first, last))
    seconds = 0.0
    while day <= end:
        seconds += _on(day, first, last, zone)
        day += timedelta(days=1)
    return seconds


def after_working(first: float, seconds: float, zone: tzinfo) -> float:
    """Return the instant at which so many `seconds` of working hours have passed in `zone` since `first`."""
    day, left = datetime.fromtimestamp(first, zone).date(), seconds
    while (passed := _on(day, first, _end_of(day, zone), zone)) < left:
        left -= passed
        day += timedelta(days=1)
    return max(first, _begin_of(day, zone)) + left


def next_morning(at: float, zone: tzinfo) -> float:
    """Return when the working hours begin in `zone` on the first workday after that of the instant `at`."""
    day = datetime.fromtimestamp(at, zone).date() + timedelta(days=1)
    while day.weekday() >= _WORKDAYS:
        day += timedelta(days=1)
    return _begin_of(day, zone)


def _begin_of(day: date, zone: tzinfo) -> float:
    return datetime.combine(day, BEGIN, zone).timestamp()


def _end_of(day: date, zone: tzinfo) -> float:
    return datetime.combine(day, END, zone).timestamp()


def _on(day: date, first: float, last: float, zone: tzinfo) -> float:
    if day.weekday() >= _WORKDAYS:
        return 0.0
    return max(0.0, min(_end_of(day, zone), last) - max(_begin_of(day, zone), first))
