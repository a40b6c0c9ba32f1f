"""Cron expressions in words, in the time zone of the person who reads them."""

from collections.abc import Sequence
from datetime import time, tzinfo
from itertools import pairwise
from typing import Final

from bot.domain.clock import clock_time
from bot.features.schedules.cron import DAY, HOUR, WEEK, Cron, dated_times, next_due, parse_cron, weekly_times
from bot.views.answers.wording import code
from bot.views.text import listed

MOST_TIMES: Final = 4  # that are listed; of more the number or the interval is given
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def cron_in_words(expression: str, zone: tzinfo, now: float) -> str:
    """Write a cron expression, which is in UTC, in words: in `zone`, with the clocks as they are at its next run.

    Dates that have no words in `zone` are written in UTC, and what has no words at all stands there as it is.
    """
    cron = parse_cron(expression)
    if cron is None:
        return f"{code(expression)} (cron, in UTC)"
    due = next_due(cron, now)
    at = now if due is None else due
    if not cron.is_weekly:
        return _dated(cron, dated_times(cron, zone, at), zone)
    times = weekly_times(cron, zone, at)
    groups: dict[tuple[int, ...], list[int]] = {}
    for weekday, minutes in times.items():
        groups.setdefault(minutes, []).append(weekday)
    words = "; ".join(_week(weekdays, minutes) for minutes, weekdays in groups.items())
    return words if _is_even(cron) else f"{words} ({zone})"


def _dated(cron: Cron, local: Cron | None, zone: tzinfo) -> str:
    if local is None:
        return f"{_on_dates(cron)} {_times(cron.minutes)} (UTC; the days differ in {zone})"
    return f"{_on_dates(local)} {_times(local.minutes)} ({zone})"


def _week(weekdays: Sequence[int], minutes: tuple[int, ...]) -> str:
    if len(weekdays) < WEEK:
        return f"{_weekdays(weekdays)} {_times(minutes)}"
    return _times(minutes) if _fills_day(minutes) else f"every day {_times(minutes)}"


def _is_even(cron: Cron) -> bool:
    """Whether it is due so evenly that no time of day needs a zone."""
    return cron.weekdays is None and _fills_day(cron.minutes)


def _fills_day(minutes: Sequence[int]) -> bool:
    """Whether `minutes` lie all over the day, each as far from the next one."""
    step = _step(minutes)
    return step is not None and len(minutes) * step == DAY


def _on_dates(cron: Cron) -> str:
    parts = []
    if cron.days is not None:
        parts.append(f"on day {listed([str(day) for day in sorted(cron.days)])} of the month")
    if cron.weekdays is not None:
        parts.append(f"{'and ' if parts else ''}{_weekdays(sorted(cron.weekdays))}")
    if not parts:
        parts.append("every day")
    if cron.months is not None:
        parts.append(f"in {listed([_MONTHS[month - 1] for month in sorted(cron.months)])}")
    return " ".join(parts)


def _weekdays(weekdays: Sequence[int]) -> str:
    if len(weekdays) == WEEK:
        return "every day"
    if len(weekdays) > 2 and weekdays[-1] - weekdays[0] == len(weekdays) - 1:
        return f"{_WEEKDAYS[weekdays[0]]} to {_WEEKDAYS[weekdays[-1]]}"
    return f"on {listed([f'{_WEEKDAYS[weekday]}s' for weekday in weekdays])}"


def _times(minutes: Sequence[int]) -> str:
    if len(minutes) <= MOST_TIMES:
        return f"at {listed([_time(minute) for minute in minutes])}"
    step = _step(minutes)
    if step is None:
        return f"{len(minutes)} times, first at {_time(minutes[0])}"
    if len(minutes) * step < DAY:
        return f"every {_distance(step)} from {_time(minutes[0])} to {_time(minutes[-1])}"
    past = minutes[0] % HOUR
    return f"every {_distance(step)}" + (f" at {past} past" if past and step % HOUR == 0 else "")


def _step(minutes: Sequence[int]) -> int | None:
    """How many minutes lie between each two of `minutes`; None if that differs."""
    steps = {after - before for before, after in pairwise(minutes)}
    return steps.pop() if len(steps) == 1 else None


def _distance(minutes: int) -> str:
    number, unit = (minutes // HOUR, "hour") if minutes % HOUR == 0 else (minutes, "minute")
    return unit if number == 1 else f"{number} {unit}s"


def _time(minute: int) -> str:
    return clock_time(time(minute // HOUR, minute % HOUR))
