"""What a day usually takes, and by how many percent another one differs from it."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.features.usage.figure_sentences import arrow
from bot.features.usage.usual import HISTORY_DAYS, anomaly_limit, percent_above, usual

DAY = date(2026, 11, 26)
ACUS = st.decimals(0, 10_000, places=2).map(float)


def back(*acus):
    """ACUs by day, the day before `DAY` first."""
    return {DAY - timedelta(days=1 + place): amount for place, amount in enumerate(acus)}


def same_weekdays(*acus):
    return {DAY - timedelta(weeks=1 + place): amount for place, amount in enumerate(acus)}


def test_the_median_of_the_last_four_same_weekdays_knows_weekends_and_no_spike():
    known = back(*[1.0] * HISTORY_DAYS) | same_weekdays(37.0, 500.0, 30.0, 37.6)
    assert usual(known, DAY) == 37.3


def test_while_there_are_fewer_it_is_the_mean_of_the_seven_days_before():
    assert usual(back(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0), DAY) == 4.0
    assert usual(back(*[7.0] * 7) | same_weekdays(14.0, 1.0, 1.0), DAY) == 8.0
    assert usual(back(1.0, 2.0, 3.0, 4.0, 5.0, 6.0), DAY) is None
    assert usual({}, DAY) is None


def test_days_before_anybody_used_anything_are_no_weekdays():
    """Two weeks after the first use it is compared with those two weeks, and not with the nothing before."""
    assert usual(back(*[10.0] * 14, *[0.0] * 14), DAY) == 10.0


@pytest.mark.parametrize(
    ("acus", "basis", "percent"),
    [(49.5, 37.3, 33), (15.0, 10.0, 50), (5.0, 10.0, -50), (0.0, 10.0, -100), (10.0, 0.0, None), (10.0, None, None)],
)
def test_by_how_many_percent_a_day_differs(acus, basis, percent):
    assert percent_above(acus, basis) == percent


@given(st.integers(1, 10_000), st.integers(-100, 1_000))
def test_so_many_percent_more_means_so_many_hundredths_of_the_basis_on_top(basis, percent):
    """▲ 50% is half as much again, and not half of it."""
    acus = float(basis + Decimal(basis) * percent / 100)
    assert percent_above(acus, float(basis)) == percent
    if percent == 50:
        assert acus == basis * 1.5
    assert arrow(percent or 1).startswith("▲" if percent >= 0 else "▼")


@given(st.lists(ACUS, min_size=HISTORY_DAYS, max_size=HISTORY_DAYS), ACUS)
def test_what_is_usual_lies_between_days_that_were(acus, today):
    expected = usual(back(*acus), DAY)
    assert min(acus) <= expected <= max(acus)
    changes = [percent_above(amount, expected) for amount in sorted([*acus, today])]
    assert changes[0] is None or all(one <= other for one, other in pairwise(changes))


def test_an_anomaly_is_above_what_scatters_and_above_half_as_much_again():
    weekdays = back(*[1.0] * HISTORY_DAYS)
    assert anomaly_limit(weekdays | same_weekdays(40.0, 40.0, 40.0, 40.0), DAY) == 60.0
    # The median is 40, and the days differ from it by 2, 4, 10 and 10: their median is 7.
    scattered = anomaly_limit(weekdays | same_weekdays(30.0, 38.0, 42.0, 50.0), DAY)
    assert scattered == pytest.approx(40.0 + 3.5 * 1.4826 * 6.0)


def test_few_acus_more_are_no_anomaly():
    assert anomaly_limit(back(*[2.0] * HISTORY_DAYS), DAY) == 7.0


def test_an_anomaly_takes_two_weeks_since_the_first_use():
    assert anomaly_limit(back(*[10.0] * 14), DAY) == 15.0
    assert anomaly_limit(back(*[10.0] * 14, *[0.0] * 14), DAY) == 15.0
    assert anomaly_limit(back(*[10.0] * 13, *[0.0] * 15), DAY) is None
    assert anomaly_limit(back(*[10.0] * 13), DAY) is None
    assert anomaly_limit({}, DAY) is None


def test_of_two_weeks_with_gaps_nothing_is_said():
    known = back(*[10.0] * 20)
    assert anomaly_limit({day: acus for day, acus in known.items() if (DAY - day).days != 7}, DAY) is None


@given(st.lists(ACUS, min_size=HISTORY_DAYS, max_size=HISTORY_DAYS))
def test_what_is_usual_is_no_anomaly_nor_are_few_acus_more(acus):
    known = back(*acus)
    limit = anomaly_limit(known, DAY)
    if limit is not None:
        assert limit >= usual(known, DAY) + 5.0
        if acus[-1] > 0:  # four weeks are known
            assert limit >= 1.5 * usual(known, DAY) or limit == pytest.approx(1.5 * usual(known, DAY))


@given(st.lists(st.floats(1.0, 10_000.0), min_size=4, max_size=4), ACUS, st.integers(0, 3))
def test_one_spike_does_not_hide_the_next_one(four, spike, at):
    """However much one of the four days took, the limit stays among what the largest of the others would make of it."""
    largest = max(four)
    spiked = [*four[:at], largest + spike, *four[at + 1 :]]
    limit = anomaly_limit(back(*[1.0] * HISTORY_DAYS) | same_weekdays(*spiked), DAY)
    assert limit <= max(largest * (1 + 3.5 * 1.4826), largest + 5.0) + 1e-6
