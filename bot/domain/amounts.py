"""Amounts as people read them: rounded half up, and in money where an ACU has a price."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
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
class Money:
    """An exact amount in a currency, which is a word such as `USD` or a sign such as `€`."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Price:
    """What an ACU costs in a currency: an `amount`, and from the billing day of a change on the amount of that change.

    The `changes` are those of the amount, the earliest first.
    """

    amount: Decimal
    currency: str
    changes: tuple[tuple[date, Decimal], ...] = ()

    def on(self, day: date) -> Decimal:
        """Return what an ACU of the billing day `day` costs."""
        return next((amount for since, amount in reversed(self.changes) if since <= day), self.amount)

    def of(self, acus: Mapping[date, float]) -> Money:
        """Return what the `acus` of billing days cost together, each day's by the price of that day."""
        return Money(exact_sum(_meant(amount) * self.on(day) for day, amount in acus.items()), self.currency)


def cost(price: Price | None, acus: Mapping[date, float]) -> Money | None:
    """Return what the `acus` of billing days cost; None where no price is known."""
    return price.of(acus) if price else None


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
