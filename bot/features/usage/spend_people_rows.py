"""Who asked for the sessions that spent something in a period: of how many people a figure says something."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.features.teams import rows as cost_centres
from bot.features.usage.spend_group_rows import Spending, if_shown, is_shown, repository_option, without_number
from bot.store import stored_sessions
from bot.store.money_tables import NOT_KNOWN
from bot.store.of_channel import of_channel
from bot.store.tables import pull_requests, spend, spend_days

Key = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class SpentOnDay:
    """What the sessions of a person in a channel spent on a day; None is not known."""

    day: date
    requester: str | None
    channel: str | None
    acus: float


async def by_day(tx: AsyncConnection, spending: Spending) -> list[SpentOnDay]:
    """What a workspace's sessions spent, by day, person and channel."""
    of = spend_days.c
    known = [func.nullif(column, NOT_KNOWN).label(column.key) for column in (of.requester, of.channel)]
    found = await tx.execute(select(of.day, *known, of.acus).where(*_theirs(spending, spend_days)))
    return [SpentOnDay(date.fromisoformat(row.day), row.requester, row.channel, float(row.acus)) for row in found]


async def by_channel(tx: AsyncConnection, spending: Spending, *, used_only: bool = True) -> dict[Key, set[str]]:
    """The Slack users by channel, of which all direct messages are one.

    Without `used_only` people count whose sessions were active and spent nothing, too.
    """
    asked = select(spend.c.channel, spend.c.requester).distinct()
    return await _people(tx, spending, asked, used_only=used_only)


async def by_team(tx: AsyncConnection, spending: Spending, *, used_only: bool = True) -> dict[Key, set[str]]:
    """The Slack users by the team that their sessions count in, None without one."""
    centre = cost_centres.counted_in(await cost_centres.memberships(tx, spending.team), spend.c)
    return await _people(tx, spending, select(centre, spend.c.requester).distinct(), used_only=used_only)


async def by_playbook(tx: AsyncConnection, spending: Spending, *, used_only: bool = True) -> dict[Key, set[str]]:
    """The Slack users by the playbook that was chosen for the sessions, None without one."""
    asked = _of_sessions(select(stored_sessions.PLAYBOOK, spend.c.requester), spending)
    return await _people(tx, spending, asked.distinct(), used_only=used_only)


async def by_repository(tx: AsyncConnection, spending: Spending, *, used_only: bool = True) -> dict[Key, set[str]]:
    """The Slack users by the repository in the sessions' options and by a pull request of the repository."""
    url = (
        select(func.min(pull_requests.c.url))
        .where(pull_requests.c.session_id == spend.c.session_id, pull_requests.c.team == spending.team)
        .scalar_subquery()
    )
    seen = is_shown(spending, spend)
    repo, shown = repository_option(seen), if_shown(seen, url)
    asked = _of_sessions(select(repo, func.max(shown), spend.c.requester), spending)
    asked = asked.group_by(repo, without_number(shown), spend.c.requester)
    return await _people(tx, spending, asked, used_only=used_only)


def _of_sessions(asked: Select[Any], spending: Spending) -> Select[Any]:
    """Select from what was spent by sessions that are stored, or were."""
    joined = stored_sessions.with_stored(spend, spend.c.session_id, spending.team)
    return asked.select_from(joined).where(stored_sessions.ID.is_not(None))


async def _people(
    tx: AsyncConnection, spending: Spending, asked: Select[Any], *, used_only: bool
) -> dict[Key, set[str]]:
    theirs = (*_theirs(spending), spend.c.requester.is_not(None), *([spend.c.acus > 0] if used_only else []))
    people: dict[Key, set[str]] = defaultdict(set)
    for row in await tx.execute(asked.where(*theirs)):
        people[tuple(row[:-1])].add(row[-1])
    return dict(people)


def _theirs(spending: Spending, of: Table = spend) -> tuple[ColumnElement[bool], ...]:
    return (
        of.c.team == spending.team,
        of.c.org_id == spending.org_id,
        of.c.day >= spending.first.isoformat(),
        of.c.day <= spending.last.isoformat(),
        *of_channel(of, spending.team, spending.one),
    )
