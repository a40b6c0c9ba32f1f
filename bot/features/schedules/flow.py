"""Schedules at Devin: listed, added by a form, paused, resumed and deleted. Each change is made once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from functools import partial
from typing import Any, ClassVar, Final

from bot.conversation.allowed import why_not
from bot.conversation.lookup import CLOCKS_APART
from bot.conversation.start.launch_choices import LaunchChoices
from bot.devin.errors import DevinError, DevinNotFound, DevinRefused, DevinUncertain
from bot.devin.known_defaults import unknown_defaults
from bot.devin.schedules import SCHEDULES_PAGE, Automation, Schedule, SchedulesApi
from bot.domain.causes import ViewCause
from bot.domain.commands.list_numbers import list_number
from bot.domain.commands.quotation_marks import unquoted
from bot.domain.commands.spec import CommandSpec
from bot.domain.form import Form
from bot.domain.launch import CHANNEL, REPOS, TASK
from bot.domain.settings_values import Setting
from bot.features.schedules import sentences as views
from bot.features.schedules.rules import NewSchedule, entered, mistakes
from bot.features.schedules.specs import (
    SCHEDULE_ADD,
    SCHEDULE_DELETE,
    SCHEDULE_DELETE_CONFIRMED,
    SCHEDULE_LIST,
    SCHEDULE_PAUSE,
    SCHEDULE_RESUME,
)
from bot.kernel.access import Access
from bot.kernel.at_devin import Edit, lost_edit
from bot.kernel.commands.answer import CommandAnswer, NumberedList
from bot.kernel.commands.asking import AskDevin, ask_later
from bot.kernel.commands.devin_failures import failure_sentence
from bot.kernel.commands.handler import Answer, Asked, Handler
from bot.kernel.exactly_once.creation import Creation, Found, LookupResult, Missing
from bot.kernel.exactly_once.loss import is_unknown
from bot.kernel.exactly_once.protocol import ExactlyOnce
from bot.kernel.forms.forms import FormKind, Opening, answer
from bot.kernel.job import CommandJob, Job, finish
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.store import audit, numbered_lists
from bot.store.audit import AuditRow
from bot.views.message import Message
from bot.views.modals.parts import View

log = get_logger(__name__)

KIND: Final = "schedules"  # of the numbered list
_COMPARED: Final = ("name", "prompt", "frequency")  # of a schedule that was created, by which it is found again


class Schedules:
    """Answers `/devin schedule …`."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access
        self._once = ExactlyOnce(services)

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the commands do: a form opens, schedules are read and changed at Devin."""
        ask, lost = AskDevin(self._services), lost_edit(views.UNKNOWN)
        return {
            SCHEDULE_LIST: ask.handler(self._list),
            SCHEDULE_ADD: Handler(_open_form),
            SCHEDULE_PAUSE: Handler(ask_later, partial(self._switch, enabled=False), lost=lost),
            SCHEDULE_RESUME: Handler(ask_later, partial(self._switch, enabled=True), lost=lost),
            SCHEDULE_DELETE: ask.handler(self._ask_to_delete),
            SCHEDULE_DELETE_CONFIRMED: Handler(run=self._delete, lost=lost),
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
        message = views.listing(found, automations, zone, now, SCHEDULES_PAGE)
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
        return views.ask_to_delete(found, await self._zone(job), self._services.clock())

    async def _switch(self, job: CommandJob, *, enabled: bool) -> None:
        """Have a schedule run no more for now, or again."""
        picked, zone = await self._id_of(job), await self._zone(job)
        if isinstance(picked, Message):
            await AskDevin(self._services).reply(job, picked)
            return
        devin, now = job.workspace.organisation.devin, self._services.clock()
        edit: Edit[Schedule] = Edit(
            *(self._services, job, job.cause.command, picked, devin.schedule),
            done=lambda there: there is not None and there.enabled is enabled,
            do=lambda there: devin.enable_schedule(there.scheduled_session_id, enabled=enabled),
            as_record=_record,
            changed=lambda _, there: views.was_set(there, enabled=enabled, zone=zone, now=now) if there else views.GONE,
            left_alone=lambda there: views.is_already(there, enabled=enabled) if there else views.GONE,
            unknown=views.UNKNOWN,
            after={"enabled": enabled},
        )
        await self._once.change(job, edit)

    async def _delete(self, job: CommandJob) -> None:
        """Delete a schedule, as the choice says."""
        devin, picked = job.workspace.organisation.devin, job.cause.argument
        edit: Edit[Schedule] = Edit(
            *(self._services, job, SCHEDULE_DELETE.name, picked, devin.schedule),
            done=lambda there: there is None,
            do=lambda there: devin.delete_schedule(there.scheduled_session_id),
            as_record=_record,
            changed=lambda before, _: views.was_deleted(str(before["name"]), picked),
            left_alone=lambda _: views.GONE,
            unknown=views.UNKNOWN,
        )
        await self._once.change(job, edit)

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


def _record(schedule: Schedule) -> dict[str, Any]:
    """What the audit says about a schedule."""
    return {"name": schedule.name, "enabled": schedule.enabled, "frequency": schedule.cron}


async def _automations(devin: SchedulesApi) -> list[Automation]:
    """The automations; none where the key or the host does not list them, about which nothing is said.

    That such a list exists is not documented, so no answer to it may cost people their schedules.
    """
    try:
        return [automation async for automation in devin.automations()]
    except (DevinRefused, DevinUncertain) as error:
        log.info("automations not read", error=type(error).__name__, status=error.status)
        return []


# ------------------------------------------------------------ the form


class ScheduleForm(FormKind):
    """The form of `/devin schedule add`."""

    title = views.TITLE

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access
        self._choices = LaunchChoices(services)

    async def first(self, workspace: Workspace, opening: Opening) -> View | None:  # noqa: ARG002 - the zone is to be read
        """Return None: the time zone of the person has to be read."""
        return None

    async def loaded(self, workspace: Workspace, opening: Opening) -> View:
        """Return a form with the person's time zone, and the task that was typed behind the command."""
        zone, form = await self._access.zone_of(workspace, opening.user), opening.form
        now = datetime.fromtimestamp(self._services.clock(), zone)
        return views.schedule_form(replace(form, target=""), str(zone), now, form.target)

    async def choices(self, workspace: Workspace, user: str, form: Form, name: str, typed: str) -> Mapping[str, str]:
        """Return the repositories or playbooks that fit what was `typed`."""
        return await self._choices.of_field(workspace, user, form.channel, name, typed)

    def errors(self, form: Form, fields: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG002 - there is one form
        """Return a sentence for each field that cannot be taken."""
        return mistakes(fields, self._services.clock())

    async def errors_at_devin(self, workspace: Workspace, form: Form, fields: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG002 - there is one form
        """Return a sentence for repositories that Devin does not list, where they are named."""
        new = entered(fields)
        repos = {Setting.REPOS: new.options.repos} if new.options.repos else {}
        unknown = await unknown_defaults(workspace.organisation.devin, repos)
        return {REPOS if new.launch.options.repos else TASK: sentence for sentence in unknown.values()}

    async def save(self, job: Job[ViewCause]) -> None:
        """Create the schedule, unless Devin may not post in the channel that was picked, or that allows less."""
        new, channel = entered(job.cause.fields), job.cause.fields.get(CHANNEL)
        why = await self._access.why_not_posted(job.workspace, job.cause.user, channel) if channel else ""
        if not why:
            place, of = channel or job.cause.form.channel, job.workspace
            why = await why_not(self._services, of.team, place, of.organisation, new.options, begins=False)
        if why:
            # A crash before this commit has the form read again; nothing was asked of Devin.
            async with self._services.unit_of_work_for(job) as uow:
                await answer(uow, job, *views.not_added(new, f"{why[0].upper()}{why[1:]}"))
                await finish(uow, job)
            return
        creation = NewScheduleAtDevin(self._services, job, new)
        await ExactlyOnce(self._services).create(job, creation)

    async def on_dead(self, uow: UnitOfWork, job: Job[ViewCause], _reason: str, /) -> None:
        """Announce that the schedule was not added, or that nobody knows, and give back what was written."""
        new, ref = entered(job.cause.fields), job.row.ref
        why = views.unreachable(ref, SCHEDULES_PAGE)
        await answer(uow, job, *(views.maybe_added(new, ref) if is_unknown(job.row) else views.not_added(new, why)))


class NewScheduleAtDevin(Creation[Schedule]):
    """The creation of a schedule."""

    kind: ClassVar[str] = "schedule"

    def __init__(self, services: Services, job: Job[ViewCause], new: NewSchedule) -> None:
        self._services = services
        self._job = job
        self._new = new
        # Of the row's time, so that each try asks for the same, also when the clocks change in between.
        self._values = new.values(job.row.created_at, job.workspace.team)
        self._devin = job.workspace.organisation.devin

    async def call(self) -> Schedule:
        """Ask Devin to create it, once."""
        return await self._devin.create_schedule(self._values)

    async def lookup(self) -> LookupResult[Schedule]:
        """Search for one that says the same, was created since the form was sent back, and came of no other form.

        There is no place for a reference: a tag would stand on each session, and the prompt is for Devin.
        """
        not_before, unreadable = int(self._job.row.created_at) - CLOCKS_APART, False
        async for page in self._devin.schedule_pages():
            unreadable = unreadable or bool(page.unreadable)
            for schedule in page.items:
                new = not schedule.created_at or schedule.created_at >= not_before
                if new and may_be(schedule, self._values) and not await self._is_recorded(schedule):
                    if all(map(schedule.has, _COMPARED)):
                        return Found(schedule)
                    unreadable = True
        return Missing.UNREADABLE if unreadable else Missing.NOT_FOUND

    async def _is_recorded(self, schedule: Schedule) -> bool:
        command, team = self._job.cause.form.command, self._job.workspace.team
        async with self._services.db.read() as tx:
            return await audit.has(tx, team, command, schedule.scheduled_session_id)

    async def write_created(self, uow: UnitOfWork, thing: Schedule) -> None:
        """Record the change, and confirm it."""
        cause, team = self._job.cause, self._job.workspace.team
        channel, target = cause.channel or None, thing.scheduled_session_id
        after = {"name": self._new.name, "enabled": True, **self._new.timing(self._job.row.created_at)}
        await audit.add(uow.tx, AuditRow(team, uow.now, cause.user, cause.form.command, target, channel, None, after))
        await answer(uow, self._job, views.was_added(thing, self._new, uow.now, SCHEDULES_PAGE))

    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """Announce why it was not added, and give back what was written."""
        why = failure_sentence(refused).text
        await answer(uow, self._job, *views.not_added(self._new, why))

    async def write_late(self, uow: UnitOfWork, _error: DevinError | None) -> None:
        """Announce that it is still to come."""
        await answer(uow, self._job, views.late(self._new.name), late=True)


def may_be(schedule: Schedule, values: Mapping[str, Any]) -> bool:
    """Whether a schedule says the same as these `values`, word by word, in all fields that could be read.

    Word by word, because Devin may have tidied up white space.
    """
    there = {"name": schedule.name, "prompt": schedule.prompt, "frequency": schedule.frequency or ""}
    at = (
        datetime.fromisoformat(values["scheduled_at"]).timestamp()
        if "scheduled_at" in values
        else schedule.scheduled_at
    )
    same = all(there[name].split() == values.get(name, "").split() for name in _COMPARED if schedule.has(name))
    return same and (schedule.scheduled_at == at or not schedule.has("scheduled_at"))
