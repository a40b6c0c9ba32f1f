"""Schedules at Devin: listed, paused, resumed and deleted. Each change is made once (`bot.kernel.exactly_once`)."""

from datetime import tzinfo
from functools import partial
from typing import Final

from bot.devin.errors import DevinError, DevinNotFound, DevinRefused, DevinUncertain
from bot.devin.schedules import SCHEDULES_PAGE, Automation, SchedulesApi
from bot.domain.commands.list_numbers import list_number
from bot.domain.commands.quotation_marks import unquoted
from bot.domain.commands.spec import CommandSpec
from bot.domain.form import Form
from bot.features.schedules import sentences as views
from bot.features.schedules.changes import DeleteSchedule, ScheduleChangeLoss, SwitchSchedule, shown
from bot.features.schedules.specs import (
    SCHEDULE_ADD,
    SCHEDULE_DELETE,
    SCHEDULE_DELETE_CONFIRMED,
    SCHEDULE_LIST,
    SCHEDULE_PAUSE,
    SCHEDULE_RESUME,
)
from bot.kernel.access import Access
from bot.kernel.commands.answer import CommandAnswer, NumberedList
from bot.kernel.commands.asking import AskDevin, ask_later
from bot.kernel.commands.devin_failures import failure_sentence
from bot.kernel.commands.handler import Answer, Asked, Handler
from bot.kernel.exactly_once.loss import announce_loss
from bot.kernel.exactly_once.protocol import ExactlyOnce
from bot.kernel.job import CommandJob
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.store import numbered_lists
from bot.views.message import Message

log = get_logger(__name__)

KIND: Final = "schedules"  # of the numbered list


class Schedules:
    """Answers `/devin schedule …`."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access
        self._once = ExactlyOnce(services)

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the commands do: a form opens, schedules are read and changed at Devin."""
        ask = AskDevin(self._services)
        return {
            SCHEDULE_LIST: ask.handler(self._list),
            SCHEDULE_ADD: Handler(_open_form),
            SCHEDULE_PAUSE: Handler(ask_later, partial(self._switch, enabled=False), lost=_lost),
            SCHEDULE_RESUME: Handler(ask_later, partial(self._switch, enabled=True), lost=_lost),
            SCHEDULE_DELETE: ask.handler(self._ask_to_delete),
            SCHEDULE_DELETE_CONFIRMED: Handler(run=self._delete, lost=_lost),
        }

    async def _list(self, job: CommandJob) -> CommandAnswer:
        """List the schedules, and automations where the key sees any."""
        devin: SchedulesApi = job.workspace.organisation.devin
        found = sorted(
            [schedule async for schedule in devin.schedules()],
            key=lambda schedule: (not schedule.enabled, schedule.name.casefold()),
        )
        automations = [
            (automation.name or automation.automation_id, automation.enabled is not False)
            for automation in await _automations(devin)
        ]
        zone, now = await self._zone(job), self._services.clock()
        message = views.listing([*map(shown, found)], automations, zone, now, SCHEDULES_PAGE)
        return CommandAnswer(message, listed=NumberedList(KIND, [schedule.scheduled_session_id for schedule in found]))

    async def _ask_to_delete(self, job: CommandJob) -> Message:
        """Ask whether a schedule is to be deleted."""
        picked = await self._id_of(job)
        if isinstance(picked, Message):
            return picked
        try:
            found = await job.workspace.organisation.devin.schedule(picked)
        except DevinNotFound:
            return views.GONE
        return views.ask_to_delete(shown(found), await self._zone(job), self._services.clock())

    async def _switch(self, job: CommandJob, *, enabled: bool) -> None:
        """Have a schedule run no more for now, or again."""
        picked, zone = await self._id_of(job), await self._zone(job)
        if isinstance(picked, Message):
            await AskDevin(self._services).reply(job, picked)
        else:
            await self._once.change(job, SwitchSchedule(self._services, job, picked, enabled=enabled, zone=zone))

    async def _delete(self, job: CommandJob) -> None:
        """Delete a schedule, as the choice says."""
        await self._once.change(job, DeleteSchedule(self._services, job, job.cause.argument))

    # ------------------------------------------------------------ which one, for whom

    async def _id_of(self, job: CommandJob) -> str | Message:
        argument = job.cause.argument
        if not argument:
            return views.NO_NUMBER_TYPED
        number = list_number(argument)
        if number is None:
            return await self._by_name(job, unquoted(argument) or argument)
        since = self._services.clock() - self._services.timing.list_kept
        async with self._services.db.read() as tx:
            ids = await numbered_lists.shown(tx, job.workspace.team, job.cause.user or "", KIND, since)
        if ids is None:
            return views.UNSEEN
        return ids[number - 1] if 1 <= number <= len(ids) else views.no_number(number)

    async def _by_name(self, job: CommandJob, typed: str) -> str | Message:
        """The id of the schedule with this name, or the only one that has what was `typed` in its name, or `typed`."""
        try:
            found = [schedule async for schedule in job.workspace.organisation.devin.schedules()]
        except DevinError as error:
            return failure_sentence(error)
        names = {schedule.scheduled_session_id: schedule.name for schedule in found}
        for alike in (str.__eq__, str.__contains__):
            fit = [key for key, name in names.items() if alike(name.casefold(), typed.casefold())]
            if len(fit) > 1:
                return views.several(typed, [names[key] for key in fit])
            if fit:
                return fit[0]
        return typed  # an id, or nothing that Devin knows

    async def _zone(self, job: CommandJob) -> tzinfo:
        return await self._access.zone_of(job.workspace, job.cause.user or "")


async def _open_form(asked: Asked) -> Answer:
    return Form(asked.spec.name, asked.argument, asked.channel)


async def _lost(uow: UnitOfWork, job: CommandJob, _reason: str) -> None:
    """Announce that a schedule was not changed, or that nobody knows."""
    await announce_loss(uow, job.row, ScheduleChangeLoss(job))


async def _automations(devin: SchedulesApi) -> list[Automation]:
    """The automations; none where the key or the host does not list them, about which nothing is said.

    That such a list exists is not documented, so no answer to it may cost people their schedules.
    """
    try:
        return [automation async for automation in devin.automations()]
    except (DevinRefused, DevinUncertain) as error:
        log.info("automations not read", error=type(error).__name__, status=error.status)
        return []
