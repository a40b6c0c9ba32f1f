"""What was picked in Slack, as `bot.domain.text.as_typed` leaves it: `#C0WEB`, `@U0ADA`, and a user group `@S0OPS`."""

import re
from typing import Final

# Most ids have a digit, and some old ones are nothing but letters, such as CHGFYJVAN. A shorter word of capitals is a
# name that somebody typed.
_ID: Final = r"(?:(?=[A-Z]*[0-9])[A-Z0-9]{1,30}|[A-Z]{8,30})"
_CHANNEL: Final = re.compile(rf"#(?P<id>[CG]{_ID})")
_PERSON: Final = re.compile(rf"@(?P<id>[UW]{_ID})")
_GROUP: Final = re.compile(rf"@(?P<id>S{_ID})")


def picked_channel(word: str) -> str | None:
    """Return the id of the channel that `word` stands for; None if it is no channel that was picked."""
    found = _CHANNEL.fullmatch(word)
    return found["id"] if found else None


def picked_person(word: str) -> str | None:
    """Return the id of the person that `word` stands for; None if it is no person who was picked."""
    found = _PERSON.fullmatch(word)
    return found["id"] if found else None


def is_picked(word: str) -> bool:
    """Whether `word` stands for a channel or a person that was picked."""
    return (picked_channel(word) or picked_person(word)) is not None


def picked_group(word: str) -> str | None:
    """Return the id of the user group that `word` stands for; None if it is no user group that was picked."""
    found = _GROUP.fullmatch(word)
    return found["id"] if found else None


def is_picked_group(word: str) -> bool:
    """Whether `word` stands for a user group that was picked."""
    return picked_group(word) is not None


def as_person_id(word: str) -> str | None:
    """Return `word` if it is the id of a person, as Slack's menus copy it; else None."""
    return picked_person(f"@{word}")


def as_group_id(word: str) -> str | None:
    """Return `word` if it is the id of a user group, as Slack's menus copy it; else None."""
    return picked_group(f"@{word}")
