"""The answer to the question whether to delete a note, which is deleted once (`bot.kernel.exactly_once`).

What a choice carries is no authorisation: who deletes has to be an admin, and the note one of the bot's organisation.
"""

from dataclasses import dataclass
from math import inf
from typing import ClassVar

from bot.devin.errors import DevinError, DevinRefused
from bot.domain.commands.spec import CommandSpec
from bot.features.library import sentences as views
from bot.features.library.calls import CALLS
from bot.features.library.rules import NAME, Kind, LibraryItem
from bot.features.library.specs import NOTE_DELETE, NOTE_DELETE_CONFIRMED
from bot.kernel.commands.devin_failures import failure_sentence
from bot.kernel.commands.handler import Handler
from bot.kernel.exactly_once.change import Change, Record
from bot.kernel.exactly_once.loss import Loss, announce_loss
from bot.kernel.exactly_once.protocol import ExactlyOnce
from bot.kernel.job import CommandJob, recipient_of
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import audit
from bot.store.audit import AuditRow
from bot.views import devin_answers
from bot.views.message import Message


class NoteDeletion:
    """Deletes a note."""

    def __init__(self, services: Services) -> None:
        self._once = ExactlyOnce(services)

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the choice does."""
        return {NOTE_DELETE_CONFIRMED: Handler(run=self._run, lost=_lost)}

    async def _run(self, job: CommandJob) -> None:
        await self._once.change(job, DeleteNote(job))


async def _lost(uow: UnitOfWork, job: CommandJob, _reason: str) -> None:
    await announce_loss(uow, job.row, NoteDeletionLoss(job))


@dataclass(frozen=True, slots=True)
class DeleteNote(Change[LibraryItem]):
    """The deletion of the note that the choice names."""

    kind: ClassVar[str] = "note"
    job: CommandJob

    async def read(self) -> LibraryItem:
        """Read the note."""
        return await CALLS[Kind.NOTE].get(self.job.workspace.organisation.devin, self.job.cause.argument)

    def record(self, thing: LibraryItem) -> Record:
        """Return its fields."""
        return thing.as_record()

    def is_done(self, now: LibraryItem | None) -> bool:
        """Whether it is gone."""
        return now is None

    async def call(self, now: LibraryItem) -> None:
        """Delete it."""
        await self.job.workspace.organisation.devin.delete_note(now.id)

    def patience(self, *, tried: bool) -> float:
        """Wait only for what was tried: somebody looks at the question, and can press again."""
        return inf if tried else 0.0

    async def write_unreachable(self, uow: UnitOfWork, _error: DevinError, /) -> None:
        """Answer that Devin cannot be reached."""
        await self._answer(uow, devin_answers.UNREACHABLE)

    async def write_changed(self, uow: UnitOfWork, before: Record, _read: LibraryItem | None, /) -> None:
        """Record the deletion, and confirm it."""
        team, cause = self.job.workspace.team, self.job.cause
        user, action = cause.user or "", NOTE_DELETE.name
        await audit.add(uow.tx, AuditRow(team, uow.now, user, action, cause.argument, cause.channel, before))
        await self._answer(uow, views.deleted(str(before.get(NAME, ""))))

    async def write_left_alone(self, uow: UnitOfWork, _now: LibraryItem | None, /) -> None:
        """Answer that it was gone."""
        await self._answer(uow, views.ALREADY_DELETED)

    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """Answer why Devin refuses it."""
        await self._answer(uow, failure_sentence(refused))

    async def _answer(self, uow: UnitOfWork, message: Message) -> None:
        await uow.reply_privately(recipient_of(self.job), message)


@dataclass(frozen=True, slots=True)
class NoteDeletionLoss(Loss):
    """The loss of a deletion; it is announced in a direct message.

    The question stands there no more after hours, and this has to get through.
    """

    job: CommandJob

    async def write_not_done(self, uow: UnitOfWork) -> None:
        """Announce that the note was not deleted."""
        await self._post(uow, views.not_deleted(self.job.row.ref))

    async def write_unknown(self, uow: UnitOfWork) -> None:
        """Announce that nobody knows whether it was."""
        await self._post(uow, views.maybe_deleted(self.job.row.ref))

    async def _post(self, uow: UnitOfWork, message: Message) -> None:
        team, user = self.job.workspace.team, self.job.cause.user or ""
        await uow.add_to_outbox(uow.post_row(f"lost:{self.job.row.key}", team, user, None, message))
