"""Rows from before there could be several workspaces and organisations, which name none: they belong to the only ones.

The settings know which these are, and a migration does not see the settings.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import due
from bot.store.table_spec import TableSpec
from bot.store.tables import due as due_table

_UNKNOWN: Final = ""


async def assign_unowned(tx: AsyncConnection, specs: Sequence[TableSpec], team: str, org_id: str) -> None:
    """Give all rows that name no workspace to `team`, and those that name no organisation to `org_id`."""
    owners = {"team": team, "org_id": org_id}
    for column in (column for spec in specs for column in spec.table.columns if column.info.get("owner")):
        value = {column.name: owners[column.name]}
        await tx.execute(update(column.table).where(column == _UNKNOWN).values(value))
    renamed = {
        "poll": due.poll(org_id),
        "devin": due.capabilities(org_id),
        "consumption": due.consumption(org_id),
        "digest": due.digest(team),
    }
    for old, new in renamed.items():
        await tx.execute(update(due_table).where(due_table.c.name == old).values(name=new))
