"""The answer to a command for which Devin is asked, with what is stored beside it in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.views.message import Message


@dataclass(frozen=True, slots=True)
class NumberedList:
    """A list that a person is shown: which `kind` of list, and the ids of its items in the order of their numbers."""

    kind: str
    ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """The answer to a command, with the numbered list that it shows."""

    message: Message
    listed: NumberedList | None = None
