"""The buttons under an alarm: its session is stopped, or goes on, or the alarm is put off. The post shows which."""

from functools import partial
from typing import Any, Final

from bot.conversation.titles import ShownTitles, permalink
from bot.domain.causes import ActionCause
from bot.domain.commands import registry
from bot.domain.commands.spec import CommandSpec
from bot.domain.readers import Readers
from bot.domain.roles import Right
from bot.domain.session import Session
from bot.features.alarms import rows as alarms
from bot.features.alarms.drawer import AlarmPost
from bot.features.alarms.rules import Alarm, AlarmState, spends
from bot.features.alarms.sentences import GO_ON, OVER, SETTLED, SNOOZED
from bot.features.alarms.specs import ALARM_FINE, ALARM_SNOOZE, ALARM_STOP
from bot.kernel.access import Access
from bot.kernel.commands.handler import Handler
from bot.kernel.job import CommandJob, finish, finish_with, move, recipient_of
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import sessions
from bot.views.answers import stops as stop_sentences
from bot.views.message import Message

_MAY_FOLLOW: Final = {
    ALARM_STOP.name: {AlarmState.OPEN, AlarmState.SNOOZED, AlarmState.ACKNOWLEDGED},
    ALARM_FINE.name: {AlarmState.OPEN, AlarmState.SNOOZED},
    ALARM_SNOOZE.name: {AlarmState.OPEN},
}


class AlarmPresses:
    """Takes what people decide about alarms."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the buttons do."""
        return {spec: Handler(run=partial(self._run, spec)) for spec in (ALARM_STOP, ALARM_FINE, ALARM_SNOOZE)}

    async def _run(self, spec: CommandSpec, job: CommandJob) -> None:
        """Store the decision and have the post edited, or answer privately why nothing was changed."""
        async with self._services.db.read() as tx:
            alarm = await alarms.get(tx, job.cause.argument)
            # Of an alarm in another channel nothing is shown, not even whether its channel is public.
            session = await sessions.get(tx, alarm.subject) if alarm and _is_in_place(job, alarm) else None
        refusal = None
        if session is not None:
            refusal = await self._refusal(job, spec, session)
        async with self._services.unit_of_work_for(job) as uow:
            alarm = await alarms.locked(uow.tx, job.cause.argument)
            why_not = refusal or _why_not(job, alarm, session)
            if why_not is not None or alarm is None or session is None:
                if why_not is OVER and alarm is not None and _is_in_place(job, alarm):
                    await uow.redraw(AlarmPost, alarm.key)  # its buttons go
                await finish_with(uow, job, why_not or OVER)
                return
            await self._decide(uow, job, alarm, session)

    async def _refusal(self, job: CommandJob, spec: CommandSpec, session: Session) -> Message | None:
        """Why the person may not decide this about the session, or None.

        Whoever reads a session's channel may stop it there. The post may stand in another one, whose readers need not
        see the session: then it is for who asked for it, and for admins.
        """
        if spec is ALARM_STOP:
            refusal = await self._access.right_refusal(
                job.workspace, job.cause.user or "", Right.STOP, session.channel, asker=session.requester
            )
            if refusal is not None:
                return refusal
            if await self._access.may_go_on(job.workspace, session.channel, job.cause.channel or ""):
                return None
            spec = ALARM_FINE
        return await self._access.role_refusal(job.workspace, spec, job.cause.user, session)

    async def _decide(self, uow: UnitOfWork, job: CommandJob, alarm: Alarm, session: Session) -> None:
        titles = await ShownTitles.read(uow.tx, job.workspace, Readers(job.cause.channel or "", job.cause.user or ""))
        stand_in = titles.replacement(session.channel, session.requester)
        stopping = stop_sentences.stopping(session, permalink(job.workspace, session), stand_in)
        values, message = self._values(job.cause.command, stopping, uow.now)
        await alarms.change(uow.tx, alarm.key, uow.now, user=job.cause.user, **values)
        await uow.redraw(AlarmPost, alarm.key)
        # With a key of its own, because the stop may have an answer too.
        await uow.reply_privately(recipient_of(job), message, key=f"{job.row.key}:received")
        if job.cause.command == ALARM_STOP.name:
            stop = ActionCause(registry.STOP.name, session.id, job.cause.user, job.cause.channel)
            await move(uow, job, session.lane, stop)
        else:
            await finish(uow, job)

    def _values(self, command: str, stopping: Message, now: float) -> tuple[dict[str, Any], Message]:
        if command == ALARM_STOP.name:
            return {"state": AlarmState.STOPPED, "snoozed_until": None}, stopping
        if command == ALARM_FINE.name:
            return {"state": AlarmState.ACKNOWLEDGED, "snoozed_until": None}, GO_ON
        until = now + self._services.timing.alarm_snooze
        return {"state": AlarmState.SNOOZED, "snoozed_until": until}, SNOOZED


def _is_in_place(job: CommandJob, alarm: Alarm) -> bool:
    """Whether the alarm is in the channel in which the button was pressed: a button's value is no authorisation."""
    return (alarm.team, alarm.channel) == (job.workspace.team, job.cause.channel)


def _why_not(job: CommandJob, alarm: Alarm | None, session: Session | None) -> Message | None:
    """Why the press changes nothing, or None."""
    if alarm is None or not _is_in_place(job, alarm) or alarm.over_at is not None:
        return OVER
    if session is None or not spends(session):
        return OVER
    return None if alarm.state in _MAY_FOLLOW[job.cause.command] else SETTLED
