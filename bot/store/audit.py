"""Audit rows: who changed something through the bot, what, where and when, from what to what, and what came of it."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from sqlalchemy import MappingResult, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import audit

# Actions that are no commands.
START: Final = "start_session"
REPLY: Final = "reply"
STOP: Final = "stop_session"
ARCHIVE: Final = "archive_session"
REFUSED: Final = "message_refused"
REVIEW: Final = "review"
# No changes: in the file for a SIEM, not in the list.
WORK: Final = frozenset({START, REPLY, STOP, ARCHIVE, REFUSED, REVIEW})
LINK: Final = "identity_by_email"
SENT_AS_IT_IS: Final = "secret_sent"
LEFT_OUT: Final = "secret_left_out"  # of a message; or of a thread, or what Devin wrote, as `after` says


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


async def below(
    tx: AsyncConnection, team: str, seq: int | None, limit: int, *, but: Collection[str] = ()
) -> list[tuple[int, AuditRow]]:
    """The last `limit` rows of a workspace before the one with the number `seq`, each with its own number.

    Those with the actions in `but` are left out.
    """
    where = [audit.c.team == team, audit.c.action.not_in(but)]
    if seq is not None:
        where.append(audit.c.seq < seq)
    found = await tx.execute(select(audit).where(*where).order_by(audit.c.seq.desc()).limit(limit))
    return _numbered(found.mappings())


async def last(tx: AsyncConnection) -> int:
    """The number of the newest row of all workspaces; 0 if there is none."""
    return (await tx.execute(select(func.max(audit.c.seq)))).scalar_one() or 0


async def committed_after(tx: AsyncConnection, seq: int, limit: int) -> list[tuple[int, AuditRow]]:
    """The first `limit` rows of all workspaces after the number `seq`, none of which can come later."""
    if tx.dialect.name == "postgresql":
        # Waits for whoever has a number and has not committed yet: a smaller one would else come behind a larger one.
        await tx.execute(text("LOCK TABLE audit IN SHARE MODE"))
    found = await tx.execute(select(audit).where(audit.c.seq > seq).order_by(audit.c.seq).limit(limit))
    return _numbered(found.mappings())


def _numbered(found: MappingResult) -> list[tuple[int, AuditRow]]:
    return [(row["seq"], AuditRow(**{name: row[name] for name in _FIELDS})) for row in found]


async def has(tx: AsyncConnection, team: str, action: str, target: str) -> bool:
    """Whether the change of `target` by `action` is recorded in a workspace."""
    same = (audit.c.team == team, audit.c.action == action, audit.c.target == target)
    return (await tx.execute(select(audit.c.seq).where(*same).limit(1))).first() is not None


async def count(tx: AsyncConnection, team: str) -> int:
    """Count the changes in a workspace."""
    return int((await tx.execute(select(func.count()).where(audit.c.team == team))).scalar_one())
