"""Rows that name no workspace or organisation belong to the first one that the settings name.

Such rows are those of a column that a migration adds, which does not see the settings, and what a session spent whose
own row is gone.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, literal_column, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.table_spec import TableSpec

# A literal, not a parameter: the indexes of such rows are used only if the statement itself says what they lack.
_UNKNOWN: Final[ColumnElement[str]] = literal_column("''")


async def assign_unowned(tx: AsyncConnection, specs: Sequence[TableSpec], team: str, org_id: str) -> None:
    """Give all rows that name no workspace to `team`, and those that name no organisation to `org_id`."""
    owners = {"team": team, "org_id": org_id}
    for column in (column for spec in specs for column in spec.table.columns if column.info.get("owner")):
        value = {column.name: owners[column.name]}
        await tx.execute(update(column.table).where(column == _UNKNOWN).values(value))
