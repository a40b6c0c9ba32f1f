"""The products of a bill, by what Devin limits."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.amounts import exact_sum
from bot.domain.products import DEVIN, LOCAL_AGENTS, OTHER, by_limit, of_devin

NAMES = st.sampled_from([DEVIN, "cascade", "terminal", "review", "search", OTHER])
AMOUNTS = st.decimals(-100, 10_000, places=6)


@pytest.mark.parametrize(
    ("products", "parts"),
    [
        ({"devin": 24, "cascade": 600, "terminal": 27}, {DEVIN: 24, LOCAL_AGENTS: 627}),
        ({"review": 3, "search": 2}, {"review": 3, "search": 2}),
        ({"devin": 24, OTHER: -2}, {DEVIN: 24, OTHER: -2}),
        ({OTHER: 5}, {DEVIN: 5}),  # Devin divided nothing
        ({}, {DEVIN: 0}),
    ],
)
def test_the_parts_that_devin_limits(products, parts):
    assert by_limit({name: Decimal(acus) for name, acus in products.items()}) == parts


@given(st.dictionaries(NAMES, AMOUNTS))
def test_the_parts_add_up_to_the_bill_and_devins_is_one_of_them(products):
    parts = by_limit(products)
    assert exact_sum(parts.values()) == exact_sum(products.values())
    assert of_devin(products) == parts.get(DEVIN, 0)
