"""`/devin identity`: shows people who they are at Devin, and lets admins set it. Each change is an audit row."""

from typing import Any

from bot.domain.commands.picked import picked_person
from bot.domain.commands.spec import CommandSpec
from bot.domain.identity import Identity, LinkSource, LinkState
from bot.features.identity import sentences as views
from bot.features.identity.rules import WantedLink, parse_link
from bot.features.identity.specs import IDENTITY, IDENTITY_SET, IDENTITY_UNSET
from bot.kernel.access import Access
from bot.kernel.commands.asking import AskDevin, ask_later
from bot.kernel.commands.handler import Answer, Asked, Handler
from bot.kernel.job import CommandJob
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.store import audit, identities
from bot.store.audit import AuditRow
from bot.views.message import Message


class IdentityCommands:
    """Answers what is typed about who people are at Devin."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the commands do."""
        ask = AskDevin(self._services)
        return {
            IDENTITY: Handler(self._mine),
            IDENTITY_SET: ask.handler(self._set, self._link),
            IDENTITY_UNSET: ask.handler(self._unset, self._person),
        }

    async def _mine(self, asked: Asked) -> Message:
        if (refusal := await self._access.refusal_in_ack(asked.workspace, asked.user)) is not None:
            return refusal
        async with self._services.db.read() as tx:
            return views.mine(await identities.get(tx, asked.workspace.team, asked.user))

    async def _link(self, asked: Asked) -> Answer:
        return views.WRONG_LINK if parse_link(asked.argument) is None else await ask_later(asked)

    async def _person(self, asked: Asked) -> Answer:
        return views.WRONG_PERSON if picked_person(asked.argument) is None else await ask_later(asked)

    async def _set(self, job: CommandJob) -> Message:
        wanted = parse_link(job.cause.argument)
        if wanted is None:
            return views.WRONG_LINK
        if await self._access.is_outsider(job.workspace, wanted.person):
            return views.OUTSIDER
        found = await _member(job.workspace, wanted)
        if found is None:
            return views.nobody(wanted.devin_user)
        await self._change(job, wanted.person, LinkState.LINKED, found)
        return views.linked(wanted.person, found)

    async def _unset(self, job: CommandJob) -> Message:
        person = picked_person(job.cause.argument)
        if person is None:
            return views.WRONG_PERSON
        await self._change(job, person, LinkState.UNLINKED, None)
        return views.unlinked(person)

    async def _change(self, job: CommandJob, person: str, state: LinkState, devin_user: str | None) -> None:
        # A crash between this commit and that of the answer has the row handled again, which finds it changed.
        async with self._services.unit_of_work_for(job) as uow:
            before = await identities.get(uow.tx, job.workspace.team, person)
            link = Identity(job.workspace.team, person, state, uow.now, devin_user, LinkSource.ADMIN)
            if before is not None and _facts(before) == _facts(link):
                return
            await identities.put(uow.tx, link, anew=True)
            await _record(uow, job, person, before, link)


async def _member(workspace: Workspace, wanted: WantedLink) -> str | None:
    """The id at Devin of the one member who is `wanted`; None if there is none, or more than one."""
    devin = workspace.organisation.devin
    if wanted.is_address:
        found = {member.user_id for member in await devin.members_by_email(wanted.devin_user)}
    else:
        members, _ = await devin.members()
        found = {member.user_id for member in members if member.user_id == wanted.devin_user}
    return found.pop() if len(found) == 1 else None


async def _record(uow: UnitOfWork, job: CommandJob, person: str, before: Identity | None, after: Identity) -> None:
    cause, was = job.cause, None if before is None else _facts(before)
    who = (job.workspace.team, uow.now, cause.user or "", cause.command, person, cause.channel)
    await audit.add(uow.tx, AuditRow(*who, was, _facts(after)))


def _facts(identity: Identity) -> dict[str, Any]:
    """What the audit keeps of a link."""
    facts = {"state": identity.state.value, "devin_user": identity.devin_user}
    return {**facts, "source": identity.source.value}
