"""The table of teams: which of them each of their members belongs to, and from which day on."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    String,
    Table,
    and_,
    case,
    cast,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.features.teams.rules import CostCentre, Member, MemberKind, Membership
from bot.store.columns import metadata
from bot.store.spend import has_tag
from bot.store.table_spec import RowsToErase, TableSpec, by_subject, never
from bot.store.tables import spend

# Who and what belongs to which team, from the billing day `since` until that of the member's next row, so that figures
# of days before stay. The key has no name in it, so nothing can belong to two; a team without members is none. The
# column `team` is the workspace, as everywhere.
cost_centre_members: Final = Table(
    "cost_centre_members",
    metadata,
    Column("team", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("subject", String, primary_key=True),  # a tag in lower case, or the id of a channel or person
    Column("since", String, primary_key=True),  # an ISO date
    Column("name", String, nullable=False),  # empty if it belongs to none from then on
)


# ------------------------------------------------------------ rows
# Teams: their members, and in which of them a row about a session counts.


_ORDER: Final = tuple(MemberKind)
_NEVER: Final = "9999"  # after all dates
_AT_ONCE: Final = 100  # a compound SELECT of SQLite's has 500 parts at most


class AskedBy(NamedTuple):
    """Who asks for a session, in which channel as figures count it, and with which tags, as a row has them."""

    requester: str
    channel: str
    tags: str


async def memberships(tx: AsyncConnection, team: str) -> list[Membership]:
    """Who and what belonged to which team of a workspace when, by the names of the teams."""
    rows: dict[Member, list[Any]] = defaultdict(list)
    found = select(cost_centre_members).where(cost_centre_members.c.team == team).order_by(cost_centre_members.c.since)
    for row in await tx.execute(found):
        rows[Member(MemberKind(row.kind), row.subject)].append(row)
    spans = [
        Membership(member, row.name, row.since, after.since if after is not None else None)
        for member, theirs in rows.items()
        for row, after in pairwise([*theirs, None])
    ]
    return sorted(spans, key=lambda one: (one.name.casefold(), one.name, *_order(one.member), one.since))


def _order(member: Member) -> tuple[int, str]:
    return _ORDER.index(member.kind), member.subject


async def on_day(tx: AsyncConnection, team: str, day: date) -> list[CostCentre]:
    """The cost centres of a workspace on a day by their names, each with its members."""
    members: dict[str, list[Member]] = defaultdict(list)
    for one in await memberships(tx, team):
        if one.holds(day.isoformat()):
            members[one.name].append(one.member)
    return [CostCentre(name, tuple(theirs)) for name, theirs in members.items()]


async def put(tx: AsyncConnection, team: str, name: str, members: Collection[Member], since: date) -> None:
    """Let `members` belong to the cost centre `name` from a day on, and to none if it is empty."""
    if not members:
        return
    of, day = cost_centre_members.c, since.isoformat()
    theirs = tuple_(of.kind, of.subject).in_([(member.kind.value, member.subject) for member in members])
    await tx.execute(delete(cost_centre_members).where(of.team == team, theirs, of.since >= day))
    known = {tuple(row) for row in await tx.execute(select(of.kind, of.subject).where(of.team == team, theirs))}
    rows = [
        {"team": team, "kind": kind, "subject": subject, "since": day, "name": name}
        for kind, subject in ((member.kind.value, member.subject) for member in members)
        if name or (kind, subject) in known
    ]
    if rows:
        await tx.execute(cost_centre_members.insert(), rows)


async def counting(tx: AsyncConnection, team: str, day: date, asked: Collection[AskedBy]) -> dict[AskedBy, str | None]:
    """In which cost centre what somebody asks for counts on a day; None for no one's."""
    members = await memberships(tx, team)
    if not members:
        return dict.fromkeys(asked)
    found: dict[AskedBy, str | None] = {}
    each = list(dict.fromkeys(asked))
    for begin in range(0, len(each), _AT_ONCE):
        rows = union_all(
            *(
                select(
                    *(literal(value).label(name) for name, value in one._asdict().items()),
                    literal(day.isoformat()).label("day"),
                    cast(null(), String).label("cost_centre"),
                )
                for one in each[begin : begin + _AT_ONCE]
            )
        ).subquery()
        columns = [rows.c[name] for name in AskedBy._fields]
        found |= {
            AskedBy(*row[:-1]): row[-1] for row in await tx.execute(select(*columns, counted_in(members, rows.c)))
        }
    return found


def counted_in(members: Sequence[Membership], columns: Any) -> ColumnElement[Any]:
    """Return the name of the cost centre in which a row counts, by its `columns`; it is null for no one's.

    The columns are those of `spend`: the team that is booked on it, else its `tags`, `channel` and `requester` on its
    `day`. A tag goes before the channel, and that before the person; of two tags the one whose cost centre comes first
    counts.
    """
    whens = [
        (and_(_is_about(kind, subjects, columns), columns.day >= since, columns.day < (until or _NEVER)), name)
        for kind in MemberKind
        for (name, since, until), subjects in _alike(members, kind).items()
    ]
    nobody = literal(None, String)
    return func.coalesce(columns.cost_centre, case(*whens, else_=nobody)) if whens else columns.cost_centre


def _alike(members: Sequence[Membership], kind: MemberKind) -> dict[tuple[str, str, str | None], list[str]]:
    """The subjects of one kind by the cost centre and the days for which they count in it."""
    found: dict[tuple[str, str, str | None], list[str]] = defaultdict(list)
    for one in members:
        if one.name and one.member.kind is kind:
            found[one.name, one.since, one.until].append(one.member.subject)
    return found


def _is_about(kind: MemberKind, subjects: Sequence[str], columns: Any) -> ColumnElement[bool]:
    if kind is MemberKind.TAG:
        return or_(*(has_tag(columns.tags, tag) for tag in subjects))
    column: ColumnElement[str] = columns.channel if kind is MemberKind.CHANNEL else columns.requester
    return column.in_(subjects)


def _to_erase(spec: TableSpec, user: str) -> list[RowsToErase]:
    """A person's memberships; before them and all else, the teams that what they used counts in are booked on it."""
    key = tuple_(spend.c.session_id, spend.c.day)

    async def find(tx: AsyncConnection) -> Sequence[Any]:
        theirs = (spend.c.requester == user, spend.c.cost_centre.is_(None))
        wanted = select(spend.c.session_id, spend.c.day).where(*theirs)
        teams = select(cost_centre_members.c.team).distinct()
        return (await tx.execute(wanted.where(spend.c.team.in_(teams)))).all()

    async def book(tx: AsyncConnection, keys: Sequence[Any], _now: float) -> None:
        rows = key.in_([tuple(one) for one in keys])
        for team in list(await tx.scalars(select(spend.c.team).where(rows).distinct())):
            centre = counted_in(await memberships(tx, team), spend.c)
            await tx.execute(update(spend).where(rows, spend.c.team == team).values(cost_centre=centre))

    booked = RowsToErase(("team of a past figure", "teams of past figures"), find, book, first=True)
    return [booked, *by_subject(spec, user)]


# Admins end them, and they stay, because earlier days count by them.
TABLES: Final = (TableSpec(cost_centre_members, ("member of a team", "members of teams"), never, _to_erase),)
