"""That a backup was put back: since then Slack and Devin may know of work that this store does not know of."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import due
from bot.store.tables import inbox, outbox, sessions, workers

_NAME: Final = "restored"


@dataclass(frozen=True, slots=True)
class Restored:
    """The store holds what was known at the instant `since`, and what was done `until` a later one may be repeated.

    `until` is None before the first start on the restored store, which sets it.
    """

    since: float
    until: float | None = None


async def last_written(tx: AsyncConnection) -> float | None:
    """An instant shortly before the last write to the store; None if nothing of it says when that was."""
    newest = (workers.c.seen_at, inbox.c.created_at, outbox.c.created_at, outbox.c.sent_at, sessions.c.created_at)
    found = [await tx.scalar(select(func.max(column))) for column in newest]
    return max((at for at in found if at is not None), default=None)


async def last_heartbeat(tx: AsyncConnection) -> float | None:
    """When a worker that did not leave had its last heartbeat; None if all have left."""
    at: float | None = await tx.scalar(select(func.max(workers.c.seen_at)))
    return at


async def mark(tx: AsyncConnection, restored: Restored, now: float) -> None:
    """Store that a backup was put back."""
    await due.write(tx, _NAME, now, {"v": 1, "since": restored.since, "until": restored.until})


async def read(tx: AsyncConnection) -> Restored | None:
    """What is stored about the last backup that was put back; None if there was none."""
    found = await due.read(tx, _NAME)
    return None if found is None else Restored(found.state["since"], found.state["until"])
