"""Devin's billing day and the digest's due time, both as pure functions of the clock.

A billing day runs from 08:00 UTC to 08:00 UTC all year (midnight PST without summer time) and carries the
UTC date on which it starts (https://docs.devin.ai/api-reference/v3/consumption/consumption-daily).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

DAY_STARTS: Final = timedelta(hours=8)
SETTLING: Final = timedelta(hours=1)  # late bookings: a day counts as finished this long after its end
LATEST: Final = timedelta(hours=6)  # a digest later than this would be about old news
ONE_DAY: Final = timedelta(days=1)


class Period(StrEnum):
    """What `/devin usage` can be asked about."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Due:
    """The digest of this local date is to be posted, `late` seconds after its time."""

    date: date
    late: float


@dataclass(frozen=True, slots=True)
class Skipped:
    """The digest of this local date is too late to be posted; if it was not, that is worth a log line."""

    date: date


def billing_day(at: float) -> date:
    """The billing day an instant (Unix seconds) belongs to."""
    return (datetime.fromtimestamp(at, UTC) - DAY_STARTS).date()


def bounds(day: date) -> tuple[int, int]:
    """First second of a billing day and first second after it, as Unix seconds."""
    return _start(day), _start(day + ONE_DAY)


def newest_finished(now: float) -> date:
    """The newest billing day whose figures have settled."""
    return billing_day(now - SETTLING.total_seconds()) - ONE_DAY


def days_before(day: date, count: int = 7) -> tuple[date, ...]:
    """The billing days before one, oldest first."""
    return tuple(day - ONE_DAY * back for back in range(count, 0, -1))


def days_of(period: Period, now: float) -> tuple[date, ...]:
    """The billing days of a period, oldest first: today's is still running, the week is the seven before."""
    today = billing_day(now)
    days = {
        Period.TODAY: (today,),
        Period.YESTERDAY: (today - ONE_DAY,),
        Period.WEEK: days_before(today),
    }
    return days[period]


def digest_due(now: float, at: time, zone: tzinfo) -> Due | Skipped:
    """The newest local date whose digest time has come: still in time, or too late.

    The caller posts at most once per date; so a doubled or missing local hour changes nothing.
    """
    today = datetime.fromtimestamp(now, zone).date()
    # Two days back, because a zone can leave a whole date out when it crosses the date line.
    near = [today - ONE_DAY * back for back in (0, 1, 2)]
    newest = max(day for day in near if _instant(day, at, zone) <= now)
    late = now - _instant(newest, at, zone)
    return Due(newest, late) if late <= LATEST.total_seconds() else Skipped(newest)


def _start(day: date) -> int:
    return int((datetime.combine(day, time(), UTC) + DAY_STARTS).timestamp())


def _instant(day: date, at: time, zone: tzinfo) -> float:
    # fold=0: of a doubled time the first, of a missing one the instant it would have been.
    return datetime.combine(day, at.replace(fold=0), zone).timestamp()
