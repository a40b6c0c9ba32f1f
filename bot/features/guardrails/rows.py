"""The table of guardrail violations."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Column, Float, Index, String, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.columns import metadata
from bot.store.database.connection import insert
from bot.store.inbox import BATCH
from bot.store.instants import happened
from bot.store.table_spec import TableSpec, kept_for, nothing

# The guardrail violations that admins were informed of.
guardrail_violations: Final = Table(
    "guardrail_violations",
    metadata,
    Column("org_id", String, primary_key=True),
    Column("id", String, primary_key=True),  # Devin's
    Column("at", Float, nullable=False),  # when it was recorded
)
Index("ix_guardrail_violations_at", guardrail_violations.c.at)

TABLES: Final = (
    TableSpec(
        guardrail_violations,
        ("record of a guardrail violation", "records of guardrail violations"),
        kept_for(guardrail_violations.c.at, lambda kept: kept.audit_kept),
        nothing,
        instants=(happened(guardrail_violations.c.at),),
    ),
)


# ------------------------------------------------------------ rows
# The guardrail violations that admins were informed of, each once.


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
