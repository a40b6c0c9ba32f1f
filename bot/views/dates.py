"""Billing days and months in words. Not by strftime, which would take the names from the machine's locale."""

from datetime import date
from typing import Final

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def long_date(day: date) -> str:
    """Write `day` in full, such as "Thursday, 26 November 2026"."""
    return f"{_WEEKDAYS[day.weekday()]}, {day.day} {month_name(day)} {day.year}"


def weekday_date(day: date) -> str:
    """Write `day` with its weekday and without its year, such as "Thu 26 Nov"."""
    return f"{_WEEKDAYS[day.weekday()][:3]} {short_date(day)}"


def weekday_name(day: date) -> str:
    """Write the weekday of `day`, such as "Thursday"."""
    return _WEEKDAYS[day.weekday()]


def short_date(day: date) -> str:
    """Write `day` without its year, such as "26 Nov"."""
    return f"{day.day} {month_name(day)[:3]}"


def month_name(day: date) -> str:
    """Write the month of `day`."""
    return _MONTHS[day.month - 1]


def full_date(day: date) -> str:
    """Write `day` without its weekday, such as "26 November 2026"."""
    return f"{day.day} {month_name(day)} {day.year}"


def date_range(first: date, last: date) -> str:
    """Write the days from `first` to `last`, such as "1 to 26 November 2026"."""
    if first == last:
        return full_date(first)
    if first.year != last.year:
        return f"{full_date(first)} to {full_date(last)}"
    month = "" if first.month == last.month else f" {month_name(first)}"
    return f"{first.day}{month} to {full_date(last)}"
