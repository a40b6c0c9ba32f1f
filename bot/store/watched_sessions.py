"""Queries about the sessions of an organisation that its poller watches: those that are open and have not ended."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, case, func, or_, select, text, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import ENDED_BY_A_MESSAGE, TERMINAL_STATUSES, WAITS, Lifecycle
from bot.store.database.connection import Database
from bot.store.inbox import BATCH
from bot.store.sessions import TrackedSession, track
from bot.store.tables import SESSION_AWAKE, SESSION_UNSETTLED, SESSION_UNTAGGED, SESSION_WATCHED, sessions

# Devin is at work by status and detail, unless the session is archived.
WORKS: Final = and_(
    sessions.c.status == "running",
    or_(
        sessions.c.detail.is_(None),
        and_(sessions.c.detail.not_in(ENDED_BY_A_MESSAGE), ~sessions.c.detail.startswith(WAITS, autoescape=True)),
    ),
)
_PENDING = sessions.c.pending.is_not(None)
_OPEN: Final = "lifecycle = 'open'"  # as the indexes of open sessions say it
QUIET_PARTS: Final = 6
_DIGITS: Final = "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Sweep:
    """Whose messages one sweep counts: of sessions that spoke or changed since, and of one of six parts of the others.

    `part` is which one. So each of the others is in every sixth sweep.
    """

    spoken_after: float
    changed_after: int
    part: int

    def condition(self) -> ColumnElement[bool]:
        """The condition that a session is in the sweep."""
        ends = func.substr(sessions.c.bare_id, func.length(sessions.c.bare_id))
        digits = [digit for digit in _DIGITS if int(digit, 16) % QUIET_PARTS == self.part]
        turn = or_(ends.in_(digits), ends.not_in([*_DIGITS])) if self.part == 0 else ends.in_(digits)
        lively = or_(sessions.c.spoken_at >= self.spoken_after, sessions.c.updated_at >= self.changed_after)
        return or_(lively, turn)


async def count_in(tx: AsyncConnection, org_id: str, sweep: Sweep) -> int:
    """Count the watched sessions in `sweep`."""
    found = await tx.execute(select(func.count()).where(*_watched_in(org_id), sweep.condition()))
    return int(found.scalar_one())


async def slice_of(tx: AsyncConnection, org_id: str, sweep: Sweep, after: str, most: int) -> list[str]:
    """The bare ids at Devin of the next `most` watched sessions in `sweep`, in order, behind the id `after`."""
    its_id = sessions.c.bare_id
    watched = (sessions.c.org_id == org_id, text(SESSION_WATCHED))
    behind = select(its_id).where(*watched, its_id > after, sweep.condition())
    return list(await tx.scalars(behind.order_by(its_id).limit(most)))


async def without_tag(tx: AsyncConnection, org_id: str, *, tags_refused: bool) -> list[str]:
    """The bare ids of sessions that no list by tag has: they were tied to threads, and their tag was not taken.

    With `tags_refused` that are all that Devin had before. One that is not followed any more still costs.
    """
    left = and_(sessions.c.lifecycle == Lifecycle.UNFOLLOWED, sessions.c.status.not_in(TERMINAL_STATUSES))
    untagged = sessions.c.adopted_at.is_not(None) if tags_refused else sessions.c.by_id
    counts = or_(and_(*_watched()), left)
    theirs = (sessions.c.org_id == org_id, text(f"({SESSION_UNTAGGED})"), untagged, counts)
    found = await tx.execute(select(sessions.c.bare_id).where(*theirs))
    return [bare for bare in found.scalars() if bare]


async def any_watched(tx: AsyncConnection, org_id: str, spoken_after: float) -> tuple[bool, bool]:
    """Whether a session is watched, and whether one of them is active.

    Active are those on which Devin works, that wait to be announced, or to which a person wrote after `spoken_after`.
    """
    watched = select(sessions.c.id).where(*_watched_in(org_id))
    awake = select(sessions.c.id).where(sessions.c.org_id == org_id, text(SESSION_AWAKE))
    waits = select(sessions.c.id).where(*_watched_in(org_id), text(SESSION_UNSETTLED), _PENDING)
    spoken = watched.where(text(_OPEN), sessions.c.spoken_at >= spoken_after)
    if (await tx.execute(watched.limit(1))).first() is None:
        return False, False
    for active in (awake, waits, spoken):
        if (await tx.execute(active.limit(1))).first() is not None:
            return True, True
    return True, False


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
    tx: AsyncConnection, org_id: str, spoken_after: float, changes_after: float
) -> list[TrackedSession]:
    """One batch of the watched sessions that the poller has to read one by one, with their relay positions.

    These are the sessions to which a person wrote after `spoken_after`, for which something is pending, which could not
    be announced, which are over (a reply may wake them), or which may have changed after `changes_after` unseen.
    """
    unsettled = select(sessions.c.id).where(*_watched_in(org_id), text(SESSION_UNSETTLED))
    spoken = select(sessions.c.id).where(*_watched_in(org_id), text(_OPEN), sessions.c.spoken_at >= spoken_after)
    unseen = select(sessions.c.id).where(*_watched_in(org_id), text(_OPEN), sessions.c.changes_until > changes_after)
    # First those for which something is pending, because only this poll will notice them.
    order = (case((_PENDING, 0), else_=1), sessions.c.spoken_at)
    of_any = select(union(unsettled, spoken, unseen).subquery().c.id)
    found = await tx.execute(select(sessions).where(sessions.c.id.in_(of_any)).order_by(*order).limit(BATCH))
    return [track(row) for row in found.mappings()]


async def silent(tx: AsyncConnection, org_id: str, now: float, silence: float) -> list[str]:
    """Our ids of one batch of the sessions on which Devin works and from which nothing new came for `silence` seconds.

    Those are left out whose card was drawn since it has to say so, within the last `silence` seconds.
    """
    last_signs = (sessions.c.progress_at, sessions.c.spoken_at, sessions.c.working_since)
    quiet = [column <= now - silence for column in last_signs]
    to_draw = or_(
        sessions.c.figures_at <= now - silence, *(sessions.c.figures_at < column + silence for column in last_signs)
    )
    found = await tx.execute(select(sessions.c.id).where(*_watched_in(org_id), *quiet, to_draw).limit(BATCH))
    return list(found.scalars())


async def mark_failing(tx: AsyncConnection, session_ids: Collection[str], now: float) -> None:
    """Store that these sessions could not be announced at `now`, unless that has been so since an earlier instant."""
    values = {"failing_since": func.coalesce(sessions.c.failing_since, now), "read_at": now}
    await tx.execute(update(sessions).where(sessions.c.id.in_(session_ids)).values(values))


async def mark_changing(tx: AsyncConnection, session_ids: Collection[str], until: float) -> None:
    """Store that these sessions may change again without showing it, until the instant `until`."""
    await tx.execute(update(sessions).where(sessions.c.id.in_(session_ids)).values(changes_until=until))


async def unwatch_sleepers(db: Database, before: int, now: float) -> int:
    """Watch no longer, from `now` on, one batch of the sessions that have slept since earlier than `before`.

    Returns the number of sessions. A reply still wakes them.
    """
    sleeps = or_(sessions.c.status != "running", sessions.c.archived)
    asleep = (*_watched(), sleeps, sessions.c.updated_at < before, sessions.c.spoken_at < before)
    # All that are open are read for it, so not in the transaction that keeps others from writing.
    async with db.scan() as tx:
        found = list(await tx.scalars(select(sessions.c.id).where(*asleep).limit(BATCH)))
    if not found:
        return 0
    async with db.write() as tx:
        these = update(sessions).where(sessions.c.id.in_(found), *asleep)
        return (await tx.execute(these.values(ended_at=now))).rowcount


async def close_unwatched(tx: AsyncConnection, before: float) -> list[str]:
    """End one batch of the open sessions that have not been watched since before `before`. Returns their ids.

    From then on a reply does not reach them, so their cards have to be edited before their rows can be deleted.
    """
    # Not `=`, by which SQLite would rather read all that are open.
    others = [lifecycle for lifecycle in Lifecycle if lifecycle is not Lifecycle.OPEN]
    theirs = (sessions.c.ended_at < before, sessions.c.lifecycle.not_in(others))
    old = select(sessions.c.id).where(*theirs).limit(BATCH)
    closed = update(sessions).where(sessions.c.id.in_(old)).values(lifecycle=Lifecycle.ENDED).returning(sessions.c.id)
    return list((await tx.execute(closed)).scalars())


def _watched() -> tuple[ColumnElement[bool], ...]:
    return (sessions.c.lifecycle == Lifecycle.OPEN, sessions.c.ended_at.is_(None))


def _watched_in(org_id: str) -> tuple[ColumnElement[bool], ...]:
    return (sessions.c.org_id == org_id, *_watched())
