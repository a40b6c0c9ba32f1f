"""What a budget would have blocked if it had been in force: rules over what was started and spent lately.

When within a billing day a session spent is not recorded. What those spent that were started earlier on the day counts
as spent before, so a start is refused about when it would have been.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Final

from bot.domain.billing import ONE_DAY, billing_day, bounds
from bot.features.budgets.rules import Period
from bot.timing import DAY

DAYS: Final = 30  # that are looked at
_NOISE: Final = 0.000001  # ACUs that come from adding up floats; to be about right exact sums need not be


@dataclass(frozen=True, slots=True)
class Start:
    """So many sessions that `user` started at once, for the `subject` of a budget.

    `acus` is what they spent on the billing day on which they were started.
    """

    at: float
    user: str
    subject: str
    acus: float
    sessions: int = 1


@dataclass(frozen=True, slots=True)
class Spent:
    """The ACUs spent by subject and billing day, and those that no start was for, which come evenly over their day."""

    by_subject: Mapping[tuple[str, date], float]
    besides: Mapping[date, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trial:
    """How many sessions were started, and how many of them a budget would have blocked, by who started them.

    Of a budget for each session, which refuses no start, it is the sessions that used more.
    """

    sessions: int
    refused: Mapping[str, int]


PeriodAt = Callable[[float], Period]


def refused_starts(acus: float, starts: Sequence[Start], spent: Spent, period_at: PeriodAt) -> Trial:
    """Return which of the `starts` found less than an ACU for each session left of `acus` in their period."""
    before_day = _sums(spent)
    not_yet: dict[tuple[str, date], float] = defaultdict(float)  # what is started later spends on the day
    refused: Counter[str] = Counter()
    for start in sorted(starts, key=lambda start: start.at, reverse=True):
        day, first = billing_day(start.at), period_at(start.at).first
        key = (start.subject, day)
        not_yet[key] += start.acus
        on_day = spent.by_subject.get(key, 0.0) - not_yet[key] + _besides(spent, start.at, day)
        if acus - before_day(start.subject, first, day) - on_day < start.sessions - _NOISE:
            refused[start.user] += start.sessions
    return Trial(sum(start.sessions for start in starts), refused)


def sessions_above(acus: float, starts: Sequence[Start], spent: Spent, period_at: PeriodAt) -> Trial:
    """Return which of the `starts`, of one session each as the subject, spent more than `acus` in a period."""
    totals: dict[tuple[str, date], float] = defaultdict(float)
    for (session, day), amount in spent.by_subject.items():
        totals[session, period_at(bounds(day)[0]).first] += amount
    above = {session for (session, _), total in totals.items() if total > acus + _NOISE}
    return Trial(len(starts), Counter(start.user for start in starts if start.subject in above))


def _sums(spent: Spent) -> Callable[[str, date, date], float]:
    @cache
    def before_day(subject: str, first: date, day: date) -> float:
        """What `subject` spent from the day `first` up to `day`, without that."""
        if day <= first:
            return 0.0
        last = day - ONE_DAY
        of_last = spent.by_subject.get((subject, last), 0.0) + spent.besides.get(last, 0.0)
        return before_day(subject, first, last) + of_last

    return before_day


def _besides(spent: Spent, at: float, day: date) -> float:
    return spent.besides.get(day, 0.0) * (at - bounds(day)[0]) / DAY
