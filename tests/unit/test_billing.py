"""The billing day and the digest's due time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.amounts import half_up
from bot.domain.billing import (
    Due,
    Skipped,
    billing_day,
    bounds,
    day_of_row,
    days_before,
    digest_due,
    is_bill_in,
    newest_finished,
    parts_of,
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
        (9.6, 10.0, END + 3600, True),  # what was used at the day's edge is counted a moment later
    ],
)
def test_a_bill_below_our_own_count_is_late_for_a_day(billed, own, now, is_in):
    assert is_bill_in(date(2025, 3, 9), billed, own, now) is is_in


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_the_parts_add_up_as_they_are_printed(total, own):
    ours, others = (half_up(part, 1) for part in parts_of(total, own))
    assert ours + others == half_up(total, 1)
    assert min(ours, others) >= 0


def local(*parts, zone=BERLIN):
    return datetime(*parts, tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (local(2025, 5, 6, 9, 0), Due(date(2025, 5, 6), 0)),
        (local(2025, 5, 6, 9, 0, 30), Due(date(2025, 5, 6), 30)),
        (local(2025, 5, 6, 15, 0), Due(date(2025, 5, 6), 6 * 3600)),
        (local(2025, 5, 6, 15, 0, 1), Skipped(date(2025, 5, 6))),
        (local(2025, 5, 6, 8, 59, 59), Skipped(date(2025, 5, 5))),
    ],
)
def test_a_digest_is_due_from_its_time_for_six_hours(now, expected):
    assert digest_due(now, time(9), BERLIN) == expected


def test_a_late_digest_after_midnight_is_yesterdays():
    assert digest_due(local(2025, 5, 7, 1), time(22), BERLIN) == Due(date(2025, 5, 6), 3 * 3600)


def test_a_missing_local_time_is_due_once_an_hour_later_on_the_clock():
    # 30 March 2025: 02:00 becomes 03:00 in Berlin.
    at = time(2, 30)
    assert digest_due(utc(2025, 3, 30, 1, 29), at, BERLIN) == Skipped(date(2025, 3, 29))
    assert digest_due(utc(2025, 3, 30, 1, 30), at, BERLIN) == Due(date(2025, 3, 30), 0)


def test_a_doubled_local_time_is_due_at_its_first_coming():
    # 2 November 2025: 02:00 becomes 01:00 in New York; 01:30 comes twice.
    at = time(1, 30)
    assert digest_due(utc(2025, 11, 2, 5, 30), at, NEW_YORK) == Due(date(2025, 11, 2), 0)
    assert digest_due(utc(2025, 11, 2, 6, 30), at, NEW_YORK) == Due(date(2025, 11, 2), 3600)


def test_a_date_that_a_zone_leaves_out_delays_nothing():
    # Samoa had no 30 December 2011.
    apia = ZoneInfo("Pacific/Apia")
    assert digest_due(local(2011, 12, 31, 8, zone=apia), time(9), apia) == Skipped(date(2011, 12, 29))
    assert digest_due(local(2011, 12, 31, 9, zone=apia), time(9), apia) == Due(date(2011, 12, 31), 0)


@given(
    start=st.integers(int(utc(2024, 1, 1)), int(utc(2027, 1, 1))),
    at=st.times().map(lambda moment: moment.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
)
def test_checking_every_minute_finds_each_date_once_and_in_order(start, at, zone):
    found = [digest_due(start + minute * 60, at, zone) for minute in range(0, 4 * 24 * 60, 7)]
    dates = list(dict.fromkeys(due.date for due in found))
    assert dates == sorted(dates)
    assert len({due.date for due in found if isinstance(due, Due)}) in {4, 5}
