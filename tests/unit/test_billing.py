"""The billing day and the digest's due time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.billing import (
    billing_day,
    bounds,
    day_of_row,
    days_before,
    is_bill_in,
    newest_finished,
)

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
ZONES = [BERLIN, NEW_YORK, ZoneInfo("Asia/Kolkata"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Pacific/Apia")]


def utc(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


def test_a_day_starts_at_eight_utc_in_winter_and_summer():
    assert billing_day(utc(2025, 1, 10, 7, 59, 59)) == date(2025, 1, 9)
    assert billing_day(utc(2025, 1, 10, 8)) == date(2025, 1, 10)
    assert billing_day(utc(2025, 7, 10, 7, 59, 59)) == date(2025, 7, 9)
    assert billing_day(utc(2025, 7, 10, 8)) == date(2025, 7, 10)


def test_devins_own_example_of_a_day():
    assert bounds(date(2024, 12, 5)) == (1733385600, 1733472000)


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_bounds_hold_exactly_their_day(day):
    after, before = bounds(day)
    assert billing_day(after) == billing_day(before - 1) == day
    assert billing_day(after - 1) == day - timedelta(days=1)
    assert before - after == 86_400


def test_a_day_is_finished_one_hour_after_its_end():
    assert newest_finished(utc(2025, 3, 10, 8, 59, 59)) == date(2025, 3, 8)
    assert newest_finished(utc(2025, 3, 10, 9)) == date(2025, 3, 9)


def test_the_days_before_one():
    assert days_before(date(2025, 3, 2), 3) == (date(2025, 2, 27), date(2025, 2, 28), date(2025, 3, 1))
    assert len(days_before(date(2025, 3, 2))) == 7


# ---------------------------------------------------------------- Devin's bill


@pytest.mark.parametrize(
    ("stamp", "day"),
    [
        ((19, 8), 19),
        ((19, 7), 19),  # midnight in California in summer
        ((19, 6), 19),
        ((19, 5, 59, 58), 18),
        ((19, 9), 19),
        ((19, 12), 19),
        ((19, 0), 19),  # midnight UTC names the date
        ((18, 23, 59, 59), 18),
        ((19, 7, 59, 59), 18),  # the last second of a day
        ((19, 6, 59, 59), 18),
        ((19, 12, 59, 59), 19),
    ],
)
def test_a_row_near_the_edge_of_a_day_belongs_to_the_nearer_one(stamp, day):
    assert day_of_row(int(utc(2025, 7, *stamp))) == date(2025, 7, day)


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(-7200, 86_400 - 7201))
def test_each_instant_is_a_row_of_one_day(day, after):
    instant = bounds(day)[0] + after
    ends_or_is_a_date = instant % 3600 == 3599 or instant % 86_400 == 0
    assert day_of_row(instant) == day or ends_or_is_a_date


END = bounds(date(2025, 3, 9))[1]


@pytest.mark.parametrize(
    ("billed", "own", "now", "is_in"),
    [
        (0.0, 0.0, END - 3600, False),  # the day still runs: nothing may mean that nothing was booked yet
        (0.0, 0.0, END + 3599, False),
        (0.0, 0.0, END + 3600, True),
        (0.5, 0.0, END - 3600, True),
        (0.5, 0.75, END - 3600, False),  # our own sessions alone used more
        (0.5, 0.75, END + 86_399, False),
        (0.5, 0.75, END + 86_400, True),
        (-2.5, 0.0, END + 3600, True),  # a credit
        (9.6, 10.0, END + 3600, True),  # what was used at the day's edge is counted a moment later
    ],
)
def test_a_bill_below_our_own_count_is_late_for_a_day(billed, own, now, is_in):
    assert is_bill_in(date(2025, 3, 9), billed, own, now) is is_in
