"""What an organisation's sessions spent in a period, divided by something that is known of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Label,
    RowMapping,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    case,
    desc,
    func,
    literal,
    not_,
    null,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.billing import bounds
from bot.domain.questions import By
from bot.domain.readers import ANYBODY, Readers
from bot.features.teams import rows as cost_centres
from bot.features.teams.rules import Membership
from bot.features.usage.part_names import HIDDEN_REPOSITORY
from bot.store import stored_sessions
from bot.store.channels import shows_session
from bot.store.of_channel import of_channel
from bot.store.tables import consumption, pull_requests, spend


@dataclass(frozen=True, slots=True)
class Spending:
    """Whose spending it is, and in which period: an organisation's, as `readers` in one workspace may see it.

    With `one` channel or person it is that of the sessions there, or of theirs.
    """

    team: str
    org_id: str
    first: date
    last: date
    one: str | None = None
    readers: Readers = ANYBODY


@dataclass(frozen=True, slots=True)
class Group:
    """What one group of sessions spent, how many they are, how long Devin worked on them, and what they opened.

    `key` is what the sessions share. Sessions of another workspace are `foreign`, and of them nothing else is known
    here. Of those that are `purged` the key is not known, because nothing is stored of them but what they spent.
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
    team: str | None = None  # of a single session: the team that it counts in
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
_IN_TEAMS: Final = {By.TEAM, By.SESSION}  # where the team of a session has to be known
_COUNTED_IN: Final = "counted_in"  # the team
_NOT_OF_ONE: Final = {"division", *_OF_ALL}
# What sessions are grouped by: what all rows of a session in `spend` share, and what is known of the session.
_SHARED: Final = {By.PERSON: spend.c.requester, By.CHANNEL: spend.c.channel}
_OWN: Final[Mapping[By, ColumnElement[Any]]] = {
    By.SESSION: stored_sessions.ID,
    By.PLAYBOOK: stored_sessions.PLAYBOOK,
}


async def first_day(tx: AsyncConnection, org_id: str) -> date | None:
    """The first billing day of which there is a figure of an organisation; None without any."""
    found = [
        await tx.scalar(select(table.c.day).where(table.c.org_id == org_id).order_by(table.c.day).limit(1))
        for table in (spend, consumption)
    ]
    return min((date.fromisoformat(day) for day in found if day is not None), default=None)


async def grouped(tx: AsyncConnection, spending: Spending, by: By, wanted: Wanted = ALL) -> list[Group]:
    """Group the sessions by something that is known of them, those first that spent most.

    The key is the id of the Slack user who asked, which is empty once they are erased, of the channel, where all direct
    messages are one, of the session, or the name of the team in which it counts or of the playbook that was chosen. By
    repository it is the one in the sessions' options, and they are also grouped by that of a pull request, which says
    which repository it was in the end. The key is None for sessions that have none.
    """
    return (await grouped_each(tx, spending, {by: wanted}))[by]


async def grouped_each(tx: AsyncConnection, spending: Spending, wanted: Mapping[By, Wanted]) -> dict[By, list[Group]]:
    """Group the sessions in several ways at once, as `grouped` does: over a long period most work is to add them up.

    By team they are added up once more, because a session may have counted in two.
    """
    if By.TEAM in wanted and len(wanted) > 1:
        others: dict[By, Wanted] = {by: groups for by, groups in wanted.items() if by is not By.TEAM}
        by_team = await grouped_each(tx, spending, {By.TEAM: wanted[By.TEAM]})
        return by_team | await grouped_each(tx, spending, others)
    members = await cost_centres.memberships(tx, spending.team) if _IN_TEAMS & set(wanted) else []
    known = _known_sessions(spending, wanted, members)
    selected = [
        select(literal(by.value).label("division"), _wanted(_grouped(known, by), wanted_groups).subquery())
        for by, wanted_groups in wanted.items()
    ]
    found: dict[By, list[RowMapping]] = {by: [] for by in wanted}
    ordered = union_all(*selected).order_by(desc("acus"), desc("sessions"), "key")
    for row in (await tx.execute(ordered)).mappings():
        found[By(row["division"])].append(row)
    return {by: _with_others(rows) for by, rows in found.items()}


