"""How long rows of pull requests stay."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, Subquery, and_, case, func, not_, null, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.billing import bounds
from bot.domain.periods import days_between, in_doubt
from bot.domain.questions import By
from bot.features.report.rules import (
    MATURITY,
    OVER,
    UNMERGED,
    ActiveSessions,
    OpenedPullRequest,
    Result,
    Used,
)
from bot.features.usage.spend_group_rows import Spending, if_shown, is_shown, repository_option, without_number
from bot.store import stored_sessions
from bot.store.instants import happened
from bot.store.spend import doubts_among
from bot.store.table_spec import TableSpec, kept_like_spend, nothing
from bot.store.tables import past_sessions, pull_requests, spend

TABLES: Final = (
    TableSpec(
        pull_requests,
        ("record of a pull request", "records of pull requests"),
        kept_like_spend(pull_requests.c.first_seen),
        nothing,
        instants=(
            happened(
                pull_requests.c.first_seen,
                pull_requests.c.merged_at,
                pull_requests.c.closed_at,
                pull_requests.c.checked_at,
            ),
        ),
    ),
)


# ------------------------------------------------------------ outcome rows
# The rows that an outcome report is made of: pull requests that were opened in a period, and its sessions.


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What sessions can be grouped by; None is not known, or where it is not asked for.

    `pull_request` is the address of one that a session has. Of sessions that are not `stored`,
    of which there is no more than what they spent, neither repository nor playbook are known.
    """

    stored: bool = True
    pull_request: str | None = None
    requester: str | None = None
    requester_name: str | None = None
    channel: str | None = None
    repo: str | None = None
    playbook: str | None = None


async def opened(tx: AsyncConnection, period: Spending) -> list[OpenedPullRequest]:
    """The pull requests of a workspace in an organisation that were first seen in the period, the oldest first."""
    columns = ("url", "session_id", "first_seen", "merged_at", "closed_at", "checked_at", "bare_id")
    spent = select(spend.c.day).where(spend.c.session_id == pull_requests.c.session_id, spend.c.team == period.team)
    shown = spent.where(is_shown(period, spend)).exists().label("shown")
    found = await tx.execute(
        select(*(pull_requests.c[name] for name in columns), shown)
        .where(*_opened_in(period))
        .order_by(pull_requests.c.first_seen, pull_requests.c.url, pull_requests.c.session_id)
    )
    return await asyncio.to_thread(_by_url, found.all())


async def spent_by_session(tx: AsyncConnection, period: Spending) -> dict[str, float]:
    """All that the sessions with these pull requests spent, in the period and outside of it, by session id."""
    theirs = select(pull_requests.c.session_id).where(*_opened_in(period))
    found = await tx.execute(
        select(spend.c.session_id, func.sum(spend.c.acus))
        .where(spend.c.session_id.in_(theirs))
        .group_by(spend.c.session_id)
    )
    return await asyncio.to_thread(_amounts, found.all())


async def spent_by_day(tx: AsyncConnection, period: Spending) -> dict[date, float]:
    """All that `spent_by_session` has, by billing day."""
    theirs = select(pull_requests.c.session_id).where(*_opened_in(period))
    found = await tx.execute(
        select(spend.c.day, func.sum(spend.c.acus)).where(spend.c.session_id.in_(theirs)).group_by(spend.c.day)
    )
    return {date.fromisoformat(day): float(acus) for day, acus in found}


async def about(tx: AsyncConnection, period: Spending) -> tuple[date, ...]:
    """The days of the period for which what sessions spent in it is only about right."""
    theirs = (spend.c.team == period.team, spend.c.org_id == period.org_id)
    found = await doubts_among(tx, period.first, period.last, *theirs)
    return in_doubt(found, days_between(period.first, period.last))


async def active(
    tx: AsyncConnection, period: Spending, now: float, division: By | None = None
) -> list[tuple[SessionFacts, ActiveSessions]]:
    """The sessions of a workspace in an organisation that were active in the period, in groups of a `division`.

    Without one they are grouped by playbook. Those with different results at the instant `now` are in different groups.
    """
    spent = _spent(period, **_became(period, now))
    keys, facts = _facts(period, spent, division)
    keys = [spent.c.result, (wasted := _wasted(spent)), *keys]
    theirs = spent.c.session_id.in_(select(pull_requests.c.session_id).where(*_opened_in(period)))
    of_others = func.sum(case((theirs, 0.0), else_=spent.c.acus)).label("of_others")
    sums = (func.count().label("number"), func.sum(spent.c.acus).label("acus"), of_others)
    grouped = select(*facts, *sums, spent.c.result, wasted.label("wasted")).select_from(_with_sessions(spent, period))
    found = await tx.execute(grouped.group_by(*keys).order_by(*keys))
    return await asyncio.to_thread(_alike, found.all())


