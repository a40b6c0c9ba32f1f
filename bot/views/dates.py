"""Days and months in American English. `strftime` would take the names from the machine's locale."""

from datetime import date
from typing import Final

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
HOURS: Final = "8:00 AM to 8:00 AM UTC"  # of a billing day


def long_date(day: date) -> str:
    """Write `day` in full, such as "Thursday, November 26, 2026"."""
    return f"{weekday_name(day)}, {full_date(day)}"


def weekday_date(day: date) -> str:
    """Write `day` with its weekday and without its year, such as "Thu, Nov 26"."""
    return f"{weekday_name(day)[:3]}, {short_date(day)}"


def weekday_name(day: date) -> str:
    """Write the weekday of `day`, such as "Thursday"."""
    return _WEEKDAYS[day.weekday()]


def short_date(day: date) -> str:
    """Write `day` without its year, such as "Nov 26"."""
    return f"{month_name(day)[:3]} {day.day}"


def month_name(day: date) -> str:
    """Write the month of `day`."""
    return _MONTHS[day.month - 1]


def full_date(day: date) -> str:
    """Write `day` without its weekday, such as "November 26, 2026"."""
    return f"{month_name(day)} {day.day}, {day.year}"


def short_range(first: date, last: date) -> str:
    """Write the days from `first` to `last` without a year, such as "Nov 26 \N{EN DASH} Dec 2"."""
    return short_date(first) if first == last else f"{short_date(first)} \N{EN DASH} {short_date(last)}"


def date_range(first: date, last: date) -> str:
    """Write the days from `first` to `last`, such as "November 1\N{EN DASH}26, 2026"."""
    if first == last:
        return full_date(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{month_name(first)} {first.day}\N{EN DASH}{last.day}, {last.year}"
    begins = full_date(first) if first.year != last.year else f"{month_name(first)} {first.day}"
    return f"{begins} \N{EN DASH} {full_date(last)}"
