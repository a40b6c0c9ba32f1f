"""The tags of a new session at Devin: the bot's own, its reference and those of the person. Devin may refuse tags."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Final

from bot.devin.errors import DevinInvalid, DevinRefused
from bot.kernel.organisation import Organisation

BOT_TAG: Final = "devin-bridge"
_TAGS: Final = re.compile(r"\btags?\b", re.IGNORECASE)


class SessionTags:
    """The lists of tags with which a session may be created, of which Devin may refuse the fuller ones."""

    def __init__(self, organisation: Organisation, reference: str, wanted: Sequence[str]) -> None:
        self._organisation = organisation
        own = [BOT_TAG, reference]
        self._fuller: list[list[str] | None] = [[*own, *wanted], own] if wanted else [own]

    @cached_property
    def _lists(self) -> list[list[str] | None]:
        """What may be sent, the fullest first: asked for late, as the process may still learn that tags are refused."""
        return [None] if self._organisation.tags_refused else [*self._fuller, None]

    @property
    def are_left_out(self) -> bool:
        """Whether the session is created without tags."""
        return self._lists[0] is None

    async def to_send(self) -> list[str] | None:
        """Return the fullest list that was not refused; None for no tags, which is remembered for the organisation."""
        if self._lists[0] is None:
            await self._organisation.remember_tags_refused()
        return self._lists[0]

    def shorten(self, refused: DevinRefused) -> bool:
        """If Devin refused the tags, go on to the next shorter list. Returns False if there is none."""
        if len(self._lists) == 1 or not _is_about_tags(refused):
            return False
        self._lists.pop(0)
        return True


def _is_about_tags(refused: DevinRefused) -> bool:
    if not isinstance(refused, DevinInvalid):
        return False
    words = [refused.message, *(problem.field for problem in refused.problems)]
    return any(_TAGS.search(word) for word in words)
