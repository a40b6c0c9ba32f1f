"""Teams: their members, and in which of them a row about a session counts."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, String, case, delete, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.features.teams.rules import CostCentre, Member, MemberKind
from bot.features.teams.tables import cost_centre_members
from bot.store.database.connection import insert
from bot.store.spend import has_tag

_ORDER: Final = tuple(MemberKind)


async def of_workspace(tx: AsyncConnection, team: str) -> list[CostCentre]:
    """The cost centres of a workspace by their names, each with its members."""
    members: dict[str, list[Member]] = defaultdict(list)
    for row in await tx.execute(select(cost_centre_members).where(cost_centre_members.c.team == team)):
        members[row.name].append(Member(MemberKind(row.kind), row.subject))
    return [
        CostCentre(name, tuple(sorted(theirs, key=lambda member: (_ORDER.index(member.kind), member.subject))))
        for name, theirs in sorted(members.items(), key=lambda entry: (entry[0].casefold(), entry[0]))
    ]


async def add(tx: AsyncConnection, team: str, name: str, members: Collection[Member]) -> None:
    """Add `members` to the cost centre `name`; one that belongs to any already stays where it is."""
    rows = [{"team": team, "kind": member.kind.value, "subject": member.subject, "name": name} for member in members]
    if rows:
        await tx.execute(insert(tx.dialect.name, cost_centre_members).on_conflict_do_nothing(), rows)


async def remove(tx: AsyncConnection, team: str, members: Collection[Member]) -> None:
    """Take `members` out of the cost centre that each belongs to."""
    key = tuple_(cost_centre_members.c.kind, cost_centre_members.c.subject)
    found = key.in_([(member.kind.value, member.subject) for member in members])
    await tx.execute(delete(cost_centre_members).where(cost_centre_members.c.team == team, found))


def counted_in(centres: Sequence[CostCentre], columns: Any) -> ColumnElement[Any]:
    """Return the name of the one of `centres` in which a row counts, by its `columns`; it is null for no one's.

    The columns are the `tags`, `channel` and `requester` of `spend`. A tag goes before the channel, and that before the
    person; of two tags the one whose cost centre comes first in `centres` counts.
    """
    whens = [
        (condition, centre.name)
        for kind in MemberKind
        for centre in centres
        for condition in _conditions(kind, centre.of_kind(kind), columns)
    ]
    nobody = literal(None, String)
    return case(*whens, else_=nobody) if whens else nobody


def _conditions(kind: MemberKind, subjects: Sequence[str], columns: Any) -> list[ColumnElement[bool]]:
    if kind is MemberKind.TAG:
        return [has_tag(columns.tags, tag) for tag in subjects]
    column = columns.channel if kind is MemberKind.CHANNEL else columns.requester
    return [column.in_(subjects)] if subjects else []
