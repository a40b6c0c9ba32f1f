"""What is typed behind `note` and `playbook`: a number of the list or an id, or words to search for."""

import re
from typing import Final

from bot.domain.commands.list_numbers import list_number
from bot.domain.commands.quotation_marks import unquoted

MOST_WORDS_SEARCHED: Final = 3  # more words read like a task, unless they stand in quotation marks
MOST_WORDS_MEANT: Final = 3
_ID: Final = re.compile(r"(?P<kind>note|playbook)-[\w-]{1,100}")


def is_id(which: str, kind: str = "") -> bool:
    """Whether `which` is the id of a note or a playbook, as the `kind` says, or without it of any of them."""
    found = _ID.fullmatch(which)
    return found is not None and kind in {"", found["kind"]}


def read_which(typed: str) -> str | None:
    """Return `typed` if it is meant to say which note or playbook, whether or not it does; else None."""
    words = typed.split()
    if len(words) <= 1:
        return typed
    names_one = any(list_number(word) is not None or is_id(word) for word in words)
    return typed if names_one and len(words) <= MOST_WORDS_MEANT else None


def read_search(typed: str) -> str | None:
    """Return `typed` if it is nothing, a few words to search for, or some in quotation marks; else None."""
    fits = len(typed.split()) <= MOST_WORDS_SEARCHED or unquoted(typed) is not None
    return typed if fits else None
