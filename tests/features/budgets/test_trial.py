"""What a budget would have blocked: compared with a replay of its own, minute by minute, on random histories."""

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from bot.domain.billing import ONE_DAY, billing_day, bounds
from bot.domain.cycle import calendar_month
from bot.features.budgets.rules import Budget, Period, Scope, ScopeKind, Span, period_of
from bot.features.budgets.trial import ACU, Run, Spent, Start, Trial, replay

MONDAY = date(2026, 5, 18)
HOUR = 3600
HISTORIES = 200


def at(day: int, hour: float) -> float:
    """An hour of the billing day that is so many days after the Monday."""
    return bounds(MONDAY + ONE_DAY * day)[0] + hour * HOUR


def by(span: Span) -> Callable[[float], Period]:
    return lambda instant: period_of(span, instant, calendar_month(billing_day(instant)))


def used(**by_day: float) -> dict[date, int]:
    """What was used on days, by how many days they are after the Monday."""
    return {MONDAY + ONE_DAY * int(day[1:]): round(acus * ACU) for day, acus in by_day.items()}


def start(day: int, hour: float, *runs: Run, asks: bool = True, ceiling: float | None = None) -> Start:
    return Start(at(day, hour), "U0ANN", "U0ANN", runs or [Run(math.inf, {})], ceiling, asks)


def tried(acus: str, starts: Sequence[Start], span: Span = Span.DAY, besides: Spent | None = None) -> Trial:
    """What a budget would have blocked where a session usually uses 4 ACUs."""
    budget = Budget(1, Scope(ScopeKind.EACH_PERSON), Decimal(acus), span)
    return replay(budget, 4, starts, besides or {}, by(span))


def test_a_session_holds_what_it_may_still_use_until_it_is_over() -> None:
    starts = [start(0, 1, Run(at(0, 3), used(d0=1))), start(0, 2), start(0, 4)]
    assert tried("4", starts) == Trial(3, {"U0ANN": 1})  # the third has what the first left
    assert tried("4.9", starts) == Trial(3, {"U0ANN": 1})
    assert tried("5", starts) == Trial(3)


def test_who_wants_less_leaves_more_and_who_passes_the_limit_is_cut() -> None:
    runs = [Run(math.inf, used(d0=3))] * 3
    assert tried("6", [start(0, hour, run, ceiling=2) for hour, run in enumerate(runs)]) == Trial(3, {}, {"U0ANN": 3})
    assert tried("6", [start(0, hour, run) for hour, run in enumerate(runs)]) == Trial(3, {"U0ANN": 1}, {"U0ANN": 1})


def test_what_is_blocked_spends_nothing() -> None:
    starts = [start(0, 1, Run(at(0, 2), used(d0=2))), start(0, 3, Run(at(0, 4), used(d0=2))), start(0, 5)]
    assert tried("2", starts) == Trial(3, {"U0ANN": 2})
    assert tried("2", starts, Span.WEEK) == Trial(3, {"U0ANN": 2})
    assert tried("2", [starts[0], start(1, 0)]) == Trial(2)
    assert tried("2", [starts[0], start(1, 0)], Span.WEEK) == Trial(2, {"U0ANN": 1})


def test_each_session_of_a_fan_out_needs_an_acu() -> None:
    three = start(0, 2, *[Run(math.inf, {})] * 3)
    assert tried("3", [three]) == Trial(3)
    assert tried("2.9", [three]) == Trial(3, {"U0ANN": 3})


def test_what_no_budget_decided_holds_the_usual_use_and_is_no_start() -> None:
    linked = start(0, 1, Run(math.inf, used(d0=3.5)), asks=False)
    assert tried("5.5", [linked, start(0, 2)]) == Trial(1)
    assert tried("5.4", [linked, start(0, 2)]) == Trial(1, {"U0ANN": 1})


def test_what_is_spent_besides_comes_evenly_over_its_day_and_counts_in_the_period() -> None:
    besides = {("U0ANN", MONDAY): 24}
    starts = [start(0, 11, Run(at(0, 11), {})), start(0, 13), start(1, 0)]
    assert tried("13", starts, Span.DAY, besides) == Trial(3, {"U0ANN": 1})
    assert tried("13", starts, Span.WEEK, besides) == Trial(3, {"U0ANN": 2})


