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
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bot.conversation.titles import ShownTitles
from bot.devin import paging
from bot.devin.answers import Page
from bot.devin.audit import AuditApi
from bot.devin.client import Devin
from bot.devin.errors import DevinForbidden, DevinInvalid, DevinNotFound
from bot.devin.models import AuditEntry
from bot.domain.commands.registry import EXIT
from bot.domain.commands.spec import CommandSpec
from bot.domain.operation import Cell, NewOperation, Operation, OperationRow
from bot.domain.readers import Readers
from bot.domain.redaction import redact
from bot.features.audit import sentences as views
from bot.features.audit.rules import AuditQuery, Days, WrongQuery, days_of, parse_query
from bot.features.audit.sentences import BOT_AUDIT_TITLE
from bot.features.audit.specs import AUDIT, AUDIT_BOT
from bot.kernel.commands.handler import Asked, Handler
from bot.kernel.operations.requests import begin_for
from bot.kernel.operations.row_sources import BATCH, Batch, CannotGoOn
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.store import audit, due, people
from bot.store.audit import AuditRow
from bot.store.database.connection import Transaction
from bot.views.message import Message
from bot.views.operations import devin_refused

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


# ------------------------------------------------------------ source
# Devin's audit log as rows: windows of at most 100 days, page by page, the newest entries first.
#
# An entry that two pages or two windows have is stored once, by its `audit_log_id`.


KIND: Final = "audit"  # of operations; stands in rows
HEADER: Final = (
    *("audit_log_id", "at", "action", "by", "org_id"),
    *("user_id", "user_email", "service_user_id", "service_user_name", "data"),
)
_SHOWN: Final = (1, 2, 3, 4)
_ORG_ID: Final = "org-"  # how the ids of organisations begin


def audit_log_file(query: AuditQuery, days: Days) -> NewOperation:
    """The operation that reads the audit log of `days` through the filters of `query`."""
    asked = {"after": days.after, "before": days.before}
    filters = {name: value for name in ("action", "person", "org") if (value := getattr(query, name)) is not None}
    name = f"devin-audit-{days.first}-to-{days.last}.csv"
    return NewOperation(KIND, views.audit_title(query, days), name, HEADER, _SHOWN, asked=asked | filters)


class AuditLogRows:
    """The source of the entries of Devin's audit log."""

    async def read(self, workspace: Workspace, operation: Operation) -> Batch:
        """Read the next page, of the newest window or of one before it."""
        devin, asked = workspace.organisation.devin, operation.new.asked
        # A second earlier, because it is not documented whether the bounds belong to a span.
        windows = list(paging.windows(asked["after"] - 1, asked["before"]))[::-1]
        at: dict[str, Any] = dict(operation.cursor) if operation.cursor else {"window": 0, "after": None, "left_out": 0}
        if "org" in asked and "org_id" not in at:
            at["org_id"] = await organisation_id(devin, asked["org"])
        page = await _page(devin, asked, windows[at["window"]], at)
        total = operation.total if operation.cursor else await _total(devin, asked, windows[1:], at, page.total)
        rows = [OperationRow(entry.audit_log_id, _cells(entry)) for entry in page.items if _is_wanted(entry, asked)]
        at["left_out"] += len(page.unreadable)
        read = len(page.items) + len(page.unreadable)
        behind, is_cut = paging.behind(page, at, paging.MOST_PAGES)
        if behind is None and not is_cut and at["window"] + 1 < len(windows):
            behind = at | {"window": at["window"] + 1, "after": None}
        if behind is not None:
            return Batch(rows, read, behind, total)
        cut = (views.cut(operation.done + read),) if is_cut else ()
        return Batch(rows, read, None, total, (*cut, *((views.left_out(at["left_out"]),) if at["left_out"] else ())))


async def organisation_id(devin: Devin, named: str) -> str:
    """Return the id of the organisation that is `named` by its id or its name. Raises CannotGoOn if there is none."""
    if named.startswith(_ORG_ID):
        return named
    found = {
        organisation.org_id
        async for organisation in devin.organizations()
        if organisation.name.casefold() == named.casefold()
    }
    if len(found) != 1:
        raise CannotGoOn(views.no_such_organisation(named, len(found)))
    return found.pop()


async def _page(
    devin: AuditApi, asked: Mapping[str, Any], window: tuple[int, int], at: dict[str, Any]
) -> Page[AuditEntry]:
    org_id, action = at.get("org_id"), asked.get("action")
    try:
        return await devin.audit_page(*window, at["after"], org_id=org_id, action=action)
    except DevinForbidden as error:
        raise CannotGoOn(views.without_permission(devin_refused(error.needed))) from None
    except DevinNotFound:
        raise CannotGoOn(views.no_such_organisation(asked["org"], 0) if org_id else views.NO_AUDIT_LOG) from None
    except DevinInvalid:
        if action is None:
            raise
        raise CannotGoOn(views.no_such_action(action)) from None


