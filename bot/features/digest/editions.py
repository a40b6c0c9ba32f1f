"""When digests are posted: their editions, the local dates of each, and which one is due at an instant.

A time of day and a zone say when on its date a digest is posted, so it keeps that time when the clocks change.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from bot.domain.billing import ONE_DAY, newest_finished
from bot.domain.cycle import Cycle

LATEST: Final = timedelta(hours=6)  # a digest that is later than this is not posted
WARNED_BEFORE: Final = 3 * ONE_DAY  # the end of a cycle
_MONDAY: Final = 0


class Edition(StrEnum):
    """What a channel subscribes to."""

    DAILY = "daily"
    WEEKLY = "weekly"
    CYCLE = "cycle"


class Share(StrEnum):
    """Whose sessions a digest counts: all of the organisation, or those of its channel."""

    ALL = "all"
    HERE = "here"


class Occasion(StrEnum):
    """What one post of an edition is about. Those of the cycle are its end and the warning before it."""

    DAILY = "daily"
    WEEKLY = "weekly"
    CYCLE = "cycle"
    WARNING = "warning"


OCCASIONS: Final[Mapping[Edition, tuple[Occasion, ...]]] = {
    Edition.DAILY: (Occasion.DAILY,),
    Edition.WEEKLY: (Occasion.WEEKLY,),
    Edition.CYCLE: (Occasion.CYCLE, Occasion.WARNING),
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """The time of day at which digests are posted, and the zone of that time and of their dates."""

    at: time
    zone: tzinfo

    def instant(self, day: date) -> float:
        """Return when the digest of a local date is posted, in Unix seconds."""
        # fold=0: a time that occurs twice means its first occurrence; one that is left out means the instant at which
        # it would have been without the change of the clock.
        return datetime.combine(day, self.at.replace(fold=0), self.zone).timestamp()

    def date_at(self, now: float) -> date:
        """Return the local date at the instant `now`."""
        return datetime.fromtimestamp(now, self.zone).date()

    def has(self, day: date) -> bool:
        """Whether the zone has this date: one that crosses the date line leaves one out."""
        midday = datetime.combine(day, time(12), self.zone)
        return datetime.fromtimestamp(midday.timestamp(), self.zone).date() == day


@dataclass(frozen=True, slots=True)
class Due:
    """A digest to post: that of the local date `date`, whose time came `late` seconds ago."""

    date: date
    late: float


@dataclass(frozen=True, slots=True)
class Skipped:
    """A digest that is too late to be posted: that of the local date `date`.

    The caller logs it, unless that digest was posted in time.
    """

    date: date


def newest_due(now: float, schedule: Schedule, dates: Iterable[date]) -> Due | Skipped | None:
    """Return the newest of `dates` whose time has come: `Due`, or `Skipped` if it is too late to post; None without.

    The caller posts at most once for each date, so an hour that a change of summer time repeats or leaves out does
    no harm.
    """
    come = [day for day in dates if schedule.instant(day) <= now]
    if not come:
        return None
    newest = max(come)
    late = now - schedule.instant(newest)
    return Due(newest, late) if late <= LATEST.total_seconds() else Skipped(newest)


def next_instant(now: float, schedule: Schedule, dates: Iterable[date]) -> float | None:
    """Return when the first digest of `dates` after `now` is posted; None if there is none."""
    return min((at for day in dates if (at := schedule.instant(day)) > now), default=None)


def dates_near(occasion: Occasion, now: float, schedule: Schedule, cycles: Collection[Cycle] = ()) -> list[date]:
    """Return the dates of an occasion about now, some before and some after it; `cycles` are those about now."""
    if occasion is Occasion.CYCLE:
        return [_after_end(cycle, schedule) for cycle in cycles]
    if occasion is Occasion.WARNING:
        return [day for cycle in cycles if (day := _warning(cycle, schedule)) is not None]
    today = schedule.date_at(now)
    # Two days back at least, because a zone can leave a whole date out when it crosses the date line.
    around = (today + ONE_DAY * ahead for ahead in range(-9, 9))
    return [day for day in around if occasion is Occasion.DAILY or day.weekday() == _MONDAY]


def dates_between(occasion: Occasion, after: date, before: date, schedule: Schedule) -> list[date]:
    """Return the dates of an occasion after one and before another; none of those of a cycle, which may have moved."""
    if occasion not in {Occasion.DAILY, Occasion.WEEKLY}:
        return []
    days = (after + ONE_DAY * ahead for ahead in range(1, (before - after).days))
    return [day for day in days if schedule.has(day) and (occasion is Occasion.DAILY or day.weekday() == _MONDAY)]


def cycle_of_date(occasion: Occasion, day: date, schedule: Schedule, cycles: Iterable[Cycle]) -> Cycle | None:
    """Return which of the `cycles` the digest of a date is about."""
    dated = _after_end if occasion is Occasion.CYCLE else _warning
    return next((cycle for cycle in cycles if dated(cycle, schedule) == day), None)


def _after_end(cycle: Cycle, schedule: Schedule) -> date:
    """The first date after a cycle's last day at whose time all days of the cycle are finished."""
    day = cycle.last + ONE_DAY
    while newest_finished(schedule.instant(day)) < cycle.last:
        day += ONE_DAY
    return day


def _warning(cycle: Cycle, schedule: Schedule) -> date | None:
    """The date three days before a cycle ends; None if no day of the cycle is finished by then."""
    day = cycle.last + ONE_DAY - WARNED_BEFORE
    return day if newest_finished(schedule.instant(day)) >= cycle.first else None
