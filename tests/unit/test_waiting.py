"""For how long sessions were blocked on a person."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.session import Lifecycle, Session, Snapshot
from bot.domain.waiting import Blocked, WaitingTime, blocked, still_waits, waiting_since, waits

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


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        (resting("running", "waiting_for_approval"), True),
        (resting("suspended", "inactivity"), True),
        (resting("suspended", "inactivity", asks=True, has_result=True), True),
        (resting("suspended", "inactivity", has_result=True), False),  # it is done
        (resting("suspended", "inactivity", archived=True), False),
        (resting("suspended", "user_request"), False),
        (resting("running", "working"), False),
        (resting("resuming", None), False),
        (resting("exit", None), False),
    ],
)
def test_a_question_stays_open_while_devin_sleeps(session, expected):
    assert still_waits(session) is expected


def test_a_session_that_asks_nothing_waits_for_nobody():
    assert not waits(resting("running", "waiting_for_user", asks=False))


def test_it_waits_since_its_state_changed_but_not_since_before_somebody_wrote():
    session = resting("running", "waiting_for_user")
    assert waiting_since(session, 900.0) == 500.0
    assert waiting_since(replace(session, spoken_at=600.0), 900.0) == 600.0
    assert waiting_since(session, 400.0) == 400.0  # Devin's clock is ahead


def test_what_lies_outside_of_a_period_counts_for_nothing():
    times = [WaitingTime(0.0, 50.0), WaitingTime(90.0, 130.0), WaitingTime(150.0, None), WaitingTime(200.0, 300.0)]
    assert blocked(times, 100.0, 200.0, 1_000.0) == Blocked(80.0, 2, 40.0)
    assert blocked(times, 100.0, 200.0, 160.0) == Blocked(40.0, 2, 20.0)
    assert blocked([], 100.0, 200.0, 160.0) == Blocked()


INSTANTS = st.integers(0, 1_000).map(float)
ENDED = st.builds(lambda since, lasts: WaitingTime(since, since + lasts), INSTANTS, INSTANTS)
TIMES = st.lists(ENDED | st.builds(WaitingTime, INSTANTS), max_size=8)


@given(TIMES, INSTANTS)
def test_periods_that_follow_each_other_add_up_to_the_whole(times, middle):
    halves = [blocked(times, 0.0, middle, 2_000.0).seconds, blocked(times, middle, 1_000.0, 2_000.0).seconds]
    assert sum(halves) == blocked(times, 0.0, 1_000.0, 2_000.0).seconds
