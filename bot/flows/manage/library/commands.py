"""`/devin note` and `/devin playbook`: the list, one note or playbook, and the forms that change them.

Which note or playbook is meant is known from our own rows, within the ack. Devin is read by a stored row.
"""

from typing import Final

from bot.devin.errors import DevinForbidden, DevinNotFound
from bot.domain.commands import library_commands as commands
from bot.domain.commands.library_words import is_id
from bot.domain.commands.list_numbers import list_number
from bot.domain.commands.parser import Command
from bot.domain.commands.quotation_marks import searched
from bot.domain.commands.spec import CommandSpec
from bot.domain.form import Form
from bot.domain.library import Kind
from bot.flows.job import CommandJob
from bot.flows.manage.devin.answer import CommandAnswer, NumberedList
from bot.flows.manage.library.calls import CALLS
from bot.flows.services import Services
from bot.flows.workspace import Workspace
from bot.store import numbered_lists
from bot.views import library as views
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
LISTS: Final = frozenset({commands.NOTE_LIST, commands.PLAYBOOK_LIST})
# The commands that only read at Devin. `note delete` asks first whether to delete what it has read.
READS: Final = LISTS | {commands.NOTE_SHOW, commands.PLAYBOOK_SHOW, commands.NOTE_DELETE}


class LibraryCommands:
    """Answers what is typed about notes and playbooks."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def answer(self, workspace: Workspace, user: str, channel: str, command: Command) -> Message | Form | str:
        """Return the answer to what `user` typed in `channel`, the form that opens, or the text of a command for a row.

        That text and the form name the note or playbook by its id: a number counts in the list that is shown by now.
        """
        spec = command.spec
        if spec in LISTS:
            return f"{spec.forms[0].phrase} {command.argument}".strip()
        if not spec.forms[0].argument.shown:
            return Form(spec.name, channel=channel)
        found = await self._id(workspace, user, command)
        if isinstance(found, Message):
            return found
        return Form(spec.name, found, channel) if spec.opens_form else f"{spec.forms[0].phrase} {found}"

    async def read(self, job: CommandJob, command: Command) -> CommandAnswer:
        """Return the list, the note or playbook, or the question whether to delete it. May raise a DevinError."""
        kind, is_list = KINDS[command.spec], command.spec in LISTS
        try:
            return await (_list(job, command) if is_list else self._one(job, command))
        except DevinNotFound:
            return CommandAnswer(views.not_offered(kind) if is_list else views.gone(kind))
        except DevinForbidden as refused:
            return CommandAnswer(views.refused(refused.needed))

    async def _one(self, job: CommandJob, command: Command) -> CommandAnswer:
        found = await self._id(job.workspace, job.cause.user or "", command)
        if isinstance(found, Message):
            return CommandAnswer(found)
        item = await CALLS[KINDS[command.spec]].get(job.workspace.organisation.devin, found)
        return CommandAnswer(views.ask_delete(item) if command.spec is commands.NOTE_DELETE else views.shown(item))

    async def _id(self, workspace: Workspace, user: str, command: Command) -> str | Message:
        """Return the id of the note or playbook that `command` names; if it names none, the answer that says so."""
        kind, typed = KINDS[command.spec], command.argument
        if not typed:
            return views.which(kind, _verb(command.spec))
        if is_id(typed, kind):
            return typed
        number = list_number(typed)
        if number is None:
            return views.no_number(kind, typed)
        since = self._services.clock() - self._services.timing.list_kept
        async with self._services.db.read(first=True) as tx:
            ids = await numbered_lists.shown(tx, workspace.team, user, _list_kind(kind), since)
        if ids is None:
            return views.unseen(kind)
        return ids[number - 1] if 1 <= number <= len(ids) else views.not_listed(kind, number)


async def _list(job: CommandJob, command: Command) -> CommandAnswer:
    kind, search = KINDS[command.spec], searched(command.argument)
    found = await CALLS[kind].listing(job.workspace.organisation.devin)
    items = sorted((one for one in found.items if one.contains(search)), key=lambda one: one.name.casefold())
    ids = [one.id for one in items[: views.MOST_LISTED]]
    message = views.listing(kind, items, search, unreadable=found.unreadable)
    return CommandAnswer(message, listed=NumberedList(_list_kind(kind), ids))


def _verb(spec: CommandSpec) -> str:
    return spec.forms[0].phrase.split()[1]


def _list_kind(kind: Kind) -> str:
    return f"{kind}s"
