"""What was erased from the store because a person or a workspace was to be forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass

Nouns = tuple[str, str]  # what one row is called, and several


@dataclass(frozen=True, slots=True)
class Erased:
    """How many rows were deleted or blanked, by what they are called.

    `unfollowed` are the addresses at Devin of the sessions that the bot followed until then.
    """

    rows: Mapping[Nouns, int]
    unfollowed: tuple[str, ...] = ()
