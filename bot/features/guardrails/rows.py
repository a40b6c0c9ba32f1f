"""The guardrail violations that admins were informed of, each once."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.features.guardrails.tables import guardrail_violations
from bot.store.database.connection import insert
from bot.store.inbox import BATCH


async def record(tx: AsyncConnection, org_id: str, violation_ids: Sequence[str], now: float, most: int) -> set[str]:
    """Record the first violations in an organisation that are new, at most so many.

    Returns their ids; of two workers one gets each.
    """
    new: set[str] = set()
    start = 0
    while start < len(violation_ids) and len(new) < most:
        some = violation_ids[start : start + min(BATCH, most - len(new))]
        rows = [{"org_id": org_id, "id": violation_id, "at": now} for violation_id in some]
        adding = insert(tx.dialect.name, guardrail_violations).values(rows).on_conflict_do_nothing()
        new |= set((await tx.execute(adding.returning(guardrail_violations.c.id))).scalars())
        start += len(some)
    return new
