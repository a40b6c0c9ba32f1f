"""What a budget would have refused if it had been in force: rules over what was started and spent lately.

When within a billing day a session spent is not recorded. What those spent that were started earlier on the day counts
as spent before, so a start is refused about when it would have been.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final

from bot.domain.billing import ONE_DAY, billing_day, bounds
from bot.features.budgets.rules import Period
from bot.timing import DAY

DAYS: Final = 30  # that are looked at
_NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Start:
    """So many sessions that `user` started at once, for the `subject` of a budget.

    `acus` is what they spent on the billing day on which they were started.
    """

    at: float
    user: str
    subject: str
    acus: Decimal
    sessions: int = 1


@dataclass(frozen=True, slots=True)
class Spent:
    """The ACUs spent by subject and billing day, and those that no start was for, which come evenly over their day."""

    by_subject: Mapping[tuple[str, date], Decimal]
    besides: Mapping[date, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trial:
    """How many sessions were started, and how many of them a budget would have refused, by who started them.

    Of a budget for each session, which refuses no start, it is the sessions that used more.
    """

    sessions: int
    refused: Mapping[str, int]


PeriodAt = Callable[[float], Period]


def refused_starts(acus: Decimal, starts: Sequence[Start], spent: Spent, period_at: PeriodAt) -> Trial:
    """Return which of the `starts` found less than an ACU for each session left of `acus` in their period."""
    before_day = _sums(spent)
    not_yet: dict[tuple[str, date], Decimal] = defaultdict(Decimal)  # what is started later spends on the day
    refused: Counter[str] = Counter()
    for start in sorted(starts, key=lambda start: start.at, reverse=True):
        day, first = billing_day(start.at), period_at(start.at).first
        key = (start.subject, day)
        not_yet[key] += start.acus
        on_day = spent.by_subject.get(key, _NOTHING) - not_yet[key] + _besides(spent, start.at, day)
        if acus - before_day(start.subject, first, day) - on_day < start.sessions:
            refused[start.user] += start.sessions
    return Trial(sum(start.sessions for start in starts), refused)


def sessions_above(acus: Decimal, starts: Sequence[Start], spent: Spent, period_at: PeriodAt) -> Trial:
    """Return which of the `starts`, of one session each as the subject, spent more than `acus` in a period."""
    totals: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for (session, day), amount in spent.by_subject.items():
        totals[session, period_at(bounds(day)[0]).first] += amount
    above = {session for (session, _), total in totals.items() if total > acus}
    return Trial(len(starts), Counter(start.user for start in starts if start.subject in above))


def _sums(spent: Spent) -> Callable[[str, date, date], Decimal]:
    @cache
    def before_day(subject: str, first: date, day: date) -> Decimal:
        """What `subject` spent from the day `first` up to `day`, without that."""
        if day <= first:
            return _NOTHING
        last = day - ONE_DAY
        of_last = spent.by_subject.get((subject, last), _NOTHING) + spent.besides.get(last, _NOTHING)
        return before_day(subject, first, last) + of_last

    return before_day


def _besides(spent: Spent, at: float, day: date) -> Decimal:
    return spent.besides.get(day, _NOTHING) * Decimal((at - bounds(day)[0]) / DAY)
