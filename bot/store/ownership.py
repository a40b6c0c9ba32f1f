"""Rows from before there could be several workspaces and organisations, which name none: they belong to the only ones.

The settings know which these are, and a migration does not see the settings.
"""

from typing import Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import due
from bot.store.tables import consumption, inbox, pull_requests, sessions, spend
from bot.store.tables import due as due_table

_UNKNOWN: Final = ""


async def assign_unowned(tx: AsyncConnection, team: str, org_id: str) -> None:
    """Give all rows that name no workspace to `team`, and those that name no organisation to `org_id`."""
    for table in (inbox, spend):
        await tx.execute(update(table).where(table.c.team == _UNKNOWN).values(team=team))
    for table in (sessions, spend, pull_requests, consumption):
        await tx.execute(update(table).where(table.c.org_id == _UNKNOWN).values(org_id=org_id))
    renamed = {
        "poll": due.poll(org_id),
        "devin": due.capabilities(org_id),
        "consumption": due.consumption(org_id),
        "digest": due.digest(team),
    }
    for old, new in renamed.items():
        await tx.execute(update(due_table).where(due_table.c.name == old).values(name=new))
