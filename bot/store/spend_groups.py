"""What an organisation's sessions spent in a period, divided by something that is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, Subquery, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.billing import bounds
from bot.store.tables import consumption, pull_requests, sessions, spend


@dataclass(frozen=True, slots=True)
class Spending:
    """Whose spending it is, and in which period: an organisation's, as a person of one workspace may see it."""

    team: str
    org_id: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Group:
    """What one group of sessions spent, how many they are, how long Devin worked on them, and what they opened.

    `key` is what the sessions share. Sessions of another workspace are `foreign`, and of them nothing else is known
    here. Of those that are `purged` the key is not known, because they have no row of their own any more.
    """

    key: str | None
    acus: float
    sessions: int
    worked: float = 0.0  # seconds so far, on other days too
    pull_requests: int = 0  # that were opened in the period
    foreign: bool = False
    purged: bool = False
    name: str | None = None  # of the person, as it was when they asked
    pull_request: str | None = None  # the address of one of theirs, where they are grouped by its repository too
    others: int = 0  # how many groups this one stands for, if it stands for all that were not wanted

    def joined(self, other: "Group") -> "Group":
        """Return this group with the sessions of the `other` one."""
        return replace(
            self,
            acus=self.acus + other.acus,
            sessions=self.sessions + other.sessions,
            worked=self.worked + other.worked,
            pull_requests=self.pull_requests + other.pull_requests,
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which groups are wanted: the `most` that spent most, or all, and only those that spent anything, or all."""

    most: int | None = None
    used_only: bool = False


ALL: Final = Wanted()
_OF_ALL: Final = ("groups", "all_acus", "all_sessions")


async def first_day(tx: AsyncConnection, org_id: str) -> date | None:
    """The first billing day of which there is a figure of an organisation; None without any."""
    found = [
        await tx.scalar(select(table.c.day).where(table.c.org_id == org_id).order_by(table.c.day).limit(1))
        for table in (spend, consumption)
    ]
    return min((date.fromisoformat(day) for day in found if day is not None), default=None)


async def by_person(tx: AsyncConnection, spending: Spending, wanted: Wanted = ALL) -> list[Group]:
    """Group by the Slack user who asked for the sessions; the empty id is that of people who were erased."""
    spent = _spent(spending, spend.c.requester)
    return await _groups(tx, spending, spent, spent.c.requester, wanted, name=func.max(sessions.c.requester_name))


async def by_channel(tx: AsyncConnection, spending: Spending, wanted: Wanted = ALL) -> list[Group]:
    """Group by channel; all direct messages are one group."""
    spent = _spent(spending, spend.c.channel)
    return await _groups(tx, spending, spent, spent.c.channel, wanted)


async def by_session(tx: AsyncConnection, spending: Spending, wanted: Wanted = ALL) -> list[Group]:
    """Give each session a group of its own, but for those that are purged."""
    return await _groups(tx, spending, _spent(spending), sessions.c.id, wanted, purged=sessions.c.id.is_(None))


async def by_playbook(tx: AsyncConnection, spending: Spending, wanted: Wanted = ALL) -> list[Group]:
    """Group by the playbook that was chosen for the sessions; the key is None without one."""
    playbook = sessions.c.options["playbook"].as_string()
    return await _groups(tx, spending, _spent(spending), playbook, wanted, purged=sessions.c.id.is_(None))


async def by_repository(tx: AsyncConnection, spending: Spending) -> list[Group]:
    """Group by the repository in the sessions' options, which is None without one, and by that of a pull request.

    The latter says which repository it was in the end.
    """
    spent, repo = _spent(spending, with_pull_request=True), sessions.c.options["repo"].as_string()
    return await _groups(tx, spending, spent, repo, purged=sessions.c.id.is_(None), url=spent.c.url)


async def sessions_by_day(tx: AsyncConnection, spending: Spending) -> dict[date, int]:
    """Count the sessions that were active on each day."""
    counted = select(spend.c.day, func.count()).where(*_in(spending), spend.c.team == spending.team)
    found = await tx.execute(counted.group_by(spend.c.day))
    return {date.fromisoformat(day): int(number) for day, number in found}


async def _groups(
    tx: AsyncConnection,
    spending: Spending,
    spent: Subquery,
    key: ColumnElement[Any],
    wanted: Wanted = ALL,
    *,
    purged: ColumnElement[bool] | None = None,
    url: ColumnElement[Any] | None = None,
    name: ColumnElement[Any] | None = None,
) -> list[Group]:
    opened, foreign = _opened(spending), spent.c.team.not_in([spending.team, ""])
    keys: dict[str, ColumnElement[Any]] = {
        "foreign": foreign,
        "purged": key.is_(None) if purged is None else purged,
        "key": case((foreign, None), else_=key),
    }
    joined = (
        spent.outerjoin(sessions, and_(sessions.c.id == spent.c.session_id, sessions.c.team == spending.team))
        .outerjoin(opened, opened.c.session_id == spent.c.session_id)
    )  # fmt: skip
    sums = [
        func.sum(spent.c.acus).label("acus"),
        func.count().label("sessions"),
        func.sum(sessions.c.worked).label("worked"),
        func.sum(opened.c.number).label("pull_requests"),
        *([] if name is None else [name.label("name")]),
        *([] if url is None else [func.max(url).label("pull_request")]),
    ]
    selected = select(*(one.label(label) for label, one in keys.items()), *sums).select_from(joined)
    grouped = selected.group_by(*keys.values(), *([] if url is None else [without_number(url)])).subquery()
    return _with_others((await tx.execute(_wanted(grouped, wanted))).mappings().all())


def _wanted(grouped: Subquery, wanted: Wanted) -> Select[Any]:
    """Select the groups that are wanted, each with the number and the sums of all."""
    sums = (func.count(), func.sum(grouped.c.acus), func.sum(grouped.c.sessions))
    of_all = [one.over().label(name) for one, name in zip(sums, _OF_ALL, strict=True)]
    used = [grouped.c.acus > 0] if wanted.used_only else []
    selected = select(grouped, *of_all).where(*used)
    return selected.order_by(grouped.c.acus.desc(), grouped.c.sessions.desc(), grouped.c.key).limit(wanted.most)


def _with_others(rows: Sequence[RowMapping]) -> list[Group]:
    """Make groups of `rows`, with one for those that were left out, if there are any."""
    groups = [_group(**{name: value for name, value in row.items() if name not in _OF_ALL}) for row in rows]
    if not rows or rows[0]["groups"] == len(rows):
        return groups
    acus = float(rows[0]["all_acus"]) - sum(one.acus for one in groups)
    number = int(rows[0]["all_sessions"]) - sum(one.sessions for one in groups)
    return [*groups, Group(None, max(0.0, acus), number, others=int(rows[0]["groups"]) - len(rows))]


def _group(*, foreign: bool, purged: bool, worked: float | None, pull_requests: int | None, **facts: Any) -> Group:
    facts |= {"worked": worked or 0.0, "pull_requests": pull_requests or 0}
    return Group(foreign=bool(foreign), purged=bool(purged) and not foreign, **facts)


def without_number(url: ColumnElement[str]) -> ColumnElement[str]:
    """The address of a pull request without its number, by which pull requests of one repository are grouped."""
    return func.rtrim(url, "0123456789")


def _spent(spending: Spending, *facts: ColumnElement[Any], with_pull_request: bool = False) -> Subquery:
    """What each session spent in the period, with these columns of `spend`, which all its rows share."""
    acus = func.sum(spend.c.acus).label("acus")
    shared = [func.max(one).label(one.key) for one in (spend.c.team, *facts)]
    of_each = select(spend.c.session_id, acus, *shared).where(*_in(spending)).group_by(spend.c.session_id)
    if with_pull_request:
        url = select(func.min(pull_requests.c.url)).where(pull_requests.c.session_id == spend.c.session_id)
        of_each = of_each.add_columns(url.where(pull_requests.c.team == spending.team).scalar_subquery().label("url"))
    return of_each.subquery()


def _opened(spending: Spending) -> Subquery:
    """How many pull requests each session opened in the period."""
    first, end = bounds(spending.first)[0], bounds(spending.last)[1]
    of_each = select(pull_requests.c.session_id, func.count().label("number"))
    seen = (pull_requests.c.first_seen >= first, pull_requests.c.first_seen < end)
    return of_each.where(pull_requests.c.team == spending.team, *seen).group_by(pull_requests.c.session_id).subquery()


def _in(spending: Spending) -> tuple[ColumnElement[bool], ...]:
    return (
        spend.c.org_id == spending.org_id,
        spend.c.day >= spending.first.isoformat(),
        spend.c.day <= spending.last.isoformat(),
    )
