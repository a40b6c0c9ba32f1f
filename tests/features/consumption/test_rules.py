"""What Devin billed: its products to the last digit, the days to be read, and the days that it corrected."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.amounts import exact_sum
from bot.domain.billing import Billed, bounds
from bot.features.consumption.rules import (
    Correction,
    bill_of,
    by_product,
    days_to_read,
    finished_at,
    joined,
    not_in_yet,
    window,
)

QUARTER_HOUR = 900.0
NOW = datetime(2026, 5, 20, 12, tzinfo=UTC).timestamp()
TODAY = date(2026, 5, 20)


def ago(days):
    return TODAY - timedelta(days=days)


def to_read(read_at, now=NOW):
    return days_to_read(read_at, now, QUARTER_HOUR)


# ---------------------------------------------------------------- products

amounts = st.floats(0, allow_infinity=False)  # also the largest and the smallest that there are


@given(amounts, st.dictionaries(st.sampled_from(["devin", "cascade", "review", "other", "new"]), amounts))
def test_the_products_of_a_day_add_up_to_its_total_to_the_last_digit(total, named):
    parts = by_product(total, named)
    whole = exact_sum(parts.values())
    assert whole == Decimal(repr(total))
    assert float(whole) == total
    assert {name: float(parts[name]) for name in named.keys() - {"other"} if named[name]} == {
        name: acus for name, acus in named.items() if name != "other" and acus
    }


@pytest.mark.parametrize(
    ("total", "named", "parts"),
    [
        (3.5, {"devin": 3.0, "review": 0.5, "cascade": 0.0}, {"devin": "3", "review": "0.5"}),
        (0.3, {"devin": 0.1, "review": 0.2}, {"devin": "0.1", "review": "0.2"}),  # as floats 0.30000000000000004
        (3.0, {"devin": 2.25}, {"devin": "2.25", "other": "0.75"}),
        (3.0, {"devin": 2.25, "other": 0.5}, {"devin": "2.25", "other": "0.75"}),
        (3.0, {"devin": 3.5}, {"devin": "3.5", "other": "-0.5"}),
        (3.0, {}, {"other": "3"}),
        (0.0, {"devin": 0.0}, {"other": "0"}),
    ],
)
def test_what_the_named_products_leave_of_a_total_is_a_product_of_its_own(total, named, parts):
    assert by_product(total, named) == {name: Decimal(acus) for name, acus in parts.items()}


# ---------------------------------------------------------------- days to read


def test_a_day_is_read_every_quarter_hour_for_three_days_after_its_end_and_once_more():
    """What ended three days and four hours ago was read since then."""
    read_at = {ago(days): NOW - QUARTER_HOUR for days in range(90)}
    assert to_read(read_at, NOW - 1) == []
    assert to_read(read_at) == [ago(0), ago(1), ago(2), ago(3)]
    end_of_three_days = bounds(ago(3))[1] + 3 * 86_400
    assert to_read(read_at | {ago(3): end_of_three_days - 1}, end_of_three_days)[-1] == ago(3)
    assert ago(3) not in to_read(read_at | {ago(3): end_of_three_days}, end_of_three_days)


def test_what_was_never_read_since_devin_could_change_it_is_missing_for_ninety_days():
    assert to_read({}) == [ago(days) for days in range(90)]
    read_at = {ago(days): NOW - 1 for days in range(90)}
    assert to_read(read_at | {ago(40): finished_at(ago(40))}) == [ago(40)]
    assert to_read({day: at for day, at in read_at.items() if day != ago(89)}) == [ago(89)]


def test_ninety_days_are_three_windows_of_at_most_31_days():
    read_at, windows = {}, []
    while days := to_read(read_at):
        asked = window(days)
        windows.append((asked[0], asked[-1]))
        read_at |= dict.fromkeys(asked[1:], NOW)
    assert windows == [(ago(30), ago(0)), (ago(60), ago(30)), (ago(90), ago(60))]


@given(st.sets(st.integers(0, 89), min_size=1))
def test_a_window_asks_about_the_newest_days_and_no_more_than_31(days):
    newest_first = [ago(one) for one in sorted(days)]
    asked = window(newest_first)
    assert asked[-1] == newest_first[0]
    assert len(asked) == (asked[-1] - asked[0]).days + 1 <= 31
    assert asked[1] in newest_first
    assert all(day < asked[0] + timedelta(days=1) for day in newest_first if day not in asked[1:])


# ---------------------------------------------------------------- days that Devin does not list

listed = st.none() | st.floats(-100, 100)


@given(st.lists(listed, min_size=1, max_size=8), st.integers(0, 8), st.integers(1, 200), st.sampled_from([0.0, 4.0]))
def test_a_day_that_is_not_listed_is_nothing_when_a_later_one_is_or_a_bill_would_be_in(acus, back, hours, own):
    """Asked `hours` after the end of the newest day; the days are those up to it."""
    now = bounds(TODAY)[1] + hours * 3600.0
    products = [{} if figure is None else by_product(figure, {}) for figure in acus]
    known = {ago(at): Billed(figure, now, products[at]) for at, figure in enumerate(acus)}
    day = ago(min(back, len(acus) - 1))
    if known[day].acus is not None:
        return
    later_listed = any(known[later].acus is not None for later in known if later > day)
    is_final = now >= bounds(day)[1] + 3 * 86_400
    is_quiet = later_listed or now >= bounds(day)[1] + 86_400
    found = bill_of(day, known, own, now)
    assert found == (0.0 if is_final or (is_quiet and not own) else None)
    newest = max((later for later in known if known[later].acus is not None), default=None)
    if not own:
        assert not_in_yet([day], newest, now) == ((day,) if found is None else ())


def test_a_day_that_was_asked_about_only_while_it_could_change_is_not_in_yet_however_late_it_is():
    known = {ago(9): Billed(None, bounds(ago(9))[1] + 3600.0, {})}
    assert bill_of(ago(9), known, 0.0, NOW) is None


def test_a_running_day_that_is_listed_says_nothing_about_the_one_before():
    known = {ago(1): Billed(None, NOW, {}), TODAY: Billed(5.0, NOW, by_product(5.0, {}))}
    assert bill_of(ago(1), known, 0.0, NOW) is None


# ---------------------------------------------------------------- corrections


@pytest.mark.parametrize(
    ("figures", "correction"),
    [
        ([43.1, 43.4], (43.1, 43.4)),
        ([43.4, 43.1], (43.4, 43.1)),
        ([43.1, 43.12, 43.15], (43.1, 43.15)),  # as floats they differ by less than 0.05
        ([43.1, 43.149], None),
        ([43.1, 44.0, 43.1], None),
        ([43.1, 44.0, 43.4], (43.1, 43.4)),
        ([None, 43.1, 43.4], (None, 43.4)),
        ([None, 0.0], None),
    ],
)
def test_the_changes_of_a_day_are_one_correction_if_they_make_enough(figures, correction):
    changes = [Correction(TODAY, *pair) for pair in pairwise(figures)]
    assert joined(changes) == ((Correction(TODAY, *correction),) if correction else ())


def test_each_day_has_its_correction_and_the_newest_day_comes_first():
    changes = [Correction(ago(2), 1.0, 2.0), Correction(ago(1), 5.0, 6.0), Correction(ago(2), 2.0, 3.0)]
    assert joined(changes) == (Correction(ago(1), 5.0, 6.0), Correction(ago(2), 1.0, 3.0))
