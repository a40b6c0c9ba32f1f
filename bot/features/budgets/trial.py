"""What a budget would have blocked if it had been in force: what was started lately is started again by its rule.

1. Each start is decided as the brake decides it, by what was spent and reserved of this one budget until then.
2. What is admitted gets its limit then, spends no more than that, and holds the rest until it is over. What is blocked
   spends nothing.
3. When within a billing day a session spent is not recorded: it counts from the beginning of the day. With a limit that
   decides nothing, as what is not spent of it is reserved.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from heapq import heappop, heappush
from typing import Final

from bot.domain.billing import billing_day, bounds
from bot.domain.periods import days_between
from bot.features.budgets.rules import Budget, Period, Standing, admission, held
from bot.timing import DAY

DAYS: Final = 30  # that are looked at
ACU: Final = 1_000_000  # parts, as Devin gives six decimals
_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Run:
    """A session that went on `until` an instant, and the parts of ACUs that it `used` by billing day."""

    until: float
    used: Mapping[date, int]


@dataclass(frozen=True, slots=True)
class Start:
    """Sessions that `user` started at once, for the `subject` of a budget; no one may use more than its `ceiling`.

    What no budget of ours decided `asks` nobody: it began before, was linked from Devin, or is of another workspace.
    """

    at: float
    user: str
    subject: str
    runs: Sequence[Run]
    ceiling: float | None = None
    asks: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """How many sessions were started, how many of them a budget would have `refused`, and how many `cut`, by asker.

    Those that are cut would have begun, with a limit that they have passed since.
    """

    sessions: int
    refused: Mapping[str, int] = field(default_factory=dict)
    cut: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Session:
    subject: str
    limit: int | None  # in parts of ACUs, as what it used
    used: int = 0
    is_over: bool = False


PeriodAt = Callable[[float], Period]
Spent = Mapping[tuple[str, date], float]  # ACUs, by subject and billing day


def replay(budget: Budget, usual: int, starts: Sequence[Start], spent: Spent, period_at: PeriodAt) -> Trial:
    """Return what `budget` would have blocked of `starts`; what was `spent` besides them comes evenly over its day."""
    again = _Replay(budget, usual, _besides(spent, starts), period_at)
    for start in sorted(starts, key=lambda start: start.at):
        again.start(start)
    return Trial(sum(len(start.runs) for start in starts if start.asks), dict(again.refused), dict(again.cut))


def _besides(spent: Spent, starts: Sequence[Start]) -> Counter[tuple[str, date]]:
    """Return the parts of ACUs that are not of `starts`, such as those from before them."""
    besides = Counter({key: round(acus * ACU) for key, acus in spent.items()})
    for start in starts:
        for run in start.runs:
            for day, used in run.used.items():
                besides[start.subject, day] -= used
    return +besides


class _Replay:
    """The state of a budget at the instant that is reached; what comes later waits, by its instant and order."""

    def __init__(self, budget: Budget, usual: int, besides: Counter[tuple[str, date]], period_at: PeriodAt) -> None:
        self._budget, self._usual, self._period_at = budget, usual, period_at
        self._spent: Counter[tuple[str, date]] = Counter()
        self._besides = besides
        self._held: Counter[str] = Counter()
        self._to_come: list[tuple[float, int, _Session, date | None, int]] = []
        self._order = 0
        self.refused: Counter[str] = Counter()
        self.cut: Counter[str] = Counter()

    def start(self, start: Start) -> None:
        self._go_on_until(start.at)
        if not start.asks:
            for run in start.runs:
                self._begin(start, run, None if start.ceiling is None else int(start.ceiling))
            return
        decided = admission([self._standing(start)], start.ceiling, len(start.runs), self._usual)
        if decided.full is not None:
            self.refused[start.user] += len(start.runs)
            return
        for run in start.runs:
            self._begin(start, run, decided.acus)
            if decided.acus is not None and sum(run.used.values()) > decided.acus * ACU:
                self.cut[start.user] += 1

    def _standing(self, start: Start) -> Standing:
        period, today = self._period_at(start.at), billing_day(start.at)
        days = [(start.subject, day) for day in days_between(period.first, today)]
        spent = sum(self._spent[day] + self._besides[day] for day in days)
        to_come = self._besides[days[-1]] * (1 - (start.at - _begins(today)) / DAY)
        acus, reserved = _acus(spent - int(to_come)), _acus(self._held[start.subject])
        return Standing(self._budget, start.subject, period, acus, self._budget.acus, reserved)

    def _begin(self, start: Start, run: Run, limit: int | None) -> None:
        session = _Session(start.subject, None if limit is None else limit * ACU)
        self._held[start.subject] += self._held_by(session)
        may_use = session.limit if start.asks else None  # what went on anyway has spent what it did
        for day, used in sorted(run.used.items()):
            counted = used if may_use is None else min(used, may_use)
            may_use = None if may_use is None else may_use - counted
            self._wait(max(start.at, _begins(day)), session, day, counted)
        self._wait(run.until, session, None, 0)

    def _wait(self, at: float, session: _Session, day: date | None, used: int) -> None:
        self._order += 1
        heappush(self._to_come, (at, self._order, session, day, used))

    def _go_on_until(self, at: float) -> None:
        """Have sessions spend what they did up to the instant `at`, and be over."""
        while self._to_come and self._to_come[0][0] <= at:
            _, _, session, day, used = heappop(self._to_come)
            before = self._held_by(session)
            if day is None:
                session.is_over = True
            else:
                session.used += used
                self._spent[session.subject, day] += used
            self._held[session.subject] += self._held_by(session) - before

    def _held_by(self, session: _Session) -> int:
        return 0 if session.is_over else held(session.limit, session.used, self._usual * ACU, ACU)


@cache
def _begins(day: date) -> int:
    return bounds(day)[0]


def _acus(parts: int) -> Decimal:
    return Decimal(parts).scaleb(-_DECIMALS)
