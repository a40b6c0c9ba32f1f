"""Rounds the parts of a total so that they add up to it."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Final

_FLOOR: Final = Context(prec=400, rounding=ROUND_FLOOR)


def shares(amounts: Sequence[Decimal], total: Decimal) -> list[Decimal]:
    """Round `amounts` to the decimals of `total`, which is their rounded sum, so that they add up to it.

    Each is rounded down, and what is then missing goes to those that lost most, one last digit each; of equals the
    first gets it. So no share is a whole digit off.
    """
    exponent = total.as_tuple().exponent
    assert isinstance(exponent, int)
    digit = Decimal(1).scaleb(exponent)
    floors = [amount.quantize(digit, context=_FLOOR) for amount in amounts]
    missing = int((total - sum(floors, Decimal(0))) / digit)
    lost = [amount - floor for amount, floor in zip(amounts, floors, strict=True)]
    order = sorted(range(len(amounts)), key=lambda at: -lost[at])
    raised = set(order[:missing]) if missing > 0 else set()
    return [floor + digit if at in raised else floor for at, floor in enumerate(floors)]
