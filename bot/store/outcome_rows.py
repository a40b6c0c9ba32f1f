"""The rows that an outcome report is made of: pull requests that were opened in a period, and its sessions."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.billing import bounds
from bot.domain.outcome_report import OpenedPullRequest
from bot.store.spend_groups import Spending
from bot.store.tables import pull_requests, sessions, spend


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session that was active in a period: its ACUs then, and what it can be grouped by.

    `pull_request` is the address of one that it had by the end of the period. A session without a row of its own any
    more is not `stored`, and nothing else is known of it.
    """

    id: str
    acus: float
    stored: bool
    pull_request: str | None
    requester: str | None = None
    requester_name: str | None = None
    channel: str | None = None
    repo: str | None = None
    playbook: str | None = None


async def opened(tx: AsyncConnection, period: Spending) -> list[OpenedPullRequest]:
    """The pull requests of a workspace in an organisation that were first seen in the period, the oldest first."""
    columns = ("url", "session_id", "first_seen", "merged_at", "closed_at")
    found = await tx.execute(
        select(*(pull_requests.c[name] for name in columns))
        .where(*_opened_in(period))
        .order_by(pull_requests.c.first_seen, pull_requests.c.url, pull_requests.c.session_id)
    )
    by_url: dict[str, list[Any]] = defaultdict(list)
    for row in found:
        by_url[row.url].append(row)
    return [_joined(url, rows) for url, rows in by_url.items()]


async def spent_by_session(tx: AsyncConnection, period: Spending) -> dict[str, float]:
    """All that the sessions with these pull requests spent, in the period and outside of it, by session id."""
    theirs = select(pull_requests.c.session_id).where(*_opened_in(period))
    found = await tx.execute(
        select(spend.c.session_id, func.sum(spend.c.acus))
        .where(spend.c.session_id.in_(theirs))
        .group_by(spend.c.session_id)
    )
    return {session_id: float(acus) for session_id, acus in found}


async def active(tx: AsyncConnection, period: Spending) -> list[SessionFacts]:
    """The sessions of a workspace in an organisation that were active in the period."""
    spent, url = _spent(period), _pull_requests_before_end(period)
    options = sessions.c.options
    facts: Select[Any] = (
        select(
            spent.c.session_id.label("id"),
            spent.c.acus,
            sessions.c.id.is_not(None).label("stored"),
            url.c.url.label("pull_request"),
            sessions.c.requester,
            sessions.c.requester_name,
            sessions.c.channel,
            options["repo"].as_string().label("repo"),
            options["playbook"].as_string().label("playbook"),
        )
        .select_from(spent)
        .outerjoin(sessions, and_(sessions.c.id == spent.c.session_id, sessions.c.team == period.team))
        .outerjoin(url, url.c.session_id == spent.c.session_id)
        .order_by(spent.c.session_id)
    )
    return [SessionFacts(**row) for row in (await tx.execute(facts)).mappings()]


def _joined(url: str, rows: list[Any]) -> OpenedPullRequest:
    """Join the rows of one pull request on which several sessions worked."""
    merged = [row.merged_at for row in rows if row.merged_at is not None]
    closed = [row.closed_at for row in rows if row.closed_at is not None]
    return OpenedPullRequest(
        url,
        first_seen=min(row.first_seen for row in rows),
        merged_at=min(merged, default=None),
        closed_at=min(closed, default=None),
        session_ids=tuple(row.session_id for row in rows),
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


def _spent(period: Spending) -> Subquery:
    of_each = select(spend.c.session_id, func.sum(spend.c.acus).label("acus"))
    return (
        of_each.where(
            spend.c.team == period.team,
            spend.c.org_id == period.org_id,
            spend.c.day >= period.first.isoformat(),
            spend.c.day <= period.last.isoformat(),
        )
        .group_by(spend.c.session_id)
        .subquery()
    )


def _pull_requests_before_end(period: Spending) -> Subquery:
    of_each = select(pull_requests.c.session_id, func.min(pull_requests.c.url).label("url"))
    seen = pull_requests.c.first_seen < bounds(period.last)[1]
    return of_each.where(pull_requests.c.team == period.team, seen).group_by(pull_requests.c.session_id).subquery()
