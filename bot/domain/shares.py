"""Rounds the amounts of a column so that they add up to its total as both are shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Final

from bot.domain.amounts import exact_sum, half_up

_FLOOR: Final = Context(prec=400, rounding=ROUND_FLOOR)


@dataclass(frozen=True, slots=True)
class Share:
    """An exact `amount` of a column, and what is `shown` of it."""

    amount: Decimal
    shown: Decimal

    @property
    def is_little(self) -> bool:
        """Whether it is more than nothing, and rounded to nothing."""
        return not self.shown and self.amount > 0


def alone(amount: float) -> Share:
    """Round an amount that is in no column."""
    return Share(half_up(amount, 6), half_up(amount, 1))


def column(amounts: Sequence[Decimal], total: Decimal) -> list[Share]:
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
    shown = [floor + digit if at in raised else floor for at, floor in enumerate(floors)]
    return [Share(amount, part) for amount, part in zip(amounts, shown, strict=True)]


def split(total: float, own: float) -> tuple[Share, Share]:
    """Divide what Devin billed in all into what our own sessions used and what came from elsewhere.

    The latter is below zero where there is a credit, or our own count is more than the bill.
    """
    whole, ours = half_up(total, 6), half_up(own, 6)
    through_slack, elsewhere = column([ours, whole - ours], half_up(total, 1))
    return through_slack, elsewhere


def largest(amounts: Sequence[float], of: float, shown: Decimal) -> list[Share]:
    """Round the largest amounts of the sum `of`, so that they and its rest, which is not listed, add up to `shown`."""
    known = [half_up(amount, 6) for amount in amounts]
    return column([*known, half_up(of, 6) - exact_sum(known)], shown)[:-1]


def together(shares: Iterable[Share]) -> Share:
    """Put several shares of a column into one."""
    known = list(shares)
    return Share(exact_sum(share.amount for share in known), exact_sum(share.shown for share in known))
