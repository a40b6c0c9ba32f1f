"""The pull requests of sessions: each with its state, and when it was first seen, first seen merged, and last checked.

A row stays longer than its session's own row, so it holds what is needed to go on asking Devin for its state.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.billing import billing_day
from bot.domain.pull_requests import changed_pull_requests, is_closed, is_merged
from bot.domain.session import PullRequest, Session, Snapshot, bare_id
from bot.store.database.connection import Insert, insert, storable
from bot.store.of_channel import of_session_in
from bot.store.tables import pull_requests, spend

# The bytes of the longest address that is stored. It is part of two indexes, whose entries PostgreSQL bounds.
LONGEST_ADDRESS: Final = 2_000
# Seconds. What is found merged after a longer absence counts for the day of the check before: on the day on which it is
# found it was merged long ago.
UNWATCHED: Final = 7 * 86_400.0
_KEY: Final = (pull_requests.c.session_id, pull_requests.c.url)
_SESSION: Final = tuple(pull_requests.c[name] for name in ("session_id", "team", "org_id", "bare_id"))
_IS_OPEN: Final = (pull_requests.c.merged_at.is_(None), pull_requests.c.closed_at.is_(None))


@dataclass(frozen=True, slots=True)
class FollowedSession:
    """The session that pull requests come from, by our id and by Devin's bare one, and to whom it belongs."""

    session_id: str
    team: str
    org_id: str
    bare_id: str

    @classmethod
    def of(cls, session: Session) -> "FollowedSession":
        """What is stored of `session`, which Devin has, with its pull requests."""
        return cls(session.id, session.team, session.org_id, bare_id(session.devin_id or ""))


async def record_polled(tx: AsyncConnection, polled: Iterable[tuple[Session, Snapshot]], now: float) -> None:
    """Store the pull requests that are new or changed in sessions, given as pairs of our record and what was found.

    Those of an erased person's session are not followed any more.
    """
    changed = [
        (FollowedSession.of(session), changed_pull_requests(session.snapshot, snapshot))
        for session, snapshot in polled
        if session.requester
    ]
    await put(tx, changed, now)


async def put(tx: AsyncConnection, found: Iterable[tuple[FollowedSession, Iterable[PullRequest]]], now: float) -> None:
    """Store pull requests as they were found at `now`, with the sessions that they come from.

    One that is stored as merged stays so. A state that is missing says nothing, so the state before it is kept.
    """
    rows = {
        (session.session_id, request.url): _row(session, request, now)
        for session, requests in found
        for request in requests
        if len(request.url.encode(errors="replace")) <= LONGEST_ADDRESS
    }
    if rows:
        statement = _putting(insert(tx.dialect.name, pull_requests), now - UNWATCHED)
        await tx.execute(statement, [rows[key] for key in sorted(rows)])  # in one order, or two workers could deadlock


def _row(session: FollowedSession, request: PullRequest, now: float) -> dict[str, Any]:
    merged_at = now if is_merged(request.state) else None
    closed_at = now if is_closed(request.state) else None
    instants = {"first_seen": now, "merged_at": merged_at, "closed_at": closed_at, "checked_at": now}
    return {**asdict(session), **instants, "url": storable(request.url), "state": storable(request.state)}


def _putting(statement: Insert, unwatched: float) -> Insert:
    """Extend `statement`: the rows replace those that are stored. One not checked since `unwatched` was merged then."""
    new = statement.excluded
    long_ago = and_(new.merged_at.is_not(None), pull_requests.c.checked_at < unwatched)
    replaced = {
        "state": func.coalesce(new.state, pull_requests.c.state),
        "merged_at": case((long_ago, pull_requests.c.checked_at), else_=new.merged_at),
        "closed_at": case(
            (new.state.is_(None), pull_requests.c.closed_at),
            (new.closed_at.is_not(None), func.coalesce(pull_requests.c.closed_at, new.closed_at)),
            else_=None,  # it is open again
        ),
        "checked_at": new.checked_at,
    }
    unmerged = pull_requests.c.merged_at.is_(None)
    return statement.on_conflict_do_update(index_elements=["session_id", "url"], set_=replaced, where=unmerged)


