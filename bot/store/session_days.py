"""A session's days: for each billing day on which a session was active, its outcome on that day.

They are the rows of `spend`, which also hold what the session spent. Only the running day is ever written: a state that
is seen later belongs to a later day, so what is counted of a day that is over stays as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import CTE, and_, bindparam, desc, func, null, or_, select, text, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.billing import billing_day
from bot.domain.outcomes import Outcome, RecordedDay, is_active, outcome_of
from bot.domain.session import QUEUED_STATUSES, Lifecycle, Snapshot
from bot.store.database.connection import insert
from bot.store.of_channel import DIRECT, of_channel
from bot.store.sessions import TrackedSession, track, tracked
from bot.store.spend import owners, tags_text
from bot.store.stored_sessions import is_stored
from bot.store.tables import SESSION_AWAKE, sessions, spend
from bot.store.watched_sessions import WORKS

# What `bot.domain.outcomes.is_running` says of a row, as SQL; a status that is not known is left out.
_AT_WORK: Final = (~sessions.c.archived, or_(sessions.c.status.in_(QUEUED_STATUSES), WORKS))
_RUNNING: Final = (sessions.c.lifecycle == Lifecycle.OPEN, sessions.c.ended_at.is_(None), *_AT_WORK)


async def record(tx: AsyncConnection, session_id: str, now: float) -> None:
    """Record the outcome of a session, as it is stored now, for the running day, after a person did something to it.

    A session that Devin never had is left out.
    """
    session = (await tracked(tx, [session_id])).get(session_id)
    if session is not None and session.session.devin_id is not None:
        await _put(tx, billing_day(now), [(session, outcome_of(session.session, session.recorded.outcome))])


async def record_polled(tx: AsyncConnection, polled: Iterable[tuple[TrackedSession, Snapshot]], now: float) -> None:
    """Record the outcomes of sessions for the running day, given as pairs of our record and what a poll found.

    What the poll found must be stored already in this transaction. Sessions that this does not make active on the
    running day are left out.
    """
    day = billing_day(now)
    active = [(session, snapshot) for session, snapshot in polled if is_active(session.session, snapshot, day)]
    outcomes = [
        outcome_of(session.session.with_snapshot(snapshot), session.recorded.outcome) for session, snapshot in active
    ]
    await _put(tx, day, [(session, outcome) for (session, _), outcome in zip(active, outcomes, strict=True)])


async def record_of_fan_out(tx: AsyncConnection, session_id: str, org_id: str, outcome: Outcome, now: float) -> None:
    """Record the outcome of a session of a fan-out for the running day."""
    of = {"session_id": session_id, "day": billing_day(now).isoformat(), "org_id": org_id, "outcome": outcome.value}
    if whose := (await owners(tx, [session_id])).get(session_id):  # it was not erased meanwhile
        await _upsert(tx, [{**of, **whose}])


async def running_unrecorded(tx: AsyncConnection, org_id: str, now: float, most: int) -> list[str]:
    """Our ids of at most `most` sessions of an organisation on which Devin works, without a row for the running day.

    That are those at which Devin was at work when the day began.
    """
    day = billing_day(now).isoformat()
    recorded, found = sessions.c.outcome_day, list[str]()
    for unrecorded in (recorded.is_(None), recorded < day, recorded > day):  # each is a range of the index
        # Without `lifecycle` as a parameter, by which SQLite would rather read all that are open.
        theirs = (sessions.c.org_id == org_id, text(SESSION_AWAKE), unrecorded, *_AT_WORK)
        found += await tx.scalars(select(sessions.c.id).where(*theirs).limit(most - len(found)))
    return found


async def record_running(tx: AsyncConnection, session_ids: Sequence[str], now: float) -> None:
    """Record for the running day that Devin works on these sessions, except where a flow has stored another state."""
    if session_ids:
        # Locked on PostgreSQL, so that no stop is stored between this and the write.
        theirs = (sessions.c.id.in_(session_ids), *_RUNNING)
        found = await tx.execute(select(sessions).where(*theirs).order_by(sessions.c.id).with_for_update())
        await _put(tx, billing_day(now), [(track(row), Outcome.RUNNING) for row in found.mappings()])


async def outcomes_and_costs(
    tx: AsyncConnection, team: str, org_id: str, first: date, last: date, most: int, channel: str | None = None
) -> tuple[dict[Outcome, int], list[tuple[str, float]], float]:
    """Count a workspace's sessions in an organisation that were active from `first` to `last`, by their last outcome.

    Each session counts once, so the sum is the number of sessions that were active. Beside that, return the `most` of
    them that spent most, as (session id, ACUs), without those of which nothing else is stored, and the ACUs of all.
    With a `channel` only the sessions there count.
    """
    active = _active_sessions(team, org_id, first, last, channel)
    newest = and_(spend.c.session_id == active.c.session_id, spend.c.day == active.c.day)
    sums = (func.count().label("number"), null().label("session_id"), func.sum(active.c.acus).label("acus"))
    counted = select(spend.c.outcome, *sums)
    costs = select(active.c.session_id, active.c.acus).where(active.c.acus > 0, is_stored(active.c.session_id))
    top = costs.order_by(active.c.acus.desc(), active.c.session_id).limit(most).subquery()
    both = union_all(counted.join(active, newest).group_by(spend.c.outcome), select(null(), null(), top))
    found = (await tx.execute(both.order_by(desc("acus"), "session_id"))).all()
    return (
        {Outcome(row.outcome): int(row.number) for row in found if row.session_id is None},
        [(row.session_id, float(row.acus)) for row in found if row.session_id is not None],
        sum(float(row.acus) for row in found if row.session_id is None),
    )


def _active_sessions(team: str, org_id: str, first: date, last: date, channel: str | None) -> CTE:
    """The sessions that were active, with their newest day and what they spent, added up once for all that needs it."""
    theirs = (spend.c.team == team, spend.c.org_id == org_id, *of_channel(spend, team, channel))
    days = (spend.c.day >= first.isoformat(), spend.c.day <= last.isoformat())
    each = select(spend.c.session_id, func.max(spend.c.day).label("day"), func.sum(spend.c.acus).label("acus"))
    return each.where(*theirs, *days).group_by(spend.c.session_id).cte("active").prefix_with("MATERIALIZED")


async def _put(tx: AsyncConnection, day: date, entries: Iterable[tuple[TrackedSession, Outcome]]) -> None:
    """Write the outcomes that are not recorded for `day` yet.

    Where a worker with a clock ahead of ours has begun the next day already, that is the running one.
    """
    rows = [_row(session, max(day, session.recorded.day or day), outcome) for session, outcome in entries]
    if not (new := [row for row in rows if row]):
        return
    # Sessions before their days, in every transaction: PostgreSQL locks them, and two orders could deadlock.
    columns: dict[str, Any] = {"outcome": bindparam("new_outcome"), "outcome_day": bindparam("new_day")}
    await tx.execute(
        update(sessions).where(sessions.c.id == bindparam("session")).values(columns),
        [{"session": row["session_id"], "new_outcome": row["outcome"], "new_day": row["day"]} for row in new],
    )
    await _upsert(tx, new)


async def _upsert(tx: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    statement = insert(tx.dialect.name, spend)
    replaced = {name: statement.excluded[name] for name in ("outcome", "team", "requester", "channel", "tags")}
    await tx.execute(statement.on_conflict_do_update(index_elements=["session_id", "day"], set_=replaced), rows)


def _row(tracked_session: TrackedSession, day: date, outcome: Outcome) -> dict[str, str]:
    """The values of a row of `spend`; none if the row is there already."""
    if tracked_session.recorded == RecordedDay(day, outcome):
        return {}
    session = tracked_session.session
    owners = {"team": session.team, "org_id": session.org_id, "requester": session.requester}
    channel = DIRECT if session.is_direct else session.channel
    where = {"channel": channel, "tags": tags_text(session.options.tags)}
    return {"session_id": session.id, "day": day.isoformat(), **owners, **where, "outcome": outcome.value}
