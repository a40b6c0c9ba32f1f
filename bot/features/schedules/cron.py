"""Cron expressions: five fields in UTC, as Devin's schedules have them, and when they are due in another time zone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

HOUR: Final = 60  # minutes
DAY: Final = 24 * HOUR
WEEK: Final = 7
_IN_EACH_MONTH: Final = frozenset(range(1, 29))  # the days
_YEARS_AHEAD: Final = 8  # a 29 February may be so far away
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART: Final = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<every>[0-9]{1,3}))?")
_NICKNAMES: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@dataclass(frozen=True, slots=True)
class Cron:
    """The minutes of a day, the days of a month, the months and the weekdays (Monday is 0) of a cron expression.

    `days` and `weekdays` are None where the expression leaves them open; where both are there, either is enough.
    """

    minutes: tuple[int, ...]
    days: frozenset[int] | None
    months: frozenset[int] | None
    weekdays: frozenset[int] | None

    def is_due_on(self, day: date) -> bool:
        """Whether it is due on `day`, a day of UTC."""
        if self.months is not None and day.month not in self.months:
            return False
        fits = [day.day in self.days] if self.days is not None else []
        fits += [day.weekday() in self.weekdays] if self.weekdays is not None else []
        return any(fits) if fits else True

    @property
    def is_weekly(self) -> bool:
        """Whether each week is like every other one."""
        return self.days is None and self.months is None


def parse_cron(text: str) -> Cron | None:
    """Read a cron expression; None if it has another form, such as `L` for a month's last day, or is never due."""
    fields = _NICKNAMES.get(text.strip().lower(), text).split()
    if len(fields) != 5:
        return None
    minutes = _field(fields[0], 0, 59)
    hours = _field(fields[1], 0, 23)
    days = _field(fields[2], 1, 31)
    months = _field(fields[3], 1, 12, _MONTHS, base=1)
    weekdays = _field(fields[4], 0, 7, _WEEKDAYS)
    if not (minutes and hours and days and months and weekdays):
        return None
    cron = Cron(
        tuple(sorted(hour * HOUR + minute for hour in hours for minute in minutes)),
        None if fields[2].startswith("*") and len(days) == 31 else days,
        None if len(months) == 12 else months,
        None
        if fields[4].startswith("*") and len(weekdays) >= WEEK
        else frozenset((weekday - 1) % WEEK for weekday in weekdays),
    )
    return cron if next_due(cron, 0.0) is not None else None


def next_due(cron: Cron, now: float) -> float | None:
    """The first instant after `now` at which `cron` is due, as Unix seconds; None if there is none in years."""
    at = datetime.fromtimestamp(now, UTC)
    for ahead in range(_YEARS_AHEAD * 366):
        day = at.date() + timedelta(days=ahead)
        if not cron.is_due_on(day):
            continue
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
        for minute in cron.minutes:
            if (due := midnight + minute * 60) > now:
                return due
    return None


def weekly_times(cron: Cron, zone: tzinfo, at: float) -> dict[int, tuple[int, ...]]:
    """The minutes of each weekday on which `cron` is due in `zone`, with the offset of `zone` at the instant `at`.

    It is for a `cron` whose weeks are alike: a day of a month may be another one in another zone.
    """
    offset = datetime.fromtimestamp(at, zone).utcoffset() or timedelta()
    shift = int(offset.total_seconds() // 60)
    times: dict[int, list[int]] = {}
    for weekday in range(WEEK) if cron.weekdays is None else sorted(cron.weekdays):
        for minute in cron.minutes:
            local = (weekday * DAY + minute + shift) % (WEEK * DAY)
            times.setdefault(local // DAY, []).append(local % DAY)
    return {weekday: tuple(sorted(minutes)) for weekday, minutes in sorted(times.items())}


def dated_times(cron: Cron, zone: tzinfo, at: float) -> Cron | None:
    """Return `cron` as it is in `zone`, with the offset of `zone` at the instant `at`; None where no dates fit.

    Its dates are those of UTC, and others in `zone` if its times fall on another day there. The day before or after a
    date has a number of its own only where both are in each month.
    """
    offset = datetime.fromtimestamp(at, zone).utcoffset() or timedelta()
    shift = int(offset.total_seconds() // 60)
    moved = {(minute + shift) // DAY for minute in cron.minutes}
    minutes = tuple(sorted((minute + shift) % DAY for minute in cron.minutes))
    if moved == {0}:
        return replace(cron, minutes=minutes)
    days = {day + later for day in cron.days or () for later in moved}
    if len(moved) > 1 or cron.days is None or cron.weekdays is not None or not cron.days | days <= _IN_EACH_MONTH:
        return None
    return replace(cron, minutes=minutes, days=frozenset(days))


def _field(text: str, least: int, most: int, names: tuple[str, ...] = (), base: int = 0) -> frozenset[int]:
    """The numbers that one field of an expression stands for; none if it cannot be read."""
    found: set[int] = set()
    for part in text.split(","):
        numbers = list(_part(part, least, most, names, base))
        if not numbers:
            return frozenset()
        found |= set(numbers)
    return frozenset(found)


def _part(text: str, least: int, most: int, names: tuple[str, ...], base: int) -> Iterator[int]:
    read = _PART.fullmatch(text)
    if read is None:
        return
    every = int(read["every"] or 1)
    if read["first"] == "*":
        # Sunday is 0 and 7: without the second one `*/2` has no day twice.
        first, last = least, most - 1 if names == _WEEKDAYS else most
        usable = read["last"] is None
    else:
        first, last = _number(read["first"], names, base), _number(read["last"] or read["first"], names, base)
        last = most if read["every"] and not read["last"] else last
        usable = least <= first <= last <= most
    if usable and every:
        yield from range(first, last + 1, every)


def _number(word: str, names: tuple[str, ...], base: int) -> int:
    """The number that `word` is or names; -1 if it is neither."""
    if word.lower() in names:
        return names.index(word.lower()) + base
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= 2 else -1
