"""Checks of request bodies, field by field, with the errors a FastAPI service gives."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from bot.playground.devin.problems import ProblemError, invalid

Check = Callable[[Any], str | None]
"""Looks at a value; a sentence when it is wrong."""

MAX_TAGS: Final = 50
MAX_URL: Final = 2083


def _is(kind: type, message: str) -> Check:
    return lambda value: None if type(value) is kind else message


STRING: Final = _is(str, "Input should be a valid string")
INTEGER: Final = _is(int, "Input should be a valid integer")
BOOLEAN: Final = _is(bool, "Input should be a valid boolean")
OBJECT: Final = _is(dict, "Input should be a valid dictionary")


def strings(value: Any) -> str | None:
    """A list of strings."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return "Input should be a valid list of strings"
    return None


def tags(value: Any) -> str | None:
    """A list of at most 50 tags."""
    if wrong := strings(value):
        return wrong
    return "List should have at most 50 items" if len(value) > MAX_TAGS else None


def urls(value: Any) -> str | None:
    """A list of URLs of 1 to 2083 characters."""
    if wrong := strings(value):
        return wrong
    fine = all(len(url) <= MAX_URL and urlsplit(url).scheme and urlsplit(url).netloc for url in value)
    return None if fine else "Input should be a valid URL"


def positive(value: Any) -> str | None:
    """A whole number above zero."""
    return INTEGER(value) or (None if value > 0 else "Input should be greater than 0")


def one_of(*known: str) -> Check:
    """One of a few words."""
    return lambda value: None if value in known else f"Input should be one of {', '.join(known)}"


def nullable(check: Check) -> Check:
    """The same, or null."""
    return lambda value: None if value is None else check(value)


def required(body: Mapping[str, Any], *names: str) -> list[dict[str, Any]]:
    """Errors for the fields that must be there and are not."""
    return [{"loc": ["body", name], "msg": "Field required", "type": "missing"} for name in names if name not in body]


def check(body: Mapping[str, Any], checks: Mapping[str, Check], *needed: str) -> None:
    """Refuse a body with a wrong or missing field; fields nobody knows are ignored."""
    errors = required(body, *needed)
    for name, test in checks.items():
        if name in body and (wrong := test(body[name])):
            errors += invalid("body", name, wrong).errors or []
    if errors:
        raise ProblemError(422, "Validation failed", errors=errors)
