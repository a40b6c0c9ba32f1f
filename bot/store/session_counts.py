"""How many sessions wait for a person, and how long Devin worked on those that were done."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import WAITS, DisplayState, Lifecycle
from bot.store.of_channel import of_channel
from bot.store.sessions import track
from bot.store.tables import sessions


async def worked_between(
    tx: AsyncConnection, team: str, org_id: str, after: float, before: float, channel: str | None = None
) -> float:
    """Add up the seconds that Devin worked on a workspace's sessions that were done in this time."""
    theirs = (sessions.c.team == team, sessions.c.org_id == org_id, sessions.c.devin_id.is_not(None))
    done = (sessions.c.done_at >= after, sessions.c.done_at < before)
    return float(
        await tx.scalar(
            select(func.sum(sessions.c.worked)).where(*theirs, *done, *of_channel(sessions.c.id, team, channel))
        )
        or 0.0
    )


async def waiting_now(tx: AsyncConnection, team: str, org_id: str, channel: str | None = None) -> int:
    """Count a workspace's open sessions in an organisation that wait for a person's answer or approval."""
    resting = sessions.c.detail.startswith(WAITS, autoescape=True)
    theirs = (sessions.c.team == team, sessions.c.org_id == org_id, *of_channel(sessions.c.id, team, channel))
    running = (sessions.c.lifecycle == Lifecycle.OPEN, sessions.c.status == "running")
    found = await tx.execute(select(sessions).where(*theirs, *running, resting))
    # Devin also stays in these details after its work; words that ask nothing show that it waits for nobody.
    return sum(
        track(row).session.display_state in {DisplayState.WAITING, DisplayState.APPROVAL} for row in found.mappings()
    )
