"""The sessions of an organisation that its poller follows: which there are, and which of them work."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import ENDED_BY_A_MESSAGE, QUEUED_STATUSES, TERMINAL_STATUSES, Lifecycle
from bot.store.inbox import BATCH
from bot.store.sessions import TrackedSession, track
from bot.store.tables import sessions


async def open_bare_ids(tx: AsyncConnection, org_id: str) -> list[str]:
    """Devin's ids of all sessions that are watched."""
    found = await tx.execute(select(sessions.c.bare_id).where(*_watched_in(org_id)))
    return [bare for bare in found.scalars() if bare]


async def count_active(tx: AsyncConnection, org_id: str, spoken_after: float) -> tuple[int, int]:
    """How many sessions are watched, and how many of them work or were just spoken to."""
    resting = sessions.c.detail.in_(ENDED_BY_A_MESSAGE)
    works = and_(sessions.c.status == "running", or_(sessions.c.detail.is_(None), ~resting))
    busy = or_(sessions.c.status.in_(QUEUED_STATUSES), works, sessions.c.waiting, sessions.c.spoken_at >= spoken_after)
    found = await tx.execute(select(func.count(), func.count().filter(busy)).where(*_watched_in(org_id)))
    row = found.one()
    return int(row[0]), int(row[1])


async def may_appear(tx: AsyncConnection, org_id: str, ended_after: float, uncertain_after: float) -> bool:
    """Whether Devin's list may have news of what is not watched: cancelled, given up or over since these instants."""
    over = and_(
        sessions.c.lifecycle == Lifecycle.ENDED,
        sessions.c.ended_at >= ended_after,
        sessions.c.status.not_in(TERMINAL_STATUSES),
        sessions.c.stopped_by.is_(None),
    )
    gone = and_(sessions.c.lifecycle.in_((Lifecycle.CANCELLED, Lifecycle.REFUSED)), sessions.c.ended_at >= ended_after)
    uncertain = and_(sessions.c.lifecycle == Lifecycle.UNCERTAIN, sessions.c.ended_at >= uncertain_after)
    found = await tx.execute(
        select(sessions.c.id).where(sessions.c.org_id == org_id, or_(gone, over, uncertain)).limit(1)
    )
    return found.first() is not None


async def expecting(
    tx: AsyncConnection, org_id: str, spoken_after: float, fresh: Collection[str] = ()
) -> list[TrackedSession]:
    """Watched sessions that a person just wrote to, whose rest waits to be told, that are over, or that are named.

    One that is over is watched for a while after a reply, which may wake it.
    """
    over = sessions.c.status.in_(TERMINAL_STATUSES)
    recent = or_(sessions.c.spoken_at >= spoken_after, sessions.c.waiting, over, sessions.c.id.in_(fresh))
    # Nothing but the next look knows of a rest that waits to be told: those first.
    order = (sessions.c.waiting.desc(), sessions.c.spoken_at)
    found = await tx.execute(select(sessions).where(*_watched_in(org_id), recent).order_by(*order).limit(BATCH))
    return [track(row) for row in found.mappings()]


async def end_sleepers(tx: AsyncConnection, before: int, now: float) -> int:
    """End our watch over one small piece of sessions that have slept since an instant."""
    asleep = (
        select(sessions.c.id)
        .where(*_watched(), sessions.c.status != "running", sessions.c.updated_at < before)
        .limit(BATCH)
    )
    ended = update(sessions).where(sessions.c.id.in_(asleep)).values(lifecycle=Lifecycle.ENDED, ended_at=now)
    return (await tx.execute(ended)).rowcount


def _watched() -> tuple[ColumnElement[bool], ...]:
    return (sessions.c.lifecycle == Lifecycle.OPEN, sessions.c.ended_at.is_(None))


def _watched_in(org_id: str) -> tuple[ColumnElement[bool], ...]:
    return (sessions.c.org_id == org_id, *_watched())