async def sessions_by_day(tx: AsyncConnection, spending: Spending) -> dict[date, int]:
    """Count the sessions that were active on each day."""
    counted = select(spend.c.day, func.count()).where(*_in(spending), spend.c.team == spending.team)
    found = await tx.execute(counted.group_by(spend.c.day))
    return {date.fromisoformat(day): int(number) for day, number in found}


def _grouped(known: FromClause, by: By) -> Subquery:
    """Group the `known` sessions."""
    key = known.c[by.value]
    keys: dict[str, ColumnElement[Any]] = {
        "foreign": known.c.foreign,
        "purged": _nobody_knows(known, by).is_(None),
        "key": case((known.c.foreign, None), else_=key),
    }
    url = known.c.url if by is By.REPO else None
    sums = (
        func.sum(known.c.acus).label("acus"),
        func.count().label("sessions"),
        func.sum(known.c.worked).label("worked"),
        func.sum(known.c.opened).label("pull_requests"),
        (func.max(known.c.requester_name) if by is By.PERSON else null()).label("name"),
        (null() if url is None else func.max(url)).label("pull_request"),
        (func.max(known.c[By.TEAM.value]) if by is By.SESSION else null()).label("team"),
    )
    selected = select(*(column.label(label) for label, column in keys.items()), *sums)
    return selected.group_by(*keys.values(), *([] if url is None else [without_number(url)])).subquery()


def _nobody_knows(known: FromClause, by: By) -> ColumnElement[Any]:
    """The column that is null for a session of which is not known any more what it is grouped by."""
    if by is By.TEAM:
        return known.c.tags
    return known.c[by.value] if by in _SHARED else known.c.id


def _wanted(grouped: Subquery, wanted: Wanted) -> Select[Any]:
    """Select the groups that are wanted, each with the number and the sums of all."""
    sums = (func.count(), func.sum(grouped.c.acus), func.sum(grouped.c.sessions))
    of_all = [total.over().label(name) for total, name in zip(sums, _OF_ALL, strict=True)]
    used = [grouped.c.acus > 0] if wanted.used_only else []
    selected = select(grouped, *of_all).where(*used)
    return selected.order_by(grouped.c.acus.desc(), grouped.c.sessions.desc(), grouped.c.key).limit(wanted.most)


def _with_others(rows: Sequence[RowMapping]) -> list[Group]:
    """Make groups of `rows`, with one for those that were left out, if there are any."""
    groups = [_group(**{name: value for name, value in row.items() if name not in _NOT_OF_ONE}) for row in rows]
    if not rows or rows[0]["groups"] == len(rows):
        return groups
    acus = float(rows[0]["all_acus"]) - sum(group.acus for group in groups)
    number = int(rows[0]["all_sessions"]) - sum(group.sessions for group in groups)
    return [*groups, Group(None, max(0.0, acus), number, others=int(rows[0]["groups"]) - len(rows))]


def _group(*, foreign: bool, purged: bool, worked: float | None, pull_requests: int | None, **facts: Any) -> Group:
    facts |= {"worked": worked or 0.0, "pull_requests": pull_requests or 0}
    return Group(foreign=bool(foreign), purged=bool(purged) and not foreign, **facts)


def without_number(url: ColumnElement[str]) -> ColumnElement[str]:
    """The address of a pull request without its number, by which pull requests of one repository are grouped."""
    return func.rtrim(url, "0123456789")


def repository_option(shown: ColumnElement[bool]) -> ColumnElement[Any]:
    """The repository in a session's options; where it is not `shown` to the readers, one for all such sessions."""
    is_known = stored_sessions.ID.is_not(None)
    return case((and_(is_known, not_(shown)), literal(HIDDEN_REPOSITORY)), else_=stored_sessions.REPO)


