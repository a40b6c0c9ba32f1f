"""A change at Devin that a command asks for: made once, recorded in the audit, and answered where it was asked for.

A feature declares of a thing how it is read and changed, and what people read. All else is the same for all things.
`bot.kernel.exactly_once` has the protocol.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from bot.devin.errors import DevinError, DevinRefused
from bot.kernel.commands.devin_failures import failure_sentence
from bot.kernel.exactly_once.change import Change, Record
from bot.kernel.exactly_once.loss import is_unknown
from bot.kernel.job import CommandJob, recipient_of
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import audit
from bot.store.audit import AuditRow
from bot.views import devin_answers
from bot.views.message import Message

_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True)
class Edit(Change[_Thing]):
    """A change of the thing with the id `target`, or its deletion, as the command `action` asks for.

    `get` reads it and `do` changes it; `done` says whether it is changed already, where None is a thing that is gone.
    The audit has what `as_record` notes of it, before and, with the fields `after`, behind. The person looks at the
    command and can give it again, so the row waits for minutes, and only for a change that was tried.
    """

    services: Services
    job: CommandJob
    action: str
    target: str
    get: Callable[[str], Awaitable[_Thing]]
    done: Callable[[_Thing | None], bool]
    do: Callable[[_Thing], Awaitable[None]]
    as_record: Callable[[_Thing], Record]
    changed: Callable[[Record, _Thing | None], Message]
    left_alone: Callable[[_Thing | None], Message]
    unknown: Message
    after: Record | None = None

    kind: ClassVar[str] = "change"

    async def read(self) -> _Thing:
        """Read the thing."""
        return await self.get(self.target)

    def record(self, thing: _Thing) -> Record:
        """Return what the audit says about it."""
        return self.as_record(thing)

    def is_done(self, now: _Thing | None) -> bool:
        """Whether it is changed already."""
        return self.done(now)

    async def call(self, now: _Thing) -> None:
        """Change it."""
        await self.do(now)

    def patience(self, *, tried: bool) -> float:
        """Wait for minutes, and only for what was tried."""
        return self.services.timing.change_followed if tried else 0.0

    async def write_changed(self, uow: UnitOfWork, before: Record, read: _Thing | None, /) -> None:
        """Record the change, and confirm it."""
        after = {**self.as_record(read), **self.after} if self.after and read is not None else None
        await self._record(uow, before=before, after=after)
        await self._answer(uow, self.changed(before, read))

    async def write_unknown(self, uow: UnitOfWork) -> None:
        """Record that nobody knows whether it was changed, and answer that."""
        await self._record(uow, outcome="unknown")
        await self._answer(uow, self.unknown)

    async def write_left_alone(self, uow: UnitOfWork, now: _Thing | None, /) -> None:
        """Answer that it is gone, or as it is wanted already."""
        await self._answer(uow, self.left_alone(now))

    async def write_unreachable(self, uow: UnitOfWork, error: DevinError, /) -> None:
        """Answer why Devin gave no answer."""
        await self._answer(uow, failure_sentence(error))

    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """Answer why Devin refuses it."""
        await self._answer(uow, failure_sentence(refused))

    async def _record(self, uow: UnitOfWork, **recorded: Any) -> None:
        team, cause = self.job.workspace.team, self.job.cause
        row = AuditRow(team, uow.now, cause.user or "", self.action, self.target, cause.channel, **recorded)
        await audit.add(uow.tx, row)

    async def _answer(self, uow: UnitOfWork, message: Message) -> None:
        await uow.reply_privately(recipient_of(self.job), message)


def lost_edit(unknown: Message) -> Callable[[UnitOfWork, CommandJob, str], Awaitable[None]]:
    """Return what answers an edit whose row is marked dead: `unknown` where nobody knows whether it was made."""

    async def lost(uow: UnitOfWork, job: CommandJob, _reason: str) -> None:
        await uow.reply_privately(recipient_of(job), unknown if is_unknown(job.row) else devin_answers.UNREACHABLE)

    return lost
