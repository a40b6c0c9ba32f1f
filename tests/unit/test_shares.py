"""One rule rounds every column of amounts: what is shown adds up to the total that is shown."""

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.amounts import exact_sum, half_up
from bot.domain.shares import column, largest, split, together

AMOUNTS = st.lists(st.decimals(-1000, 1_000_000, places=6, allow_nan=False, allow_infinity=False), max_size=60)
FLOATS = st.floats(0, 1e6)


@given(AMOUNTS)
@example([Decimal("0.05")] * 3)
@example([Decimal("0.33"), Decimal("0.33"), Decimal("0.34")])
def test_a_column_adds_up_to_its_rounded_total_and_no_row_is_a_digit_off(amounts):
    total = half_up(exact_sum(amounts), 1)
    shares = column(amounts, total)
    assert exact_sum(share.shown for share in shares) == total == together(shares).shown
    assert [share.amount for share in shares] == amounts
    assert all(abs(share.shown - share.amount) < Decimal("0.1") for share in shares)
    assert all(share.shown == share.amount for share in shares if share.amount * 10 % 1 == 0)
    assert all(share.is_little == (share.amount > 0 and not share.shown) for share in shares)


@given(st.floats(-1e6, 1e6), FLOATS)
@example(2.42, 1.25)
def test_what_came_through_slack_and_from_elsewhere_adds_up_to_the_bill(total, own):
    ours, others = split(total, own)
    assert ours.shown + others.shown == half_up(total, 1)
    assert all(abs(part.shown - part.amount) <= Decimal("0.1") for part in (ours, others))


@given(st.lists(FLOATS, min_size=1, max_size=12), FLOATS)
def test_the_rows_of_a_part_add_up_to_it_as_it_is_split(amounts, elsewhere):
    exact = [half_up(amount, 6) for amount in amounts]
    ours, _ = split(float(exact_sum(exact)) + elsewhere, float(exact_sum(exact)))
    assert exact_sum(share.shown for share in column(exact, ours.shown)) == ours.shown


def test_the_largest_add_up_with_what_is_not_listed():
    assert [share.shown for share in largest([0.25, 0.25], 0.5, Decimal("0.5"))] == [Decimal("0.3"), Decimal("0.2")]
    assert [share.shown for share in largest([0.25, 0.04], 1.0, Decimal("1.0"))] == [Decimal("0.3"), Decimal("0.0")]
