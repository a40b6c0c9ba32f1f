"""When the editions of the digest come, and which of them is due."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.billing import finished_at, newest_finished
from bot.domain.cycle import Cycle
from bot.features.digest.rules import (
    LATEST,
    Occasion,
    PlannedDigest,
    Schedule,
    come_by,
    days_between,
    newest_day,
    planned_near,
)

BERLIN, LONDON, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
HOUR, DAY, WEEK = 3600, 86_400, 604_800
MONDAY = 0
FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
BEGIN, END = int(finished_at(FIRST)), int(finished_at(LAST))
ZONES = sorted(available_timezones())

zones = st.sampled_from(ZONES).map(ZoneInfo)
times = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))


def utc(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


def local(*parts, zone=BERLIN):
    return datetime(*parts, tzinfo=zone).timestamp()


def planned(now, at, zone, occasion=Occasion.DAILY, cycles=()):
    return planned_near(occasion, now, Schedule(at, zone), cycles)


def come(now, at, zone, occasion=Occasion.DAILY, cycles=()):
    """Each digest that is to be looked at, as (the day that names it, how late it is)."""
    found = come_by(now, planned(now, at, zone, occasion, cycles))
    return [(digest.day, digest.late(now)) for digest in found]


# ---------------------------------------------------------------- days


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (local(2025, 5, 6, 9, 0), (date(2025, 5, 4), 0)),
        (local(2025, 5, 6, 9, 0, 30), (date(2025, 5, 4), 30)),
        (local(2025, 5, 6, 15, 0), (date(2025, 5, 4), 6 * HOUR)),
        (local(2025, 5, 6, 15, 0, 1), (date(2025, 5, 4), 6 * HOUR + 1)),
        (local(2025, 5, 6, 8, 59, 59), (date(2025, 5, 3), DAY - 1)),
    ],
)
def test_the_newest_digest_whose_time_has_come(now, expected):
    assert come(now, time(9), BERLIN) == [expected]


def test_a_digest_can_be_posted_for_six_hours():
    digest = PlannedDigest(0.0, date(2025, 5, 4))
    assert not digest.is_too_late(LATEST.total_seconds())
    assert digest.is_too_late(LATEST.total_seconds() + 1)


def test_a_late_digest_after_midnight_is_yesterdays():
    assert come(local(2025, 5, 7, 1), time(22), BERLIN) == [(date(2025, 5, 5), 3 * HOUR)]


def test_a_missing_local_time_is_due_once_an_hour_later_on_the_clock():
    # March 30, 2025: 02:00 becomes 03:00 in Berlin.
    at = time(2, 30)
    assert come(utc(2025, 3, 30, 1, 29), at, BERLIN) == [(date(2025, 3, 27), DAY - 60)]
    assert come(utc(2025, 3, 30, 1, 30), at, BERLIN) == [(date(2025, 3, 28), 0)]


def test_a_doubled_local_time_is_due_at_its_first_coming():
    # November 2, 2025: 02:00 becomes 01:00 in New York; 01:30 comes twice.
    at = time(1, 30)
    assert come(utc(2025, 11, 2, 5, 30), at, NEW_YORK) == [(date(2025, 10, 31), 0)]
    assert come(utc(2025, 11, 2, 6, 30), at, NEW_YORK) == [(date(2025, 10, 31), HOUR)]


def test_a_date_that_a_zone_leaves_out_delays_nothing():
    # Samoa had no December 30, 2011.
    apia = ZoneInfo("Pacific/Apia")
    assert come(local(2011, 12, 31, 8, zone=apia), time(9), apia) == [(date(2011, 12, 28), 23 * HOUR)]
    assert come(local(2011, 12, 31, 9, zone=apia), time(9), apia) == [(date(2011, 12, 29), 0)]


def test_a_missing_time_before_midnight_comes_after_it():
    # March 30, 2024: 23:00 became 00:00 of the next date in Nuuk.
    schedule = Schedule(time(23, 30), ZoneInfo("America/Nuuk"))
    assert schedule.first_from(utc(2024, 3, 31, 1, 10)) == utc(2024, 3, 31, 1, 30)


def test_in_autumn_two_days_are_told_at_once_where_the_time_crosses_the_end_of_a_day():
    both = [(date(2026, 10, 23), 60), (date(2026, 10, 24), 60)]
    assert come(local(2026, 10, 25, 9, 1, zone=LONDON), time(9), LONDON) == both
    assert come(local(2026, 10, 25, 15, 1, zone=LONDON), time(9), LONDON) == [(date(2026, 10, 24), 6 * HOUR + 60)]


def test_in_spring_such_a_time_has_nothing_to_tell_on_one_date():
    assert come(local(2027, 3, 28, 9, 1, zone=LONDON), time(9), LONDON) == [(date(2027, 3, 26), 23 * HOUR + 60)]
    assert come(local(2027, 3, 29, 9, 1, zone=LONDON), time(9), LONDON) == [(date(2027, 3, 27), 60)]


def test_the_next_digest_comes_at_its_local_time_after_a_change_of_the_clocks():
    saturday = local(2026, 3, 28, 10)
    for occasion, expected in ((Occasion.DAILY, utc(2026, 3, 29, 7)), (Occasion.WEEKLY, utc(2026, 3, 30, 7))):
        to_come = [digest.at for digest in planned(saturday, time(9), BERLIN, occasion) if digest.at > saturday]
        assert to_come[0] == expected


# ---------------------------------------------------------------- each day and each week, once


def told(schedule, occasion, begin, end):
    """The digests that are told between two instants by a bot that checks whenever the time of one comes."""
    found, now = [], begin
    while True:
        planned = planned_near(occasion, now, schedule)
        now = min(digest.at for digest in planned if digest.at > now)
        if now >= end:
            return found
        found += [digest for digest in come_by(now, planned) if digest.late(now) == 0]


def assert_each_day_is_told_once(schedule, begin, end):
    """Each billing day is in one daily digest, all in their order."""
    digests = told(schedule, Occasion.DAILY, begin, end)
    assert abs(len(digests) - (end - begin) / DAY) <= 1
    assert_are_apart(digests, 1)
    for digest in digests:
        assert_comes_at_its_time(schedule, digest)


def assert_each_week_is_told_once(schedule, begin, end):
    """Each week is in one weekly digest, on a Monday, when all its days are finished."""
    digests = told(schedule, Occasion.WEEKLY, begin, end)
    assert abs(len(digests) - (end - begin) / DAY / 7) <= 1
    assert_are_apart(digests, 7)
    for digest in digests:
        assert_comes_at_its_time(schedule, digest)
        assert digest.at >= finished_at(digest.day)
        assert datetime.fromtimestamp(digest.at, schedule.zone).weekday() == MONDAY


def assert_are_apart(digests, days):
    assert [(after.day - before.day).days for before, after in pairwise(digests)] == [days] * (len(digests) - 1)


def assert_comes_at_its_time(schedule, digest):
    """The clock shows its time of day, unless it leaves that out, as it is put ahead just then."""
    moment = datetime.fromtimestamp(digest.at, schedule.zone)
    before = datetime.fromtimestamp(digest.at - 3 * HOUR, schedule.zone)
    assert moment.time() == schedule.at or moment.utcoffset() > before.utcoffset()


def assert_comes_at_the_first_chance(schedule, day):
    """A day's digest comes when the clock shows its time for the first time since the day is finished."""
    found = {digest.day: digest.at for digest in planned_near(Occasion.DAILY, finished_at(day), schedule)}
    finished, at = int(finished_at(day)), int(found[day])
    assert finished <= at < finished + 26 * HOUR
    earlier = (datetime.fromtimestamp(now, schedule.zone) for now in range(finished, at, 60))
    assert not [moment for moment in earlier if moment.time() == schedule.at and not moment.fold]


