"""Which sessions may wait for a person, and how long Devin worked on those that were done."""

import asyncio
from collections.abc import Sequence
from typing import Final

from sqlalchemy import RowMapping, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import WAITS, DisplayState, Lifecycle, Session
from bot.store.of_channel import of_channel
from bot.store.sessions import track
from bot.store.tables import sessions

_ASLEEP: Final = ("inactivity", "user_request")  # details with which a session sleeps and needs nobody


async def worked_between(
    tx: AsyncConnection, team: str, org_id: str, after: float, before: float, channel: str | None = None
) -> float:
    """Add up the seconds that Devin worked on a workspace's sessions that were done in this time."""
    theirs = (sessions.c.team == team, sessions.c.org_id == org_id, sessions.c.devin_id.is_not(None))
    done = (sessions.c.done_at >= after, sessions.c.done_at < before)
    return float(
        await tx.scalar(select(func.sum(sessions.c.worked)).where(*theirs, *done, *of_channel(sessions, team, channel)))
        or 0.0
    )


async def waiting_now(tx: AsyncConnection, team: str, org_id: str, channel: str | None = None) -> int:
    """Count a workspace's open sessions in an organisation that wait for a person's answer or approval."""
    resting = sessions.c.detail.startswith(WAITS, autoescape=True)
    theirs = (sessions.c.team == team, sessions.c.org_id == org_id, *of_channel(sessions, team, channel))
    running = (sessions.c.lifecycle == Lifecycle.OPEN, sessions.c.status == "running")
    found = await tx.execute(select(sessions).where(*theirs, *running, resting))
    # Devin also stays in these details after its work; words that ask nothing show that it waits for nobody.
    waiting = (DisplayState.WAITING, DisplayState.APPROVAL)
    return sum(session.display_state in waiting for session in await _sessions(found.mappings().all()))


async def resting(tx: AsyncConnection, team: str, org_id: str, failed_after: float) -> list[Session]:
    """A workspace's open sessions in an organisation that may need a person, as far as a query can tell.

    Those that have failed are among them only if Devin changed them after `failed_after`.
    """
    detail, status = sessions.c.detail, sessions.c.status
    waits = and_(status == "running", detail.startswith(WAITS, autoescape=True))
    paused = and_(status == "suspended", detail.is_not(None), detail.not_in(_ASLEEP))
    failed = and_(status == "error", sessions.c.updated_at >= failed_after)
    theirs = (sessions.c.team == team, sessions.c.org_id == org_id, sessions.c.lifecycle == Lifecycle.OPEN)
    found = await tx.execute(select(sessions).where(*theirs, ~sessions.c.archived, or_(waits, paused, failed)))
    return await _sessions(found.mappings().all())


async def _sessions(rows: Sequence[RowMapping]) -> list[Session]:
    # In a thread, because there may be thousands.
    return await asyncio.to_thread(lambda: [track(row).session for row in rows])
