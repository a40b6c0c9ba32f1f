"""What a billing day usually takes, by how many percent a day differs from that, and when it is an anomaly."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Final

from bot.domain.amounts import exact, exact_sum, half_up
from bot.domain.billing import ONE_DAY, days_before
from bot.domain.outliers import usual_limit

SAME_WEEKDAYS: Final = 4
HISTORY_DAYS: Final = 7 * SAME_WEEKDAYS  # before a day, that have to be known to say what is usual on it
LEAST_HISTORY: Final = 14  # days since the first use, before which no day is an anomaly
LEAST_EXCESS: Final = 5.0  # ACUs above what is usual, below which no day is one
LEAST_FACTOR: Final = 1.5  # of the median, up to which no day is one


@dataclass(frozen=True, slots=True)
class Cause:
    """What took most of what an unusual day has above others, and by how many ACUs it is above its own usual.

    It is a `person`, by name, a `channel`, by id, or what came from elsewhere, with the person where that is known.
    """

    acus: float
    person: str | None = None
    channel: str | None = None
    is_elsewhere: bool = False


def excess(known: Mapping[date, float], day: date) -> float | None:
    """Return by how many ACUs `day` is above what is usual; None where one of the two is not known."""
    basis = usual(known, day)
    return None if basis is None or day not in known else known[day] - basis


def usual(known: Mapping[date, float], day: date) -> float | None:
    """Return the median of the last four days with the weekday of `day` among the `known` ACUs by day.

    While there are fewer, it is the mean of the seven days before, and None if one of them is not known. Days before
    the first one on which anything was used are no weekdays of anybody's.
    """
    same = _same_weekdays(known, day)
    if len(same) == SAME_WEEKDAYS:
        return float(median(map(exact, same)))
    before = days_before(day)
    if any(earlier_day not in known for earlier_day in before):
        return None
    return float(exact_sum(exact(known[earlier_day]) for earlier_day in before) / len(before))


def anomaly_limit(known: Mapping[date, float], day: date) -> float | None:
    """Return the most ACUs that `day` may take without being an anomaly; None where too little is known.

    That is the larger one of median + 3.5 · 1.4826 · MAD and 1.5 · median of the last four days with its weekday, or of
    those of them that are among the `known` ACUs by day, and at least 5 ACUs above what is usual.
    """
    first, basis = _first_use(known), usual(known, day)
    if basis is None or first > day - ONE_DAY * LEAST_HISTORY:
        return None
    same = _same_weekdays(known, day)
    if len(same) < LEAST_HISTORY // 7:
        return None
    return max(usual_limit(same), LEAST_FACTOR * median(same), basis + LEAST_EXCESS)


def _first_use(known: Mapping[date, float]) -> date:
    return min((day for day, acus in known.items() if acus > 0), default=date.max)


def _same_weekdays(known: Mapping[date, float], day: date) -> list[float]:
    """The known ACUs of the last four days with the weekday of `day`, without those before the first use."""
    first = _first_use(known)
    same = [day - ONE_DAY * 7 * back for back in range(1, SAME_WEEKDAYS + 1)]
    return [known[earlier_day] for earlier_day in same if earlier_day in known and earlier_day >= first]


def percent_above(acus: float, basis: float | None) -> int | None:
    """Return by how many percent `acus` exceed the `basis`, or fall below it; None where nothing is there to compare.

    Half as much again is 50.
    """
    if basis is None or basis <= 0:
        return None
    return int(half_up((exact(acus) - exact(basis)) * 100 / exact(basis), 0))
