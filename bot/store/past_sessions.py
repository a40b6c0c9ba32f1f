"""What figures need of sessions whose own rows are purged: who asked and where, repository, playbook, and sums.

It is stored when a session is purged, so a session has a row in one of the two tables. A query for figures joins both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, case, exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.spend import DIRECT
from bot.store.tables import past_sessions, sessions, spend

_REPO: Final = sessions.c.options["repo"].as_string()
_PLAYBOOK: Final = sessions.c.options["playbook"].as_string()
# What is known of a session, behind `with_sessions`; None of one that is in neither of the tables.
ID: Final[ColumnElement[Any]] = func.coalesce(sessions.c.id, past_sessions.c.session_id)
REQUESTER_NAME: Final[ColumnElement[Any]] = func.coalesce(sessions.c.requester_name, past_sessions.c.requester_name)
REPO: Final[ColumnElement[Any]] = func.coalesce(_REPO, past_sessions.c.repo)
PLAYBOOK: Final[ColumnElement[Any]] = func.coalesce(_PLAYBOOK, past_sessions.c.playbook)
WORKED: Final[ColumnElement[Any]] = func.coalesce(sessions.c.worked, past_sessions.c.worked)


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
        "repo": _REPO,
        "playbook": _PLAYBOOK,
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


def with_sessions(spent: FromClause, session_id: ColumnElement[str], team: str) -> FromClause:
    """Join what is known of the workspace's sessions to what they `spent`."""
    of_session = and_(sessions.c.id == session_id, sessions.c.team == team)
    of_past = and_(past_sessions.c.session_id == session_id, past_sessions.c.team == team)
    return spent.outerjoin(sessions, of_session).outerjoin(past_sessions, of_past)
