"""Alarms about sessions that spend too much."""

from typing import Final

from bot.domain.commands.alarm_commands import COMMANDS
from bot.domain.session import Session
from bot.flows.feature import Feature, Per, Tick
from bot.flows.money.alarms.posts import AlarmPost
from bot.flows.money.alarms.runaway import RunawayWatch
from bot.flows.steer.alarm_presses import AlarmPresses
from bot.flows.unit_of_work import UnitOfWork
from bot.store import alarms


async def _reopen(uow: UnitOfWork, session: Session) -> None:
    """Have the alarm about a session whose stop failed be open again."""
    await uow.redraw(AlarmPost, *await alarms.not_stopped(uow.tx, session, uow.now))


FEATURE: Final = Feature(
    "alarms",
    commands=COMMANDS,
    handlers=lambda kernel: AlarmPresses(kernel.services, kernel.access).handlers(),
    drawers=lambda kernel: [AlarmPost(kernel.services)],
    stop_failed=_reopen,
    ticks=lambda kernel: [Tick("alarms", Per.ORGANISATION, RunawayWatch(kernel.services).tick)],
)
