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

    `allowed` is what they may take so that the limit of the cycle holds. Either is None where it is not known.
    """

    first: date
    last: date
    spent: float
    usual: float | None = None
    allowed: float | None = None


def chart_groups(
    days: Sequence[date], known: Mapping[date, float], a_day: float | None, most: int = MOST_GROUPS
) -> tuple[ChartGroup, ...]:
    """Put those of `days` that are `known` into at most `most` groups of one size, the oldest of which may be smaller.

    What the groups spent adds up to what the days did, to the last digit. `a_day` is what a day may take.
    """
    shown = [day for day in days if day in known]
    size = max(1, -(-len(shown) // most))
    ends = range(len(shown), 0, -size)
    return tuple(_group(shown[max(0, end - size) : end], known, a_day) for end in reversed(ends))


def _group(days: Sequence[date], known: Mapping[date, float], a_day: float | None) -> ChartGroup:
    expected = [usual(known, day) for day in days]
    as_a_rule = [acus for acus in expected if acus is not None]
    return ChartGroup(
        first=days[0],
        last=days[-1],
        spent=float(exact_sum(exact(known[day]) for day in days)),
        usual=_tenth(sum(as_a_rule)) if len(as_a_rule) == len(days) else None,
        allowed=None if a_day is None else _tenth(a_day * len(days)),
    )


def _tenth(acus: float) -> float:
    return float(half_up(acus, 1))
