"""What is typed behind `identity set` and `identity unset`: a person, and an e-mail address or a user id of Devin's."""

from dataclasses import dataclass

from bot.domain.commands.picked import picked_person


@dataclass(frozen=True, slots=True)
class WantedLink:
    """The person in Slack, and who they are at Devin, by an address or an id."""

    person: str
    devin_user: str

    @property
    def is_address(self) -> bool:
        """Whether an address was typed."""
        return "@" in self.devin_user


def parse_link(typed: str) -> WantedLink | None:
    """Read `@person email|user-id`, in either order; None if it is something else."""
    people = [person for word in typed.split() if (person := picked_person(word))]
    others = [word for word in typed.split() if picked_person(word) is None]
    return WantedLink(people[0], others[0]) if len(people) == len(others) == 1 else None


def read_link(typed: str) -> str | None:
    """Return `typed` if it may be meant for `identity set`."""
    return typed if len(typed.split()) <= 3 else None


def read_person(typed: str) -> str | None:
    """Return `typed` if it may be meant for `identity unset`."""
    return typed if len(typed.split()) <= 1 else None
