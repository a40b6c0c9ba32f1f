"""Amounts: rounded as on an invoice, with one decimal in reports, and in money where an ACU has a price."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.amounts import Money, Price, half_up
from bot.views.text import money, tenths, tenths_of_acus, total_acus

DOLLARS = Price(Decimal("2.25"), "USD")
DAY = date(2026, 12, 1)


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
    assert total_acus(amount, DOLLARS.of({DAY: amount}))


@pytest.mark.parametrize(
    ("acus", "price", "cost"),
    [
        (49.5, DOLLARS, "111.38 USD"),  # 111.375
        (0, DOLLARS, "0.00 USD"),
        (0.001, DOLLARS, "under 0.01 USD"),
        (0.1, Price(Decimal(4), "JPY"), "under 1 JPY"),
        (1000, DOLLARS, "2,250.00 USD"),
        (0.1 + 0.2, Price(Decimal("0.5"), "€"), "0.15 €"),
        (3, Price(Decimal("0.335"), "EUR"), "1.01 EUR"),  # 1.005
    ],
)
def test_money_is_rounded_half_up_to_the_cent(acus, price, cost):
    assert money(price.of({DAY: acus})) == cost


@pytest.mark.parametrize(
    ("currency", "words"),
    [
        ("USD", "1,234.57 USD"),
        ("JPY", "1,235 JPY"),
        ("¥", "1,235 ¥"),
        ("KRW", "1,235 KRW"),
        ("CLP", "1,235 CLP"),
        ("KWD", "1,234.568 KWD"),
        ("IQD", "1,234.568 IQD"),  # by ISO 4217, whatever is in use
        ("CLF", "1,234.5678 CLF"),
        ("CNY", "1,234.57 CNY"),
        ("£", "1,234.57 £"),
    ],
)
def test_a_currency_has_its_own_digits(currency, words):
    assert money(Money(Decimal("1234.56780"), currency)) == words


def test_each_day_is_priced_with_the_price_that_is_valid_on_it():
    rising = replace(DOLLARS, changes=((DAY, Decimal("2.50")), (date(2026, 12, 3), Decimal(3))))
    days = {date(2026, 11, 30): 10.0, DAY: 10.0, date(2026, 12, 2): 1.0, date(2026, 12, 3): 1.0, date(2027, 1, 1): 1.0}
    assert rising.of(days) == Money(Decimal("22.50") + 25 + Decimal("2.5") + 3 + 3, "USD")
    assert rising.of({}) == Money(Decimal(0), "USD")


@given(st.lists(st.integers(0, 10**9).map(lambda millionths: millionths / 1e6), max_size=60), st.integers(0, 60))
def test_the_days_before_and_after_a_change_add_up_to_all(acus, change):
    days = {DAY + timedelta(after): amount for after, amount in enumerate(acus)}
    price = replace(DOLLARS, changes=((DAY + timedelta(change), Decimal("2.333333")),))
    halves = [
        price.of({day: amount for day, amount in days.items() if (day < DAY + timedelta(change)) is before})
        for before in (True, False)
    ]
    assert price.of(days).amount == sum(half.amount for half in halves)


def test_a_total_has_its_money_in_brackets_where_an_acu_has_a_price():
    assert total_acus(49.5, DOLLARS.of({DAY: 49.5})) == "49.5 ACUs (111.38 USD)"
    assert total_acus(49.5, None) == "49.5 ACUs"


def test_what_is_rounded_to_nothing_has_no_sign():
    assert [str(half_up(acus, 1)) for acus in (-0.04, -0.05, 0.0)] == ["0.0", "-0.1", "0.0"]
