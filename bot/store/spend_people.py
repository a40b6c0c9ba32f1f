"""Who asked for the sessions that spent something in a period: of how many people a figure says something."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.spend_groups import Spending, without_number
from bot.store.tables import pull_requests, sessions, spend

Key = tuple[str | None, ...]


async def by_channel(tx: AsyncConnection, spending: Spending) -> dict[Key, set[str]]:
    """The Slack users by channel, of which all direct messages are one."""
    return await _people(tx, spending, select(spend.c.channel, spend.c.requester).distinct())


async def by_repository(tx: AsyncConnection, spending: Spending) -> dict[Key, set[str]]:
    """The Slack users by the repository in the sessions' options and by a pull request of the repository."""
    url = (
        select(func.min(pull_requests.c.url))
        .where(pull_requests.c.session_id == spend.c.session_id, pull_requests.c.team == spending.team)
        .scalar_subquery()
    )
    repo = sessions.c.options["repo"].as_string()
    asked = select(repo, func.max(url), spend.c.requester).join(sessions, sessions.c.id == spend.c.session_id)
    return await _people(tx, spending, asked.group_by(repo, without_number(url), spend.c.requester))


async def _people(tx: AsyncConnection, spending: Spending, asked: Select[Any]) -> dict[Key, set[str]]:
    theirs = (
        spend.c.team == spending.team,
        spend.c.org_id == spending.org_id,
        spend.c.day >= spending.first.isoformat(),
        spend.c.day <= spending.last.isoformat(),
        spend.c.acus > 0,
        spend.c.requester.is_not(None),
    )
    people: dict[Key, set[str]] = defaultdict(set)
    for row in await tx.execute(asked.where(*theirs)):
        people[tuple(row[:-1])].add(row[-1])
    return dict(people)
