"""What a command does, however it was given: typed behind `/devin`, written in a message, or pressed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.domain.commands.spec import CommandSpec
from bot.domain.form import Form
from bot.domain.readers import Readers
from bot.domain.session import Session
from bot.kernel.job import CommandJob, reply_not_done
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.views.message import Message

# The answer where the command is answered by a message of its own, such as that of an operation.
NO_ANSWER = Message("")


@dataclass(frozen=True, slots=True)
class Asked:
    """A command as somebody gave it; `key` is that of the request, so that what it begins is begun once."""

    workspace: Workspace
    user: str
    channel: str
    spec: CommandSpec
    argument: str
    key: str
    direct: str | None = None  # the direct message with the bot in which it was written, if it was

    @property
    def readers(self) -> Readers:
        """Who reads a private answer: the person, where they have asked."""
        return Readers(self.channel, self.user)


def asked_by(job: CommandJob, spec: CommandSpec) -> Asked:
    """Return the command of a row as one that is to be answered."""
    cause = job.cause
    return Asked(job.workspace, cause.user or "", cause.channel or "", spec, cause.argument, job.row.key, cause.direct)


@dataclass(frozen=True, slots=True)
class Deferred:
    """The command takes more than an ack may wait for: a row in `lane` carries it out, with this `argument`.

    `message` is an answer of its own: Slack keeps it above what the row says. NO_ANSWER where the row says all there is
    to say; a command that takes a while gets a line then (`bot.kernel.commands.slow`).
    """

    lane: str
    argument: str
    message: Message = NO_ANSWER


Answer = Message | Form | Deferred


async def _reply_not_done(uow: UnitOfWork, job: CommandJob, _reason: str) -> None:
    await reply_not_done(uow, job)


@dataclass(frozen=True, slots=True)
class Handler:
    """What a command does. The table has checked who gives it, their role, and for a session where it is.

    `answer` is made from our own rows, because an ack waits for it. `run` carries the command out for a row, in full,
    and closes the row; without it a row is answered by `answer`. `on_session` is the `run` of a command about a
    session. `lost` announces that a row is marked dead. `elsewhere` is said where a command that is `private` was
    written in a channel. `named` answers about what words name that the command does not take, such as a session by
    its title; None where they name nothing.
    """

    answer: Callable[[Asked], Awaitable[Answer]] | None = None
    run: Callable[[CommandJob], Awaitable[None]] | None = None
    on_session: Callable[[CommandJob, Session], Awaitable[None]] | None = None
    lost: Callable[[UnitOfWork, CommandJob, str], Awaitable[None]] = _reply_not_done
    elsewhere: Message | None = None
    named: Callable[[Asked], Awaitable[Message | None]] | None = None