def changes(zone, begin, end):
    """The instants between two others at which the clocks of a zone are put ahead or back."""
    if offset(zone, begin) == offset(zone, end):
        return []
    if end - begin == 1:
        return [end]
    middle = (begin + end) // 2
    return [*changes(zone, begin, middle), *changes(zone, middle, end)]


def offset(zone, now):
    return datetime.fromtimestamp(now, zone).utcoffset()


@cache
def different_zones():
    """One zone of each group whose clocks are the same all the time, with its changes, which are weeks apart."""
    found = {}
    for zone in map(ZoneInfo, ZONES):
        at = [change for week in range(BEGIN, END, WEEK) for change in changes(zone, week, week + WEEK)]
        found.setdefault((offset(zone, BEGIN), *[(change, offset(zone, change)) for change in at]), (zone, at))
    return list(found.values())


def critical_times(zone, change):
    """Times of day for which a change matters: when a day is finished before and after it, and what it leaves out."""
    finished = change - change % DAY + 9 * HOUR
    instants = (finished - DAY, finished - DAY + HOUR / 2, finished + DAY, finished + DAY - 60, change, change - 60)
    clocks = {datetime.fromtimestamp(instant, zone).time() for instant in instants}
    left_out = datetime.fromtimestamp(change - 1, zone) + timedelta(seconds=901)
    return {*clocks, left_out.time()}


