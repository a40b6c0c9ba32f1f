"""What is said of an amount of our sessions that is only about right: nobody looked when a billing day ended."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from bot.views.dates import weekday_date

ABOUT: Final = (
    "Approximate for {days}: Devin Bridge was offline when a billing day ended. Some ACUs might belong to "
    "the day before or after."
)


def roughly(about: Sequence[date]) -> str:
    """Write what stands before an amount, if what is on one of the days `about` may be of others."""
    return "about " if about else ""


def why_about(days: Sequence[date]) -> list[str]:
    """Say in a line why the figures of these days, oldest first, are only about right; nothing if there are none."""
    if not days:
        return []
    named = dict.fromkeys(weekday_date(day) for day in (days[0], days[-1]))
    return [ABOUT.format(days=" to ".join(named))]
