"""What was erased from the store because a person or a workspace was to be forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Erased:
    """How many rows were deleted or blanked, by the table; `joined` are sessions of others that the person steered.

    `unfollowed` are the addresses at Devin of the sessions that the bot followed until then.
    """

    rows: Mapping[str, int]
    unfollowed: tuple[str, ...] = ()
