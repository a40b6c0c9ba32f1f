"""For how long sessions were blocked on a person."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.session import Lifecycle, Session, Snapshot
from bot.domain.waiting import Blocked, WaitingTime, blocked, waiting_since, waits

HOUR = 3600.0
SESSION = Session("s", "T", "org", "C", "1.0", "U", "Fix it", lifecycle=Lifecycle.OPEN, spoken_at=100.0)


def resting(status, detail, **facts):
    return replace(SESSION, snapshot=Snapshot(status, detail, updated_at=500, **facts))


@pytest.mark.parametrize(
    ("status", "detail", "expected"),
    [
        ("running", "waiting_for_user", True),
        ("running", "waiting_for_approval", True),
        ("suspended", "usage_limit_exceeded", True),
        ("running", "working", False),
        ("running", "finished", False),
        ("suspended", "inactivity", False),
        ("error", None, False),
    ],
)
def test_who_waits_for_a_person(status, detail, expected):
    assert waits(resting(status, detail)) is expected


def test_a_session_that_asks_nothing_waits_for_nobody():
    assert not waits(resting("running", "waiting_for_user", asks=False))


def test_it_waits_since_its_state_changed_but_not_since_before_somebody_wrote():
    session = resting("running", "waiting_for_user")
    assert waiting_since(session, 900.0) == 500.0
    assert waiting_since(replace(session, spoken_at=600.0), 900.0) == 600.0
    assert waiting_since(session, 400.0) == 400.0  # Devin's clock is ahead


TEN = datetime(2026, 11, 26, 10, tzinfo=UTC).timestamp()  # in UTC, on a Thursday


def test_what_lies_outside_of_a_period_counts_for_nothing():
    times = [
        WaitingTime(TEN, TEN + 50, "a"),
        WaitingTime(TEN + 90, TEN + 130, "b"),
        WaitingTime(TEN + 150, None, "a"),
        WaitingTime(TEN + 200, TEN + 300, "c"),
    ]
    period = (TEN + 100, TEN + 200)
    assert blocked(times, *period, TEN + 1_000) == Blocked(80.0, 2, 40.0, ("a", 50.0))
    assert blocked(times, *period, TEN + 160) == Blocked(40.0, 2, 20.0, ("b", 30.0))
    assert blocked([], *period, TEN + 160) == Blocked()


def test_only_the_working_hours_of_who_asked_count_and_the_session_with_most_of_them_is_named():
    night = TEN + 10 * HOUR  # 20:00 in UTC, and 15:00 in New York
    times = [
        WaitingTime(night, night + HOUR, "here"),
        WaitingTime(night, night + 14 * HOUR, "there", ZoneInfo("America/New_York")),
        WaitingTime(TEN, TEN + HOUR, "often"),
        WaitingTime(TEN + 2 * HOUR, TEN + 3.5 * HOUR, "often"),
    ]
    assert blocked(times, 0.0, 2 * TEN, 2 * TEN) == Blocked(4.5 * HOUR, 3, 1.5 * HOUR, ("often", 2.5 * HOUR))


INSTANTS = st.integers(0, 5 * 86_400).map(lambda after: TEN + after)
ENDED = st.builds(lambda since, lasts: WaitingTime(since, since + lasts), INSTANTS, st.integers(0, 10**5).map(float))
TIMES = st.lists(ENDED | st.builds(WaitingTime, INSTANTS), max_size=8)


@given(TIMES, INSTANTS)
def test_periods_that_follow_each_other_add_up_to_the_whole(times, middle):
    end, now = TEN + 5 * 86_400, TEN + 9 * 86_400
    halves = [blocked(times, TEN, middle, now).seconds, blocked(times, middle, end, now).seconds]
    assert sum(halves) == blocked(times, TEN, end, now).seconds
