"""The audit rows as lines of JSON with ECS names, for a SIEM: each once and in order, through restarts.

    audit rows ──▶ lines in the file (or stdout) ──▶ position in the store

One process writes them. A crash between the second and the third leaves the file ahead of the store: at the start the
id in the file's last line counts, so that no line comes twice. Stdout cannot be read back: there lines may come twice,
with the same `event.id`.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bot.domain.redaction import redact
from bot.kernel.services import Services
from bot.logs import get_logger
from bot.store import audit, due
from bot.store.audit import AuditRow

log = get_logger(__name__)

STDOUT: Final = frozenset({"-", "stdout"})
_BATCH: Final = 500
_TAIL: Final = 65_536  # bytes at the end of the file, which are longer than any line
_ECS: Final = "8.11.0"
_CATEGORIES: Final = {**dict.fromkeys(audit.WORK, "process"), **dict.fromkeys(("identity", "role", "team"), "iam")}
_OUTCOMES: Final = {"done": "success", "refused": "failure"}


class AuditLog:
    """Writes the lines, a batch at each tick."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._written: int | None = None  # the number of the last row in the file, once that was read

    async def tick(self) -> float:
        """Write what is new. Returns the seconds until the next time."""
        where = next((one.policy.audit_log for one in self._services.workspaces), "")
        while where and await self._write_batch(where) == _BATCH:
            pass
        return self._services.timing.audit_log

    async def _write_batch(self, where: str) -> int:
        async with self._services.db.read() as tx:
            noted = await due.read(tx, due.AUDIT_LOG)
            stored, last = int(noted.state["seq"]) if noted else 0, await audit.last(tx)
        if last <= max(stored, self._written or 0) <= max(stored, last):
            return 0
        try:
            if self._written is None and where not in STDOUT:
                self._written = await asyncio.to_thread(_mend, Path(where))
            # More than there is: a backup was put back, whose rows have these numbers again.
            after = self._written if self._written is not None and stored < self._written <= last else stored
            async with self._services.db.write() as tx:
                rows = await audit.committed_after(tx, after, _BATCH)
            await asyncio.to_thread(_append, where, [_line(seq, row) for seq, row in rows])
        except OSError as error:
            # Nothing is lost: the position stays, and what was written in part is mended first.
            self._written = None
            log.warning("audit log not written", error=type(error).__name__, reason=error.strerror)
            return 0
        if rows:
            self._written = rows[-1][0]
            # A crash right here leaves lines that the store does not know: the last id in the file says so.
            async with self._services.db.write() as tx:
                await due.write(tx, due.AUDIT_LOG, self._services.clock(), {"v": 1, "seq": rows[-1][0]})
        return len(rows)


def _mend(path: Path) -> int:
    """Cut off a line that was written in part, and return the number in the last one; 0 if there is none."""
    if not path.exists():
        return 0
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        begin = max(0, size - _TAIL)
        file.seek(begin)
        whole, _, part = file.read().rpartition(b"\n")
        if part:
            file.truncate(size - len(part))
    lines = whole.splitlines()
    try:
        return int(json.loads(lines[-1])["event"]["sequence"]) if lines else 0
    except (ValueError, KeyError, TypeError):
        return 0  # another's line: the store knows the position


def _append(where: str, lines: Sequence[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    if where in STDOUT:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    # For the owner alone, as the store's files.
    with open(os.open(where, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as file:  # noqa: PTH123
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _line(seq: int, row: AuditRow) -> str:
    """Write a row with the names of the Elastic Common Schema; what that has no name for is under `devin_bridge`."""
    category = _CATEGORIES.get(row.action) or _CATEGORIES.get(row.action.partition("_")[0]) or "configuration"
    own = {"target": row.target, "before": row.before, "after": row.after, "outcome": row.outcome}
    line: dict[str, Any] = {
        "@timestamp": datetime.fromtimestamp(row.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "ecs": {"version": _ECS},
        "event": {
            "id": f"{row.team}-{seq}-{int(row.at)}",
            "sequence": seq,
            "kind": "event",
            "category": [category],
            "type": ["info" if category == "process" else "change"],
            "action": row.action,
            "outcome": _OUTCOMES.get(row.outcome, "unknown"),
            "dataset": "devin_bridge.audit",
        },
        "service": {"name": "devin-bridge"},
        "organization": {"id": row.team},
        "user": {"id": row.user},
        "devin_bridge": {name: value for name, value in own.items() if value not in (None, "")},
    }
    if row.channel:
        line["devin_bridge"]["channel"] = row.channel
    return json.dumps(masked(line), ensure_ascii=False)


def masked(value: Any) -> Any:
    """Leave out of each text in `value` what looks like a secret: in the written line it could take a quote along."""
    if isinstance(value, Mapping):
        return {name: masked(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked(inner) for inner in value]
    return redact(value) if isinstance(value, str) else value
