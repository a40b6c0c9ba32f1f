"""Amounts as people read them: rounded half up, and in money where an ACU has a price."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal
from functools import reduce
from typing import Final

_NOTHING: Final = Decimal(0)
# More digits than a sum of floats can have, so that nothing is ever rounded.
_EXACT: Final = Context(prec=1_000)
_DECIMALS: Final = 6  # Devin gives no more; what is behind them comes from adding up floats
_ROUNDING: Final = Context(prec=400, rounding=ROUND_HALF_UP)  # as many digits as a float can have, or it would raise


def half_up(amount: float | Decimal, decimals: int) -> Decimal:
    """Round `amount` to so many decimals, and a half up, as on an invoice."""
    exact = amount if isinstance(amount, Decimal) else _meant(amount)
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), context=_ROUNDING)
    return rounded or rounded.copy_abs()  # nobody reads -0


@dataclass(frozen=True, slots=True)
class Price:
    """What an ACU costs: an amount in a currency, which is a word such as `USD` or a sign such as `€`."""

    amount: Decimal
    currency: str

    def of(self, acus: float) -> Decimal:
        """Return what so many ACUs cost, to the cent."""
        return half_up(_meant(acus) * self.amount, 2)


def _meant(amount: float) -> Decimal:
    # By way of the text of a float: 0.15 is meant where 0.1499999999999999944 is stored.
    return Decimal(repr(round(amount, _DECIMALS)))


def session_limit(limits: Iterable[Decimal | float | None]) -> int | None:
    """Return the whole number of ACUs that a new session may use: the smallest of `limits`, rounded up, at least 1.

    None stands for no limit.
    """
    known = [Decimal(limit) for limit in limits if limit is not None]
    if not known:
        return None
    return max(int(min(known).to_integral_value(rounding=ROUND_CEILING)), 1)


def exact(acus: float) -> Decimal:
    """Return an amount as the decimal number that Devin wrote, which a float only comes close to."""
    return Decimal(repr(acus))


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Add amounts up without rounding."""
    return reduce(_EXACT.add, amounts, _NOTHING)
