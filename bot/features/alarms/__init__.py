"""Alarms about sessions that spend too much."""

from typing import Final

from bot.domain.session import Session
from bot.features.alarms import rows as alarms
from bot.features.alarms.flow import AlarmPost, AlarmPresses, RunawayWatch
from bot.features.alarms.rows import TABLES
from bot.features.alarms.specs import COMMANDS
from bot.kernel.feature import Feature, Per, Tick
from bot.kernel.unit_of_work import UnitOfWork


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
    tables=TABLES,
)
