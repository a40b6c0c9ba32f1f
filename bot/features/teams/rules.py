"""Teams, which figures are divided by: who and what belongs to one, and in which of them a session counts.

People call it a team. Here it is a cost centre, because Slack calls a workspace a team.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

LONGEST_NAME: Final = 40
# What other rows of the same tables are called, so that no team is mistaken for one.
RESERVED: Final = frozenset(
    {"no team", "outside slack", "total", "total through slack", "others", "another workspace", "team", "teams"}
)


class MemberKind(StrEnum):
    """What can belong to a cost centre.

    The order counts: a session is in the cost centre of its tag, else in that of its channel, else in its asker's.
    """

    TAG = "tag"
    CHANNEL = "channel"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Member:
    """A tag in lower case, the id of a channel, or the id of a person."""

    kind: MemberKind
    subject: str

    def __str__(self) -> str:
        return f"{self.kind.value} {self.subject}"


@dataclass(frozen=True, slots=True)
class Membership:
    """That `member` belongs to the team `name` from one ISO date on, and up to another one, if there is one.

    Without a name it belongs to none.
    """

    member: Member
    name: str
    since: str
    until: str | None = None

    def holds(self, day: str) -> bool:
        """Whether it is in a team by this on a day."""
        return bool(self.name) and self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class CostCentre:
    """A team and its members, of which there is at least one. No member belongs to two."""

    name: str
    members: tuple[Member, ...]

    def is_called(self, name: str) -> bool:
        """Whether `name` is its own, in capitals or not."""
        return self.name.casefold() == name.casefold()


def named(centres: Iterable[CostCentre], name: str) -> CostCentre | None:
    """Return the one of `centres` that is called `name`, or None."""
    return next((centre for centre in centres if centre.is_called(name)), None)


def called(memberships: Iterable[Membership], name: str) -> list[Membership]:
    """Return all `memberships`, with those in the team that is called `name` written as that is."""
    wanted = name.casefold()
    return [replace(one, name=name) if one.name.casefold() == wanted else one for one in memberships]


def home_of(centres: Iterable[CostCentre], member: Member) -> CostCentre | None:
    """Return the one of `centres` that `member` belongs to, or None."""
    return next((centre for centre in centres if member in centre.members), None)
