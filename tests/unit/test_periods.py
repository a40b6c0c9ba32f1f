"""Which billing days a question about usage is about."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.billing import Period, billing_day, newest_finished
from bot.domain.cycle import Cycle, calendar_month
from bot.domain.periods import RangeFault, Span, days_between, span_of_dates, span_of_period

KEPT = date(2026, 1, 1)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


NOON = utc(2026, 5, 20, 12)
SETTLING = utc(2026, 5, 20, 8, 30)  # 19 May is over, and may still get late bookings
CYCLE = Cycle(date(2026, 5, 6), date(2026, 6, 5))


def may(first, last=None):
    return days_between(date(2026, 5, first), date(2026, 5, last or first))


APRIL = days_between(date(2026, 4, 1), date(2026, 4, 30))


@pytest.mark.parametrize(
    ("period", "now", "counted", "apart"),
    [
        (Period.TODAY, NOON, may(20), ()),
        (Period.YESTERDAY, NOON, may(19), ()),
        (Period.YESTERDAY, SETTLING, (), may(19)),
        (Period.YESTERDAY, utc(2026, 5, 20, 9), may(19), ()),
        (Period.YESTERDAY, utc(2026, 5, 20, 7, 59), may(18), ()),
        (Period.WEEK, NOON, may(13, 19), may(20)),
        (Period.WEEK, SETTLING, may(12, 18), may(19, 20)),
        (Period.MONTH, NOON, may(1, 19), may(20)),
        (Period.MONTH, SETTLING, may(1, 18), may(19, 20)),
        (Period.MONTH, utc(2026, 5, 1, 12), (), may(1)),
        (Period.MONTH, utc(2026, 5, 1, 7), days_between(date(2026, 4, 1), date(2026, 4, 29)), (date(2026, 4, 30),)),
        (Period.LAST_MONTH, NOON, APRIL, ()),
        (Period.LAST_MONTH, utc(2026, 5, 1, 12), APRIL, ()),
        (Period.LAST_MONTH, utc(2026, 5, 1, 8, 30), APRIL[:-1], APRIL[-1:]),
        (Period.LAST_MONTH, utc(2026, 5, 1, 7), days_between(date(2026, 3, 1), date(2026, 3, 31)), ()),
        (Period.CYCLE, NOON, may(6, 19), may(20)),
        (Period.CYCLE, utc(2026, 5, 6, 8), (), may(6)),
    ],
)
def test_a_period_counts_finished_days_and_sets_the_others_apart(period, now, counted, apart):
    span = span_of_period(period, now, CYCLE, KEPT)
    assert (span.counted, span.apart) == (counted, apart)


def test_a_month_begins_with_the_first_day_of_which_there_are_figures():
    assert span_of_period(Period.MONTH, NOON, CYCLE, date(2026, 5, 18)).counted == may(18, 19)
    assert span_of_period(Period.CYCLE, NOON, CYCLE, date(2026, 5, 20)).counted == ()


@pytest.mark.parametrize(
    ("typed", "counted", "apart"),
    [
        ("2026-05-04..2026-05-06", may(4, 6), ()),
        ("2026-05-04", may(4), ()),
        ("2026-05-04..", may(4, 19), may(20)),
        ("2026-05-18..2026-05-20", may(18, 19), may(20)),
        ("2026-05-20", (), may(20)),
        ("2026-01-01", (KEPT,), ()),
        ("2026-04", APRIL, ()),
        ("2026-05", may(1, 19), may(20)),
        ("2026-04..2026-05", APRIL + may(1, 19), may(20)),
        ("2026-04..2026-05-03", APRIL + may(1, 3), ()),
    ],
)
def test_a_range_includes_both_ends(typed, counted, apart):
    span = span_of_dates(typed, NOON, KEPT)
    assert isinstance(span, Span)
    assert (span.counted, span.apart) == (counted, apart)


@pytest.mark.parametrize("typed", ["2026-04", "2026-04-01..2026-04-30", "2026-04..2026-04"])
def test_a_month_is_one_however_it_is_typed_and_whole_once_all_of_it_is_finished(typed):
    assert span_of_dates(typed, NOON, KEPT).whole_month == calendar_month(APRIL[0])
    assert span_of_dates(typed, utc(2026, 5, 1, 8, 30), KEPT).whole_month is None


def test_a_month_begins_with_the_first_figures_but_a_day_before_them_has_none():
    (kept, *_) = after = APRIL[4:]
    month = span_of_dates("2026-04", NOON, kept)
    assert (month.counted, month.whole_month) == (after, None)
    assert span_of_dates("2026-04-01..2026-04-30", NOON, kept).fault is RangeFault.NOT_KEPT


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("2026-13", RangeFault.MALFORMED),
        ("2026-06", RangeFault.FUTURE),
        ("2025-12", RangeFault.NOT_KEPT),
        ("2026-05..2026-04", RangeFault.REVERSED),
        ("2026-02-30", RangeFault.MALFORMED),
        ("2026-5-4", RangeFault.MALFORMED),
        ("20-05-2026..21-05-2026", RangeFault.MALFORMED),
        ("2026-05-04..2026-05-01", RangeFault.REVERSED),
        ("2026-05-04..2026-06-01", RangeFault.FUTURE),
        ("2026-05-21", RangeFault.FUTURE),
        ("2025-12-31..2026-05-01", RangeFault.NOT_KEPT),
        ("0001-01-01..2026-05-01", RangeFault.NOT_KEPT),
    ],
)
def test_a_range_without_figures_is_refused(typed, fault):
    assert span_of_dates(typed, NOON, KEPT).fault is fault


def test_a_range_within_the_running_month_may_end_on_a_later_day():
    assert span_of_dates("2026-05-04..2026-05-31", NOON, KEPT) == span_of_dates("2026-05-04..2026-05-20", NOON, KEPT)


@given(
    st.integers(int(utc(2026, 1, 2)), int(utc(2030, 1, 1))),
    st.integers(0, 60),
    st.integers(0, 40),
    st.sampled_from([Period.WEEK, Period.MONTH, Period.CYCLE]),
)
def test_a_period_has_each_day_once_and_no_day_that_is_not_finished(now, before, length, period):
    first = billing_day(now) - timedelta(days=min(before, length))
    span = span_of_period(period, now, Cycle(first, first + timedelta(days=length)), KEPT)
    days = span.counted + span.apart
    assert days == days_between(days[0], days[-1])
    assert all(day <= newest_finished(now) for day in span.counted)
    assert all(newest_finished(now) < day <= billing_day(now) for day in span.apart)
