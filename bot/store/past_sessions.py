"""What figures need of sessions whose own rows are purged: who asked and where, repository, playbook, and sums.

It is stored when a session is purged. A query for figures joins it, by `bot.store.stored_sessions`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.spend import DIRECT
from bot.store.tables import past_sessions, sessions, spend


@dataclass(frozen=True, slots=True)
class PastSession:
    """A session whose own row is purged: when it was created, and who asked for it."""

    id: str
    created_at: float
    requester: str
    requester_name: str


async def keep(tx: AsyncConnection, session_ids: Sequence[str]) -> None:
    """Keep what figures need of sessions that are purged in this transaction, if they were ever active."""
    kept = {
        "session_id": sessions.c.id,
        "channel": case((sessions.c.channel.startswith(DIRECT), DIRECT), else_=sessions.c.channel),
        "repo": sessions.c.options["repo"].as_string(),
        "playbook": sessions.c.options["playbook"].as_string(),
    }
    same = {column.name: sessions.c[column.name] for column in past_sessions.c if column.name not in kept}
    columns = kept | same
    were_active = exists().where(spend.c.session_id == sessions.c.id)
    found = select(*columns.values()).where(sessions.c.id.in_(session_ids), were_active)
    await tx.execute(insert(past_sessions).from_select(list(columns), found))


async def read(tx: AsyncConnection, session_ids: Sequence[str]) -> dict[str, PastSession]:
    """Those of these sessions whose own rows are purged, by id."""
    of = past_sessions.c
    columns = (of.session_id, of.created_at, of.requester, of.requester_name)
    found = await tx.execute(select(*columns).where(of.session_id.in_(session_ids)))
    return {row.session_id: PastSession(*row) for row in found}
