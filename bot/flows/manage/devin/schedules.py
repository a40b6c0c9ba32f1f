"""Schedules at Devin: listed, paused, resumed and deleted. Each change is made once (`bot.flows.exactly_once`)."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.devin.errors import DevinNotFound, DevinRefused, DevinUncertain
from bot.devin.schedules import SCHEDULES_PAGE, Automation, SchedulesApi
from bot.domain.causes import ActionCause
from bot.domain.commands.list_numbers import list_number
from bot.flows.access import Access
from bot.flows.exactly_once.loss import announce_loss
from bot.flows.exactly_once.protocol import ExactlyOnce
from bot.flows.job import CommandJob, Job, finish, recipient_after_ack
from bot.flows.manage.devin.answer import CommandAnswer, NumberedList
from bot.flows.manage.devin.schedule_changes import (
    DeleteSchedule,
    ScheduleChange,
    ScheduleChangeLoss,
    SwitchSchedule,
    shown,
)
from bot.flows.services import Services
from bot.flows.unit_of_work import UnitOfWork
from bot.flows.workspace import Workspace
from bot.logs import get_logger
from bot.store import numbered_lists
from bot.views import schedules as views
from bot.views.message import Message

log = get_logger(__name__)

KIND: Final = "schedules"  # of the numbered list


class Schedules:
    """Answers `/devin schedule …`. What changes a schedule closes the row of its job itself."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access
        self._once = ExactlyOnce(services)

    async def listing(self, job: CommandJob, _argument: str) -> CommandAnswer:
        """List the schedules, and automations where the key sees any."""
        devin: SchedulesApi = job.workspace.organisation.devin
        found = sorted([one async for one in devin.schedules()], key=lambda one: (not one.enabled, one.name.casefold()))
        automations = [(one.name or one.automation_id, one.enabled is not False) for one in await _automations(devin)]
        zone, now = await self._zone(job), self._services.clock()
        message = views.listing([*map(shown, found)], automations, zone, now, SCHEDULES_PAGE)
        return CommandAnswer(message, listed=NumberedList(KIND, [one.scheduled_session_id for one in found]))

    async def ask_to_delete(self, job: CommandJob, argument: str) -> CommandAnswer:
        """Ask whether a schedule is to be deleted."""
        picked = await self._id_of(job, argument)
        if isinstance(picked, Message):
            return CommandAnswer(picked)
        try:
            found = await job.workspace.organisation.devin.schedule(picked)
        except DevinNotFound:
            return CommandAnswer(views.GONE)
        return CommandAnswer(views.ask_to_delete(shown(found), await self._zone(job), self._services.clock()))

    # ------------------------------------------------------------ changes

    async def pause(self, job: CommandJob, argument: str) -> None:
        """Have a schedule run no more for now."""
        await self._switch(job, argument, enabled=False)

    async def resume(self, job: CommandJob, argument: str) -> None:
        """Have a paused schedule run again."""
        await self._switch(job, argument, enabled=True)

    async def delete(self, job: CommandJob, argument: str) -> None:
        """Delete a schedule, as the press of the question's button says."""
        await self._change(job, argument, lambda picked: DeleteSchedule(self._services, job, picked))

    async def keep(self, job: CommandJob, _argument: str) -> None:
        """Leave a schedule as it is, as the press of the question's other button says."""
        await self._answer(job, views.KEPT)

    async def lost(self, uow: UnitOfWork, job: Job[ActionCause]) -> None:
        """Announce that a schedule was not changed, or that nobody knows."""
        await announce_loss(uow, job.row, ScheduleChangeLoss(job))

    async def _switch(self, job: CommandJob, argument: str, *, enabled: bool) -> None:
        zone = await self._zone(job)
        await self._change(
            job, argument, lambda picked: SwitchSchedule(self._services, job, picked, enabled=enabled, zone=zone)
        )

    async def _change(self, job: CommandJob, argument: str, change_of: Callable[[str], ScheduleChange]) -> None:
        picked = await self._id_of(job, argument)
        if isinstance(picked, Message):
            await self._answer(job, picked)
        else:
            await self._once.change(job, change_of(picked))

    async def _answer(self, job: CommandJob, message: Message) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            await uow.reply_privately(recipient_after_ack(job), message)
            await finish(uow, job)

    # ------------------------------------------------------------ which one, for whom

    async def _id_of(self, job: CommandJob, argument: str) -> str | Message:
        if not argument:
            return views.NO_NUMBER_TYPED
        number = list_number(argument)
        if number is None:
            return argument
        since = self._services.clock() - self._services.timing.list_kept
        async with self._services.db.read() as tx:
            ids = await numbered_lists.shown(tx, job.workspace.team, job.cause.user or "", KIND, since)
        if ids is None:
            return views.UNSEEN
        return ids[number - 1] if 1 <= number <= len(ids) else views.no_number(number)

    async def _zone(self, job: CommandJob) -> tzinfo:
        return await zone_of(self._access, job.workspace, job.cause.user or "")


async def zone_of(access: Access, workspace: Workspace, user: str) -> tzinfo:
    """Return the time zone of the person `user`, or that of the settings where Slack names none."""
    named = (await access.person(workspace, user)).tz
    try:
        return ZoneInfo(named) if named else workspace.policy.zone
    except (ZoneInfoNotFoundError, ValueError):
        return workspace.policy.zone


async def _automations(devin: SchedulesApi) -> list[Automation]:
    """The automations; none where the key or the host does not list them, about which nothing is said.

    That such a list exists is not documented, so no answer to it may cost people their schedules.
    """
    try:
        return [one async for one in devin.automations()]
    except (DevinRefused, DevinUncertain) as error:
        log.info("automations not read", error=type(error).__name__, status=error.status)
        return []
