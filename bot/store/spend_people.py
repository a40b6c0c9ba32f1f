"""Who asked for the sessions that spent something in a period: of how many people a figure says something."""

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Subquery, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.spend_groups import Spending
from bot.store.tables import pull_requests, sessions, spend

Key = tuple[str | None, ...]


async def by_channel(tx: AsyncConnection, spending: Spending) -> dict[Key, set[str]]:
    """The Slack users by channel, of which all direct messages are one with the key `D`."""
    channel = sessions.c.channel
    return await _people(tx, spending, case((channel.startswith("D"), "D"), else_=channel))


async def by_repository(tx: AsyncConnection, spending: Spending) -> dict[Key, set[str]]:
    """The Slack users by the repository in the sessions' options and by one of their pull requests."""
    url = (
        select(pull_requests.c.session_id, func.min(pull_requests.c.url).label("url"))
        .where(pull_requests.c.team == spending.team)
        .group_by(pull_requests.c.session_id)
        .subquery()
    )
    return await _people(tx, spending, sessions.c.options["repo"].as_string(), url.c.url, joined=url)


async def _people(
    tx: AsyncConnection, spending: Spending, *key: ColumnElement[Any], joined: Subquery | None = None
) -> dict[Key, set[str]]:
    source = spend.join(sessions, sessions.c.id == spend.c.session_id)
    if joined is not None:
        source = source.outerjoin(joined, joined.c.session_id == spend.c.session_id)
    theirs = (
        spend.c.org_id == spending.org_id,
        spend.c.day >= spending.first.isoformat(),
        spend.c.day <= spending.last.isoformat(),
        spend.c.acus > 0,
        sessions.c.team == spending.team,
    )
    found = await tx.execute(select(*key, sessions.c.requester).select_from(source).where(*theirs).distinct())
    people: dict[Key, set[str]] = defaultdict(set)
    for row in found:
        people[tuple(row[:-1])].add(row[-1])
    return dict(people)
