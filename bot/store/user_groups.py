"""The members of the user groups whose members are admins or have a role, as Slack listed them last.

Rows of a group that no setting and no role names any more stand beside them and count for nothing.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database.connection import insert
from bot.store.tables import people, user_group_members


async def members(tx: AsyncConnection, team: str, group: str, read_after: float) -> frozenset[str]:
    """The ids of the people in `group` as it was read since `read_after`, of those who are full members of `team`.

    Whether they are is what was stored last about them, so that Slack's events about people count here too. Somebody
    about whom nothing is stored is left out.
    """
    described = and_(people.c.team == user_group_members.c.team, people.c.user == user_group_members.c.user)
    full = people.c.is_guest.is_(False), people.c.is_external.is_(False), people.c.deleted.is_(False)
    found = select(user_group_members.c.user).join(people, described)
    return frozenset(
        await tx.scalars(found.where(*_of(team, group), user_group_members.c.read_at >= read_after, *full))
    )


async def of_person(
    tx: AsyncConnection, team: str, user: str, groups: Collection[str], read_after: float
) -> frozenset[str]:
    """The ids of those of `groups` in which `user` is, as they were read since `read_after`."""
    theirs = (user_group_members.c.team == team, user_group_members.c.user == user)
    known = (user_group_members.c.user_group.in_(groups), user_group_members.c.read_at >= read_after)
    return frozenset(await tx.scalars(select(user_group_members.c.user_group).where(*theirs, *known)))


async def replace(tx: AsyncConnection, team: str, group: str, users: Collection[str], read_at: float) -> None:
    """Store that `users` are the people in `group`, as Slack was asked at `read_at`, unless it was asked later since.

    Two that store at the same time, on PostgreSQL, may leave somebody whom only one of them has, until the next time.
    """
    later = select(func.count()).where(*_of(team, group), user_group_members.c.read_at > read_at)
    if (await tx.execute(later)).scalar_one():
        return
    await tx.execute(delete(user_group_members).where(*_of(team, group), user_group_members.c.user.not_in(users)))
    if users:
        rows = [{"team": team, "user_group": group, "user": user, "read_at": read_at} for user in sorted(users)]
        key = ["team", "user_group", "user"]
        statement = insert(tx.dialect.name, user_group_members)
        await tx.execute(statement.on_conflict_do_update(index_elements=key, set_={"read_at": read_at}), rows)


def _of(team: str, group: str) -> tuple[ColumnElement[bool], ...]:
    return (user_group_members.c.team == team, user_group_members.c.user_group == group)
