"""Schedules at Devin: listed, paused, resumed, deleted. Each change is an audit row.

To change one is an intent first. After a crash or a lost answer Devin is asked how the schedule is: a change that is
there was made by the earlier try, because its intent was stored. To ask for the same change twice changes nothing more.
"""

from datetime import tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.devin.errors import DevinError, DevinLater, DevinNotFound, DevinRefused, DevinUncertain
from bot.devin.schedules import SCHEDULES_PAGE, Automation, Schedule, SchedulesApi
from bot.domain.causes import ActionCause
from bot.domain.commands import devin_specs
from bot.domain.commands.list_numbers import list_number
from bot.flows.access import Access
from bot.flows.job import CommandJob, Reschedule
from bot.flows.manage.devin.answer import CommandAnswer, NumberedList
from bot.flows.services import Services
from bot.flows.workspace import Workspace
from bot.logs import get_logger
from bot.store import inbox, numbered_lists
from bot.store.audit import AuditRow
from bot.views import schedules as views
from bot.views.message import Message
from bot.views.schedules import Shown, Timetable

log = get_logger(__name__)

KIND: Final = "schedules"  # of the numbered list


class Schedules:
    """Answers `/devin schedule …`."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    async def listing(self, job: CommandJob, _argument: str) -> CommandAnswer:
        """List the schedules, and automations where the key sees any."""
        devin: SchedulesApi = job.workspace.organisation.devin
        found = sorted([one async for one in devin.schedules()], key=lambda one: (not one.enabled, one.name.casefold()))
        automations = [(one.name or one.automation_id, one.enabled is not False) for one in await _automations(devin)]
        zone, now = await self._zone(job), self._services.clock()
        message = views.listing([*map(shown, found)], automations, zone, now, SCHEDULES_PAGE)
        return CommandAnswer(message, listed=NumberedList(KIND, [one.scheduled_session_id for one in found]))

    async def pause(self, job: CommandJob, argument: str) -> CommandAnswer:
        """Have a schedule run no more for now."""
        return await self._set_enabled(job, argument, enabled=False)

    async def resume(self, job: CommandJob, argument: str) -> CommandAnswer:
        """Have a paused schedule run again."""
        return await self._set_enabled(job, argument, enabled=True)

    async def delete(self, job: CommandJob, argument: str) -> CommandAnswer:
        """Ask whether a schedule is to be deleted, or delete it if the press of that question's button says so."""
        if isinstance(job.cause, ActionCause) and job.cause.pressed:
            if job.cause.verb == devin_specs.SCHEDULE_KEPT.name:
                return CommandAnswer(views.KEPT)
            if job.cause.verb == devin_specs.SCHEDULE_DELETE_CONFIRMED.name:
                return await self._delete(job, argument)
        picked = await self._id_of(job, argument)
        if isinstance(picked, Message):
            return CommandAnswer(picked)
        try:
            found = await _read(job, picked)
        except DevinNotFound:
            return CommandAnswer(views.GONE)
        return CommandAnswer(views.ask_to_delete(shown(found), await self._zone(job), self._services.clock()))

    # ------------------------------------------------------------ changes

    async def _set_enabled(self, job: CommandJob, argument: str, *, enabled: bool) -> CommandAnswer:
        picked = await self._id_of(job, argument)
        if isinstance(picked, Message):
            return CommandAnswer(picked)
        spec = devin_specs.SCHEDULE_RESUME if enabled else devin_specs.SCHEDULE_PAUSE
        try:
            one = await self._change(job, picked, enabled=enabled)
        except DevinNotFound:
            return CommandAnswer(views.GONE)
        except (DevinUncertain, DevinLater) as error:
            return self._unknown(job, spec.name, picked, error)
        if one is None:
            return CommandAnswer(views.is_already(shown(await _read(job, picked)), enabled=enabled))
        after = {**one.as_record, "enabled": enabled}
        row = self._row(job, spec.name, picked, before=after | {"enabled": not enabled}, after=after)
        zone, now = await self._zone(job), self._services.clock()
        return CommandAnswer(views.was_set(one, enabled=enabled, zone=zone, now=now), row)

    async def _change(self, job: CommandJob, schedule_id: str, *, enabled: bool) -> Shown | None:
        """Pause or resume a schedule, unless an earlier try has. Returns it, or None if it was so before."""
        found = await _read(job, schedule_id)
        if found.enabled is not enabled:
            await self._intend(job)
            # A crash or a lost answer from here on leaves the intent, by which the next try knows its own change.
            await _enable_at_devin(job, schedule_id, enabled=enabled)
        elif job.row.intent_at is None:
            return None
        return shown(found)

    async def _delete(self, job: CommandJob, schedule_id: str) -> CommandAnswer:
        name, one = devin_specs.SCHEDULE_DELETE.name, None
        try:
            one = shown(await _read(job, schedule_id))
            await self._intend(job)
            # A crash or a lost answer from here on leaves the intent: what is gone then was deleted by this row.
            await _delete_at_devin(job, schedule_id)
        except DevinNotFound:
            if one is None and job.row.intent_at is None:
                return CommandAnswer(views.GONE)
        except (DevinUncertain, DevinLater) as error:
            return self._unknown(job, name, schedule_id, error)
        row = self._row(job, name, schedule_id, before=one.as_record if one else None)
        return CommandAnswer(views.was_deleted(one), row)

    async def _intend(self, job: CommandJob) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            await inbox.intend(uow.tx, job.row.key, uow.now)
        await self._services.check_claim(job)

    def _unknown(self, job: CommandJob, action: str, schedule_id: str, error: DevinError) -> CommandAnswer:
        """Say that nobody knows what came of a change. Raises Reschedule while it is new, to find out.

        Raises `error` again if nothing was tried yet.
        """
        if job.row.intent_at is None and error.method == "GET":
            raise error
        if self._services.clock() - job.row.created_at < self._services.timing.change_followed:
            asked = min(error.retry_after or 0.0, self._services.timing.row_longest_asked)
            wait = max(self._services.timing.lookup_interval, asked)
            raise Reschedule(wait, "outcome of a change unknown") from None
        return CommandAnswer(views.UNKNOWN, self._row(job, action, schedule_id, outcome="unknown"))

    def _row(self, job: CommandJob, action: str, schedule_id: str, **changed: Any) -> AuditRow:
        now, user = self._services.clock(), job.cause.user or ""
        return AuditRow(job.workspace.team, now, user, action, schedule_id, job.cause.channel, **changed)

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


async def _read(job: CommandJob, schedule_id: str) -> Schedule:
    return await job.workspace.organisation.devin.schedule(schedule_id)


async def _enable_at_devin(job: CommandJob, schedule_id: str, *, enabled: bool) -> None:
    await job.workspace.organisation.devin.enable_schedule(schedule_id, enabled=enabled)


async def _delete_at_devin(job: CommandJob, schedule_id: str) -> None:
    await job.workspace.organisation.devin.delete_schedule(schedule_id)


def shown(one: Schedule) -> Shown:
    """Return a schedule as views have it."""
    recurring = one.schedule_type != "one_time"
    timetable = Timetable(one.frequency if recurring else None, one.scheduled_at, max(one.interval_count, 1))
    return Shown(
        one.scheduled_session_id,
        one.name,
        timetable,
        one.enabled,
        one.consecutive_failures,
        one.last_error_at,
        one.last_error_message or "",
    )
