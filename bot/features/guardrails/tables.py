"""The table of guardrail violations."""

from typing import Final

from sqlalchemy import Column, Float, Index, String, Table

from bot.store.columns import metadata
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
