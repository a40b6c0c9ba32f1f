"""Which sessions may wait for a person, and how long Devin worked on those that were done."""

import asyncio
from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, RowMapping, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import WAITS, Lifecycle, Session
from bot.domain.waiting import waits
from bot.store.of_channel import of_channel
from bot.store.sessions import track
from bot.store.tables import past_sessions, sessions

_ASLEEP: Final = ("inactivity", "user_request")  # details with which a session sleeps and needs nobody
# Which of these do wait, `waits` says: Devin also stays in a waiting detail after its work, and pauses after an error.
_MAY_WAIT: Final = or_(
    and_(sessions.c.status == "running", sessions.c.detail.startswith(WAITS, autoescape=True)),
    and_(sessions.c.status == "suspended", sessions.c.detail.is_not(None), sessions.c.detail.not_in(_ASLEEP)),
)


async def worked_between(
    tx: AsyncConnection, team: str, org_id: str, after: float, before: float, channel: str | None = None
) -> float:
    """Add up the seconds that Devin worked on a workspace's sessions that were done in this time."""
    found = [
        await tx.scalar(
            select(func.sum(table.c.worked))
            .where(table.c.team == team, table.c.org_id == org_id, table.c.done_at >= after, table.c.done_at < before)
            .where(*of_channel(table, team, channel))
        )
        for table in (sessions, past_sessions)
    ]
    return sum(float(worked or 0.0) for worked in found)


async def waiting_now(tx: AsyncConnection, team: str, org_id: str, channel: str | None = None) -> int:
    """Count a workspace's open sessions in an organisation that wait for a person, or those of one channel."""
    return sum(map(waits, await _open(tx, team, org_id, channel, _MAY_WAIT)))


async def resting(
    tx: AsyncConnection, team: str, org_id: str, failed_after: float, channel: str | None = None
) -> list[Session]:
    """A workspace's open sessions in an organisation, or in one channel, that may need a person, as a query can tell.

    Those that have failed are among them only if Devin changed them after `failed_after`.
    """
    failed = and_(sessions.c.status == "error", sessions.c.updated_at >= failed_after)
    return await _open(tx, team, org_id, channel, or_(_MAY_WAIT, failed))


async def _open(
    tx: AsyncConnection, team: str, org_id: str, channel: str | None, condition: ColumnElement[bool]
) -> list[Session]:
    theirs = (sessions.c.team == team, sessions.c.org_id == org_id, *of_channel(sessions, team, channel))
    is_open = (sessions.c.lifecycle == Lifecycle.OPEN, ~sessions.c.archived)
    found = await tx.execute(select(sessions).where(*theirs, *is_open, condition))
    return await _sessions(found.mappings().all())


async def _sessions(rows: Sequence[RowMapping]) -> list[Session]:
    # In a thread, because there may be thousands.
    return await asyncio.to_thread(lambda: [track(row).session for row in rows])
