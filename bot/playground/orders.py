"""The JSON of an order, and of the bot's own calls: what could be stored, never to be told again, is refused."""

import json
import math
from typing import Any, Final

DEEPEST: Final = 100  # levels; a modal has about ten
LARGEST: Final = 9_007_199_254_740_991  # what a browser still counts exactly

NOT_AN_OBJECT: Final = "The request body isn't a JSON object."
HALF_A_SIGN: Final = "The text has an invalid character (a lone surrogate). Remove it and try again."
NO_NUMBER: Final = f"A number in this request isn't valid JSON, or is beyond {LARGEST:,}. Send a smaller one."
TOO_DEEP: Final = f"This request is nested more than {DEEPEST} levels deep. Send a flatter one."

# What an act stumbles over when an order has another shape than it takes for granted.
UNREADABLE: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


class OrderError(ValueError):
    """An order that cannot be taken; the text is the sentence for whoever sent it."""


def parsed(raw: bytes | str) -> Any:
    """The JSON of a body or an argument. Raises OrderError, for what is no JSON at all too."""
    try:
        value = json.loads(raw)
    except RecursionError as error:
        raise OrderError(TOO_DEEP) from error
    except ValueError as error:
        raise OrderError(NOT_AN_OBJECT) from error
    check(value)
    return value


def read(raw: bytes | str) -> dict[str, Any]:
    """The JSON object of a body. Raises OrderError."""
    order = parsed(raw)
    if not isinstance(order, dict):
        raise OrderError(NOT_AN_OBJECT)
    return order


def check(value: Any) -> None:
    """Refuse half signs, numbers that are none, and what is nested too deeply to be walked through."""
    waiting = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > DEEPEST:
            raise OrderError(TOO_DEEP)
        if isinstance(part, str):
            _check_text(part)
        elif isinstance(part, int | float):
            _check_number(part)
        waiting += [(inner, depth + 1) for inner in _inside(part)]


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise OrderError(HALF_A_SIGN) from error


def _check_number(number: float) -> None:
    too_large = isinstance(number, int) and abs(number) > LARGEST
    if too_large or not math.isfinite(number):
        raise OrderError(NO_NUMBER)
