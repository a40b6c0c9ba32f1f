"""Devin's audit log as rows: windows of at most 100 days, page by page, the newest entries first.

An entry that two pages or two windows have is stored once, by its `audit_log_id`.
"""

from collections.abc import Mapping
from typing import Any, Final

from bot.devin import paging
from bot.devin.answers import Page
from bot.devin.audit import AuditApi
from bot.devin.client import Devin
from bot.devin.errors import DevinForbidden, DevinInvalid, DevinNotFound
from bot.devin.models import AuditEntry
from bot.domain.operation import Cell, NewOperation, Operation, OperationRow
from bot.features.audit import sentences as views
from bot.features.audit.bot_audit import written_instant, written_json
from bot.features.audit.words import AuditQuery, Days
from bot.kernel.operations.row_sources import Batch, CannotGoOn
from bot.kernel.workspace import Workspace
from bot.views.operations import devin_refused

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
