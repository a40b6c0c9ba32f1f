"""Billing cycles and their limits, and the line that reports about one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.amounts import Money
from bot.domain.billing import bounds
from bot.domain.cycle import (
    Cycle,
    CycleLimit,
    CycleLimits,
    LimitSource,
    calendar_month,
    cycle_between,
    cycle_with,
    limits_among,
)
from bot.features.consumption.forecast import Forecast
from bot.features.consumption.sentences import CycleFigures, ProductUse, cycle_line

NOVEMBER = calendar_month(date(2026, 11, 26))
FROM_THE_20TH = Cycle(date(2026, 11, 20), date(2026, 12, 19))
DOLLARS = Money(Decimal("2189.25"), "USD")


def utc(*parts):
    return int(datetime(*parts, tzinfo=UTC).timestamp())


# ---------------------------------------------------------------- which days


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2027, 1, 1), date(2027, 1, 1), date(2027, 1, 31)),
        (date(2026, 12, 31), date(2026, 12, 1), date(2026, 12, 31)),
        (date(2028, 2, 10), date(2028, 2, 1), date(2028, 2, 29)),
    ],
)
def test_the_month_of_a_day(day, first, last):
    assert calendar_month(day) == Cycle(first, last)


@pytest.mark.parametrize(
    ("after", "before"),
    [
        ((2025, 12, 5, 8), (2026, 1, 5, 8)),  # as documented
        ((2025, 12, 5, 7, 59, 59), (2026, 1, 5, 7, 59, 59)),
        ((2025, 12, 5), (2026, 1, 5)),  # midnight UTC, which names a date
        ((2025, 12, 5, 7), (2026, 1, 5, 7)),  # midnight in California, if it had summer time
    ],
)
def test_the_cycle_between_two_instants(after, before):
    assert cycle_between(utc(*after), utc(*before)) == Cycle(date(2025, 12, 5), date(2026, 1, 4))


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 400))
def test_cycles_that_follow_each_other_have_each_day_once(first, length):
    end = first + timedelta(days=length)
    one = cycle_between(bounds(first)[0], bounds(end)[0])
    following = cycle_between(bounds(end)[0], bounds(end)[1])
    assert (one.first, one.last + timedelta(days=1)) == (first, following.first)
    assert following.first == following.last == end


@pytest.mark.parametrize("before", [utc(2026, 11, 20, 8), utc(2026, 11, 19, 8), 0])
def test_a_cycle_without_a_day_is_none(before):
    assert cycle_between(utc(2026, 11, 20, 8), before) is None


def test_the_days_that_are_to_come():
    assert FROM_THE_20TH.days_after(date(2026, 12, 17)) == (date(2026, 12, 18), date(2026, 12, 19))
    assert FROM_THE_20TH.days_after(date(2026, 12, 19)) == ()
    assert len(FROM_THE_20TH.days_after(date(2026, 1, 1))) == 30


def test_the_cycle_of_a_day_is_the_newest_that_contains_it_or_its_month():
    moved = Cycle(date(2026, 11, 25), date(2026, 12, 24))
    assert cycle_with(date(2026, 11, 26), [FROM_THE_20TH, moved]) == moved
    assert cycle_with(date(2026, 11, 24), [FROM_THE_20TH, moved]) == FROM_THE_20TH
    assert cycle_with(date(2026, 11, 19), [FROM_THE_20TH, moved]) == NOVEMBER
    assert cycle_with(date(2026, 11, 19), []) == NOVEMBER


# ---------------------------------------------------------------- how much


def test_the_smallest_limit_of_devins_counts_and_the_setting_only_without_one():
    own, listed = CycleLimit(900, LimitSource.ORGANISATION), CycleLimit(500, LimitSource.ACU_LIMITS)
    assert limits_among([own, listed], 100.0) == CycleLimits(listed)
    assert limits_among([own], 100.0) == CycleLimits(own)
    assert limits_among([], 100.0) == CycleLimits(CycleLimit(100, LimitSource.SETTING))
    assert limits_among([], None) == CycleLimits()


def test_the_limit_of_local_agents_is_none_of_devins():
    cloud, local = CycleLimit(900, LimitSource.CLOUD_AGENT), CycleLimit(50, LimitSource.LOCAL_AGENTS)
    assert limits_among([local, cloud], 100.0) == CycleLimits(cloud, local)
    assert limits_among([local], 100.0) == CycleLimits(CycleLimit(100, LimitSource.SETTING), local)


# ---------------------------------------------------------------- the line


def line(**facts):
    return cycle_line(CycleFigures(**({"cycle": NOVEMBER, "used": 973.0, "limit": 1200} | facts)))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "November: 973 of 1,200 ACUs (81%) · forecast: too early to say"),
        (
            {"forecast": Forecast(1123.4, 1187.2)},
            "November: 973 of 1,200 ACUs (81%) · forecast 1,120\N{EN DASH}1,190",
        ),
        ({"forecast": Forecast(973.0, 973.0)}, "November: 973 of 1,200 ACUs (81%) · forecast 973"),
        ({"limit": None, "forecast": Forecast(973, 1000)}, "November: 973 ACUs · forecast 973\N{EN DASH}1,000"),
        ({"limit": None, "is_over": True}, "November: 973 ACUs"),
        ({"is_over": True}, "November: 973 of 1,200 ACUs (81%)"),
        (
            {"forecast": Forecast(1123.4, 1123.4, is_range=False)},
            "November: 973 of 1,200 ACUs (81%) · forecast about 1,120",
        ),
        # Rounded, the forecast would be below what was used.
        ({"used": 1124.6, "limit": None, "forecast": Forecast(1124.6, 1124.7)},
         "November: 1,124.6 ACUs · forecast 1,124.6"),
        ({"used": 1199.9, "is_over": True}, "November: 1,199.9 of 1,200 ACUs (99%)"),
        ({"used": 15000.0, "is_over": True}, "November: 15,000 of 1,200 ACUs (far above)"),
        ({"used": 0.0, "forecast": Forecast(0, 0)}, "November: 0 of 1,200 ACUs (0%)"),
        ({"used": 2.0, "limit": 0, "is_over": True}, "November: 2 of 0 ACUs"),
        ({"used": 0.01, "limit": 1.0, "is_over": True}, "November: under 0.1 of 1 ACU (1%)"),
        (
            {"until": date(2026, 11, 24), "forecast": Forecast(1000, 1100)},
            "November, through Nov 24: 973 of 1,200 ACUs (81%) · forecast 1,000\N{EN DASH}1,100",
        ),
        (
            {"cycle": FROM_THE_20TH, "is_over": True},
            "Nov 20 \N{EN DASH} Dec 19: 973 of 1,200 ACUs (81%)",
        ),
        ({"cycle": Cycle(date(2026, 11, 20), date(2026, 11, 20)), "limit": None, "is_over": True},
         "Nov 20: 973 ACUs"),
    ],
)  # fmt: skip
def test_each_part_of_the_line_stands_only_where_it_is_known(facts, words):
    assert line(**facts) == words


LOCAL = ProductUse("local agents", 600.0)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "Devin 24 of 500 ACUs (4%), forecast: too early to say · local agents 600 ACUs · 624 ACUs in all"),
        (
            {"others": (replace(LOCAL, limit=800.0, forecast=Forecast(700, 900)),), "forecast": Forecast(30, 40)},
            "Devin 24 of 500 ACUs (4%), forecast 30\N{EN DASH}40"
            " · local agents 600 of 800 ACUs (75%), forecast 700\N{EN DASH}900 · 624 ACUs in all",
        ),
        (
            {"others": (replace(LOCAL, limit=800.0),), "is_over": True},
            "Devin 24 of 500 ACUs (4%) · local agents 600 of 800 ACUs (75%) · 624 ACUs in all",
        ),
        ({"limit": None, "is_over": True}, "Devin 24 ACUs · local agents 600 ACUs · 624 ACUs in all"),
        (
            {"used": 1.0, "others": (ProductUse("review", 0.04),), "is_over": True},
            "Devin 1 of 500 ACUs (0%) · review under 0.1 ACUs · 1 ACU in all",
        ),
        # The rounded parts add up to the rounded sum.
        (
            {"used": 24.05, "others": (ProductUse("review", 1.05), ProductUse("a_b", 1.05)), "is_over": True},
            "Devin 24.1 of 500 ACUs (4%) · review 1.1 ACUs · a_b 1 ACU · 26.2 ACUs in all",
        ),
        # A credit.
        (
            {"others": (ProductUse("review", -2.0),), "is_over": True},
            "Devin 24 of 500 ACUs (4%) · review -2 ACUs · 22 ACUs in all",
        ),
    ],
)
def test_what_others_used_stands_beside_what_devin_used_of_its_limit(facts, words):
    known = {"used": 24.0, "limit": 500, "others": (LOCAL,)}
    assert line(**known | facts) == f"November: {words}"


def test_beside_others_the_sum_has_the_money():
    assert line(cost=DOLLARS, used=24.0, limit=500, others=(LOCAL,), is_over=True) == (
        "November: Devin 24 of 500 ACUs (4%) · local agents 600 ACUs · 624 ACUs in all (2,189.25 USD)"
    )


def test_with_a_price_the_total_of_the_cycle_has_its_money():
    assert line(cost=DOLLARS, is_over=True) == "November: 973 of 1,200 ACUs (81%, 2,189.25 USD)"
    assert line(cost=DOLLARS, limit=None, is_over=True) == "November: 973 ACUs (2,189.25 USD)"
