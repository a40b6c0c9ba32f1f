"""The numbers of the lists that people are shown, as they are typed."""

import re
from typing import Final

_NUMBER: Final = re.compile(r"#?(?P<number>[0-9]{1,4})")


def list_number(typed: str) -> int | None:
    """Return the number that was `typed`, with `#` or without; None if something else was typed, such as an id."""
    found = _NUMBER.fullmatch(typed)
    return int(found["number"]) if found else None