def if_shown(shown: ColumnElement[bool], value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The `value` where it is `shown` to the readers, else NULL."""
    return case((shown, value), else_=null())


def is_shown(spending: Spending, spent: FromClause) -> ColumnElement[bool]:
    """The condition that the readers may see title, links and repository of a session, by what it `spent`.

    That is there longer than the session's own row.
    """
    return shows_session(spending.team, spending.readers, spent.c.channel, spent.c.requester)


def _known_sessions(spending: Spending, divisions: Collection[By], members: Sequence[Membership]) -> FromClause:
    """What each session spent in the period, and what is known of it, with a column for each of the `divisions`.

    All divisions are made from it, because to look the sessions up takes as long as to add up what they spent.
    """
    spent, opened = _spent(spending, divisions, members), _opened(spending)
    name = [stored_sessions.REQUESTER_NAME.label("requester_name")] if By.PERSON in divisions else []
    own = [stored_sessions.ID.label("id"), stored_sessions.WORKED.label("worked"), *name]
    plain = [by for by in divisions if by in _SHARED or by in _OWN]
    keys = [(spent.c[_SHARED[by].key] if by in _SHARED else _OWN[by]).label(by.value) for by in plain]
    if By.REPO in divisions:
        keys += _repository(spending, spent)
    if _IN_TEAMS & set(divisions):
        keys += [spent.c.tags.label("tags"), spent.c[_COUNTED_IN].label(By.TEAM.value)]
    foreign = spent.c.team.not_in([spending.team, ""]).label("foreign")
    joined = stored_sessions.with_stored(spent, spent.c.session_id, spending.team)
    joined = joined.outerjoin(opened, opened.c.session_id == spent.c.session_id)
    selected = select(spent.c.acus, foreign, *own, opened.c.number.label("opened"), *keys).select_from(joined)
    # Without the hint SQLite would do this anew for each division. For a single one a stored result only costs time.
    return selected.cte("known").prefix_with("MATERIALIZED") if len(divisions) > 1 else selected.cte("known")


def _repository(spending: Spending, spent: Subquery) -> list[Label[Any]]:
    """The repository of a session as the readers may see it: in its options, and by the address of a pull request."""
    shown = is_shown(spending, spent)
    url = if_shown(shown, _pull_request(spending, spent.c.session_id))
    return [repository_option(shown).label(By.REPO.value), url.label("url")]


def _spent(spending: Spending, divisions: Collection[By], members: Sequence[Membership]) -> Subquery:
    """What each session spent in the period, with what its rows share of that by which it is to be grouped.

    By team it is what it spent while it counted in each.
    """
    in_teams = _IN_TEAMS & set(divisions)
    owners = [column for by, column in _SHARED.items() if by in divisions or By.REPO in divisions or in_teams]
    shared = [spend.c.team, *owners, *([spend.c.tags] if in_teams else [])]
    of_each = select(
        spend.c.session_id,
        func.sum(spend.c.acus).label("acus"),
        *(func.max(column).label(column.key) for column in shared),
    )
    keys: list[Any] = [spend.c.session_id]
    if in_teams:
        centre = cost_centres.counted_in(members, spend.c)
        of_each = of_each.add_columns((centre if By.TEAM in divisions else func.max(centre)).label(_COUNTED_IN))
        keys += [_COUNTED_IN] if By.TEAM in divisions else []
    return of_each.where(*_in(spending)).group_by(*keys).subquery()


def _pull_request(spending: Spending, session_id: ColumnElement[str]) -> ScalarSelect[Any]:
    """The address of one pull request of a session."""
    url = select(func.min(pull_requests.c.url)).where(pull_requests.c.session_id == session_id)
    return url.where(pull_requests.c.team == spending.team).scalar_subquery()


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
        *of_channel(spend, spending.team, spending.one),
    )