def test_every_change_of_the_clocks_in_two_years_keeps_each_day_and_each_week_once():
    assert len(different_zones()) > 50
    for zone, at in different_zones():
        for change in at or [BEGIN]:
            for clock in critical_times(zone, change):
                assert_each_day_is_told_once(Schedule(clock, zone), change - 2 * DAY, change + 3 * DAY)
            assert_each_week_is_told_once(Schedule(clock, zone), change - WEEK, change + 2 * WEEK)


@pytest.mark.edge
@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_every_change_keeps_each_day_and_each_week_once_at_many_times_of_day(hour):
    for zone, at in different_zones():
        for change in at or [BEGIN]:
            for minute in range(0, 180, 15):
                schedule = Schedule(time(hour + minute // 60, minute % 60), zone)
                assert_each_day_is_told_once(schedule, change - 2 * DAY, change + 3 * DAY)
                assert_each_week_is_told_once(schedule, change - WEEK, change + WEEK)


@given(zone=zones, at=times, day=st.dates(FIRST, LAST))
@example(zone=LONDON, at=time(9), day=date(2026, 10, 23))
@example(zone=LONDON, at=time(9), day=date(2027, 3, 27))
def test_a_digest_comes_at_the_first_chance(zone, at, day):
    assert_comes_at_the_first_chance(Schedule(at, zone), day)


@given(zone=zones, at=times, begin=st.integers(BEGIN, END))
@settings(max_examples=50)
def test_in_any_month_each_day_and_each_week_is_told_once(zone, at, begin):
    assert_each_day_is_told_once(Schedule(at, zone), begin, begin + 31 * DAY)
    assert_each_week_is_told_once(Schedule(at, zone), begin, begin + 31 * DAY)


@pytest.mark.edge
@given(zone=zones, at=times)
@settings(max_examples=100)
@example(zone=LONDON, at=time(9))
def test_in_two_years_each_day_and_each_week_is_told_once(zone, at):
    assert_each_day_is_told_once(Schedule(at, zone), BEGIN, END)
    assert_each_week_is_told_once(Schedule(at, zone), BEGIN, END)


@given(zone=zones, at=times, now=st.integers(BEGIN, END), later=st.integers(0, DAY))
def test_what_is_planned_stays_the_same_as_time_passes(zone, at, now, later):
    """So a check after a restart finds the digest that the one before has stored."""
    schedule = Schedule(at, zone)
    for occasion in (Occasion.DAILY, Occasion.WEEKLY):
        before, after = (
            {digest.day: digest.at for digest in planned_near(occasion, moment, schedule)}
            for moment in (now, now + later)
        )
        both = before.keys() & after.keys()
        assert both
        assert [before[day] for day in both] == [after[day] for day in both]


# ---------------------------------------------------------------- weeks


def test_the_weekly_digest_is_due_on_mondays_alone():
    saturday = date(2026, 5, 16)
    for now in (local(2026, 5, 18, 9), local(2026, 5, 24, 9), local(2026, 5, 25, 8, 59)):
        assert come(now, time(9), BERLIN, Occasion.WEEKLY) == [(saturday, now - local(2026, 5, 18, 9))]


def test_a_week_is_the_same_in_every_zone():
    """Also where Monday begins first."""
    kiritimati = ZoneInfo("Pacific/Kiritimati")
    for zone, at in ((kiritimati, time(0)), (BERLIN, time(9)), (NEW_YORK, time(23, 59))):
        monday = local(2026, 5, 18, at.hour, at.minute, zone=zone)
        assert come(monday, at, zone, Occasion.WEEKLY) == [(date(2026, 5, 16), 0)]


def test_the_newest_day_that_a_preview_can_be_about():
    # Saturday, May 23, 2026, is finished on Sunday at 09:00 UTC.
    assert newest_day(Occasion.WEEKLY, utc(2026, 5, 24, 8, 59)) == date(2026, 5, 16)
    assert newest_day(Occasion.WEEKLY, utc(2026, 5, 24, 9)) == date(2026, 5, 23)
    assert newest_day(Occasion.WEEKLY, utc(2026, 5, 25, 9)) == date(2026, 5, 23)
    for occasion in (Occasion.DAILY, Occasion.CYCLE):
        assert newest_day(occasion, utc(2026, 5, 25, 9)) == date(2026, 5, 24)


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
    instant = datetime.combine(expected, at, zone).timestamp()
    assert planned(0.0, at, zone, Occasion.CYCLE, [NOVEMBER]) == [PlannedDigest(instant, NOVEMBER.last)]


def test_the_warning_comes_three_days_before_the_end():
    instant = utc(2026, 11, 28, 9)
    assert planned(0.0, time(9), UTC, Occasion.WARNING, [NOVEMBER]) == [PlannedDigest(instant, NOVEMBER.last)]


@pytest.mark.parametrize("days", [1, 2, 3])
def test_a_cycle_so_short_that_none_of_its_days_is_finished_has_no_warning(days):
    short = Cycle(date(2026, 11, 10), date(2026, 11, 10) + timedelta(days=days - 1))
    assert planned(0.0, time(9), UTC, Occasion.WARNING, [short]) == []


@given(first=st.dates(date(2024, 1, 1), date(2027, 1, 1)), length=st.integers(1, 95), at=times, zone=zones)
def test_the_digest_of_a_cycle_has_all_its_days_and_the_warning_comes_before_it(first, length, at, zone):
    cycle = Cycle(first, first + timedelta(days=length - 1))
    (digest,) = planned(0.0, at, zone, Occasion.CYCLE, [cycle])
    assert finished_at(cycle.last) <= digest.at < finished_at(cycle.last) + 26 * HOUR
    for warning in planned(0.0, at, zone, Occasion.WARNING, [cycle]):
        assert warning.at < digest.at
        assert newest_finished(warning.at) in cycle


# ---------------------------------------------------------------- what was missed


def test_the_days_between_two_digests():
    monday, friday = date(2026, 5, 18), date(2026, 5, 22)
    assert days_between(Occasion.DAILY, monday, friday) == [date(2026, 5, day) for day in (19, 20, 21)]
    assert days_between(Occasion.DAILY, monday, monday) == []
    assert days_between(Occasion.DAILY, friday, monday) == []
    weeks = days_between(Occasion.WEEKLY, date(2026, 5, 16), date(2026, 6, 6))
    assert weeks == [date(2026, 5, 23), date(2026, 5, 30)]
    assert days_between(Occasion.CYCLE, monday, date(2026, 6, 8)) == []
