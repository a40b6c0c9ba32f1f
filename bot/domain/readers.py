"""Who reads something about sessions of others."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Readers:
    """Everybody in a `channel`, or one `person` who may be in a channel just then. Without either: anybody."""

    channel: str = ""
    person: str = ""

    @classmethod
    def at(cls, place: str) -> "Readers":
        """Return who reads what is posted at `place`: in a channel, or to the person with that id."""
        return cls(person=place) if place.startswith(("U", "W")) else cls(channel=place)


ANYBODY: Final = Readers()
FEWEST_PEOPLE: Final = 3  # who are counted where they are not named, and of whom a group has to be to be shown there
