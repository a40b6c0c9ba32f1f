"""How many sessions wait for a person, and what came of those that were done."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import WAITS, DisplayState, Lifecycle
from bot.store.sessions import track
from bot.store.tables import sessions


async def results_between(
    tx: AsyncConnection, team: str, org_id: str, after: float, before: float
) -> tuple[float, int]:
    """Add up the seconds that Devin worked on a workspace's sessions that were done in this time, and their PRs."""
    theirs = (sessions.c.team == team, sessions.c.org_id == org_id, sessions.c.devin_id.is_not(None))
    done = (sessions.c.done_at >= after, sessions.c.done_at < before)
    rows = (await tx.execute(select(sessions.c.worked, sessions.c.pull_requests).where(*theirs, *done))).all()
    return sum(float(row.worked) for row in rows), sum(len(row.pull_requests) for row in rows)


async def waiting_now(tx: AsyncConnection, team: str, org_id: str) -> int:
    """Count a workspace's open sessions in an organisation that wait for a person's answer or approval."""
    resting = sessions.c.detail.startswith(WAITS, autoescape=True)
    theirs = (sessions.c.team == team, sessions.c.org_id == org_id)
    running = (sessions.c.lifecycle == Lifecycle.OPEN, sessions.c.status == "running")
    found = await tx.execute(select(sessions).where(*theirs, *running, resting))
    # Devin also stays in these details after its work; words that ask nothing show that it waits for nobody.
    return sum(
        track(row).session.display_state in {DisplayState.WAITING, DisplayState.APPROVAL} for row in found.mappings()
    )
