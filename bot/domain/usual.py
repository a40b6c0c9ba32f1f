"""What a billing day usually takes, and by how many percent a day differs from that."""

from collections.abc import Mapping
from datetime import date
from statistics import median
from typing import Final

from bot.domain.amounts import half_up
from bot.domain.billing import ONE_DAY, days_before
from bot.domain.consumption import exact, exact_sum

SAME_WEEKDAYS: Final = 4
HISTORY_DAYS: Final = 7 * SAME_WEEKDAYS  # before a day, that have to be known to say what is usual on it


def usual(known: Mapping[date, float], day: date) -> float | None:
    """Return the median of the last four days with the weekday of `day` among the `known` ACUs by day.

    While there are fewer, it is the mean of the seven days before, and None if one of them is not known. Days before
    the first one on which anything was used are no weekdays of anybody's.
    """
    first = min((one for one, acus in known.items() if acus > 0), default=date.max)
    same = [day - ONE_DAY * 7 * back for back in range(1, SAME_WEEKDAYS + 1)]
    if all(one in known and one >= first for one in same):
        return float(median(exact(known[one]) for one in same))
    before = days_before(day)
    if any(one not in known for one in before):
        return None
    return float(exact_sum(exact(known[one]) for one in before) / len(before))


def percent_above(acus: float, basis: float | None) -> int | None:
    """Return by how many percent `acus` exceed the `basis`, or fall below it; None where nothing is there to compare.

    Half as much again is 50.
    """
    if basis is None or basis <= 0:
        return None
    return int(half_up((exact(acus) - exact(basis)) * 100 / exact(basis), 0))
