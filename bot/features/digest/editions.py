"""When digests are posted: the billing day that names each, and the instant at which it comes.

A digest is named by the last billing day that it is about, and not by a date of its zone. Billing days do not follow
the clocks of any zone, so each of them is in one daily digest, and each week in one weekly digest.

A daily digest comes as soon as it is the time of day and its day is finished. Where a change of the clocks moves that
time across the hour at which days finish, no digest comes on the date of one change, and two on that of the other.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from bot.domain.billing import ONE_DAY, billing_day, finished_at, newest_finished
from bot.domain.cycle import Cycle

LATEST: Final = timedelta(hours=6)  # a digest that is later than this is not posted
WARNED_BEFORE: Final = 3 * ONE_DAY  # the end of a cycle
_SATURDAY: Final = 5  # a week's last day, as it is the newest that is finished when Monday begins, in every zone
_MONDAY_AFTER: Final = 2 * ONE_DAY


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
    """The time of day at which digests are posted, and the zone of that time."""

    at: time
    zone: tzinfo

    def instant(self, day: date) -> float:
        """Return when it is the time of day on a local date, in Unix seconds."""
        # fold=0: a time that occurs twice means its first occurrence; one that is left out means the instant at which
        # it would have been without the change of the clock.
        return datetime.combine(day, self.at.replace(fold=0), self.zone).timestamp()

    def first_from(self, now: float) -> float:
        """Return the first instant from `now` on at which it is the time of day."""
        today = datetime.fromtimestamp(now, self.zone).date()
        # From yesterday, whose time may be left out and so come after midnight. Two days ahead at least, because a
        # zone can leave a whole date out when it crosses the date line.
        around = (self.instant(today + ONE_DAY * ahead) for ahead in range(-1, 4))
        return min(instant for instant in around if instant >= now)


@dataclass(frozen=True, slots=True, order=True)
class PlannedDigest:
    """A digest that is posted at the instant `at`, named by the last billing day that it is about.

    The warning before the end of a cycle is named by the last day of that cycle.
    """

    at: float
    day: date

    def late(self, now: float) -> float:
        """Return how many seconds ago its time came."""
        return now - self.at

    def is_too_late(self, now: float) -> bool:
        """Whether it is not posted any more."""
        return self.late(now) > LATEST.total_seconds()


def planned_near(
    occasion: Occasion, now: float, schedule: Schedule, cycles: Collection[Cycle] = ()
) -> list[PlannedDigest]:
    """Return the digests of an occasion about now, some before and some after it; `cycles` are those about now."""
    return sorted(
        PlannedDigest(_instant(occasion, day, schedule), day) for day in _days(occasion, now, schedule, cycles)
    )


def come_by(now: float, planned: Iterable[PlannedDigest]) -> list[PlannedDigest]:
    """Return those of the `planned` whose time has come and that can still be posted, else the newest that cannot."""
    come = sorted(digest for digest in planned if digest.at <= now)
    return [digest for digest in come if not digest.is_too_late(now)] or come[-1:]


def newest_day(occasion: Occasion, now: float) -> date:
    """Return the newest billing day that can name a digest which is made at the instant `now`."""
    newest = newest_finished(now)
    return newest if occasion is not Occasion.WEEKLY else newest - ONE_DAY * ((newest.weekday() - _SATURDAY) % 7)


def days_between(occasion: Occasion, after: date, before: date) -> list[date]:
    """Return the days after one and before another that name digests; none for cycles, which may have moved."""
    if occasion not in {Occasion.DAILY, Occasion.WEEKLY}:
        return []
    return _named_of(occasion, after + ONE_DAY, (before - after).days - 1)


def _days(occasion: Occasion, now: float, schedule: Schedule, cycles: Iterable[Cycle]) -> list[date]:
    if occasion is Occasion.CYCLE:
        return [cycle.last for cycle in cycles]
    if occasion is Occasion.WARNING:
        # Of a cycle that is so short that none of its days is finished then, nothing can be said.
        instants = {cycle: _instant(occasion, cycle.last, schedule) for cycle in cycles}
        return [cycle.last for cycle, at in instants.items() if newest_finished(at) >= cycle.first]
    around = 5 if occasion is Occasion.DAILY else 12  # far enough for the newest that has come, and the next one
    return _named_of(occasion, billing_day(now) - around * ONE_DAY, 2 * around)


def _named_of(occasion: Occasion, first: date, number: int) -> list[date]:
    """Those of the `number` days from `first` on that name a daily or a weekly digest."""
    days = (first + ONE_DAY * ahead for ahead in range(number))
    return [day for day in days if occasion is Occasion.DAILY or day.weekday() == _SATURDAY]


def _instant(occasion: Occasion, day: date, schedule: Schedule) -> float:
    """When the digest that a day names is posted."""
    if occasion is Occasion.WEEKLY:
        return schedule.instant(day + _MONDAY_AFTER)
    if occasion is Occasion.WARNING:
        return schedule.instant(day + ONE_DAY - WARNED_BEFORE)
    return schedule.first_from(finished_at(day))
