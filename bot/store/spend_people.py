"""Who asked for the sessions that spent something in a period: of how many people a figure says something."""

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Subquery, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.spend_groups import Spending
from bot.store.tables import pull_requests, sessions, spend

Key = tuple[str | None, ...]


async def by_channel(tx: AsyncConnection, spending: Spending, *, used_only: bool = True) -> dict[Key, set[str]]:
    """The Slack users by channel, of which all direct messages are one with the key `D`.

    Without `used_only` people count whose sessions were active and spent nothing, too.
    """
    channel = sessions.c.channel
    key = case((channel.startswith("D"), "D"), else_=channel)
    return await _people(tx, spending, key, used_only=used_only)


async def by_playbook(tx: AsyncConnection, spending: Spending, *, used_only: bool = True) -> dict[Key, set[str]]:
    """The Slack users by the playbook that was chosen for the sessions, None without one."""
    return await _people(tx, spending, sessions.c.options["playbook"].as_string(), used_only=used_only)


async def by_repository(tx: AsyncConnection, spending: Spending, *, used_only: bool = True) -> dict[Key, set[str]]:
    """The Slack users by the repository in the sessions' options and by one of their pull requests."""
    url = (
        select(pull_requests.c.session_id, func.min(pull_requests.c.url).label("url"))
        .where(pull_requests.c.team == spending.team)
        .group_by(pull_requests.c.session_id)
        .subquery()
    )
    repo = sessions.c.options["repo"].as_string()
    return await _people(tx, spending, repo, url.c.url, joined=url, used_only=used_only)


async def _people(
    tx: AsyncConnection,
    spending: Spending,
    *key: ColumnElement[Any],
    joined: Subquery | None = None,
    used_only: bool,
) -> dict[Key, set[str]]:
    source = spend.join(sessions, sessions.c.id == spend.c.session_id)
    if joined is not None:
        source = source.outerjoin(joined, joined.c.session_id == spend.c.session_id)
    theirs = (
        spend.c.org_id == spending.org_id,
        spend.c.day >= spending.first.isoformat(),
        spend.c.day <= spending.last.isoformat(),
        sessions.c.team == spending.team,
        *([spend.c.acus > 0] if used_only else []),
    )
    found = await tx.execute(select(*key, sessions.c.requester).select_from(source).where(*theirs).distinct())
    people: dict[Key, set[str]] = defaultdict(set)
    for row in found:
        people[tuple(row[:-1])].add(row[-1])
    return dict(people)