async def _total(
    devin: AuditApi, asked: Mapping[str, Any], later: list[tuple[int, int]], at: dict[str, Any], first: int | None
) -> int | None:
    """Count the entries of all windows, of which the `first` is counted; None if Devin does not count them."""
    totals = [first, *[(await _page(devin, asked, window, at)).total for window in later]]
    known = [total for total in totals if total is not None]
    return sum(known) if len(known) == len(totals) else None


def _is_wanted(entry: AuditEntry, asked: Mapping[str, Any]) -> bool:
    """Whether an entry is of the days that are asked for, and of the person, by e-mail address, id or name."""
    person = asked.get("person")
    # An instant that could not be read is 0; such an entry is among those that Devin gave for these days.
    if entry.created_at and not asked["after"] <= entry.created_at < asked["before"]:
        return False
    if person is None:
        return True
    known = (entry.user_email, entry.user_id, entry.service_user_name, entry.service_user_id)
    return person.casefold() in {name.casefold() for name in known if name}


def _cells(entry: AuditEntry) -> tuple[Cell, ...]:
    return (
        entry.audit_log_id,
        written_instant(entry.created_at),
        entry.action,
        entry.user_email or entry.service_user_name or entry.user_id or entry.service_user_id,
        entry.org_id,
        entry.user_id,
        entry.user_email,
        entry.service_user_id,
        entry.service_user_name,
        written_json(entry.data),
    )


# ------------------------------------------------------------ bot audit
# The audit rows of the bot, as a file.


Rows = Sequence[tuple[int, AuditRow]]  # each with its number
BOT_KIND: Final = "bot_audit"  # of operations; stands in rows
# Actions whose target is a session, by its id at Devin.
OF_SESSIONS: Final = frozenset({EXIT.name, audit.LEFT_OUT, *audit.WORK})
OF_FAN_OUTS: Final = frozenset({"start_fan_out", "retry_fan_out"})  # of which title and pages of sessions are noted
_NAMING: Final = frozenset({"title", "sessions"})
BOT_AUDIT_HEADER: Final = ("at", "person_id", "person", "action", "target", "channel", "before", "after", "outcome")


def bot_audit_file(now: float) -> NewOperation:
    """The operation that makes a file of the bot's audit rows."""
    name = f"devin-bridge-audit-{datetime.fromtimestamp(now, UTC):%Y-%m-%d}.csv"
    return NewOperation(BOT_KIND, BOT_AUDIT_TITLE, name, BOT_AUDIT_HEADER, ())


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


# ------------------------------------------------------------ flow
# What admins ask for with `/devin audit` and `/devin audit bot`: mostly the begin of an operation.


class AuditCommands:
    """Answers these commands from our own rows, or begins the operation that they ask for."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the commands do."""
        return {
            AUDIT: Handler(self._audit_log, elsewhere=views.ONLY_IN_PRIVATE),
            AUDIT_BOT: Handler(self._bot_audit, elsewhere=views.ONLY_IN_PRIVATE),
        }

    async def _audit_log(self, asked: Asked) -> Message:
        query = parse_query(asked.argument)
        if isinstance(query, WrongQuery):
            return views.wrong_query(query)
        days = days_of(query, self._services.clock(), asked.workspace.policy.zone)
        if isinstance(days, WrongQuery):
            return views.wrong_query(days)
        begun = await begin_for(self._services, asked, audit_log_file(query, days))
        if asked.argument:
            return begun
        # Whether the key can see Devin's shows only later, and the bot's own are there anyway.
        own = await self._newest(asked.workspace, asked.readers)
        return begun if own is views.NOTHING_CHANGED else views.with_devins(own)

    async def _bot_audit(self, asked: Asked) -> Message:
        if asked.argument:
            return await begin_for(self._services, asked, bot_audit_file(self._services.clock()))
        return await self._newest(asked.workspace, asked.readers)

    async def _newest(self, workspace: Workspace, readers: Readers) -> Message:
        async with self._services.db.read() as tx:
            found = await audit.below(tx, workspace.team, None, views.MOST_LISTED, but=audit.WORK)
            names = await people.names(tx, workspace.team, {row.user for _, row in found})
            shown = await shown_rows(tx, workspace, found, readers)
        return views.bot_audit([bot_audit_cells(row, names.get(row.user, row.user)) for _, row in shown])
