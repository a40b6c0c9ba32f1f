"""Who has which role in a workspace, and in which channel, as admins have given it with a command."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.roles import Right, Roles
from bot.store.database.connection import insert
from bot.store.tables import roles


async def of_workspace(tx: AsyncConnection, team: str) -> Roles:
    """The roles that were given in a workspace."""
    held: dict[tuple[Right, str], list[str]] = defaultdict(list)
    found = select(roles).where(roles.c.team == team).order_by(roles.c.channel, roles.c.holder)
    for row in await tx.execute(found):
        held[Right(row.right), row.channel].append(row.holder)
    return Roles({key: tuple(holders) for key, holders in held.items()})


async def add(tx: AsyncConnection, team: str, right: Right, channel: str, holders: Collection[str]) -> None:
    """Give `holders` the `right` in `channel`, which is empty for everywhere; one who has it keeps it."""
    rows = [{"team": team, "right": right.value, "channel": channel, "holder": holder} for holder in holders]
    if rows:
        await tx.execute(insert(tx.dialect.name, roles).on_conflict_do_nothing(), rows)


async def remove(tx: AsyncConnection, team: str, right: Right, channel: str, holders: Collection[str]) -> None:
    """Take the `right` in `channel` from `holders`."""
    where = (roles.c.team == team, roles.c.right == right.value, roles.c.channel == channel)
    await tx.execute(delete(roles).where(*where, roles.c.holder.in_(holders)))
