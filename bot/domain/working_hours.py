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


def _on(day: date, first: float, last: float, zone: tzinfo) -> float:
    if day.weekday() >= _WORKDAYS:
        return 0.0
    begin, end = (datetime.combine(day, clock, zone).timestamp() for clock in (BEGIN, END))
    return max(0.0, min(end, last) - max(begin, first))
