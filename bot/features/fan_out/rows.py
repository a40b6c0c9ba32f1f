"""How long rows of fan-outs stay."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import Lifecycle
from bot.features.fan_out.rules import FanOut, FanOutSession, FanOutState, session_id_of
from bot.store import past_sessions
from bot.store.database.connection import insert
from bot.store.instants import asked_at, happened
from bot.store.table_spec import TableSpec, kept_for, once
from bot.store.tables import fan_out_sessions, fan_outs

TABLES: Final = (
    TableSpec(
        fan_outs,
        ("fan-out", "fan-outs"),
        kept_for(fan_outs.c.created_at, lambda kept: max(kept.retention, kept.fan_outs_kept)),
        kept=past_sessions.keep_of_fan_outs,
        instants=(
            happened(fan_outs.c.created_at, fan_outs.c.begun_at, fan_outs.c.stopped_at),
            asked_at(fan_outs.c.created_at, fan_outs.c.state == FanOutState.ASKED),
        ),
    ),
    TableSpec(
        fan_out_sessions,
        ("session of a fan-out", "sessions of fan-outs"),
        once(fan_out_sessions.c.fan_out_id.not_in(select(fan_outs.c.id))),
        instants=(
            happened(
                *(
                    fan_out_sessions.c[name]
                    for name in ("intent_at", "accepted_at", "polled_at", "started_at", "read_at")
                )
            ),
        ),
    ),
)


# ------------------------------------------------------------ rows
# Fan-outs as rows, and their sessions.
#
# Whoever changes a session of a fan-out counts up the fan-out's version first, in the same transaction: that locks the
# row of the fan-out, so that whoever shows it misses no change.


_FAN_OUT: Final = TypeAdapter(FanOut)
_FAN_OUT_COLUMNS: Final = [field.name for field in fields(FanOut) if field.name not in {"options", "limit"}]
_SESSION: Final = TypeAdapter(FanOutSession)
_SESSION_COLUMNS: Final = [field.name for field in fields(FanOutSession)]


async def add(tx: AsyncConnection, fan_out: FanOut, sessions: Sequence[FanOutSession]) -> None:
    """Store a new fan-out with its sessions, in the order in which its table shows them, unless it is stored."""
    values = {
        "id": fan_out.id,
        "team": fan_out.team,
        "user": fan_out.user,
        "channel": fan_out.channel,
        "prompt": fan_out.prompt,
        "options": {"v": 1, **asdict(fan_out.options)},
        "state": fan_out.state,
        "created_at": fan_out.created_at,
    }
    statement = insert(tx.dialect.name, fan_outs).values(values).on_conflict_do_nothing()
    if (await tx.execute(statement)).rowcount:
        owner = {"fan_out_id": fan_out.id, "team": fan_out.team, "user": fan_out.user}
        rows = [
            {"position": number, "session_id": session_id_of(fan_out.id, session.org_id), **owner, **asdict(session)}
            for number, session in enumerate(sessions)
        ]
        await tx.execute(insert(tx.dialect.name, fan_out_sessions), rows)


async def get(tx: AsyncConnection, fan_out_id: str) -> FanOut | None:
    """The fan-out with this id, or None."""
    row = (await tx.execute(select(fan_outs).where(fan_outs.c.id == fan_out_id))).mappings().one_or_none()
    return None if row is None else _fan_out(row)


async def sessions_of(tx: AsyncConnection, fan_out_id: str) -> list[FanOutSession]:
    """The sessions of a fan-out, in the order in which its table shows them."""
    of = fan_out_sessions.c
    found = await tx.execute(select(fan_out_sessions).where(of.fan_out_id == fan_out_id).order_by(of.position))
    return [_session(row) for row in found.mappings()]


async def session(tx: AsyncConnection, fan_out_id: str, org_id: str) -> FanOutSession | None:
    """The session of a fan-out in an organisation, or None."""
    of = fan_out_sessions.c
    found = await tx.execute(select(fan_out_sessions).where(of.fan_out_id == fan_out_id, of.org_id == org_id))
    row = found.mappings().one_or_none()
    return None if row is None else _session(row)


async def change(tx: AsyncConnection, fan_out_id: str, **values: Any) -> None:
    """Store `values` in the row of a fan-out."""
    await tx.execute(update(fan_outs).where(fan_outs.c.id == fan_out_id).values(**values))


async def change_while(tx: AsyncConnection, fan_out_id: str, before: FanOutState, /, **values: Any) -> bool:
    """Store `values` in the row of a fan-out if its state is `before`, as a new version. Returns whether it was."""
    wanted = update(fan_outs).where(fan_outs.c.id == fan_out_id, fan_outs.c.state == before)
    return bool((await tx.execute(wanted.values(version=fan_outs.c.version + 1, **values))).rowcount)


async def touch(tx: AsyncConnection, fan_out_id: str) -> None:
    """Count up the version of a fan-out, because something that it shows is about to change."""
    await change(tx, fan_out_id, version=fan_outs.c.version + 1)


async def change_session(tx: AsyncConnection, fan_out_id: str, org_id: str, **values: Any) -> None:
    """Store `values` about the session in an organisation."""
    await tx.execute(_one(fan_out_id, org_id).values(**values))


async def change_session_while(
    tx: AsyncConnection, fan_out_id: str, org_id: str, before: Sequence[Lifecycle], attempt: int, /, **values: Any
) -> bool:
    """Store `values` about an `attempt` of a session if its lifecycle is in `before`. Returns whether it was."""
    of = fan_out_sessions.c
    wanted = _one(fan_out_id, org_id).where(of.lifecycle.in_(before), of.attempt == attempt)
    return bool((await tx.execute(wanted.values(**values))).rowcount)


async def cancel_unstarted(tx: AsyncConnection, fan_out_id: str) -> None:
    """Cancel the sessions that nothing was asked of Devin for yet."""
    of = fan_out_sessions.c
    waiting = of.fan_out_id == fan_out_id, of.lifecycle == Lifecycle.QUEUED, of.intent_at.is_(None)
    await tx.execute(update(fan_out_sessions).where(*waiting).values(lifecycle=Lifecycle.CANCELLED))


async def retry(tx: AsyncConnection, fan_out_id: str) -> list[FanOutSession]:
    """Have the sessions that were not started, may not have been or have failed asked for again. Returns them anew."""
    of = fan_out_sessions.c
    known = [session for session in await sessions_of(tx, fan_out_id) if session.is_retried]
    for session in known:
        values: dict[str, Any] = {"lifecycle": Lifecycle.QUEUED, "attempt": of.attempt + 1, "reason": None}
        if session.is_broken:  # another one takes its place
            values |= {"failed_before": of.failed_before + 1, "acus_before": of.acus, "devin_id": None, "url": None}
        await change_session(tx, fan_out_id, session.org_id, **values)
    again = {session.org_id for session in known}
    return [session for session in await sessions_of(tx, fan_out_id) if session.org_id in again]


def _one(fan_out_id: str, org_id: str) -> Any:
    return update(fan_out_sessions).where(
        fan_out_sessions.c.fan_out_id == fan_out_id, fan_out_sessions.c.org_id == org_id
    )


def _fan_out(row: Any) -> FanOut:
    values = {name: row[name] for name in _FAN_OUT_COLUMNS}
    options = {name: value for name, value in row["options"].items() if name != "v"}
    return _FAN_OUT.validate_python(values | {"options": options, "limit": row["acu_limit"]}, extra="forbid")


def _session(row: Any) -> FanOutSession:
    return _SESSION.validate_python({name: row[name] for name in _SESSION_COLUMNS}, extra="forbid")
