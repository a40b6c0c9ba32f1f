"""Where an admin has paused the bot: in a channel, or with an empty channel in the whole workspace."""

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database.connection import insert
from bot.store.tables import pauses


@dataclass(frozen=True, slots=True)
class Pause:
    """Since `at` nothing may begin in a `channel`, or anywhere with an empty one, as `user` wants it."""

    channel: str
    user: str
    at: float


async def of_workspace(tx: AsyncConnection, team: str) -> list[Pause]:
    """The pauses of a workspace; that of the whole workspace, if there is one, first."""
    found = await tx.execute(select(pauses).where(pauses.c.team == team).order_by(pauses.c.channel))
    return [Pause(row.channel, row.paused_by, row.at) for row in found]


async def over(tx: AsyncConnection, team: str, channel: str) -> Pause | None:
    """The pause that holds in `channel`: that of the whole workspace, else its own; None if there is none."""
    return next((pause for pause in await of_workspace(tx, team) if pause.channel in {"", channel}), None)


async def add(tx: AsyncConnection, team: str, pause: Pause) -> None:
    """Store `pause`, unless there is one already."""
    row = {"team": team, "channel": pause.channel, "paused_by": pause.user, "at": pause.at}
    await tx.execute(insert(tx.dialect.name, pauses).values(row).on_conflict_do_nothing())


async def remove(tx: AsyncConnection, team: str, channel: str) -> None:
    """Remove the pause of `channel`."""
    await tx.execute(delete(pauses).where(pauses.c.team == team, pauses.c.channel == channel))
