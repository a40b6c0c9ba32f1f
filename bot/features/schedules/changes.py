"""What is changed of a schedule: whether it runs, or that it is there. `bot.kernel.exactly_once` says how."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, ClassVar

from bot.devin.errors import DevinError, DevinRefused
from bot.devin.schedules import Schedule
from bot.features.schedules import sentences as views
from bot.features.schedules.sentences import Shown, Timetable
from bot.features.schedules.specs import SCHEDULE_DELETE, SCHEDULE_PAUSE, SCHEDULE_RESUME
from bot.kernel.commands.devin_failures import failure_sentence
from bot.kernel.exactly_once.change import Change, Record
from bot.kernel.exactly_once.loss import Loss
from bot.kernel.job import CommandJob, recipient_of
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import audit
from bot.store.audit import AuditRow
from bot.views import devin_answers
from bot.views.message import Message


@dataclass(frozen=True, slots=True)
class ScheduleChange(Change[Shown]):
    """A change of the schedule with the id `schedule_id`: what pausing, resuming and deleting one have in common."""

    kind: ClassVar[str] = "schedule"
    services: Services
    job: CommandJob
    schedule_id: str

    @property
    @abstractmethod
    def action(self) -> str:
        """The name of the command, for the audit."""

    async def read(self) -> Shown:
        """Read the schedule."""
        return shown(await self.job.workspace.organisation.devin.schedule(self.schedule_id))

    def record(self, thing: Shown) -> Record:
        """Return what the audit says about it."""
        return thing.as_record

    def patience(self, *, tried: bool) -> float:
        """Wait for minutes, and only for what was tried: the person looks at the command, and can type it again."""
        return self.services.timing.change_followed if tried else 0.0

    async def write_unreachable(self, uow: UnitOfWork, error: DevinError, /) -> None:
        """Answer why Devin gave no answer."""
        await self._answer(uow, failure_sentence(error))

    async def write_unknown(self, uow: UnitOfWork) -> None:
        """Record that nobody knows whether the schedule was changed, and answer that."""
        await self._record(uow, outcome="unknown")
        await self._answer(uow, views.UNKNOWN)

    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """Answer why Devin refuses it."""
        await self._answer(uow, failure_sentence(refused))

    async def _record(self, uow: UnitOfWork, **changed: Any) -> None:
        team, cause = self.job.workspace.team, self.job.cause
        row = AuditRow(team, uow.now, cause.user or "", self.action, self.schedule_id, cause.channel, **changed)
        await audit.add(uow.tx, row)

    async def _answer(self, uow: UnitOfWork, message: Message) -> None:
        await uow.reply_privately(recipient_of(self.job), message)


@dataclass(frozen=True, slots=True)
class SwitchSchedule(ScheduleChange):
    """A schedule is resumed, or paused if it is not to be `enabled`; times are said in `zone`."""

    enabled: bool
    zone: tzinfo

    @property
    def action(self) -> str:
        """The name of the command, for the audit."""
        return (SCHEDULE_RESUME if self.enabled else SCHEDULE_PAUSE).name

    def is_done(self, now: Shown | None) -> bool:
        """Whether it runs, or is paused."""
        return now is not None and now.enabled is self.enabled

    async def call(self, now: Shown) -> None:
        """Resume or pause it."""
        await self.job.workspace.organisation.devin.enable_schedule(now.id, enabled=self.enabled)

    async def write_changed(self, uow: UnitOfWork, before: Record, read: Shown | None, /) -> None:
        """Record the change, and confirm it."""
        assert read is not None
        await self._record(uow, before=before, after={**read.as_record, "enabled": self.enabled})
        await self._answer(uow, views.was_set(read, enabled=self.enabled, zone=self.zone, now=uow.now))

    async def write_left_alone(self, uow: UnitOfWork, now: Shown | None, /) -> None:
        """Answer that it is gone, or as it is wanted already."""
        await self._answer(uow, views.GONE if now is None else views.is_already(now, enabled=self.enabled))


@dataclass(frozen=True, slots=True)
class DeleteSchedule(ScheduleChange):
    """A schedule is deleted."""

    @property
    def action(self) -> str:
        """The name of the command, for the audit."""
        return SCHEDULE_DELETE.name

    def is_done(self, now: Shown | None) -> bool:
        """Whether it is gone."""
        return now is None

    async def call(self, now: Shown) -> None:
        """Delete it."""
        await self.job.workspace.organisation.devin.delete_schedule(now.id)

    async def write_changed(self, uow: UnitOfWork, before: Record, _read: Shown | None, /) -> None:
        """Record the deletion, and confirm it."""
        await self._record(uow, before=before)
        await self._answer(uow, views.was_deleted(str(before["name"]), self.schedule_id))

    async def write_left_alone(self, uow: UnitOfWork, _now: Shown | None, /) -> None:
        """Answer that it is gone."""
        await self._answer(uow, views.GONE)


@dataclass(frozen=True, slots=True)
class ScheduleChangeLoss(Loss):
    """The loss of a change of a schedule."""

    job: CommandJob

    async def write_not_done(self, uow: UnitOfWork) -> None:
        """Answer that Devin cannot be reached and nothing was changed."""
        await uow.reply_privately(recipient_of(self.job), devin_answers.UNREACHABLE)

    async def write_unknown(self, uow: UnitOfWork) -> None:
        """Answer that nobody knows whether the schedule was changed."""
        await uow.reply_privately(recipient_of(self.job), views.UNKNOWN)


def shown(schedule: Schedule) -> Shown:
    """Return a schedule as views have it."""
    recurring = schedule.schedule_type != "one_time"
    timetable = Timetable(
        schedule.frequency if recurring else None, schedule.scheduled_at, max(schedule.interval_count, 1)
    )
    return Shown(
        schedule.scheduled_session_id,
        schedule.name,
        timetable,
        schedule.enabled,
        schedule.consecutive_failures,
        schedule.last_error_at,
        schedule.last_error_message or "",
    )
