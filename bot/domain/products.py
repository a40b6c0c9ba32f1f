"""The products into which Devin divides its bill, and which of them its limits of a billing cycle are for.

One limit is for Devin itself, the cloud agent, whose sessions are started in Slack too. Another is for the local
agents together. Other products, such as Devin Review, count toward neither.
https://docs.devin.ai/admin/billing/org-acu-limits
"""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from bot.domain.amounts import exact_sum

DEVIN: Final = "devin"  # the cloud agent
LOCAL_AGENTS: Final = "local agents"  # Devin Desktop, its plugins and its CLI, which are limited together
OTHER: Final = "other"  # the product of ACUs for which Devin names none
_LOCAL: Final = frozenset({"cascade", "terminal"})

Products = Mapping[str, Decimal]
"""ACUs by product."""


def by_limit(products: Products) -> Products:
    """Return what a day's `products` used by what Devin limits: itself, the local agents together, each other product.

    Of a day that Devin divides into no products, all is its own: a limit shall rather be reached too early than never.
    """
    if products.keys() <= {OTHER}:
        return {DEVIN: exact_sum(products.values())}
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for product, acus in products.items():
        limited = LOCAL_AGENTS if product in _LOCAL else product
        amounts[limited] = exact_sum([amounts[limited], acus])
    return amounts


def of_devin(products: Products) -> Decimal:
    """Return what Devin itself used, the cloud agent, of a day's `products`."""
    return by_limit(products).get(DEVIN, Decimal(0))


def of_others(products: Products) -> Decimal:
    """Return what all but Devin itself used of a day's `products`."""
    return exact_sum(acus for name, acus in by_limit(products).items() if name != DEVIN)
