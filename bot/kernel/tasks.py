"""Tasks: work that a row carries on. Each says once what it is called, or which of Slack's events it takes.

Features declare them. Routes, the check of requests, the intake and the dispatch loop over what is declared.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from bot.domain.causes import EventCause, TaskCause
from bot.domain.commands.spec import Source
from bot.domain.roles import Right
from bot.domain.session import Session
from bot.kernel.access import Access
from bot.kernel.gates import Gates
from bot.kernel.job import Flow
from bot.kernel.services import Services
from bot.kernel.shared_channels import SharedChannels
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace

# A hook: a session still runs although somebody stopped it; called in the transaction that announces that.
StopFailed = Callable[[UnitOfWork, Session], Awaitable[None]]

# A hook: the start or the reply with this key, which waited, was edited or else (False) deleted. Called in the
# transaction that stores that.
Revised = Callable[[UnitOfWork, Workspace, str, bool], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Kernel:
    """What the parts of a feature are made with; each keeps what it uses."""

    services: Services
    access: Access
    gates: Gates
    shared_channels: SharedChannels
    stop_failed: Sequence[StopFailed] = ()
    revised: Sequence[Revised] = ()


class Task(Flow[TaskCause], Protocol):
    """Work that we have asked ourselves for, such as an operation. What it is about stands in a row of its own."""

    name: ClassVar[str]  # stands in rows

    def __init__(self, kernel: Kernel) -> None:
        """Make the task with what it uses of `kernel`."""


@dataclass(frozen=True, slots=True)
class SlackEvent:
    """Events of Slack's by their types, and the texts that are needed of them.

    `fields` says where each text is in the event, by the name it gets in the cause: `{"name": "channel.name"}`. Behind
    a `*` it is in each of a list, and the texts get blanks between them. Whoever causes one needs the `right`, if any.
    `source` says whose words come of one.
    """

    types: Sequence[str]
    fields: Mapping[str, str]
    source: Source
    right: Right | None = None

    def read(self, event: Mapping[str, Any]) -> dict[str, str]:
        """Return the texts of Slack's `event`, empty where it has none. Raises ValueError if one is something else."""
        return {name: _text(event, path) for name, path in self.fields.items()}


class EventTask(Flow[EventCause], Protocol):
    """What is done about an event of Slack's, after its ack."""

    event: ClassVar[SlackEvent]

    def __init__(self, kernel: Kernel) -> None:
        """Make the task with what it uses of `kernel`."""


def _text(event: object, path: str, at: str = "") -> str:
    """Return the text at `path` in `event`, which is itself found `at` a path."""
    name, _, rest = path.partition(".")
    here = f"{at}.{name}".lstrip(".")
    if name == "*":
        if not isinstance(event, list):
            raise ValueError(f"no {here}")
        return " ".join(_text(one, rest, here) for one in event)
    if not isinstance(event, Mapping):
        raise ValueError(f"no {here}")  # noqa: TRY004
    found: object = event.get(name)
    if found is None:
        return ""
    if rest:
        return _text(found, rest, here)
    if not isinstance(found, str):
        raise ValueError(f"{here} is no text")  # noqa: TRY004
    return found
