"""`/devin note` and `/devin playbook`: the list, one note or playbook, and the forms that change them.

Which note or playbook is meant is known from our own rows, within the ack. Devin is read by a stored row.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from bot.devin.errors import DevinForbidden, DevinNotFound
from bot.domain.commands.list_numbers import list_number
from bot.domain.commands.quotation_marks import searched
from bot.domain.commands.spec import CommandSpec
from bot.domain.form import Form
from bot.features.library import sentences as views
from bot.features.library import specs as commands
from bot.features.library.calls import CALLS
from bot.features.library.rules import NAME, Kind, LibraryItem
from bot.features.library.words import is_id
from bot.kernel.at_devin import Edit, lost_edit
from bot.kernel.commands.answer import CommandAnswer, NumberedList
from bot.kernel.commands.asking import AskDevin, ask_later
from bot.kernel.commands.handler import Answer, Asked, Handler
from bot.kernel.exactly_once.protocol import ExactlyOnce
from bot.kernel.job import CommandJob
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store import numbered_lists
from bot.views.message import Message

KINDS: Final = {
    commands.NOTE_LIST: Kind.NOTE,
    commands.NOTE_SHOW: Kind.NOTE,
    commands.NOTE_ADD: Kind.NOTE,
    commands.NOTE_EDIT: Kind.NOTE,
    commands.NOTE_DELETE: Kind.NOTE,
    commands.PLAYBOOK_LIST: Kind.PLAYBOOK,
    commands.PLAYBOOK_SHOW: Kind.PLAYBOOK,
    commands.PLAYBOOK_ADD: Kind.PLAYBOOK,
    commands.PLAYBOOK_EDIT: Kind.PLAYBOOK,
}
LISTS: Final = (commands.NOTE_LIST, commands.PLAYBOOK_LIST)


class LibraryCommands:
    """Answers what is typed about notes and playbooks."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the commands do: forms open, lists and items are read at Devin."""
        ask = AskDevin(self._services)
        lists = {spec: ask.handler(partial(_list, KINDS[spec])) for spec in LISTS}
        items = {
            spec: ask.handler(partial(self._read, spec, shown), self._pick)
            for spec, shown in (
                (commands.NOTE_SHOW, views.shown),
                (commands.PLAYBOOK_SHOW, views.shown),
                (commands.NOTE_DELETE, views.ask_delete),
            )
        }
        forms = {spec: Handler(self._form) for spec in KINDS if spec.opens_form}
        delete = Handler(run=self._delete, lost=lost_edit(views.MAYBE_DELETED))
        return lists | items | forms | {commands.NOTE_DELETE_CONFIRMED: delete}

    async def _form(self, asked: Asked) -> Answer:
        """Open the form of something new, or of what is named, by its id: a number counts in the list shown by now."""
        if asked.spec in {commands.NOTE_ADD, commands.PLAYBOOK_ADD}:
            return Form(asked.spec.name, asked.argument, asked.channel)
        found = await self._id(asked.workspace, asked.user, asked.spec, asked.argument)
        return found if isinstance(found, Message) else Form(asked.spec.name, found, asked.channel)

    async def _pick(self, asked: Asked) -> Answer:
        """Have a row read what is named, by its id."""
        found = await self._id(asked.workspace, asked.user, asked.spec, asked.argument)
        return found if isinstance(found, Message) else await ask_later(replace(asked, argument=found))

    async def _read(
        self, spec: CommandSpec, shown: Callable[[LibraryItem], Message], job: CommandJob
    ) -> CommandAnswer | Message:
        """Return the item that is named, as `shown`. May raise a DevinError."""
        kind = KINDS[spec]
        found = await self._id(job.workspace, job.cause.user or "", spec, job.cause.argument)
        if isinstance(found, Message):
            return found
        try:
            return shown((await CALLS[kind].get(job.workspace.organisation.devin, found)).masked())
        except DevinNotFound:
            return views.gone(kind)
        except DevinForbidden as refused:
            return views.refused(refused.needed)

    async def _delete(self, job: CommandJob) -> None:
        """Delete a note, as the choice says. Its value is no authorisation: the note is one of the organisation's."""
        calls, devin, picked = CALLS[Kind.NOTE], job.workspace.organisation.devin, job.cause.argument
        edit: Edit[LibraryItem] = Edit(
            *(self._services, job, commands.NOTE_DELETE.name, picked, partial(calls.get, devin)),
            done=lambda there: there is None,
            do=lambda there: devin.delete_note(there.id),
            as_record=LibraryItem.as_record,
            changed=lambda before, _: views.deleted(str(before.get(NAME, ""))),
            left_alone=lambda _: views.ALREADY_DELETED,
            unknown=views.MAYBE_DELETED,
        )
        await ExactlyOnce(self._services).change(job, edit)

    async def _id(self, workspace: Workspace, user: str, spec: CommandSpec, typed: str) -> str | Message:
        """Return the id of the item that is `typed` behind a command; if it names none, the answer that says so."""
        kind = KINDS[spec]
        if not typed:
            return views.which(kind, _verb(spec))
        if is_id(typed, kind):
            return typed
        number = list_number(typed)
        if number is None:
            return views.no_number(kind, _verb(spec), typed)
        since = self._services.clock() - self._services.timing.list_kept
        async with self._services.db.read() as tx:
            ids = await numbered_lists.shown(tx, workspace.team, user, _list_kind(kind), since)
        if ids is None:
            return views.unseen(kind, _verb(spec))
        return ids[number - 1] if 1 <= number <= len(ids) else views.not_listed(kind, _verb(spec), number)


async def _list(kind: Kind, job: CommandJob) -> CommandAnswer | Message:
    """Return the list of all items of a kind in which the typed words are found. May raise a DevinError."""
    search = searched(job.cause.argument)
    try:
        found = await CALLS[kind].listing(job.workspace.organisation.devin)
    except DevinNotFound:
        return views.not_offered(kind)
    except DevinForbidden as refused:
        return views.refused(refused.needed)
    masked = (item.masked() for item in found.items)  # before the search, which else would find a secret by guesses
    items = sorted((item for item in masked if item.contains(search)), key=lambda item: item.name.casefold())
    ids = [item.id for item in items[: views.MOST_LISTED]]
    message = views.listing(kind, items, search, unreadable=found.unreadable)
    return CommandAnswer(message, listed=NumberedList(_list_kind(kind), ids))


def _verb(spec: CommandSpec) -> str:
    return spec.ways[0].phrase.split()[1]


def _list_kind(kind: Kind) -> str:
    return f"{kind}s"
