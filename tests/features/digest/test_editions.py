"""On which dates the editions of the digest come, and which one is due."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.billing import newest_finished
from bot.domain.cycle import Cycle
from bot.features.digest.editions import (
    LATEST,
    Due,
    Occasion,
    Schedule,
    Skipped,
    cycle_of_date,
    dates_between,
    dates_near,
    newest_due,
    next_instant,
)

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")]


def utc(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


def newest(now, at, zone, occasion=Occasion.DAILY, cycles=()):
    schedule = Schedule(at, zone)
    return newest_due(now, schedule, dates_near(occasion, now, schedule, cycles))


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
    assert newest(now, time(9), BERLIN) == expected


def test_a_late_digest_after_midnight_is_yesterdays():
    assert newest(local(2025, 5, 7, 1), time(22), BERLIN) == Due(date(2025, 5, 6), 3 * 3600)


def test_a_missing_local_time_is_due_once_an_hour_later_on_the_clock():
    # 30 March 2025: 02:00 becomes 03:00 in Berlin.
    at = time(2, 30)
    assert newest(utc(2025, 3, 30, 1, 29), at, BERLIN) == Skipped(date(2025, 3, 29))
    assert newest(utc(2025, 3, 30, 1, 30), at, BERLIN) == Due(date(2025, 3, 30), 0)


def test_a_doubled_local_time_is_due_at_its_first_coming():
    # 2 November 2025: 02:00 becomes 01:00 in New York; 01:30 comes twice.
    at = time(1, 30)
    assert newest(utc(2025, 11, 2, 5, 30), at, NEW_YORK) == Due(date(2025, 11, 2), 0)
    assert newest(utc(2025, 11, 2, 6, 30), at, NEW_YORK) == Due(date(2025, 11, 2), 3600)


def test_a_date_that_a_zone_leaves_out_delays_nothing():
    # Samoa had no 30 December 2011.
    apia = ZoneInfo("Pacific/Apia")
    assert newest(local(2011, 12, 31, 8, zone=apia), time(9), apia) == Skipped(date(2011, 12, 29))
    assert newest(local(2011, 12, 31, 9, zone=apia), time(9), apia) == Due(date(2011, 12, 31), 0)


@given(
    start=st.integers(int(utc(2024, 1, 1)), int(utc(2027, 1, 1))),
    at=st.times().map(lambda moment: moment.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
)
def test_checking_all_the_time_finds_each_date_once_and_in_order(start, at, zone):
    end = start + 4 * 24 * 3600
    schedule = Schedule(at, zone)
    begins = [schedule.instant(day) for day in dates_near(Occasion.DAILY, start, schedule)]
    # What is found changes at these instants alone, so they are checked to the second, and each hour besides.
    changes = {
        begin + late + second for begin in begins for late in (0, LATEST.total_seconds()) for second in (-1, 0, 1)
    }
    checked = sorted(now for now in {*range(start, end, 3600), *changes} if start <= now < end)
    found = [newest(now, at, zone) for now in checked]
    dates = list(dict.fromkeys(due.date for due in found))
    assert dates == sorted(dates)
    assert len({due.date for due in found if isinstance(due, Due)}) in {4, 5}


# ---------------------------------------------------------------- weeks


def test_the_weekly_digest_is_due_on_mondays_alone():
    assert newest(local(2026, 5, 18, 9), time(9), BERLIN, Occasion.WEEKLY) == Due(date(2026, 5, 18), 0)
    assert newest(local(2026, 5, 24, 9), time(9), BERLIN, Occasion.WEEKLY) == Skipped(date(2026, 5, 18))
    assert newest(local(2026, 5, 25, 8, 59), time(9), BERLIN, Occasion.WEEKLY) == Skipped(date(2026, 5, 18))


@given(
    start=st.integers(int(utc(2024, 1, 1)), int(utc(2027, 1, 1))),
    at=st.times().map(lambda moment: moment.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
)
def test_four_weeks_have_four_mondays_whatever_the_clocks_do(start, at, zone):
    found = [newest(start + hour * 3600, at, zone, Occasion.WEEKLY) for hour in range(28 * 24 + 2)]
    dates = {due.date for due in found if isinstance(due, Due)}
    assert len(dates) in {4, 5}
    assert all(day.weekday() == 0 for day in dates)


def test_the_next_digest_comes_at_its_local_time_after_a_change_of_the_clocks():
    schedule = Schedule(time(9), BERLIN)
    saturday = local(2026, 3, 28, 10)
    assert next_instant(saturday, schedule, dates_near(Occasion.DAILY, saturday, schedule)) == utc(2026, 3, 29, 7)
    assert next_instant(saturday, schedule, dates_near(Occasion.WEEKLY, saturday, schedule)) == utc(2026, 3, 30, 7)


# ---------------------------------------------------------------- cycles

NOVEMBER = Cycle(date(2026, 11, 1), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("at", "zone", "expected"),
    [
        (time(9), UTC, date(2026, 12, 1)),  # 30 November has just settled
        (time(8, 59), UTC, date(2026, 12, 2)),
        (time(9), BERLIN, date(2026, 12, 2)),
        (time(10), BERLIN, date(2026, 12, 1)),
        (time(9), NEW_YORK, date(2026, 12, 1)),
    ],
)
def test_the_digest_of_a_cycle_comes_once_all_its_days_are_finished(at, zone, expected):
    assert dates_near(Occasion.CYCLE, 0.0, Schedule(at, zone), [NOVEMBER]) == [expected]


def test_the_warning_comes_three_days_before_the_end():
    schedule = Schedule(time(9), UTC)
    assert dates_near(Occasion.WARNING, 0.0, schedule, [NOVEMBER]) == [date(2026, 11, 28)]
    assert cycle_of_date(Occasion.WARNING, date(2026, 11, 28), schedule, [NOVEMBER]) == NOVEMBER
    assert cycle_of_date(Occasion.CYCLE, date(2026, 11, 28), schedule, [NOVEMBER]) is None


@pytest.mark.parametrize("days", [1, 2, 3])
def test_a_cycle_so_short_that_none_of_its_days_is_finished_has_no_warning(days):
    short = Cycle(date(2026, 11, 10), date(2026, 11, 10) + timedelta(days=days - 1))
    assert dates_near(Occasion.WARNING, 0.0, Schedule(time(9), UTC), [short]) == []


@given(
    first=st.dates(date(2024, 1, 1), date(2027, 1, 1)),
    length=st.integers(1, 95),
    at=st.times().map(lambda moment: moment.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
)
def test_the_digest_of_a_cycle_has_all_its_days_and_the_warning_comes_before_it(first, length, at, zone):
    cycle, schedule = Cycle(first, first + timedelta(days=length - 1)), Schedule(at, zone)
    (day,) = dates_near(Occasion.CYCLE, 0.0, schedule, [cycle])
    assert newest_finished(schedule.instant(day)) >= cycle.last
    assert 1 <= (day - cycle.last).days <= 3
    for warning in dates_near(Occasion.WARNING, 0.0, schedule, [cycle]):
        assert warning < day
        assert newest_finished(schedule.instant(warning)) in cycle


# ---------------------------------------------------------------- what was missed


def test_the_dates_between_two_digests():
    schedule = Schedule(time(9), BERLIN)
    monday, friday = date(2026, 5, 18), date(2026, 5, 22)
    assert dates_between(Occasion.DAILY, monday, friday, schedule) == [date(2026, 5, day) for day in (19, 20, 21)]
    assert dates_between(Occasion.DAILY, monday, monday, schedule) == []
    weeks = dates_between(Occasion.WEEKLY, monday, date(2026, 6, 8), schedule)
    assert weeks == [date(2026, 5, 25), date(2026, 6, 1)]
    assert dates_between(Occasion.CYCLE, monday, date(2026, 6, 8), schedule) == []


def test_a_date_that_a_zone_leaves_out_was_not_missed():
    schedule = Schedule(time(9), ZoneInfo("Pacific/Apia"))
    assert dates_between(Occasion.DAILY, date(2011, 12, 29), date(2011, 12, 31), schedule) == []
