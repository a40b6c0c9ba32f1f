"""The sessions that figures are about and that have rows of their own still: those of threads, and of fan-outs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import first_line
from bot.store.sessions import tracked
from bot.store.tables import fan_out_sessions, fan_outs, sessions

_LONGEST_NAME: Final = 40  # of an organisation, in the title of a fan-out's session
# For what is joined by `with_stored`.
ID: Final[ColumnElement[Any]] = func.coalesce(sessions.c.id, fan_out_sessions.c.session_id)
REPO: Final[ColumnElement[Any]] = func.coalesce(
    sessions.c.options["repo"].as_string(), fan_outs.c.options["repo"].as_string()
)
PLAYBOOK: Final[ColumnElement[Any]] = func.coalesce(
    sessions.c.options["playbook"].as_string(), fan_outs.c.options["playbook"].as_string()
)


@dataclass(frozen=True, slots=True)
class StoredSession:
    """What figures name a session by: its title, where it is shown in Slack and at Devin, and who asked for it."""

    title: str
    channel: str
    thread_ts: str | None
    url: str | None
    requester: str
    requester_name: str = ""


def with_stored(spent: FromClause, session_id: ColumnElement[Any], team: str) -> FromClause:
    """Join what was spent with the rows of its sessions in a workspace, where these are stored still."""
    of_thread = and_(sessions.c.id == session_id, sessions.c.team == team)
    of_fan_out = and_(fan_out_sessions.c.session_id == session_id, fan_out_sessions.c.team == team)
    joined = spent.outerjoin(sessions, of_thread).outerjoin(fan_out_sessions, of_fan_out)
    return joined.outerjoin(fan_outs, fan_outs.c.id == fan_out_sessions.c.fan_out_id)


def is_stored(session_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition that the session with this id has a row of its own."""
    return or_(exists().where(sessions.c.id == session_id), exists().where(fan_out_sessions.c.session_id == session_id))


async def stored(tx: AsyncConnection, ids: Iterable[str]) -> dict[str, StoredSession]:
    """What the sessions with these ids of ours are named by, without those that have no row any more."""
    wanted = list(ids)
    found = {
        key: StoredSession(
            known.session.title,
            known.session.channel,
            known.session.thread_ts,
            known.session.url,
            known.session.requester,
            known.session.requester_name,
        )
        for key, known in (await tracked(tx, wanted)).items()
    }
    missing = [key for key in wanted if key not in found]
    return found | (await _of_fan_outs(tx, missing) if missing else {})


async def _of_fan_outs(tx: AsyncConnection, ids: list[str]) -> dict[str, StoredSession]:
    of, its = fan_out_sessions.c, fan_outs.c
    columns = (of.session_id, of.name, of.url, its.user, its.channel, its.ts, its.prompt, its.options)
    joined = select(*columns).join(fan_outs, its.id == of.fan_out_id).where(of.session_id.in_(ids))
    return {
        row.session_id: StoredSession(
            f"{row.options.get('title') or first_line(row.prompt)} ({row.name[:_LONGEST_NAME]})",
            row.channel,
            row.ts,
            row.url,
            row.user,
        )
        for row in await tx.execute(joined)
    }
