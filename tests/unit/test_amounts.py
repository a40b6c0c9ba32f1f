"""Amounts: rounded as on an invoice, with one decimal in reports, and in money where an ACU has a price."""

from decimal import Decimal

import pytest

from bot.domain.amounts import Price, half_up
from bot.views.text import money, tenths, tenths_of_acus, total_acus

DOLLARS = Price(Decimal("2.25"), "USD")


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "0"),
        (0.04, "under 0.1"),
        (0.05, "0.1"),
        (2.25, "2.3"),  # a half up, not to the even neighbour
        (0.15, "0.2"),  # as a float it is a little less
        (49.5, "49.5"),
        (10, "10"),
        (973.04, "973"),
        (1234.56, "1,234.6"),
        (6.3 + 0.45 - 0.45 + 0.05 - 0.1, "6.3"),
    ],
)
def test_reports_have_one_decimal_and_separators(amount, words):
    assert tenths(amount) == words
    assert tenths_of_acus(amount) == f"{words} ACUs"


def test_one_is_singular():
    assert tenths_of_acus(0.98) == "1 ACU"


@pytest.mark.parametrize("amount", [1e-300, 1e15, 1e308])
def test_no_amount_of_devins_is_too_odd_to_be_written(amount):
    assert tenths(amount)
    assert total_acus(amount, DOLLARS)


@pytest.mark.parametrize(
    ("acus", "price", "cost"),
    [
        (49.5, DOLLARS, "111.38 USD"),  # 111.375
        (0.001, DOLLARS, "0.00 USD"),
        (1000, DOLLARS, "2,250.00 USD"),
        (0.1 + 0.2, Price(Decimal("0.5"), "€"), "0.15 €"),
        (3, Price(Decimal("0.335"), "EUR"), "1.01 EUR"),  # 1.005
    ],
)
def test_money_is_rounded_half_up_to_the_cent(acus, price, cost):
    assert money(acus, price) == cost


def test_a_total_has_its_money_in_brackets_where_an_acu_has_a_price():
    assert total_acus(49.5, DOLLARS) == "49.5 ACUs (111.38 USD)"
    assert total_acus(49.5, None) == "49.5 ACUs"


def test_what_is_rounded_to_nothing_has_no_sign():
    assert [str(half_up(acus, 1)) for acus in (-0.04, -0.05, 0.0)] == ["0.0", "-0.1", "0.0"]