async def unmerged(tx: AsyncConnection, period: Spending, now: float, most: int) -> list[tuple[str, float]]:
    """The `most` sessions that wasted most in the period, by id, with their ACUs.

    Those of which nothing else is stored are left out.
    """
    spent = _spent(period, **_became(period, now))
    wanted = (_wasted(spent), spent.c.acus > 0, stored_sessions.ID.is_not(None))
    ordered = select(spent.c.session_id, spent.c.acus).select_from(_with_sessions(spent, period)).where(*wanted)
    found = await tx.execute(ordered.order_by(spent.c.acus.desc(), spent.c.session_id).limit(most))
    return [(row.session_id, float(row.acus)) for row in found]


async def wasted(tx: AsyncConnection, period: Spending, now: float) -> Used:
    """What was wasted in the period."""
    spent = _spent(period, **_became(period, now))
    summed = select(func.coalesce(func.sum(spent.c.acus), 0.0), func.count()).select_from(_with_sessions(spent, period))
    acus, number = (await tx.execute(summed.where(_wasted(spent), spent.c.acus > 0))).one()
    return Used(float(acus), int(number))


async def of_opened(tx: AsyncConnection, period: Spending, division: By) -> dict[str, SessionFacts]:
    """What the sessions with pull requests that were opened in the period can be grouped by, by session id."""
    theirs = select(pull_requests.c.session_id).where(*_opened_in(period))
    spent = _spent(period, spend.c.session_id.in_(theirs))
    keys, facts = _facts(period, spent, division)
    grouped = select(spent.c.session_id, *facts).select_from(_with_sessions(spent, period))
    found = await tx.execute(grouped.group_by(spent.c.session_id, *keys))
    return await asyncio.to_thread(_facts_by_session, found.all())


# In threads, because a month may have ten thousands of sessions: the event loop has others to serve meanwhile.


def _amounts(rows: Sequence[Any]) -> dict[str, float]:
    return {session_id: float(acus) for session_id, acus in rows}


def _alike(rows: Sequence[Any]) -> list[tuple[SessionFacts, ActiveSessions]]:
    return [(_facts_of(row), _active(row)) for row in rows]


def _active(row: Any) -> ActiveSessions:
    of_others, wasted = float(row.of_others), bool(row.wasted)
    return ActiveSessions(row.number, float(row.acus), Result(row.result), row.playbook, of_others, wasted)


def _facts_by_session(rows: Sequence[Any]) -> dict[str, SessionFacts]:
    return {row.session_id: _facts_of(row) for row in rows}


def _facts_of(row: Any) -> SessionFacts:
    """What a row says of sessions, without its other columns."""
    return SessionFacts(**{name: value for name, value in row._asdict().items() if name in SessionFacts.__slots__})


def _by_url(rows: Sequence[Any]) -> list[OpenedPullRequest]:
    by_url: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_url[row.url].append(row)
    return [_joined(url, theirs) for url, theirs in by_url.items()]


def _joined(url: str, rows: list[Any]) -> OpenedPullRequest:
    """Join the rows of one pull request on which several sessions worked."""
    merged = [row.merged_at for row in rows if row.merged_at is not None]
    closed = [row.closed_at for row in rows if row.closed_at is not None]
    is_followed = any(row.bare_id is not None for row in rows)
    return OpenedPullRequest(
        url,
        first_seen=min(row.first_seen for row in rows),
        merged_at=min(merged, default=None),
        closed_at=min(closed, default=None),
        session_ids=tuple(row.session_id for row in rows),
        shown=any(row.shown for row in rows),
        last_known_at=None if is_followed else max(row.checked_at for row in rows),
    )


