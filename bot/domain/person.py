"""A person in Slack, with the facts that decide what they may do."""

import unicodedata
from dataclasses import dataclass
from typing import Final

LONGEST_NAME: Final = 80  # characters, as in Slack
# Unicode's categories of characters that nobody sees, or that change how others are shown, and of brackets.
_UNSEEN: Final = frozenset({"Cf", "Cn", "Co", "Cs"})
_BRACKETS: Final = frozenset({"Ps", "Pe"})
_SIGNS: Final = frozenset("<>:")  # what else marks who said something


@dataclass(frozen=True, slots=True)
class Person:
    """A user of Slack.

    `is_external` marks a person of another company, whose `email` is never passed on. `team` is the workspace that the
    person belongs to, and `tz` the name of their time zone.
    """

    id: str
    name: str
    email: str | None = None
    team: str = ""
    is_guest: bool = False
    is_external: bool = False
    is_bot: bool = False
    is_admin: bool = False
    tz: str | None = None
    deleted: bool = False

    @property
    def is_outsider(self) -> bool:
        """Whether the person is a guest or works for another company."""
        return self.is_guest or self.is_external


def clean_name(name: str) -> str:
    """`name` as it can stand beside what its owner says: one line, without unseen characters, brackets and colons.

    People choose their names, so a name may hold another person's id, or the mark of a reply. Returns an empty text if
    nothing is left of it that can be read.
    """
    kept = "".join(map(_in_name, name))
    return " ".join(kept.split())[:LONGEST_NAME].rstrip() if any(map(str.isalnum, kept)) else ""


def as_author(name: str, user: str) -> str:
    """The `name` and the id of `user` as they stand beside what that person says; an id is not chosen by its owner."""
    cleaned = clean_name(name)
    return f"{cleaned} ({user})" if cleaned not in {"", user} else user


def _in_name(character: str) -> str:
    category = unicodedata.category(character)
    if category in _UNSEEN:
        return ""
    # A control character may be a line break, too.
    return " " if category in _BRACKETS or category == "Cc" or character in _SIGNS else character
