"""`/devin fanout`: what would be started is shown to its person, who starts it with a button."""

from dataclasses import replace

from bot.conversation.allowed import why_not
from bot.conversation.refusals import refusal_sentence
from bot.devin.errors import DevinDenied, DevinError, DevinForbidden, DevinNotFound, DevinRefused
from bot.domain.commands.spec import CommandSpec
from bot.domain.defaults import with_defaults
from bot.domain.keys import fan_out_id
from bot.domain.lane import person_lane
from bot.domain.session import Options
from bot.features.fan_out import rows as fan_outs
from bot.features.fan_out import sentences as views
from bot.features.fan_out.fan_outs import limit_of_each
from bot.features.fan_out.rules import FanOut, FanOutSession, FanOutState
from bot.features.fan_out.specs import FANOUT
from bot.features.fan_out.words import (
    MOST_ORGANISATIONS,
    FanOutQuery,
    NotChosen,
    OrganisationName,
    WrongFanOut,
    chosen,
    parse_fan_out,
)
from bot.kernel.access import Access
from bot.kernel.commands.devin_failures import why_missing
from bot.kernel.commands.handler import Answer, Asked, Deferred, Handler
from bot.kernel.gates import Asker, Gates
from bot.kernel.job import CommandJob, finish_with
from bot.kernel.readable import Readable
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.views.answers.starts import not_allowed
from bot.views.message import Message

log = get_logger(__name__)


class FanOutPreview:
    """Shows what a fan-out would start."""

    def __init__(self, services: Services, access: Access, gates: Gates) -> None:
        self._services = services
        self._access = access
        self._readable = Readable(access)
        self._gates = gates

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does."""
        return {FANOUT: Handler(self._answer, self._run, elsewhere=views.ONLY_IN_PRIVATE)}

    async def _answer(self, asked: Asked) -> Answer:
        """Say what is wrong with what was typed behind `fanout`, as far as can be seen without asking Devin."""
        query = parse_fan_out(asked.argument)
        if isinstance(query, WrongFanOut):
            return views.wrong(query)
        return Deferred(person_lane(asked.workspace.team, asked.user), asked.argument)

    async def _run(self, job: CommandJob) -> None:
        """Show the preview of what was typed behind `fanout`, or say why nothing can be started."""
        query = parse_fan_out(job.cause.argument)
        if isinstance(query, WrongFanOut):
            await self._services.answer(job, views.wrong(query))
            return
        user, channel = job.cause.user or "", job.cause.channel or ""
        message = await self._access.start_refusal(job.workspace, user, channel)
        if message is None:
            message = await self._gates.start_refusal(Asker(job.workspace, user, channel, user))
        found = await _organisations(job.workspace, query) if message is None else message
        if isinstance(found, Message):
            await self._services.answer(job, found)
        else:
            prompt = await self._readable.named(job.workspace, query.prompt)
            options = await self._with_defaults(job, query)
            of = (self._services, job.workspace.team, channel, job.workspace.organisation)
            if why := await why_not(*of, options):
                await self._services.answer(job, not_allowed(why))
                return
            await self._show(job, self._fan_out(job, replace(query, prompt=prompt, options=options)), *found)

    async def _with_defaults(self, job: CommandJob, query: FanOutQuery) -> Options:
        """The options with what is set where the person asks. A playbook has another id in each organisation."""
        cause = job.cause
        async with self._services.db.read() as tx:
            held = await self._services.settings.effective(tx, job.workspace.team, cause.channel, cause.user)
        return with_defaults(query.options, held, {*query.without, "playbook"})

    def _fan_out(self, job: CommandJob, query: FanOutQuery) -> FanOut:
        return FanOut(
            id=fan_out_id(job.row.key),
            team=job.workspace.team,
            user=job.cause.user or "",
            channel=job.cause.channel or "",
            prompt=query.prompt,
            state=FanOutState.ASKED,
            created_at=self._services.clock(),
            options=query.options,
        )

    async def _show(
        self,
        job: CommandJob,
        fan_out: FanOut,
        organisations: list[OrganisationName],
        note: str,
    ) -> None:
        sessions = [FanOutSession(organisation.org_id, organisation.name) for organisation in organisations]
        async with self._services.unit_of_work_for(job) as uow:
            limit = await limit_of_each(uow.tx, self._gates, job.workspace, fan_out, len(organisations))
            if isinstance(limit, Message):
                await finish_with(uow, job, limit)
                return
            await fan_outs.add(uow.tx, fan_out, sessions)
            await finish_with(uow, job, views.preview(replace(fan_out, limit=limit.acus), organisations, note))


async def _organisations(workspace: Workspace, query: FanOutQuery) -> tuple[list[OrganisationName], str] | Message:
    """The organisations that `query` names, with a note about those that cannot be reached, or why there are none."""
    devin = workspace.organisation.devin
    try:
        known = [
            OrganisationName(organisation.org_id, organisation.name or organisation.org_id)
            async for organisation in devin.organizations()
        ]
    except (DevinForbidden, DevinDenied, DevinNotFound) as refused:
        return _own_alone(devin.org_id, query, why_missing(refused, "ManageOrganizations"))
    except DevinRefused as refused:
        return refusal_sentence(refused)
    except DevinError as error:
        log.warning("organizations not read", error=str(error))
        return views.UNREACHABLE
    found = chosen(query.names, known)
    if isinstance(found, NotChosen):
        return views.not_chosen(found)
    if not found:
        return views.NO_ORGANISATIONS
    return views.too_many(len(found)) if len(found) > MOST_ORGANISATIONS else (found, "")


def _own_alone(own: str, query: FanOutQuery, why: str) -> tuple[list[OrganisationName], str] | Message:
    alone = {name.casefold() for name in query.names} <= {own.casefold()}
    note = views.own_alone(own, why, started=alone)
    return ([OrganisationName(own, own)], note) if alone else Message(note)
