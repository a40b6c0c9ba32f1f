"""The audit rows of the bot, as a file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from bot.conversation.titles import ShownTitles
from bot.domain.commands.registry import EXIT
from bot.domain.operation import NewOperation, Operation, OperationRow
from bot.domain.readers import Readers
from bot.features.audit.log_lines import masked
from bot.features.audit.sentences import BOT_AUDIT_TITLE
from bot.kernel.operations.row_sources import BATCH, Batch
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store import audit, people
from bot.store.audit import AuditRow
from bot.store.database.connection import Transaction

Rows = Sequence[tuple[int, AuditRow]]  # each with its number
KIND: Final = "bot_audit"  # of operations; stands in rows
# Actions whose target is a session, by its id at Devin.
OF_SESSIONS: Final = frozenset({EXIT.name, audit.LEFT_OUT, *audit.WORK})
OF_FAN_OUTS: Final = frozenset({"start_fan_out", "retry_fan_out"})  # of which title and pages of sessions are noted
_NAMING: Final = frozenset({"title", "sessions"})
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
            shown = await shown_rows(tx, workspace, found, Readers(person=operation.user))
        rows = [OperationRow(str(seq), bot_audit_cells(row, names.get(row.user))) for seq, row in shown]
        cursor = {"below": found[-1][0]} if len(found) == BATCH else None
        return Batch(rows, len(rows), cursor, total)


async def shown_rows(tx: Transaction, workspace: Workspace, found: Rows, readers: Readers) -> Rows:
    """Return the rows as `readers` may see them: without title and links of sessions that are not theirs to read."""
    titles = await ShownTitles.read(tx, workspace, readers)
    return [(seq, _shown(row, titles.replacement(row.channel or "", row.user))) for seq, row in found]


def _shown(row: AuditRow, stand_in: str | None) -> AuditRow:
    """Return `row` with a `stand_in` for what names the session that it is about, if one is needed."""
    if stand_in is None:
        return row
    if row.action in OF_SESSIONS:
        return replace(row, target=stand_in)
    if row.action in OF_FAN_OUTS:
        return replace(row, before=_without_names(row.before), after=_without_names(row.after))
    return row


def _without_names(changed: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if changed is None else {key: value for key, value in changed.items() if key not in _NAMING}


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
    """Write an object as JSON in one line, without what looks like a secret in it; None stays None."""
    return None if value is None else json.dumps(masked(value), ensure_ascii=False, sort_keys=True)
