"""What the values of an order must be: the shapes that both simulators go by, and the sentence about a misfit."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

Shape = tuple[str, Callable[[Any], bool]]
"""What a value must be, in words, and whether it is."""

MUST: Final = "{name} must be {what}"


def misfit(values: Mapping[str, Any], shapes: Mapping[str, Shape], sentence: str = MUST) -> str | None:
    """The sentence about the first value that is not what it must be; a name without a shape takes anything."""
    for name, (what, fits) in shapes.items():
        if name in values and not fits(values[name]):
            return sentence.format(name=name, what=what)
    return None


def nullable(shape: Shape) -> Shape:
    """The same shape, or null."""
    what, fits = shape
    return f"{what} or null", lambda value: value is None or fits(value)


def number(least: float, most: float) -> Shape:
    """A number between two others; true and false are none."""
    what = f"a number from {least:,} to {most:,}"
    return what, lambda value: type(value) in {int, float} and least <= value <= most


def whole_number(least: int, most: int) -> Shape:
    """A whole number between two others; true and false are none."""
    return f"a whole number from {least:,} to {most:,}", lambda value: type(value) is int and least <= value <= most


def matching(what: str, pattern: re.Pattern[str]) -> Shape:
    """A text of some form."""
    return what, lambda value: is_text(value) and pattern.fullmatch(value) is not None


def is_text(value: Any) -> bool:
    """Whether it is a text, of whatever length."""
    return isinstance(value, str)


TEXT: Final[Shape] = ("a text", is_text)
FLAG: Final[Shape] = ("true or false", lambda value: isinstance(value, bool))
OBJECT: Final[Shape] = ("an object", lambda value: isinstance(value, dict))
MEDIA_TYPE: Final = matching(
    "a media type such as text/plain", re.compile(r"[\w.+-]+/[\w.+-]+(?:; ?[\w.+=-]+)?", re.ASCII)
)
