"""The pages of a list of sessions: which of its entries are shown, and what a button has to name to show others."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bot.domain.list_groups import Grouped, ListGroup

PAGE: Final = 20  # entries
FEW_DONE: Final = 5  # of those that are done, until somebody asks for all
_WHOLE: Final = "whole"
_ARGUMENT: Final = re.compile(rf"(?P<which>[a-z]+) (?P<first>\d{{1,3}})(?: (?P<whole>{_WHOLE}))?")


class Which(StrEnum):
    """Whose sessions a list has."""

    MINE = "mine"
    WAITING = "waiting"  # the person's own that need them
    CHANNEL = "channel"  # everybody's in the channel where the list is asked for
    ALL = "all"  # everybody's in the workspace, for admins


# Their lists have numbers, which commands take.
OWN: Final = frozenset({Which.MINE, Which.WAITING})


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of a list: it begins behind the `first` entries, and is `whole` with all that are done, not a few."""

    first: int = 0
    whole: bool = False
    which: Which = Which.MINE

    @classmethod
    def read(cls, argument: str) -> "ListPage | None":
        """Read the argument of a button; None if it is none that a list has."""
        found = _ARGUMENT.fullmatch(argument)
        if found is None or found["which"] not in set(Which):
            return None
        return cls(int(found["first"]), found["whole"] is not None, Which(found["which"]))

    @property
    def argument(self) -> str:
        """What the button for this page carries."""
        return f"{self.which} {self.first}{f' {_WHOLE}' if self.whole else ''}"

    def all(self) -> "ListPage":
        """This page with all that are done."""
        return replace(self, whole=True)

    def next(self, listed: int) -> "ListPage | None":
        """The page behind this one of so many entries, and the first one again behind the last; None if it is alone."""
        if listed <= PAGE:
            return None
        after = self.first + PAGE
        return replace(self, first=after if after < listed else 0)


FIRST_PAGE: Final = ListPage()


def folded(entries: Sequence[Grouped]) -> list[Grouped]:
    """The `entries` with a few only of those that are done, which come last."""
    done = [entry for entry in entries if entry.group is ListGroup.RECENTLY_DONE]
    return [*entries[: len(entries) - len(done)], *done[:FEW_DONE]]
