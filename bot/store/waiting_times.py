"""When sessions waited for a person, each time a row, longer than the session's own row."""

from datetime import tzinfo
from typing import Final

from sqlalchemy import ColumnElement, Float, and_, bindparam, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import Lifecycle, Session
from bot.domain.waiting import WaitingTime
from bot.domain.zones import zone_or
from bot.store.database.connection import insert
from bot.store.inbox import BATCH
from bot.store.tables import people, sessions, spend, waiting_times

_SINCE: Final = waiting_times.c.since
_END: Final = (  # built once, because every reply executes it
    update(waiting_times)
    .where(waiting_times.c.session_id == bindparam("of_session"), waiting_times.c.ended_at.is_(None))
    # By Devin's clock it may have gone on before it began to wait by ours.
    .values(ended_at=case((bindparam("at", type_=Float) < _SINCE, _SINCE), else_=bindparam("at", type_=Float)))
)


async def begin(tx: AsyncConnection, session: Session, since: float) -> None:
    """Store that a session waits for a person since an instant, unless it does so already."""
    waits = select(waiting_times.c.since).where(*_open(session.id)).limit(1)
    if (await tx.execute(waits)).first() is not None:
        return
    zone = select(people.c.tz).where(people.c.team == session.team, people.c.user == session.requester)
    row = {"session_id": session.id, "since": since, "team": session.team, "org_id": session.org_id}
    row |= {"tz": zone.scalar_subquery()}
    await tx.execute(insert(tx.dialect.name, waiting_times).values(row).on_conflict_do_nothing())


async def end(tx: AsyncConnection, session_id: str, at: float) -> None:
    """Store that a session waits for nobody since an instant, if it did wait."""
    await tx.execute(_END, {"of_session": session_id, "at": at})


async def end_with_sessions(tx: AsyncConnection, now: float) -> int:
    """End one batch of the times whose sessions are over, or are not watched any more; returns their number."""
    over = or_(sessions.c.id.is_(None), sessions.c.ended_at.is_not(None), sessions.c.lifecycle != Lifecycle.OPEN)
    found = await tx.execute(
        select(waiting_times.c.session_id, func.coalesce(sessions.c.ended_at, now))
        .outerjoin(sessions, sessions.c.id == waiting_times.c.session_id)
        .where(waiting_times.c.ended_at.is_(None), over)
        .limit(BATCH)
    )
    ended = [(session_id, at) for session_id, at in found]
    for session_id, at in ended:
        await end(tx, session_id, at)
    return len(ended)


async def between(
    tx: AsyncConnection, team: str, org_id: str, first: float, last: float, zone: tzinfo
) -> list[WaitingTime]:
    """The times at which a workspace's sessions in an organisation waited between two instants, the earliest first.

    The zone is that of the asker as it was known when the session began to wait, else as it is known now, else `zone`.
    """
    columns = (waiting_times.c.since, waiting_times.c.ended_at, waiting_times.c.session_id)
    # The session's own row may be purged, and the asker's too.
    asker = select(func.max(spend.c.requester)).where(spend.c.session_id == waiting_times.c.session_id)
    found = await tx.execute(
        select(*columns, func.coalesce(waiting_times.c.tz, people.c.tz).label("tz"))
        .select_from(waiting_times)
        .outerjoin(people, and_(people.c.team == waiting_times.c.team, people.c.user == asker.scalar_subquery()))
        .where(
            waiting_times.c.team == team,
            waiting_times.c.org_id == org_id,
            waiting_times.c.since < last,
            or_(waiting_times.c.ended_at.is_(None), waiting_times.c.ended_at > first),
        )
        .order_by(*columns)
    )
    return [WaitingTime(row.since, row.ended_at, row.session_id, zone_or(row.tz, zone)) for row in found]


def _open(session_id: str) -> tuple[ColumnElement[bool], ...]:
    return (waiting_times.c.session_id == session_id, waiting_times.c.ended_at.is_(None))
