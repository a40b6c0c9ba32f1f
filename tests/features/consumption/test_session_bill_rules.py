"""What Devin says of a session's days takes the place of what polls found, and nothing is lost or counted twice."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.billing import Booked, bounds
from bot.features.consumption.rules import settle, unanswered
from bot.timing import HOUR

SUN, MON, TUE, WED = (date(2026, 11, day) for day in (22, 23, 24, 25))
FIRST = date(2026, 10, 27)


def at(day, hours):
    return bounds(day)[0] + hours * HOUR


def settled(booked, billed, last, now):
    found = settle(booked, {day: Decimal(str(acus)) for day, acus in billed.items()}, FIRST, last, now)
    return dict(found.days), found.again


def devins(acus):
    return Booked(acus, asked=False)


@pytest.mark.parametrize(
    ("booked", "billed", "becomes"),
    [
        pytest.param(
            {MON: Booked(2.0), TUE: Booked(10.0, MON)},
            {MON: 10.0},
            {MON: devins(10.0), TUE: Booked(2.0)},
            id="away when Monday ended",
        ),
        pytest.param(
            {TUE: Booked(12.0, SUN)},
            {SUN: 3.0, MON: 7.5},
            {SUN: devins(3.0), MON: devins(7.5), TUE: Booked(1.5)},
            id="away for two days",
        ),
        pytest.param({MON: Booked(2.0)}, {MON: 2.1}, {MON: devins(2.1)}, id="over, and seen a moment too early"),
        pytest.param(
            {MON: Booked(2.0), TUE: Booked(0.05)},
            {MON: 2.1},
            {MON: devins(2.1), TUE: Booked(0.0)},
            id="never below zero",
        ),
        pytest.param(
            {MON: Booked(2.0), TUE: Booked(1.0)}, {MON: 1.96}, {MON: devins(2.0), TUE: Booked(1.0)}, id="a little less"
        ),
        pytest.param(
            {SUN: devins(4.0), MON: Booked(2.0)}, {SUN: 5.0, MON: 2.0}, {MON: devins(2.0)}, id="asked once of each day"
        ),
        pytest.param({SUN: Booked(0.0), MON: Booked(2.0)}, {MON: 2.0}, {MON: devins(2.0)}, id="nothing on Sunday"),
    ],
)
def test_what_devin_says_is_booked_and_taken_off_where_it_was_booked_instead(booked, billed, becomes):
    found, again = settled(booked, billed, MON, at(TUE, 10))
    assert not again
    assert {day: one for day, one in found.items() if one.acus or day in becomes} == becomes


@pytest.mark.parametrize(
    ("booked", "billed", "comes"),
    [
        pytest.param({MON: Booked(10.0)}, {}, at(TUE, 72), id="not listed"),
        pytest.param({MON: Booked(10.0)}, {MON: 6.0}, at(TUE, 24), id="less than was seen"),
        pytest.param({TUE: Booked(10.0, MON)}, {}, at(TUE, 24), id="in doubt and not listed"),
    ],
)
def test_what_is_not_in_yet_stays_and_is_asked_about_again(booked, billed, comes):
    assert settled(booked, billed, MON, at(TUE, 10)) == (booked, True)
    assert settled(booked, billed, MON, comes - 1) == (booked, True)
    found, again = settled(booked, billed, MON, comes)
    assert not again
    assert found.get(MON) == (devins(10.0) if MON in booked else None)  # nothing that was used is lost
    assert TUE not in booked or found[TUE] == Booked(10.0)


def test_a_day_that_was_in_too_early_is_booked_again_where_a_later_one_has_too_much_for_it():
    booked = {MON: devins(4.0), TUE: Booked(6.0)}
    assert settled(booked, {MON: 9.0, TUE: 1.0}, TUE, at(WED, 10)) == ({MON: devins(9.0), TUE: devins(1.0)}, False)


def test_a_day_that_devin_lowered_is_booked_again_where_the_newest_one_was_taken_off_for_it():
    booked = {MON: devins(5.0), TUE: Booked(2.0)}  # 4 on Tuesday, before Devin said 2 less
    assert settled(booked, {MON: 3.0, TUE: 4.0}, TUE, at(WED, 10)) == ({MON: devins(3.0), TUE: devins(4.0)}, False)


def test_earlier_days_do_not_wait_for_a_later_one_that_is_not_in():
    booked = {SUN: Booked(1.0), MON: Booked(5.0, SUN), TUE: Booked(9.0)}
    found, again = settled(booked, {SUN: 4.0}, MON, at(TUE, 10))
    assert again
    assert found == {SUN: devins(4.0), MON: Booked(2.0), TUE: Booked(9.0)}


def test_a_day_whose_bill_is_late_keeps_what_it_has_though_the_next_one_is_in():
    booked, billed = {MON: Booked(1.2), TUE: Booked(15.1)}, {TUE: 15.1}
    assert settled(booked, billed, TUE, at(WED, 2)) == (booked, True)
    assert settled(booked, billed, TUE, at(WED, 47)) == (booked, True)
    assert settled(booked, billed | {MON: 1.2}, TUE, at(WED, 26)) == ({MON: devins(1.2), TUE: devins(15.1)}, False)
    found, again = settled(booked, billed, TUE, at(WED, 48))  # when Monday is final
    assert (found[MON], again) == (devins(1.2), True)


def test_a_session_that_devin_does_not_find_is_asked_about_until_its_days_would_be_final():
    booked = {MON: Booked(2.0), TUE: Booked(10.0, MON)}
    assert unanswered(booked, MON, at(TUE, 71)) == booked
    assert unanswered(booked, MON, at(TUE, 72)) == {MON: devins(2.0), TUE: Booked(10.0, MON)}
    assert unanswered(booked, TUE, at(WED, 72)) == {MON: devins(2.0), TUE: Booked(10.0, MON, asked=False)}


@given(
    used=st.lists(st.integers(0, 400), min_size=8, max_size=8),  # hundredths, in each six hours of two days
    polls=st.sets(st.integers(1, 7)),
    asked=st.lists(st.integers(0, 3), max_size=3),
)
def test_whenever_polls_and_questions_come_the_figures_end_as_devins(used, polls, asked):
    """Two days, in quarters, and a third one that only sees. Devin is asked at any time then, and on the fourth."""
    truth = {day: sum(used[4 * number : 4 * number + 4]) / 100 for number, day in enumerate((SUN, MON))}
    booked, seen, last_poll = {}, 0, 0
    for quarter in [*sorted(polls), 9]:
        new, day = sum(used[:quarter]) - seen, SUN + timedelta(quarter // 4)
        since = SUN + timedelta(last_poll // 4)
        if new:
            before = booked.get(day, Booked(0.0))
            doubt = before.since or (since if since < day else None)
            booked[day] = Booked(round(before.acus + new / 100, 6), doubt)
        seen, last_poll = seen + new, quarter
    billed = {day: acus for day, acus in truth.items() if acus}
    for hours in [*sorted(asked), 26]:
        now = at(TUE, 9 + hours)
        found, _ = settled(booked, billed, TUE if hours == 26 else MON, now)
        booked |= found
        assert settled(booked, billed, MON, now)[0].items() <= booked.items()  # the same answer again
        assert all(one.acus >= 0 for one in booked.values())
    assert {day: one.acus for day, one in booked.items() if one.acus} == billed
