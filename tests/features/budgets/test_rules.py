"""The rules of budgets: periods, levels, which budget holds, and the limit of a new session."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.amounts import session_limit
from bot.domain.cycle import Cycle
from bot.features.budgets.rules import (
    Budget,
    Period,
    Scope,
    ScopeKind,
    Span,
    Standing,
    day_spent,
    in_force,
    period_of,
    tightest,
)

CYCLE = Cycle(date(2026, 11, 20), date(2026, 12, 19))
TODAY = Period(Span.DAY, date(2026, 11, 26), date(2026, 11, 26))
EACH = Budget(1, Scope(ScopeKind.EACH_PERSON), Decimal(10), Span.DAY, (50, 80))
amounts = st.decimals(min_value=0, max_value=1000, places=3)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def stands(spent: str, acus: str = "10") -> Standing:
    return Standing(EACH, "U0ANN", TODAY, Decimal(spent), Decimal(acus))


@pytest.mark.parametrize(
    ("span", "now", "first", "last"),
    [
        (Span.DAY, "2026-11-26 08:00", date(2026, 11, 26), date(2026, 11, 26)),
        (Span.DAY, "2026-11-26 07:59", date(2026, 11, 25), date(2026, 11, 25)),
        (Span.WEEK, "2026-11-23 08:00", date(2026, 11, 23), date(2026, 11, 29)),
        (Span.WEEK, "2026-11-23 07:59", date(2026, 11, 16), date(2026, 11, 22)),
        (Span.WEEK, "2027-01-01 12:00", date(2026, 12, 28), date(2027, 1, 3)),
        (Span.MONTH, "2026-11-26 12:00", date(2026, 11, 1), date(2026, 11, 30)),
        (Span.CYCLE, "2026-11-26 12:00", date(2026, 11, 20), date(2026, 12, 19)),
    ],
)
def test_a_period_is_made_of_billing_days(span: Span, now: str, first: date, last: date) -> None:
    assert period_of(span, at(now), CYCLE) == Period(span, first, last)


def test_a_period_ends_where_the_next_billing_day_begins() -> None:
    assert TODAY.resets_at == at("2026-11-27 08:00")
    assert TODAY.name == "day:2026-11-26"
    assert replace(TODAY, span=Span.WEEK).name != TODAY.name


@pytest.mark.parametrize(
    ("spent", "crossed", "percent", "free"),
    [
        ("0", (), 0, "10"),
        ("4.999999", (), 49, "5.000001"),
        ("5", (50,), 50, "5"),
        ("9.99", (50, 80), 99, "0.01"),
        ("10", (50, 80, 100), 100, "0"),
        ("12", (50, 80, 100), 120, "0"),
    ],
)
def test_a_level_is_reached_with_what_it_names(spent: str, crossed: tuple[int, ...], percent: int, free: str) -> None:
    one = stands(spent)
    assert (one.crossed(), one.percent, one.free) == (crossed, percent, Decimal(free))
    assert one.is_used_up == (100 in crossed)


@pytest.mark.parametrize(
    ("spent", "reserved", "needs", "missing"),
    [
        *[("10", "0", "10", 10), ("12", "0", "1", 3), ("19.1", "0", "10", 20)],
        *[("4", "6", "10", 10), ("0", "39", "1", 30), ("2", "1", "7.5", 1), ("2", "1", "17.5", 11)],
    ],
)
def test_what_is_missing_is_offered_in_whole_acus(spent: str, reserved: str, needs: str, missing: int) -> None:
    assert replace(stands(spent), reserved=Decimal(reserved)).missing_for(Decimal(needs)) == missing


def test_a_level_is_announced_again_once_the_spending_is_five_points_below() -> None:
    assert not stands("7.51").has_fallen_below(80)
    assert stands("7.5").has_fallen_below(80)
    assert stands("10", acus="20").has_fallen_below(80)  # because it was raised


@given(amounts, amounts.filter(lambda acus: acus > 0))
def test_what_was_crossed_grows_with_what_was_spent(spent: Decimal, acus: Decimal) -> None:
    less, more = (replace(stands("0"), spent=one, acus=acus).crossed() for one in (spent, spent + 1))
    assert set(less) <= set(more)
    assert not any(replace(stands("0"), spent=spent, acus=acus).has_fallen_below(level) for level in less)


def test_an_own_budget_goes_before_that_of_each() -> None:
    own = Budget(2, Scope(ScopeKind.PERSON, "U0ANN"), Decimal(50))
    kinds = (ScopeKind.EACH_PERSON, ScopeKind.PERSON)
    assert in_force([EACH, own], *kinds, "U0ANN") == own
    assert in_force([EACH, own], *kinds, "U0BEN") == EACH
    assert in_force([own], *kinds, "U0BEN") is None


@pytest.mark.parametrize(
    ("limits", "limit"),
    [
        ([None], None),
        ([10, None], 10),
        ([10, Decimal("3.2")], 4),
        ([10, Decimal(4), Decimal("7.5")], 4),
        ([10, Decimal("0.2")], 1),
        ([None, Decimal(0)], 1),
        ([2.5, Decimal(4)], 3),
    ],
)
def test_a_session_gets_the_smallest_limit_rounded_up(limits: list[Decimal | float | None], limit: int | None) -> None:
    assert session_limit(limits) == limit


def test_what_keeps_waiting_longest_is_named() -> None:
    week = replace(stands("10"), period=period_of(Span.WEEK, at("2026-11-26 12:00"), CYCLE))
    assert tightest([stands("10"), week]) == week
    assert tightest([]) is None


@pytest.mark.parametrize(
    ("billed", "own", "running", "spent"),
    [(None, 2.0, True, 2.0), (5.0, 2.0, True, 5.0), (1.0, 2.0, True, 2.0), (1.0, 2.0, False, 1.0)],
)
def test_a_bill_counts_unless_it_is_behind(billed: float | None, own: float, running: bool, spent: float) -> None:
    assert day_spent(billed, own, running=running) == spent
