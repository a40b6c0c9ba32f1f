"""`/devin note` and `/devin playbook`: lists, one of them, and the forms that change them.

Which one is meant is known from our own rows, within the ack. To read at Devin is the work of a stored row.
"""

from dataclasses import replace
from typing import Final

from bot.devin.errors import DevinError, DevinNotFound, DevinRefused
from bot.domain.causes import ActionCause, MessageCause
from bot.domain.commands import library_commands as commands
from bot.domain.commands.library_words import is_id, number_in, searched
from bot.domain.commands.parser import Command
from bot.domain.commands.spec import CommandSpec
from bot.domain.form import Form
from bot.domain.library import Kind
from bot.flows.access import Access
from bot.flows.job import Job, finish, recipient_of
from bot.flows.manage.shelves import SHELVES, permission_missing
from bot.flows.services import Services
from bot.flows.workspace import Workspace
from bot.store import numbered_lists
from bot.views import library as views
from bot.views.message import Message

KINDS: Final[dict[CommandSpec, Kind]] = {
    **dict.fromkeys(
        (commands.NOTE_LIST, commands.NOTE_SHOW, commands.NOTE_ADD, commands.NOTE_EDIT, commands.NOTE_DELETE), Kind.NOTE
    ),
    **dict.fromkeys(
        (commands.PLAYBOOK_LIST, commands.PLAYBOOK_SHOW, commands.PLAYBOOK_ADD, commands.PLAYBOOK_EDIT), Kind.PLAYBOOK
    ),
}
LISTS: Final = frozenset({commands.NOTE_LIST, commands.PLAYBOOK_LIST})
# What is answered with something that Devin has; a delete is asked about first.
READS: Final = LISTS | {commands.NOTE_SHOW, commands.PLAYBOOK_SHOW, commands.NOTE_DELETE}

_Jobs = Job[MessageCause | ActionCause]


class Library:
    """Answers what is typed about notes and playbooks."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    async def answer(self, workspace: Workspace, user: str, channel: str, command: Command) -> Message | Form | str:
        """Return the answer to what `user` typed in `channel`, the form that opens, or the command for a row to read.

        In that command and in the form stands an id in place of a number, which belongs to the list shown by now.
        """
        spec, verb = command.spec, _verb(command.spec)
        if spec in LISTS:
            return f"{spec.forms[0].phrase} {command.argument}".strip()
        if not spec.forms[0].argument.shown:
            return Form(spec.name, channel=channel)
        found = await self._id(workspace, user, KINDS[spec], verb, command.argument)
        if isinstance(found, Message):
            return found
        return Form(spec.name, found, channel) if spec.opens_form else f"{spec.forms[0].phrase} {found}"

    async def carry_out(self, job: _Jobs, command: Command) -> None:
        """Read at Devin what the person of `job` asks for, and answer privately. Their role allows it."""
        message = await self._answer(job, command)
        to = replace(recipient_of(job), replaces=True, asked_at=job.row.created_at)
        # A crash before this commit answers nothing, and the row is handled again.
        async with self._services.unit_of_work_for(job) as uow:
            await uow.reply_privately(to, message)
            await finish(uow, job)

    async def _answer(self, job: _Jobs, command: Command) -> Message:
        workspace, user = job.workspace, job.cause.user or ""
        refusal = self._access.refusal(await self._access.person(workspace, user), shared=False)
        if refusal is not None:
            return refusal
        kind = KINDS[command.spec]
        try:
            if command.spec in LISTS:
                return await self._list(workspace, user, kind, searched(command.argument))
            found = await self._id(workspace, user, kind, _verb(command.spec), command.argument)
            return found if isinstance(found, Message) else await self._one(workspace, command.spec, kind, found)
        except DevinNotFound:
            return views.not_offered(kind) if command.spec in LISTS else views.gone(kind)
        except DevinRefused as refused:
            return views.refused(permission_missing(refused))
        except DevinError:
            # Somebody waits for the answer now, and not in an hour.
            return views.NOT_READ

    async def _list(self, workspace: Workspace, user: str, kind: Kind, search: str) -> Message:
        found = await SHELVES[kind].listing(workspace.organisation.devin)
        entries = sorted((one for one in found.entries if one.contains(search)), key=lambda one: one.name.casefold())
        ids = [one.id for one in entries[: views.MOST_LISTED]]
        # A crash right after this commit leaves a list that nobody has seen, until the person asks for the next one.
        async with self._services.db.write() as tx:
            await numbered_lists.show(tx, workspace.team, user, _list_kind(kind), ids, self._services.clock())
        return views.listing(kind, entries, search, unreadable=found.unreadable)

    async def _one(self, workspace: Workspace, spec: CommandSpec, kind: Kind, entry_id: str) -> Message:
        entry = await SHELVES[kind].get(workspace.organisation.devin, entry_id)
        return views.ask_delete(entry) if spec is commands.NOTE_DELETE else views.shown(entry)

    async def _id(self, workspace: Workspace, user: str, kind: Kind, verb: str, typed: str) -> str | Message:
        """Return the id of what `typed` names, or the answer that says or asks which."""
        if not typed:
            return views.which(kind, verb)
        if is_id(typed, kind):
            return typed
        number = number_in(typed)
        if number is None:
            return views.no_number(kind, typed)
        since = self._services.clock() - self._services.timing.list_kept
        async with self._services.db.read(first=True) as tx:
            ids = await numbered_lists.shown(tx, workspace.team, user, _list_kind(kind), since)
        if ids is None:
            return views.unseen(kind)
        return ids[number - 1] if 1 <= number <= len(ids) else views.not_listed(kind, number)


def _verb(spec: CommandSpec) -> str:
    return spec.forms[0].phrase.split()[1]


def _list_kind(kind: Kind) -> str:
    return f"{kind}s"
