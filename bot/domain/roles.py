"""Who may start, steer and stop sessions, see what they cost, and administer the bot: everywhere, or in one channel.

People call it a role. A right that nobody was given stays as it is without roles; one that was given in a channel
counts there in place of what holds everywhere. Admins have every right, and who asked for a session keeps it in hand.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

from bot.domain.commands.picked import as_group_id, as_person_id

EVERYONE: Final = "everyone"
EVERYWHERE: Final = ""  # in place of the id of a channel


class Right(StrEnum):
    """What somebody may do, as it is typed and as it stands in rows and files."""

    START = "start"
    STEER = "steer"
    STOP = "stop"
    COST = "cost"
    ADMINISTER = "administer"


# Whoever asked for a session has these over it.
OF_ASKER: Final = frozenset({Right.STEER, Right.STOP, Right.COST})


class RoleError(ValueError):
    """A file declares roles in a way that cannot be read; the text is a sentence that says what is wrong."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Who holds which right where. A holder is `everyone`, the id of a person, or that of a user group."""

    held: Mapping[tuple[Right, str], tuple[str, ...]] = field(default_factory=dict, hash=False)

    def holders(self, right: Right, channel: str = EVERYWHERE) -> tuple[str, ...] | None:
        """Return who holds `right` in `channel`; None if nobody was given it, so that it is as without roles."""
        return self.held.get((right, channel)) or self.held.get((right, EVERYWHERE))

    def restrict(self, right: Right) -> bool:
        """Whether `right` was given to anybody anywhere."""
        return any(given is right for given, _ in self.held)

    def over(self, others: "Roles") -> "Roles":
        """Return these roles, and of `others` those about which these say nothing."""
        return Roles({**others.held, **self.held})

    @property
    def groups(self) -> frozenset[str]:
        """The ids of all user groups that hold something."""
        return frozenset(holder for holders in self.held.values() for holder in holders if is_group(holder))


def is_group(holder: str) -> bool:
    """Whether a `holder` is a user group."""
    return holder.startswith("S")


def is_person(holder: str) -> bool:
    """Whether a `holder` is a person."""
    return holder.startswith(("U", "W"))


def holds(holders: Collection[str], user: str, groups: Collection[str]) -> bool:
    """Whether `user`, who is in these `groups`, is one of the `holders`."""
    return EVERYONE in holders or user in holders or not set(groups).isdisjoint(holders)


def read_roles(table: object, channel: str = EVERYWHERE) -> dict[tuple[Right, str], tuple[str, ...]]:
    """Return the roles that a `table` of the settings file declares, for `channel` or for everywhere.

    Raises RoleError if it is not valid.
    """
    if not isinstance(table, Mapping):
        raise RoleError('Roles must be a table, such as stop = ["S0123ABC"].')
    return {(_right(key), channel): _holders(_right(key), value) for key, value in table.items()}


def _right(key: str) -> Right:
    try:
        return Right(key)
    except ValueError:
        near = get_close_matches(key, list(Right), n=1)
        way_on = f"Did you mean “{near[0]}”?" if near else f"Pick one of {', '.join(Right)}."
        raise RoleError(f"There's no role “{key}”. {way_on}") from None


def _holders(right: Right, value: object) -> tuple[str, ...]:
    words: Sequence[object] = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    holders = [_holder(word) for word in words]
    if not holders or None in holders:
        raise RoleError(f'“{right}” needs IDs of people or user groups, or "{EVERYONE}".')
    if right is Right.ADMINISTER and EVERYONE in holders:
        raise RoleError("List the people or user groups who administer; “everyone” isn't allowed.")
    return tuple(dict.fromkeys(holder for holder in holders if holder is not None))


def _holder(word: object) -> str | None:
    if not isinstance(word, str):
        return None
    return EVERYONE if word.lower() == EVERYONE else as_person_id(word) or as_group_id(word)