def _opened_in(period: Spending) -> tuple[ColumnElement[bool], ...]:
    first, end = bounds(period.first)[0], bounds(period.last)[1]
    earlier = pull_requests.alias()
    same = (earlier.c.url == pull_requests.c.url, earlier.c.team == period.team, earlier.c.org_id == period.org_id)
    known = select(earlier.c.url).where(*same, earlier.c.first_seen < first).exists()
    return (
        pull_requests.c.team == period.team,
        pull_requests.c.org_id == period.org_id,
        pull_requests.c.first_seen >= first,
        pull_requests.c.first_seen < end,
        ~known,
    )


def _facts(
    period: Spending, spent: Subquery, division: By | None
) -> tuple[list[ColumnElement[Any]], list[ColumnElement[Any]]]:
    """Return what sessions are grouped by in a `division`, and the columns of `SessionFacts` that this makes known."""
    stored, playbook = stored_sessions.ID.is_not(None), stored_sessions.PLAYBOOK
    if division is By.PERSON:
        name = func.max(stored_sessions.REQUESTER_NAME).label("requester_name")
        return [spent.c.requester], [spent.c.requester, name, null().label("playbook")]
    if division is By.CHANNEL:
        return [spent.c.channel], [spent.c.channel, null().label("playbook")]
    if division is By.REPO:
        shown = is_shown(period, spent)
        repo, url = repository_option(shown), if_shown(shown, spent.c.url)
        shared = [repo.label("repo"), func.max(url).label("pull_request")]
        return [stored, repo, without_number(url)], [stored.label("stored"), *shared, null().label("playbook")]
    return [stored, playbook], [stored.label("stored"), playbook.label("playbook")]


def _with_sessions(spent: Subquery, period: Spending) -> FromClause:
    return stored_sessions.with_stored(spent, spent.c.session_id, period.team)


def _became(period: Spending, now: float) -> dict[str, ScalarSelect[Any]]:
    """What became by the instant `now` of a session's pull requests, and of the session itself."""
    of = pull_requests.c
    is_open = and_(of.merged_at.is_(None), of.closed_at.is_(None))
    known_at = case((of.bare_id.is_(None), of.checked_at), else_=now)  # without an id nobody may ask any more
    found = case(
        (func.count() == 0, Result.NONE),
        (func.count(of.merged_at) > 0, Result.MERGED),
        (func.count(case((and_(is_open, of.first_seen >= known_at - MATURITY), 1))) > 0, Result.OPEN),
        (func.count(case((is_open, 1))) > 0, Result.STALE),
        else_=Result.CLOSED,
    )
    newest = spend.alias()
    outcome = select(newest.c.outcome).where(newest.c.session_id == spend.c.session_id)
    return {
        "result": select(found).where(*_its_own(period)).scalar_subquery(),
        "outcome": outcome.order_by(newest.c.day.desc()).limit(1).scalar_subquery(),
    }


def _wasted(spent: Subquery) -> ColumnElement[bool]:
    """The condition that what a session `spent` was wasted, behind `_with_sessions`, as `outcome_report` defines it."""
    is_over = or_(past_sessions.c.session_id.is_not(None), spent.c.outcome.in_(OVER))
    could_have_one = or_(spent.c.result != Result.NONE, not_(stored_sessions.ANSWERED))
    return and_(spent.c.result.in_(UNMERGED), is_over, could_have_one)


def _its_own(period: Spending) -> tuple[ColumnElement[bool], ...]:
    return (pull_requests.c.session_id == spend.c.session_id, pull_requests.c.team == period.team)


def _spent(period: Spending, *where: ColumnElement[bool], **more: ScalarSelect[Any]) -> Subquery:
    """What each session spent in the period, with whose it is, a pull request of it, and `more`."""
    shared = [func.max(column).label(column.key) for column in (spend.c.requester, spend.c.channel)]
    url = select(func.min(pull_requests.c.url)).where(*_its_own(period)).scalar_subquery()
    looked_up = [found.label(name) for name, found in {"url": url, **more}.items()]
    of_each = select(spend.c.session_id, func.sum(spend.c.acus).label("acus"), *shared, *looked_up)
    return (
        of_each.where(
            spend.c.team == period.team,
            spend.c.org_id == period.org_id,
            spend.c.day >= period.first.isoformat(),
            spend.c.day <= period.last.isoformat(),
            *where,
        )
        .group_by(spend.c.session_id)
        .subquery()
    )
