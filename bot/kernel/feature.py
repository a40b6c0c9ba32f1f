"""What a feature brings to the bot: one declaration, over which the composition root loops."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial

from bot.devin.client import Devin
from bot.domain.commands.spec import CommandSpec
from bot.engine.port import Tick as EngineTick
from bot.kernel.commands.handler import Handler
from bot.kernel.end_buttons import EndButtons
from bot.kernel.forms.forms import FormKind
from bot.kernel.gates import Gate
from bot.kernel.operations.row_sources import OperationKind
from bot.kernel.questions import QuestionKind
from bot.kernel.services import Services
from bot.kernel.tasks import EventTask, Kernel, Revised, StopFailed, Task
from bot.kernel.unit_of_work import Drawer
from bot.store.table_spec import TableSpec
from bot.views.message import Message


class Per(Enum):
    """For what a tick is called: once, or for each workspace or organisation that is connected."""

    PROCESS = auto()
    WORKSPACE = auto()
    ORGANISATION = auto()


@dataclass(frozen=True, slots=True)
class Tick:
    """What is done by the clock. `run` gets what it is called `per`, and returns the seconds until the next call.

    It is called in one process, which is any that works on lanes; without `once` in every process, also where Slack's
    events are only received.
    """

    name: str
    per: Per
    run: Callable[..., Awaitable[float]]
    once: bool = True

    def of_each(self, services: Services) -> Iterator[tuple[str, EngineTick]]:
        """Yield the name by which the engine calls it and what it calls, for each that it is called for."""
        if self.per is Per.PROCESS:
            yield self.name, self.run
        elif self.per is Per.WORKSPACE:
            yield from (
                (f"{self.name}:{workspace.team}", partial(self.run, workspace)) for workspace in services.workspaces
            )
        else:
            yield from (
                (f"{self.name}:{organisation.id}", partial(self.run, organisation))
                for organisation in services.organisations
            )


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission of Devin's without which a `command` only says what is missing; `read` shows if it is granted.

    `creates` names what the command also creates, which no read proves.
    """

    command: str  # its first word, as it is typed
    name: str  # https://docs.devin.ai/api-reference/concepts/rbac
    read: Callable[[Devin], Awaitable[object]]
    creates: str = ""


def no_handlers(_kernel: Kernel) -> Mapping[CommandSpec, Handler]:
    """Return the handlers of a feature without commands."""
    return {}


def no_questions(_kernel: Kernel) -> Sequence[QuestionKind]:
    """Return the questions of a feature that asks none."""
    return ()


def no_forms(_kernel: Kernel) -> Mapping[str, FormKind]:
    """Return the forms of a feature that opens none."""
    return {}


def no_operations(_kernel: Kernel) -> Sequence[OperationKind]:
    """Return the kinds of operations of a feature without any."""
    return ()


def no_drawers(_kernel: Kernel) -> Sequence[Drawer]:
    """Return the drawers of a feature whose posts are not edited."""
    return ()


def no_end_buttons(_kernel: Kernel) -> Sequence[EndButtons]:
    """Return the buttons of a feature that puts none under ends of turns."""
    return ()


def no_ticks(_kernel: Kernel) -> Sequence[Tick]:
    """Return the ticks of a feature that does nothing by the clock."""
    return ()


@dataclass(frozen=True, slots=True)
class Feature:
    """All that a feature brings. Its parts are made once, with the `Kernel`.

    `questions` are the kinds that act on each answer to a question, and `plain_questions` those where to decline is
    answered by a sentence alone, by their names. `forms` are those of its commands, by the commands' names. `tasks`
    are what rows of the inbox carry on, and `events` what is done about events of Slack's. `end_buttons` give the
    buttons under the posts of ends of turns.
    """

    name: str
    commands: tuple[CommandSpec, ...] = ()
    handlers: Callable[[Kernel], Mapping[CommandSpec, Handler]] = no_handlers
    questions: Callable[[Kernel], Sequence[QuestionKind]] = no_questions
    plain_questions: Mapping[str, Message] = field(default_factory=dict)
    forms: Callable[[Kernel], Mapping[str, FormKind]] = no_forms
    operations: Callable[[Kernel], Sequence[OperationKind]] = no_operations
    tasks: tuple[type[Task], ...] = ()
    events: tuple[type[EventTask], ...] = ()
    drawers: Callable[[Kernel], Sequence[Drawer]] = no_drawers
    end_buttons: Callable[[Kernel], Sequence[EndButtons]] = no_end_buttons
    ticks: Callable[[Kernel], Sequence[Tick]] = no_ticks
    gates: tuple[Callable[[Services], Gate], ...] = ()
    stop_failed: StopFailed | None = None
    revised: Revised | None = None
    tables: tuple[TableSpec, ...] = ()
    permissions: tuple[Permission, ...] = ()
