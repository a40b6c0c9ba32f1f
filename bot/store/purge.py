"""Deletes the rows that nobody needs any more, one batch at a time."""

from sqlalchemy import ColumnElement, Table, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.inbox import BATCH


async def purge(tx: AsyncConnection, table: Table, old: ColumnElement[bool]) -> int:
    """Delete one batch of the rows that are `old`; returns their number."""
    key = tuple(table.primary_key)
    found = select(*key).where(old).limit(BATCH)
    # Checked again, because on PostgreSQL another process may have changed a row since it was found.
    return (await tx.execute(delete(table).where(tuple_(*key).in_(found), old))).rowcount
