"""The form of a new schedule, which is created exactly once (`bot.kernel.exactly_once`)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Final

from bot.conversation.allowed import why_not
from bot.conversation.lookup import CLOCKS_APART
from bot.conversation.start.launch_choices import LaunchChoices
from bot.devin.errors import DevinError, DevinRefused
from bot.devin.known_defaults import unknown_defaults
from bot.devin.schedules import SCHEDULES_PAGE, Schedule
from bot.domain.causes import ViewCause
from bot.domain.form import Form
from bot.domain.launch import CHANNEL, REPOS, TASK
from bot.domain.settings_values import Setting
from bot.features.schedules import modal as modals
from bot.features.schedules import sentences as views
from bot.features.schedules.changes import shown
from bot.features.schedules.rules import NewSchedule, entered, mistakes
from bot.kernel.access import Access
from bot.kernel.commands.devin_failures import failure_sentence
from bot.kernel.exactly_once.creation import Creation, Found, LookupResult, Missing
from bot.kernel.exactly_once.loss import Loss, announce_loss
from bot.kernel.exactly_once.protocol import ExactlyOnce
from bot.kernel.forms.forms import FormKind, Opening, answer
from bot.kernel.job import Job, finish
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.store import audit
from bot.store.audit import AuditRow
from bot.views.modals.parts import View

_COMPARED: Final = ("name", "prompt", "frequency")


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


class ScheduleForm(FormKind):
    """The form of `/devin schedule add`."""

    title = modals.TITLE

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
        return modals.schedule_form(replace(form, target=""), str(zone), now, form.target)

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
        """Announce that the schedule was not added, or that nobody knows."""
        await announce_loss(uow, job.row, ScheduleLoss(job))


@dataclass(frozen=True, slots=True)
class ScheduleLoss(Loss):
    """The loss of a new schedule; what was written comes back."""

    job: Job[ViewCause]

    async def write_not_done(self, uow: UnitOfWork) -> None:
        """Announce that the schedule was not added."""
        new = entered(self.job.cause.fields)
        await answer(uow, self.job, *views.not_added(new, views.unreachable(self.job.row.ref, SCHEDULES_PAGE)))

    async def write_unknown(self, uow: UnitOfWork) -> None:
        """Announce that nobody knows whether the schedule was added."""
        await answer(uow, self.job, *views.maybe_added(entered(self.job.cause.fields), self.job.row.ref))


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
        await answer(uow, self._job, views.was_added(shown(thing), self._new, uow.now, SCHEDULES_PAGE))

    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """Announce why it was not added, and give back what was written."""
        why = failure_sentence(refused).text
        await answer(uow, self._job, *views.not_added(self._new, why))

    async def write_late(self, uow: UnitOfWork, _error: DevinError | None) -> None:
        """Announce that it is still to come."""
        await answer(uow, self._job, views.late(self._new.name), late=True)
