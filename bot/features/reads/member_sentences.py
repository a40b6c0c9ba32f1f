"""The answer about Devin's members: who they are, or how many where people are not named."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.views.answers.wording import code
from bot.views.message import Message
from bot.views.text import counted, fitted

MOST_LISTED: Final = 20
FEWEST_COUNTED: Final = 3  # people: a smaller group would name somebody
NO_SEARCH: Final = Message(
    "People aren't named here (`BOT_NAMES=off`), so members can't be searched for. `/devin "
    "members` by itself shows how many there are."
)
NO_MENTION: Final = Message(
    "Devin doesn't know people by @mention. Write part of their name or email, such as `/devin members ada`."
)
NOBODY: Final = Message("Devin shows no members of your organization.")
_NO_ROLE: Final = "through a group"


@dataclass(frozen=True, slots=True)
class Person:
    """A member; without `roles` they are one through a group of an identity provider."""

    name: str
    email: str
    roles: tuple[str, ...] = ()

    @property
    def role(self) -> str:
        """All roles in one text."""
        return ", ".join(self.roles) or _NO_ROLE


def members(people: Sequence[Person], searched: str = "") -> Message:
    """List the first of the `people`, by name; of all of them those whose name or address has `searched` in it."""
    if not people:
        return NOBODY
    found = sorted(
        (person for person in people if searched.casefold() in f"{person.name}\n{person.email}".casefold()),
        key=lambda person: (person.name or person.email).casefold(),
    )
    if not found:
        return Message(f"None of Devin's {counted(len(people), 'member')} has {code(searched)} in their name or email.")
    head = f"*Devin's members*: {len(people):,}"
    if searched:
        head = f"*Devin's members* with {code(searched)} in name or email: {len(found):,} of {len(people):,}"
    lines = [head, *(f"• {_line(person)}" for person in found[:MOST_LISTED])]
    if (more := len(found) - MOST_LISTED) > 0:
        lines.append(f"and {more:,} more; `/devin members` with part of a name or email finds them")
    return Message("\n".join(lines))


def member_counts(people: Sequence[Person]) -> Message:
    """Count the `people` by role, where people are not named; small groups are counted together."""
    if not people:
        return NOBODY
    roles = Counter(person.role for person in people)
    large = [(role, count) for role, count in roles.most_common() if count >= FEWEST_COUNTED]
    others = len(people) - sum(count for _, count in large)
    parts = [f"{count:,} {fitted(role, 60)}" for role, count in large] + ([f"{others:,} others"] if others else [])
    return Message(f"*Devin's members*: {len(people):,} ({', '.join(parts)}). People aren't named here.")


def cut(count: int) -> str:
    """Say that no more than so many members are read."""
    return f":warning: Only the first {counted(count, 'member')} were read, and Devin has more."


def _line(person: Person) -> str:
    name, email, role = fitted(person.name, 80), fitted(person.email, 120), fitted(person.role, 80)
    return " · ".join(part for part in (name, email, role) if part)
