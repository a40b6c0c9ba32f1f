"""Claims on lanes of the inbox; in the outbox single rows are claimed instead (`bot.store.outbox`).

A claim lasts for one row. The worker, not the lane, has a heartbeat: a lane is free when it has no owner, or when its
owner had no heartbeat for a lease. Each claim counts the epoch up, and whoever holds an older epoch writes nothing.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Float, Select, String, bindparam, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database.connection import Database, insert, instant
from bot.store.tables import lanes, workers

PURGE_AFTER_LEASES: Final = 20


class WorkerAliveError(Exception):
    """A worker has the store in use, so that nothing may be changed behind its back."""


class ClaimLostError(Exception):
    """Another worker has taken over the lane or row; the one that held it may write and call nothing any more."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right of the worker `owner` to work on one lane, until it releases the lane or its lease ends."""

    lane: str
    owner: str
    epoch: int


# Built once, because every flow executes them for every row.
_OURS: Final = (
    lanes.c.name == bindparam("held_lane"),
    lanes.c.owner == bindparam("holder"),
    lanes.c.epoch == bindparam("held_epoch"),
)
_RELEASE: Final = update(lanes).where(*_OURS).values(owner=None, claimed_at=None).returning(lanes.c.epoch)
_HOLD: Final = update(lanes).where(*_OURS).values(owner=lanes.c.owner).returning(lanes.c.epoch)
_CHECK: Final = select(lanes.c.epoch).where(*_OURS)


def alive(dialect: str) -> Select[str]:
    """A query for the workers with a heartbeat within the last lease; needs the parameter `lease`."""
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
    """Claim `lane` for the worker `owner`; None while another worker with a heartbeat within `lease` holds it.

    A claim of the owner itself is taken again: a process works on a lane of the inbox only once at a time, so such a
    claim must remain from an earlier attempt.
    """
    wanted = {"wanted": lane, "worker": owner, "lease": lease}
    taken = await tx.execute(_claiming(tx.dialect.name), wanted | db.own_clock())
    epoch = taken.scalar_one_or_none()
    return None if epoch is None else Claim(lane, owner, epoch)


async def release(tx: AsyncConnection, held: Claim) -> None:
    """Release the claim `held` in the transaction that closes its row; raises ClaimLostError if it is lost."""
    released = await tx.execute(_RELEASE, _named(held))
    if released.scalar_one_or_none() is None:
        raise ClaimLostError(held.lane)


async def hold(tx: AsyncConnection, held: Claim) -> None:
    """Check the claim `held` and lock the lane until `tx` ends; raises ClaimLostError if the claim is lost."""
    kept = await tx.execute(_HOLD, _named(held))
    if kept.scalar_one_or_none() is None:
        raise ClaimLostError(held.lane)


async def check(tx: AsyncConnection, held: Claim) -> None:
    """Check the claim `held` right before a call to Slack or Devin; raises ClaimLostError if it is lost.

    Nothing stops a process that freezes between this check and the call. If it is frozen for longer than the time limit
    of the call, it makes the call no more.
    """
    found = await tx.execute(_CHECK, _named(held))
    if found.scalar_one_or_none() is None:
        raise ClaimLostError(held.lane)


async def beat(tx: AsyncConnection, db: Database, worker: str, lease: float) -> None:
    """Store a heartbeat of `worker`, and delete the workers that have had none for many leases."""
    now, clock = instant(tx.dialect.name), db.own_clock()
    statement = insert(tx.dialect.name, workers).values(id=worker, started_at=now, seen_at=now)
    await tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"seen_at": now}), clock)
    await tx.execute(delete(workers).where(workers.c.seen_at < now - PURGE_AFTER_LEASES * lease), clock)
    # Seen when the clock was ahead: a worker that is dead would count as alive until then.
    await tx.execute(update(workers).where(workers.c.seen_at > now + lease).values(seen_at=now), clock)


async def lock_out_workers(tx: AsyncConnection, lease: float) -> None:
    """Let no worker begin until `tx` ends; raises WorkerAliveError if one had a heartbeat within the last `lease`.

    Only for PostgreSQL: on SQLite the file's lock does this.
    """
    await tx.execute(text("LOCK TABLE workers IN SHARE MODE"))
    if (await tx.execute(alive(tx.dialect.name), {"lease": lease})).first() is not None:
        raise WorkerAliveError


async def free_all(tx: AsyncConnection) -> None:
    """Release every lane. Only where no other worker is alive, as the lock of an SQLite file proves."""
    await tx.execute(update(lanes).where(lanes.c.owner.is_not(None)).values(owner=None, claimed_at=None))
    await tx.execute(delete(workers))


async def leave(tx: AsyncConnection, worker: str) -> None:
    """Release the lanes of `worker`, which is stopping, and delete the worker."""
    await tx.execute(update(lanes).where(lanes.c.owner == worker).values(owner=None, claimed_at=None))
    await tx.execute(delete(workers).where(workers.c.id == worker))


def _named(held: Claim) -> dict[str, str | int]:
    return {"held_lane": held.lane, "holder": held.owner, "held_epoch": held.epoch}


async def count_alive(tx: AsyncConnection, db: Database, lease: float) -> int:
    """Count the workers with a heartbeat within the last `lease`."""
    living = alive(tx.dialect.name).subquery()
    found = await tx.execute(select(func.count()).select_from(living), {"lease": lease, **db.own_clock()})
    return int(found.scalar_one())