async def to_check(tx: AsyncConnection, org_id: str, seen_after: float, checked_before: float) -> list[FollowedSession]:
    """The sessions of an organisation with an open pull request whose state has to be asked for.

    That is one that was first seen after `seen_after` and not checked since `checked_before`. The session that was
    checked longest ago comes first.
    """
    due = (pull_requests.c.first_seen > seen_after, pull_requests.c.checked_at < checked_before)
    theirs = (pull_requests.c.org_id == org_id, pull_requests.c.bare_id.is_not(None))
    grouped = select(*_SESSION).where(*theirs, *due, *_IS_OPEN).group_by(*_SESSION)
    ordered = grouped.order_by(func.min(pull_requests.c.checked_at), pull_requests.c.session_id)
    return [FollowedSession(**row) for row in (await tx.execute(ordered)).mappings()]


async def mark_checked(tx: AsyncConnection, session_ids: Sequence[str], now: float) -> None:
    """Store that Devin was asked at `now` for the open pull requests of these sessions, whatever it answered."""
    theirs = pull_requests.c.session_id.in_(session_ids)
    await tx.execute(update(pull_requests).where(theirs, *_IS_OPEN).values(checked_at=now))


async def counts_between(
    tx: AsyncConnection, team: str, org_id: str, after: float, before: float, channel: str | None = None
) -> tuple[int, int]:
    """Count a workspace's pull requests in an organisation that were opened, and that were merged, in this time.

    Both by when the bot first saw it. One that several sessions worked on counts once. With a `channel` those of the
    sessions there count.
    """
    theirs = of_session_in(pull_requests.c.session_id, team, channel)
    opened = await tx.scalar(_first_in(pull_requests.c.first_seen, team, org_id, after, before).where(*theirs))
    merged = await tx.scalar(_first_in(pull_requests.c.merged_at, team, org_id, after, before).where(*theirs))
    return int(opened or 0), int(merged or 0)


async def opened_between(
    tx: AsyncConnection, team: str, org_id: str, after: float, before: float
) -> tuple[int, int, float, float]:
    """The pull requests of a workspace in an organisation that were opened in this time, by when they were first seen.

    Returns how many they are, how many of them were merged in it too, the ACUs that the sessions they come from have
    spent so far, and those that the others spent on the billing days in this time.
    """
    theirs = (pull_requests.c.team == team, pull_requests.c.org_id == org_id)
    opened = _first_in(pull_requests.c.first_seen, team, org_id, after, before).with_only_columns(pull_requests.c.url)
    urls = pull_requests.c.url.in_(opened)
    merged = select(func.count(pull_requests.c.url.distinct())).where(*theirs, urls, pull_requests.c.merged_at < before)
    their_sessions = select(pull_requests.c.session_id).where(*theirs, urls)
    acus = select(func.sum(spend.c.acus)).where(spend.c.session_id.in_(their_sessions))
    days = (spend.c.day >= billing_day(after).isoformat(), spend.c.day <= billing_day(before - 1).isoformat())
    others = select(func.sum(spend.c.acus)).where(spend.c.team == team, spend.c.org_id == org_id, *days)
    others = others.where(spend.c.session_id.not_in(their_sessions))
    count = _first_in(pull_requests.c.first_seen, team, org_id, after, before)
    found = [await tx.scalar(number) or 0 for number in (count, merged, acus, others)]
    return int(found[0]), int(found[1]), float(found[2]), float(found[3])


def _first_in(column: ColumnElement[float], team: str, org_id: str, after: float, before: float) -> Any:
    """A query for the number of addresses whose earliest instant in `column` lies in this time."""
    earlier = pull_requests.alias()
    same = (earlier.c.url == pull_requests.c.url, earlier.c.team == team, earlier.c.org_id == org_id)
    known = select(earlier.c.url).where(*same, earlier.c[column.key or ""] < after).exists()
    theirs = (pull_requests.c.team == team, pull_requests.c.org_id == org_id)
    return select(func.count(pull_requests.c.url.distinct())).where(*theirs, column >= after, column < before, ~known)
