"""What Devin changed in its bill for days that had settled. The changes are numbered, for digests to name each once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.features.consumption.rules import Correction
from bot.features.consumption.tables import corrections


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes in the order in which they were seen, and the number of the last one."""

    changes: tuple[Correction, ...]
    seq: int


async def add(tx: AsyncConnection, org_id: str, changes: Iterable[Correction], now: float) -> None:
    """Store `changes` of an organisation's bill that were seen at `now`."""
    rows = [
        {
            "org_id": org_id,
            "day": change.day.isoformat(),
            "acus_before": change.before,
            "acus_after": change.after,
            "seen_at": now,
        }
        for change in changes
    ]
    if rows:
        await tx.execute(insert(corrections), rows)


async def after(tx: AsyncConnection, org_id: str, seq: int) -> Changes:
    """The changes of an organisation's bill after the one with the number `seq`."""
    found = await tx.execute(
        select(corrections.c.seq, corrections.c.day, corrections.c.acus_before, corrections.c.acus_after)
        .where(corrections.c.org_id == org_id, corrections.c.seq > seq)
        .order_by(corrections.c.seq)
    )
    rows = found.all()
    changes = tuple(Correction(date.fromisoformat(row.day), row.acus_before, row.acus_after) for row in rows)
    return Changes(changes, rows[-1].seq if rows else seq)


async def last_before(tx: AsyncConnection, org_id: str, instant: float) -> int:
    """The number of the last change of an organisation's bill that was seen before `instant`; 0 if there is none."""
    newest = select(func.max(corrections.c.seq)).where(corrections.c.org_id == org_id, corrections.c.seen_at < instant)
    return int((await tx.execute(newest)).scalar() or 0)
