"""Audit rows: who changed something through the bot, what, where and when, from what to what, and what came of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import audit

# Actions that are no commands.
START: Final = "start_session"
REPLY: Final = "reply"
LINK: Final = "identity_by_email"
LEFT_OUT: Final = "secret_left_out"


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One change, made by `user` in `channel` at the instant `at`.

    `action` is the name of the command, `target` the id of what was changed, such as Devin's id of a session. `before`
    and `after` are what was changed about it, None where there is nothing to compare. `outcome` is one word.
    """

    team: str
    at: float
    user: str
    action: str
    target: str
    channel: str | None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    outcome: str = "done"


_FIELDS = tuple(field.name for field in fields(AuditRow))


async def add(tx: AsyncConnection, row: AuditRow) -> None:
    """Add `row` in the transaction that makes the change."""
    await tx.execute(insert(audit).values(asdict(row)))


async def newest(tx: AsyncConnection, team: str, limit: int) -> list[AuditRow]:
    """The last `limit` changes in a workspace, the newest first."""
    found = await tx.execute(select(audit).where(audit.c.team == team).order_by(audit.c.seq.desc()).limit(limit))
    return [AuditRow(**{name: row[name] for name in _FIELDS}) for row in found.mappings()]


async def below(tx: AsyncConnection, team: str, seq: int | None, limit: int) -> list[tuple[int, AuditRow]]:
    """The last `limit` changes in a workspace before the one with the number `seq`, each with its own number."""
    where = [audit.c.team == team] if seq is None else [audit.c.team == team, audit.c.seq < seq]
    found = await tx.execute(select(audit).where(*where).order_by(audit.c.seq.desc()).limit(limit))
    return [(row["seq"], AuditRow(**{name: row[name] for name in _FIELDS})) for row in found.mappings()]


async def has(tx: AsyncConnection, team: str, action: str, target: str) -> bool:
    """Whether the change of `target` by `action` is recorded in a workspace."""
    same = (audit.c.team == team, audit.c.action == action, audit.c.target == target)
    return (await tx.execute(select(audit.c.seq).where(*same).limit(1))).first() is not None


async def count(tx: AsyncConnection, team: str) -> int:
    """Count the changes in a workspace."""
    return int((await tx.execute(select(func.count()).where(audit.c.team == team))).scalar_one())
