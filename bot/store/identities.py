"""Who people are at Devin, and what they were informed of."""

from dataclasses import asdict
from typing import Final

from sqlalchemy import RowMapping, bindparam, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.identity import Identity, LinkSource, LinkState
from bot.store.database.connection import insert
from bot.store.tables import identities

# Built once, because every reply executes it.
_ONE: Final = select(identities).where(identities.c.team == bindparam("of_team"), identities.c.user == bindparam("who"))


async def get(tx: AsyncConnection, team: str, user: str) -> Identity | None:
    """The link of a person; None if it was never looked for."""
    found = await tx.execute(_ONE, {"of_team": team, "who": user})
    row = found.mappings().one_or_none()
    return None if row is None else _read(row)


def _read(row: RowMapping) -> Identity:
    explained = LinkState(row["explained"]) if row["explained"] else None
    states = {"state": LinkState(row["state"]), "source": LinkSource(row["source"]), "explained": explained}
    return Identity(**{**row, **states})


async def of_devin_user(tx: AsyncConnection, team: str, devin_user: str) -> list[str]:
    """The people of a workspace who are linked to the user at Devin with this id."""
    of = (identities.c.team == team, identities.c.devin_user == devin_user, identities.c.state == LinkState.LINKED)
    return list(await tx.scalars(select(identities.c.user).where(*of)))


async def unchecked(tx: AsyncConnection, team: str, since: float, limit: int) -> list[Identity]:
    """The first `limit` links of a workspace that addresses have made, and that were not looked up `since`."""
    by_email = (identities.c.source == LinkSource.EMAIL.value, identities.c.state == LinkState.LINKED.value)
    theirs = select(identities).where(identities.c.team == team, *by_email, identities.c.at < since)
    found = await tx.execute(theirs.order_by(identities.c.at).limit(limit))
    return [_read(row) for row in found.mappings()]


async def put(tx: AsyncConnection, identity: Identity, *, anew: bool = False) -> None:
    """Store the link of a person in place of what was stored.

    What they were informed of stays, unless it is stored `anew`.
    """
    values = asdict(identity)
    changed = {
        name: value for name, value in values.items() if name not in {"team", "user"} and (anew or name != "explained")
    }
    statement = insert(tx.dialect.name, identities).values(values)
    await tx.execute(statement.on_conflict_do_update(index_elements=["team", "user"], set_=changed))


async def recheck(tx: AsyncConnection, team: str, user: str) -> None:
    """Have the link of a person looked up again before it is used, unless an admin has set it."""
    theirs = (identities.c.team == team, identities.c.user == user, identities.c.source == LinkSource.EMAIL.value)
    await tx.execute(update(identities).where(*theirs).values(at=0.0))


async def is_shared(tx: AsyncConnection, identity: Identity) -> bool:
    """Whether somebody else in the workspace is linked to the same user at Devin."""
    same = (identities.c.team == identity.team, identities.c.devin_user == identity.devin_user)
    linked = (identities.c.user != identity.user, identities.c.state == LinkState.LINKED.value)
    return bool(await tx.scalar(select(exists().where(*same, *linked))))


async def mark_explained(tx: AsyncConnection, identity: Identity, state: LinkState) -> bool:
    """Note that the person is informed of `state`. Returns False if they were already."""
    theirs = (identities.c.team == identity.team, identities.c.user == identity.user)
    other = or_(identities.c.explained.is_(None), identities.c.explained != state.value)
    done = await tx.execute(update(identities).where(*theirs, other).values(explained=state.value))
    return bool(done.rowcount)


async def has_explained(tx: AsyncConnection, team: str) -> bool:
    """Whether anybody in a workspace was informed that sessions stand in their name, so that Devin takes them so."""
    linked = exists().where(identities.c.team == team, identities.c.explained == LinkState.LINKED.value)
    return bool(await tx.scalar(select(linked)))
