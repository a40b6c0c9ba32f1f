"""What people think of results: one vote of each person for each end of a turn."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database.connection import insert
from bot.store.tables import votes


@dataclass(frozen=True, slots=True)
class Vote:
    """What `user` thinks of the end of a turn with this `key`: whether it was good, since the instant `at`."""

    key: str
    user: str
    team: str
    org_id: str
    good: bool
    at: float


async def put(tx: AsyncConnection, vote: Vote) -> None:
    """Store `vote`, in place of an earlier one of the same person about the same end of a turn."""
    values = {name: getattr(vote, name) for name in ("key", "user", "team", "org_id", "good", "at")}
    changed = {"good": vote.good, "at": vote.at}
    statement = insert(tx.dialect.name, votes).values(values)
    await tx.execute(statement.on_conflict_do_update(index_elements=["key", "user"], set_=changed))


async def between(tx: AsyncConnection, team: str, org_id: str, first: float, end: float) -> tuple[int, int]:
    """How many votes of a workspace in an organisation were good, and how many bad, from `first` up to `end`."""
    of = votes.c
    where = of.team == team, of.org_id == org_id, of.at >= first, of.at < end
    found = await tx.execute(select(of.good, func.count()).where(*where).group_by(of.good))
    counts = {bool(good): count for good, count in found}
    return counts.get(True, 0), counts.get(False, 0)
