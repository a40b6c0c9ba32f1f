"""Queries about the sessions of an organisation that its poller watches: those that are open and have not ended."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import ENDED_BY_A_MESSAGE, QUEUED_STATUSES, TERMINAL_STATUSES, Lifecycle
from bot.store.inbox import BATCH
from bot.store.sessions import TrackedSession, track
from bot.store.tables import sessions


async def open_bare_ids(tx: AsyncConnection, org_id: str) -> list[str]:
    """The bare ids at Devin of all watched sessions."""
    found = await tx.execute(select(sessions.c.bare_id).where(*_watched_in(org_id)))
    return [bare for bare in found.scalars() if bare]


async def count_active(tx: AsyncConnection, org_id: str, spoken_after: float) -> tuple[int, int]:
    """Count the watched sessions, and those of them that are active.

    Active are those on which Devin works, that wait to be announced, or to which a person wrote after `spoken_after`.
    """
    resting = sessions.c.detail.in_(ENDED_BY_A_MESSAGE)
    works = and_(sessions.c.status == "running", or_(sessions.c.detail.is_(None), ~resting))
    awake = and_(or_(sessions.c.status.in_(QUEUED_STATUSES), works), ~sessions.c.archived)
    busy = or_(awake, sessions.c.waiting, sessions.c.spoken_at >= spoken_after)
    found = await tx.execute(select(func.count(), func.count().filter(busy)).where(*_watched_in(org_id)))
    row = found.one()
    return int(row[0]), int(row[1])


async def may_appear(tx: AsyncConnection, org_id: str, ended_after: float, uncertain_after: float) -> bool:
    """Whether a session that is not watched may still show up or change at Devin.

    That is one which was cancelled, refused or ended since `ended_after`, or became uncertain since `uncertain_after`.
    """
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
    """One batch of the watched sessions that the poller has to read one by one, with their relay positions.

    These are the sessions to which a person wrote after `spoken_after`, whose resting state waits to be announced,
    which are over (a reply may wake them), or whose ids are in `fresh`.
    """
    over = sessions.c.status.in_(TERMINAL_STATUSES)
    recent = or_(sessions.c.spoken_at >= spoken_after, sessions.c.waiting, over, sessions.c.id.in_(fresh))
    # First those whose resting state waits to be announced, because only this poll will notice them.
    order = (sessions.c.waiting.desc(), sessions.c.spoken_at)
    found = await tx.execute(select(sessions).where(*_watched_in(org_id), recent).order_by(*order).limit(BATCH))
    return [track(row) for row in found.mappings()]


async def unwatch_sleepers(tx: AsyncConnection, before: int, now: float) -> int:
    """Watch no longer, from `now` on, one batch of the sessions that have slept since earlier than `before`.

    Returns the number of sessions. A reply still wakes them.
    """
    sleeps = or_(sessions.c.status != "running", sessions.c.archived)
    quiet = (sessions.c.updated_at < before, sessions.c.spoken_at < before)
    asleep = select(sessions.c.id).where(*_watched(), sleeps, *quiet).limit(BATCH)
    return (await tx.execute(update(sessions).where(sessions.c.id.in_(asleep)).values(ended_at=now))).rowcount


async def close_unwatched(tx: AsyncConnection, before: float) -> list[str]:
    """End one batch of the open sessions that have not been watched since before `before`. Returns their ids.

    From then on a reply does not reach them, so their cards have to be edited before their rows can be deleted.
    """
    old = select(sessions.c.id).where(sessions.c.lifecycle == Lifecycle.OPEN, sessions.c.ended_at < before).limit(BATCH)
    closed = update(sessions).where(sessions.c.id.in_(old)).values(lifecycle=Lifecycle.ENDED).returning(sessions.c.id)
    return list((await tx.execute(closed)).scalars())


def _watched() -> tuple[ColumnElement[bool], ...]:
    return (sessions.c.lifecycle == Lifecycle.OPEN, sessions.c.ended_at.is_(None))


def _watched_in(org_id: str) -> tuple[ColumnElement[bool], ...]:
    return (sessions.c.org_id == org_id, *_watched())
