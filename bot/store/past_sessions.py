"""What figures need of sessions whose own rows are purged: who asked and where, repository, playbook, and sums.

It is stored when a session is purged. A query for figures joins it, by `bot.store.stored_sessions`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Table, exists, false, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.announcements import AnnouncementKind
from bot.store.database.connection import insert
from bot.store.of_channel import counted_in
from bot.store.tables import fan_out_sessions, fan_outs, past_sessions, sessions, spend


@dataclass(frozen=True, slots=True)
class PastSession:
    """A session whose own row is purged: when it was created, and who asked for it."""

    id: str
    created_at: float
    requester: str
    requester_name: str


async def keep(tx: AsyncConnection, session_ids: Sequence[str]) -> None:
    """Keep what figures need of sessions that are purged in this transaction, if they were ever active."""
    same = {column.name: sessions.c[column.name] for column in past_sessions.c if column.name in sessions.c}
    known = {**same, "session_id": sessions.c.id, **_asked_with(sessions)}
    await _keep(tx, known, sessions, sessions.c.id.in_(session_ids))


async def keep_of_fan_outs(tx: AsyncConnection, fan_out_keys: Sequence[Any]) -> None:
    """Keep the same of the sessions of fan-outs that are purged in this transaction."""
    of, its = fan_out_sessions.c, fan_outs.c
    same = {name: of[name] for name in ("session_id", "team", "org_id", "acus")}
    at = {"created_at": its.created_at, "ended_at": of.read_at}
    known = {**same, **at, "requester": its.user, "requester_name": literal(""), **_asked_with(fan_outs)}
    joined = fan_out_sessions.join(fan_outs, its.id == of.fan_out_id)
    await _keep(tx, known, joined, its.id.in_([fan_out_id for (fan_out_id,) in fan_out_keys]))


def _asked_with(asked: Table) -> dict[str, ColumnElement[Any]]:
    """Where the sessions were asked for, and with which repository and playbook."""
    options = {name: asked.c.options[name].as_string() for name in ("repo", "playbook")}
    return {"channel": counted_in(asked.c.channel), "answered": answered(asked), **options}


def answered(asked: Table) -> ColumnElement[bool]:
    """Whether a plain question was asked, or Devin's answer is all that is left of it: no pull request could come."""
    is_question = func.rtrim(asked.c.prompt).endswith("?")
    has_only_answer = asked.c.announced == AnnouncementKind.ANSWERED if "announced" in asked.c else None
    return is_question if has_only_answer is None else or_(func.coalesce(has_only_answer, false()), is_question)


async def _keep(
    tx: AsyncConnection, known: Mapping[str, ColumnElement[Any]], stored: FromClause, which: ColumnElement[bool]
) -> None:
    """Keep what is `known` of those of the `stored` sessions, unless another process has just done so."""
    were_active = exists().where(spend.c.session_id == known["session_id"])
    found = select(*known.values()).select_from(stored).where(which, were_active)
    statement = insert(tx.dialect.name, past_sessions).from_select(list(known), found)
    await tx.execute(statement.on_conflict_do_nothing())


async def read(tx: AsyncConnection, session_ids: Sequence[str]) -> dict[str, PastSession]:
    """Those of these sessions whose own rows are purged, by id."""
    of = past_sessions.c
    columns = (of.session_id, of.created_at, of.requester, of.requester_name)
    found = await tx.execute(select(*columns).where(of.session_id.in_(session_ids)))
    return {row.session_id: PastSession(*row) for row in found}
