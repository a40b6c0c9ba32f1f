"""The days of a chart: in groups where there are more of them than a chart has room for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.domain.amounts import exact, exact_sum, half_up
from bot.features.usage.usual import usual

CHART_DAYS: Final = 14  # of a day's digest: two weeks, so that each weekday is there twice
MOST_GROUPS: Final = 20  # that Slack draws in one chart


@dataclass(frozen=True, slots=True)
class ChartGroup:
    """Billing days that are one point of a chart: what was `spent` on them, and what they take as a rule.

    `allowed` is what Devin itself may take so that its limit of the cycle holds, and `of_devin` what it took. What is
    not known is None.
    """

    first: date
    last: date
    spent: float
    usual: float | None = None
    allowed: float | None = None
    of_devin: float | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """What Devin itself may take `a_day` so that its limit of the cycle holds, and what it `spent` on each day."""

    a_day: float
    spent: Mapping[date, float]


def chart_groups(
    days: Sequence[date],
    known: Mapping[date, float],
    pace: Pace | None = None,
    most: int = MOST_GROUPS,
) -> tuple[ChartGroup, ...]:
    """Put those of `days` that are `known` into at most `most` groups of one size, the oldest of which may be smaller.

    What the groups spent adds up to what the days did, to the last digit.
    """
    shown = [day for day in days if day in known]
    size = max(1, -(-len(shown) // most))
    ends = range(len(shown), 0, -size)
    return tuple(_group(shown[max(0, end - size) : end], known, pace) for end in reversed(ends))


def _group(days: Sequence[date], known: Mapping[date, float], pace: Pace | None) -> ChartGroup:
    expected = [usual(known, day) for day in days]
    as_a_rule = [acus for acus in expected if acus is not None]
    return ChartGroup(
        first=days[0],
        last=days[-1],
        spent=_sum(days, known),
        usual=_tenth(sum(as_a_rule)) if len(as_a_rule) == len(days) else None,
        allowed=None if pace is None else _tenth(pace.a_day * len(days)),
        of_devin=None if pace is None else _sum(days, pace.spent),
    )


def _sum(days: Sequence[date], acus: Mapping[date, float]) -> float:
    return float(exact_sum(exact(acus[day]) for day in days))


def _tenth(acus: float) -> float:
    return float(half_up(acus, 1))
