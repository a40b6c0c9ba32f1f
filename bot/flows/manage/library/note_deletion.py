"""The answer to the question whether to delete a note.

What a button carries is no authorisation: who deletes has to be an admin, and the note one of the bot's organisation.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Final

from bot.devin.errors import DevinLater, DevinNotFound, DevinRefused, DevinUncertain
from bot.domain.causes import ActionCause
from bot.domain.commands import registry
from bot.domain.commands.library_commands import NOTE_DELETE, NOTE_DELETE_CONFIRMED, NOTE_DELETE_DECLINED
from bot.domain.library import NAME, Kind
from bot.flows.access import Access
from bot.flows.job import Job, finish_with
from bot.flows.manage.devin.failures import failure_sentence
from bot.flows.manage.library.calls import CALLS
from bot.flows.services import Services
from bot.flows.unit_of_work import UnitOfWork
from bot.store import audit, inbox
from bot.store.audit import AuditRow
from bot.views import devin_answers
from bot.views import library as views
from bot.views.message import Message

BUTTONS: Final = frozenset({NOTE_DELETE_CONFIRMED, NOTE_DELETE_DECLINED})


class NoteDeletion:
    """Deletes the note, or keeps it."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    async def run(self, job: Job[ActionCause]) -> None:
        """Delete the note if that is the answer and the person may; the outcome takes the question's place."""
        if job.cause.verb == NOTE_DELETE_DECLINED.name:
            await self._services.answer(job, views.NOT_DELETED)
            return
        refusal = await self._refusal(job)
        if refusal is not None:
            await self._services.answer(job, refusal)
            return
        try:
            await self._delete(job)
        except DevinRefused as refused:
            await self._services.answer(job, failure_sentence(refused))

    async def on_dead(self, uow: UnitOfWork, job: Job[ActionCause], _reason: str, /) -> None:
        """Announce that the note was not deleted, or that nobody knows."""
        tried = job.cause.before is not None
        message = views.maybe_deleted(job.row.ref) if tried else views.not_deleted(job.row.ref)
        # In a direct message: the question stands there no more after hours, and this has to get through.
        await uow.add_to_outbox(
            uow.post_row(f"lost:{job.row.key}", job.workspace.team, job.cause.user or "", None, message)
        )

    async def _refusal(self, job: Job[ActionCause]) -> Message | None:
        cause = job.cause
        person = await self._access.checked_person(job.workspace, cause.user or "")
        refusal = self._access.refusal(person, shared=False)
        return refusal or await self._access.role_refusal(job.workspace, registry.named(cause.verb), cause.user)

    async def _delete(self, job: Job[ActionCause]) -> None:
        devin, note_id = job.workspace.organisation.devin, job.cause.target
        if job.cause.before is None:
            try:
                note = await CALLS[Kind.NOTE].get(devin, note_id)
            except DevinNotFound:
                await self._services.answer(job, views.ALREADY_DELETED)
                return
            except (DevinLater, DevinUncertain):
                # Nothing was tried yet, and somebody waits: they can press again.
                await self._services.answer(job, devin_answers.UNREACHABLE)
                return
            job = await self._note(job, replace(job.cause, before=note.as_record()))
        await self._services.check_claim(job)
        # A crash or a lost answer from here on: the next try deletes it, or finds it gone, and knows what it was.
        with suppress(DevinNotFound):
            await devin.delete_note(note_id)
        await self._record(job)

    async def _note(self, job: Job[ActionCause], cause: ActionCause) -> Job[ActionCause]:
        async with self._services.unit_of_work_for(job) as uow:
            await inbox.note(uow.tx, job.row.key, cause)
        return replace(job, row=replace(job.row, cause=cause))

    async def _record(self, job: Job[ActionCause]) -> None:
        cause, before = job.cause, job.cause.before or {}
        row = AuditRow(
            job.workspace.team,
            self._services.clock(),
            cause.user or "",
            NOTE_DELETE.name,
            cause.target,
            cause.channel,
            before,
        )
        async with self._services.unit_of_work_for(job) as uow:
            await audit.add(uow.tx, row)
            await finish_with(uow, job, views.deleted(str(before.get(NAME, ""))))