def test_of_a_budget_for_each_session_those_are_cut_that_used_more() -> None:
    budget = Budget(1, Scope(ScopeKind.EACH_SESSION), Decimal("1.5"))
    one, two = Run(math.inf, used(d0=1, d1=1)), Run(math.inf, used(d0=1, d1=1.1))
    starts = [Start(at(0, 1), user, user, [run]) for user, run in (("U0ANN", one), ("U0BEN", two))]
    assert replay(budget, 4, starts, {}, by(Span.DAY)) == Trial(2, {}, {"U0BEN": 1})


# ---------------------------------------------------------------- the same once more, in its own words


@dataclass
class Ran:
    """A session of the second replay: hours since the Monday, hundredths of an ACU."""

    until: int
    used: dict[int, int]  # by the number of the day
    limit: int | None
    ends_at_it: bool  # what was not started by the rule has spent what it did

    def used_by(self, hour: int) -> dict[int, int]:
        left = self.limit if self.ends_at_it and self.limit is not None else 10**9
        counted = {}
        for day in sorted(self.used):
            counted[day] = min(self.used[day], left)
            left -= counted[day]
        return {day: acus for day, acus in counted.items() if day * 24 <= hour}

    def holds(self, hour: int, usual: int) -> int:
        if hour >= self.until:
            return 0
        spent = sum(self.used_by(hour).values())
        return max(100, usual - spent) if self.limit is None else max(0, self.limit - spent)


@dataclass
class History:
    """What people started, as (hour, who, ceiling, (until, used by day) of each session, whether a brake is asked)."""

    acus: int  # hundredths
    usual: int  # whole ACUs
    days: int  # of a period
    starts: list[tuple[int, str, int | None, list[tuple[int, dict[int, int]]], bool]]

    @classmethod
    def random(cls, seed: int) -> "History":
        some = random.Random(seed)
        starts = []
        for hour in sorted(some.sample(range(14 * 24), some.randint(1, 40))):
            runs = []
            for _ in range(some.choice([1, 1, 1, 2, 3])):
                until = hour + some.choice([1, 5, 30, 80, 10_000])
                days = range(hour // 24, min(until // 24, 14) + 1)
                runs.append((until, {day: some.randint(1, 300) for day in days if some.random() < 0.7}))
            ceiling = some.choice([None, None, some.randint(1, 6)])
            starts.append((hour, some.choice("AB"), ceiling, runs, some.random() < 0.85))
        return cls(some.randint(100, 3_000), some.randint(1, 8), some.choice([1, 7]), starts)

    def refused(self) -> Counter[str]:
        """Who was refused how many sessions, by the rule as people read it."""
        running: dict[str, list[Ran]] = {"A": [], "B": []}
        refused: Counter[str] = Counter()
        for hour, who, ceiling, runs, is_asked in self.starts:
            today = hour // 24
            period = range(today // self.days * self.days, today + 1)
            spent = sum(acus for ran in running[who] for day, acus in ran.used_by(hour).items() if day in period)
            free = self.acus - spent - sum(ran.holds(hour, self.usual * 100) for ran in running[who])
            limit = None if ceiling is None else ceiling * 100
            if is_asked:
                whole = free // len(runs) // 100
                if whole < 1:
                    refused[who] += len(runs)
                    continue
                limit = min(limit or self.usual * 100, whole * 100)
            running[who] += [Ran(until, used, limit, is_asked) for until, used in runs]
        return refused

    def trial(self) -> Trial:
        budget = Budget(
            1, Scope(ScopeKind.EACH_PERSON), Decimal(self.acus) / 100, [Span.WEEK, Span.DAY][self.days == 1]
        )
        starts = []
        for hour, who, ceiling, runs, is_asked in self.starts:
            told = [
                Run(at(0, until), {MONDAY + ONE_DAY * day: acus * ACU // 100 for day, acus in days.items()})
                for until, days in runs
            ]
            starts.append(Start(at(0, hour), who, who, told, ceiling, is_asked))
        return replay(budget, self.usual, starts, {}, by(budget.span))


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_it_refuses_what_a_second_replay_refuses(seed: int) -> None:
    history = History.random(seed)
    assert history.trial().refused == history.refused()
