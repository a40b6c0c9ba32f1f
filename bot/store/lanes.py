"""Who works on which lane of the inbox; rows of the outbox are claimed one by one (`bot.store.outbox`).

A claim lasts one row. The worker, not the lane, has a heartbeat: a lane is free when it has no owner, or when its
owner has not been seen for a lease. Each claim counts the epoch up, and whoever holds an older epoch writes nothing.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Float, Select, String, bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database.connection import Database, insert, instant
from bot.store.tables import lanes, workers

PURGE_AFTER_LEASES: Final = 20


class ClaimLostError(Exception):
    """Another worker has taken the lane, or the row of the outbox, over; nothing may be written or called any more."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one lane until it is given back or outlived."""

    lane: str
    owner: str
    epoch: int


# Made once: every step of every flow executes them.
_OURS: Final = (
    lanes.c.name == bindparam("held_lane"),
    lanes.c.owner == bindparam("holder"),
    lanes.c.epoch == bindparam("held_epoch"),
)
_RELEASE: Final = update(lanes).where(*_OURS).values(owner=None, claimed_at=None).returning(lanes.c.epoch)
_HOLD: Final = update(lanes).where(*_OURS).values(owner=lanes.c.owner).returning(lanes.c.epoch)
_CHECK: Final = select(lanes.c.epoch).where(*_OURS)


def alive(dialect: str) -> Select[str]:
    """The workers that were seen within a lease."""
    return select(workers.c.id).where(workers.c.seen_at > instant(dialect) - bindparam("lease", type_=Float))


@cache
def _claiming(dialect: str) -> Any:
    now, worker = instant(dialect), bindparam("worker", type_=String)
    taking = insert(dialect, lanes).values(name=bindparam("wanted"), owner=worker, epoch=1, claimed_at=now)
    return taking.on_conflict_do_update(
        index_elements=["name"],
        set_={"owner": worker, "epoch": lanes.c.epoch + 1, "claimed_at": now},
        where=or_(lanes.c.owner.is_(None), lanes.c.owner == worker, lanes.c.owner.not_in(alive(dialect))),
    ).returning(lanes.c.epoch)


async def claim(tx: AsyncConnection, db: Database, lane: str, owner: str, lease: float) -> Claim | None:
    """Take a free lane; None while somebody else who is alive works on it.

    One's own claim is taken again: no flow passes its lane on, so within a process a lane of the inbox never runs
    twice, and it is a left-over.
    """
    wanted = {"wanted": lane, "worker": owner, "lease": lease}
    taken = await tx.execute(_claiming(tx.dialect.name), wanted | db.own_clock())
    epoch = taken.scalar_one_or_none()
    return None if epoch is None else Claim(lane, owner, epoch)


async def release(tx: AsyncConnection, held: Claim) -> None:
    """Give the lane back in the transaction that marks its row; raises ClaimLostError when it is no longer ours."""
    given = await tx.execute(_RELEASE, _named(held))
    if given.scalar_one_or_none() is None:
        raise ClaimLostError(held.lane)


async def hold(tx: AsyncConnection, held: Claim) -> None:
    """Check the epoch inside a transaction and keep the lane to its end."""
    kept = await tx.execute(_HOLD, _named(held))
    if kept.scalar_one_or_none() is None:
        raise ClaimLostError(held.lane)


async def check(tx: AsyncConnection, held: Claim) -> None:
    """Look at the epoch right before a call to the outside. What freezes after this line, nobody can fence."""
    found = await tx.execute(_CHECK, _named(held))
    if found.scalar_one_or_none() is None:
        raise ClaimLostError(held.lane)


async def beat(tx: AsyncConnection, db: Database, worker: str, lease: float) -> None:
    """Say that this worker is alive, and forget those long gone."""
    now, clock = instant(tx.dialect.name), db.own_clock()
    statement = insert(tx.dialect.name, workers).values(id=worker, started_at=now, seen_at=now)
    await tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"seen_at": now}), clock)
    await tx.execute(delete(workers).where(workers.c.seen_at < now - PURGE_AFTER_LEASES * lease), clock)


async def free_all(tx: AsyncConnection) -> None:
    """Free every lane: whoever holds the SQLite file alone knows that no other worker is alive."""
    await tx.execute(update(lanes).where(lanes.c.owner.is_not(None)).values(owner=None, claimed_at=None))
    await tx.execute(delete(workers))


async def leave(tx: AsyncConnection, worker: str) -> None:
    """A worker that stops properly leaves its lanes free at once."""
    await tx.execute(update(lanes).where(lanes.c.owner == worker).values(owner=None, claimed_at=None))
    await tx.execute(delete(workers).where(workers.c.id == worker))


def _named(held: Claim) -> dict[str, str | int]:
    return {"held_lane": held.lane, "holder": held.owner, "held_epoch": held.epoch}
