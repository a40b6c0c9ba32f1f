"""What a budget would have blocked, by its rules alone; compared with a second way to count."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.billing import ONE_DAY, billing_day, bounds
from bot.domain.cycle import calendar_month
from bot.features.budgets.rules import Period, Span, period_of
from bot.features.budgets.trial import Spent, Start, Trial, refused_starts, sessions_above

MONDAY = date(2026, 5, 18)
HOUR = 3600


def at(day: int, hour: float) -> float:
    """An hour of the billing day that is so many days after the Monday."""
    return bounds(MONDAY + ONE_DAY * day)[0] + hour * HOUR


def by(span: Span) -> Callable[[float], Period]:
    return lambda instant: period_of(span, instant, calendar_month(billing_day(instant)))


DAILY, WEEKLY, CYCLE = map(by, (Span.DAY, Span.WEEK, Span.CYCLE))


def start(day: int, hour: float, acus: float, user: str = "U0ANN", subject: str = "U0ANN", sessions: int = 1) -> Start:
    return Start(at(day, hour), user, subject, acus, sessions)


def spent_by(starts: Sequence[Start]) -> Spent:
    """As if each session had spent everything on the day on which it was started."""
    total: dict[tuple[str, date], float] = defaultdict(float)
    for one in starts:
        total[one.subject, billing_day(one.at)] += one.acus
    return Spent(total)


def test_a_start_is_refused_once_less_than_an_acu_is_left_of_the_period() -> None:
    starts = [start(0, 1, 1.5), start(0, 2, 0.4), start(0, 3, 1.1), start(1, 1, 0)]
    assert refused_starts(2.5, starts, spent_by(starts), DAILY) == Trial(4, {"U0ANN": 1})
    assert refused_starts(2.5, starts, spent_by(starts), WEEKLY) == Trial(4, {"U0ANN": 2})
    assert refused_starts(2.9, starts, spent_by(starts), DAILY) == Trial(4, {})


def test_each_session_of_a_fan_out_needs_an_acu_and_counts() -> None:
    starts = [start(0, 1, 0.5), start(0, 2, 3, sessions=3)]
    assert refused_starts(3.5, starts, spent_by(starts), DAILY) == Trial(4, {})
    assert refused_starts(3.4, starts, spent_by(starts), DAILY) == Trial(4, {"U0ANN": 3})


def test_what_a_session_of_an_earlier_day_spends_later_counts_before_the_starts_of_that_day() -> None:
    spent = Spent({("U0ANN", MONDAY): 2, ("U0ANN", MONDAY + ONE_DAY): 1})
    starts = [start(0, 1, 2), start(1, 1, 0)]
    assert refused_starts(1.5, starts, spent, DAILY) == Trial(2, {"U0ANN": 1})


def test_what_no_start_was_for_comes_evenly_over_its_day_and_counts_in_the_period() -> None:
    spent = Spent({}, {MONDAY: 24})
    starts = [start(0, 11, 0, subject=""), start(0, 13, 0, subject=""), start(1, 0, 0, subject="")]
    assert refused_starts(13, starts, spent, DAILY) == Trial(3, {"U0ANN": 1})
    assert refused_starts(13, starts, spent, WEEKLY) == Trial(3, {"U0ANN": 2})


def test_of_a_budget_for_each_session_those_count_that_used_more_in_a_period() -> None:
    starts = [start(0, 1, 1, subject="s1"), start(0, 1, 1, "U0BEN", "s2")]
    tuesday = MONDAY + ONE_DAY
    spent = Spent({("s1", MONDAY): 1, ("s2", MONDAY): 1, ("s2", tuesday): 0.1})
    assert sessions_above(1, starts, spent, DAILY) == Trial(2, {})
    assert sessions_above(1, starts, spent, CYCLE) == Trial(2, {"U0BEN": 1})


STARTS = st.lists(
    st.builds(
        start,
        st.integers(0, 9),
        st.floats(0, 23.9),
        st.decimals(0, 3, places=2).map(float),
        user=st.just("U0ANN"),
        subject=st.sampled_from(["U0ANN", "U0BEN"]),
        sessions=st.integers(1, 3),
    ),
    max_size=12,
    unique_by=lambda one: one.at,
)


@given(STARTS, st.sampled_from([DAILY, WEEKLY, CYCLE]), st.decimals("0.5", 12, places=1).map(float))
def test_it_refuses_what_going_through_the_starts_one_by_one_refuses(
    starts: list[Start], period_at: Callable[[float], Period], acus: float
) -> None:
    used: dict[tuple[str, str], float] = defaultdict(float)
    refused = 0
    for one in sorted(starts, key=lambda one: one.at):
        key = (one.subject, period_at(one.at).name)
        refused += one.sessions if round(acus - used[key], 6) < one.sessions else 0
        used[key] += one.acus
    found = refused_starts(acus, starts, spent_by(starts), period_at)
    assert (found.sessions, sum(found.refused.values())) == (sum(one.sessions for one in starts), refused)
