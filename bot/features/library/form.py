"""The forms of notes and playbooks: a new one is created, or what the form showed replaced, once.

`bot.kernel.exactly_once` says how.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from bot.conversation.lookup import CLOCKS_APART
from bot.devin.errors import DevinForbidden, DevinLater, DevinNotFound, DevinRefused, DevinUncertain
from bot.domain.causes import ViewCause
from bot.domain.form import Form
from bot.domain.redaction import LEFT_OUT
from bot.features.library import modal as modals
from bot.features.library import sentences as views
from bot.features.library.calls import CALLS
from bot.features.library.flow import KINDS
from bot.features.library.rules import (
    LONGEST_BODY,
    LONGEST_NAME,
    Kind,
    LibraryItem,
    entered,
    mistakes,
    records_of_change,
)
from bot.features.library.specs import NOTE_ADD, PLAYBOOK_ADD
from bot.kernel.access import Access
from bot.kernel.commands.devin_failures import failure_sentence
from bot.kernel.exactly_once.change import Change, Record
from bot.kernel.exactly_once.creation import Creation, Found, LookupResult, Missing
from bot.kernel.exactly_once.loss import is_late, is_unknown
from bot.kernel.exactly_once.protocol import ExactlyOnce
from bot.kernel.forms.forms import FormKind, Opening, answer
from bot.kernel.job import Job, Reschedule
from bot.kernel.readable import Readable
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.store import audit
from bot.store.audit import AuditRow
from bot.views.modals.parts import View, notice


class LibraryForm(FormKind):
    """The form of one command about notes or playbooks."""

    def __init__(self, services: Services, access: Access, command: str, kind: Kind) -> None:
        self.title = modals.TITLES[command]
        self._services = services
        self._once = ExactlyOnce(services)
        self._readable = Readable(access)
        self._kind = kind
        self._is_new = command in {NOTE_ADD.name, PLAYBOOK_ADD.name}
        self._calls = CALLS[kind]

    async def first(self, workspace: Workspace, opening: Opening) -> View | None:  # noqa: ARG002 - the form is not for one workspace
        """Return the form of something new, with what was typed; what is edited, and names in a message, are read."""
        return self._new(opening.form, opening.form.target) if self._is_new and not opening.text else None

    async def loaded(self, workspace: Workspace, opening: Opening) -> View:
        """Return the form with what is at Devin, or with the text of the message that is to become a note."""
        if self._is_new:
            return self._new(opening.form, await self._readable.text(workspace, opening.text))
        try:
            item = await self._calls.get(workspace.organisation.devin, opening.form.target)
        except DevinNotFound:
            return notice(self.title, views.gone(self._kind).text)
        except DevinForbidden as refused:
            return notice(self.title, views.refused(refused.needed).text)
        except DevinRefused as refused:
            return notice(self.title, failure_sentence(refused).text)
        if len(item.body) > LONGEST_BODY:
            return notice(self.title, modals.too_long(item))
        if LEFT_OUT in str(item.masked().fields):  # what is left out in the form would be lost at Devin
            return notice(self.title, modals.has_secret(item))
        return modals.library_form(replace(opening.form, digest=item.digest), item)

    def _new(self, form: Form, text: str) -> View:
        """The form of something new, with `text` as what a note says, or as the title of a playbook."""
        name, body = ("", text[:LONGEST_BODY]) if self._kind is Kind.NOTE else (text[:LONGEST_NAME], "")
        return modals.library_form(replace(form, target=""), LibraryItem(self._kind, name, body))

    def errors(self, form: Form, fields: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG002 - the same for all of them
        """Return a sentence for each field that is empty, too long or not in its form."""
        return mistakes(entered(self._kind, fields))

    async def save(self, job: Job[ViewCause]) -> None:
        """Create the note or playbook, or change it."""
        item = entered(self._kind, job.cause.fields)
        try:
            if job.cause.form.target:
                await self._once.change(job, EditItem(job, item))
            else:
                await self._once.create(job, NewItem(self._services, job, item))
        except (DevinLater, DevinUncertain, Reschedule):
            await self._announce_late(job, item)
            raise

    async def on_dead(self, uow: UnitOfWork, job: Job[ViewCause], _reason: str, /) -> None:
        """Announce what was not saved, or of which that is not known, and give the text back."""
        item, ref = entered(self._kind, job.cause.fields), job.row.ref
        not_saved = views.not_saved(item, views.unreachable(ref))
        await answer(uow, job, *(views.maybe_saved(item, ref) if is_unknown(job.row) else not_saved))

    async def _announce_late(self, job: Job[ViewCause], item: LibraryItem) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            if is_late(job.row, uow.now, self._services.timing.late_notice):
                await answer(uow, job, views.late(item), late=True)


def library_forms(services: Services, access: Access) -> dict[str, FormKind]:
    """Return the forms of the commands about notes and playbooks that open one, by the names of the commands."""
    opening = {spec.name: kind for spec, kind in KINDS.items() if spec.opens_form}
    return {name: LibraryForm(services, access, name, kind) for name, kind in opening.items()}


class NewItem(Creation[LibraryItem]):
    """A note or playbook that somebody wants to have created."""

    kind = "note or playbook"

    def __init__(self, services: Services, job: Job[ViewCause], item: LibraryItem) -> None:
        self._services = services
        self._job = job
        self._item = item
        self._devin = job.workspace.organisation.devin
        self._calls = CALLS[item.kind]

    async def call(self) -> LibraryItem:
        """Ask Devin to create it, once."""
        return await self._calls.create(self._devin, self._item)

    async def lookup(self) -> LookupResult[LibraryItem]:
        """Search for one that says the same, was created since the form was sent back, and came of no other form.

        There is no place for a reference: Devin, and everybody who reads the text, would take it for a part of that.
        """
        not_before = int(self._job.row.created_at) - CLOCKS_APART
        found = await self._calls.listing(self._devin)
        unreadable = bool(found.unreadable)
        for item in found.items:
            new = not item.created_at or item.created_at >= not_before
            if new and item.may_be(self._item) and not await self._is_recorded(item):
                if not item.unread:
                    return Found(item)
                unreadable = True
        return Missing.UNREADABLE if unreadable else Missing.NOT_FOUND

    async def _is_recorded(self, item: LibraryItem) -> bool:
        async with self._services.db.read() as tx:
            return await audit.has(tx, self._job.workspace.team, self._job.cause.form.command, item.id)

    async def write_created(self, uow: UnitOfWork, thing: LibraryItem) -> None:
        """Record the change, and confirm it."""
        await audit.add(uow.tx, _audit_row(self._job, uow, thing.id, None, self._item.as_record()))
        await answer(uow, self._job, views.saved(self._item, new=True))

    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """Announce why it was not saved."""
        await answer(uow, self._job, *views.not_saved(self._item, failure_sentence(refused).text))


@dataclass(frozen=True, slots=True)
class EditItem(Change[LibraryItem]):
    """The replacement of what the form showed by what was filled in; what somebody else wrote meanwhile stays."""

    kind: ClassVar[str] = "note or playbook"
    job: Job[ViewCause]
    item: LibraryItem

    async def read(self) -> LibraryItem:
        """Read the note or playbook."""
        return await CALLS[self.item.kind].get(self.job.workspace.organisation.devin, self.job.cause.form.target)

    def record(self, thing: LibraryItem) -> Record:
        """Return its fields."""
        return thing.fields

    def is_done(self, now: LibraryItem | None) -> bool:
        """Whether it says what was filled in; Devin may have tidied up white space."""
        return now is not None and now.is_like(self.item)

    def may_begin(self, now: LibraryItem) -> bool:
        """Whether it is as the form showed it, and something else was filled in."""
        return now.digest == self.job.cause.form.digest and not now.is_same_as(self.item)

    async def call(self, now: LibraryItem) -> None:
        """Replace it."""
        await CALLS[self.item.kind].replace(self.job.workspace.organisation.devin, now, self.item)

    async def write_changed(self, uow: UnitOfWork, before: Record, _read: LibraryItem | None, /) -> None:
        """Record the change, and confirm it."""
        records = records_of_change(before, self.item.fields)
        await audit.add(uow.tx, _audit_row(self.job, uow, self.job.cause.form.target, *records))
        await answer(uow, self.job, views.saved(self.item, new=False))

    async def write_left_alone(self, uow: UnitOfWork, now: LibraryItem | None, /) -> None:
        """Announce that nothing was filled in that is new, or why it was not saved."""
        if now is not None and now.is_same_as(self.item):
            await answer(uow, self.job, views.same_as_before(self.item))
            return
        why = views.changed_meanwhile if now is not None else views.gone_meanwhile
        await answer(uow, self.job, *views.not_saved(self.item, why(self.item.kind)))

    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """Announce why it was not saved."""
        await answer(uow, self.job, *views.not_saved(self.item, failure_sentence(refused).text))


def _audit_row(job: Job[ViewCause], uow: UnitOfWork, target: str, before: Record | None, after: Record) -> AuditRow:
    team, cause = job.workspace.team, job.cause
    return AuditRow(team, uow.now, cause.user, cause.form.command, target, cause.channel or None, before, after)
