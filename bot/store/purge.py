"""Deletes the rows that nobody needs any more, one batch at a time."""

from sqlalchemy import ColumnElement, Table, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.inbox import BATCH
from bot.store.table_spec import Keep


async def purge(tx: AsyncConnection, table: Table, old: ColumnElement[bool], keep: Keep | None = None) -> int:
    """Delete one batch of the rows that are `old`, after `keep` has stored what is needed of them; returns how many."""
    key = tuple(table.primary_key)
    found = (await tx.execute(select(*key).where(old).limit(BATCH))).all()
    if found and keep is not None:
        await keep(tx, found)
    # Checked again, because on PostgreSQL another process may have changed a row since it was found.
    these = tuple_(*key).in_([tuple(row) for row in found])
    return (await tx.execute(delete(table).where(these, old))).rowcount if found else 0
