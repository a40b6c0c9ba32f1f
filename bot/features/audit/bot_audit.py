"""The audit rows of the bot, as a file."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bot.domain.operation import NewOperation, Operation, OperationRow
from bot.features.audit.sentences import BOT_AUDIT_TITLE
from bot.kernel.operations.row_sources import BATCH, Batch
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store import audit, people
from bot.store.audit import AuditRow

KIND: Final = "bot_audit"  # of operations; stands in rows
BOT_AUDIT_HEADER: Final = ("at", "person_id", "person", "action", "target", "channel", "before", "after", "outcome")


def bot_audit_file(now: float) -> NewOperation:
    """The operation that makes a file of the bot's audit rows."""
    name = f"devin-bridge-audit-{datetime.fromtimestamp(now, UTC):%Y-%m-%d}.csv"
    return NewOperation(KIND, BOT_AUDIT_TITLE, name, BOT_AUDIT_HEADER, ())


class BotAuditRows:
    """The source of the bot's audit rows, the newest first."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def read(self, workspace: Workspace, operation: Operation) -> Batch:
        """Read the next audit rows; those that are added meanwhile are newer than the first batch, and left out."""
        below = operation.cursor["below"] if operation.cursor else None
        async with self._services.db.read() as tx:
            found = await audit.below(tx, workspace.team, below, BATCH)
            total = operation.total if operation.cursor else await audit.count(tx, workspace.team)
            names = await people.names(tx, workspace.team, {row.user for _, row in found})
        rows = [OperationRow(str(seq), bot_audit_cells(row, names.get(row.user))) for seq, row in found]
        cursor = {"below": found[-1][0]} if len(found) == BATCH else None
        return Batch(rows, len(rows), cursor, total)


def bot_audit_cells(row: AuditRow, name: str | None) -> tuple[str | None, ...]:
    """The values of an audit row under `BOT_AUDIT_HEADER`; `name` is that of its person, if it is known."""
    return (
        written_instant(row.at),
        row.user,
        name,
        row.action,
        row.target,
        row.channel,
        written_json(row.before),
        written_json(row.after),
        row.outcome,
    )


def written_instant(at: float) -> str:
    """Write an instant as ISO 8601 in UTC, to the second."""
    return f"{datetime.fromtimestamp(int(at), UTC):%Y-%m-%dT%H:%M:%SZ}"


def written_json(value: Mapping[str, Any] | None) -> str | None:
    """Write an object as JSON in one line; None stays None."""
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
