"""Teams, which figures are divided by: who and what belongs to one, and in which of them a session counts.

People call it a team. Here it is a cost centre, because Slack calls a workspace a team.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST_NAME: Final = 40
# What other rows of the same tables are called, so that no team is mistaken for one.
RESERVED: Final = frozenset({"no team", "elsewhere", "total", "others", "another workspace", "team", "teams"})


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
class CostCentre:
    """A team and its members, of which there is at least one. No member belongs to two."""

    name: str
    members: tuple[Member, ...]

    def is_called(self, name: str) -> bool:
        """Whether `name` is its own, in capitals or not."""
        return self.name.casefold() == name.casefold()

    def of_kind(self, kind: MemberKind) -> list[str]:
        """Return the subjects of its members of one kind."""
        return [member.subject for member in self.members if member.kind is kind]


def named(centres: Iterable[CostCentre], name: str) -> CostCentre | None:
    """Return the one of `centres` that is called `name`, or None."""
    return next((centre for centre in centres if centre.is_called(name)), None)


def home_of(centres: Iterable[CostCentre], member: Member) -> CostCentre | None:
    """Return the one of `centres` that `member` belongs to, or None."""
    return next((centre for centre in centres if member in centre.members), None)
