"""The organisations at Devin as rows: name, id, limits, and the ACUs of the billing cycle that runs now.

A key that may not list them still shows its own organisation, and what is missing is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from bot.devin.client import Devin
from bot.devin.errors import DevinForbidden, DevinNotFound
from bot.devin.models import Consumption, Organization
from bot.domain.billing import billing_day, bounds
from bot.domain.cycle import Cycle, cycle_with
from bot.domain.long_job import JobRow, LongJob, LongJobKind, NewLongJob
from bot.flows.manage.row_sources import Batch
from bot.flows.services import Services
from bot.flows.workspace import Workspace
from bot.store import cycles
from bot.views import organisations as views

AT_ONCE: Final = 10  # organisations in a batch: each takes a call of its own
MOST_LISTED: Final = 100  # beyond, there is a file too
HEADER: Final = ("name", "org_id", "max_session_acu_limit", "max_cycle_acu_limit", "acus")
_ACUS: Final = HEADER.index("acus")
_NO_ACUS: Final = "ViewAccountConsumption"


def organisation_list(now: float) -> NewLongJob:
    """The long job that lists the organisations."""
    name = f"devin-organisations-{datetime.fromtimestamp(now, UTC):%Y-%m-%d}.csv"
    return NewLongJob(
        LongJobKind.ORGANISATIONS,
        views.TITLE,
        name,
        HEADER,
        tuple(range(len(HEADER))),
        most_shown=MOST_LISTED,
        file_beyond=MOST_LISTED,
        total_column=_ACUS,
    )


@dataclass(frozen=True, slots=True)
class _Amount:
    """The ACUs of an organisation, or the permission that is `missing` to know them."""

    acus: Decimal | None = None
    missing: str | None = None


class OrganisationRows:
    """The source of the organisations."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def read(self, workspace: Workspace, job: LongJob) -> Batch:
        """Read the next organisations with their ACUs; before the first ones, how long the queue is."""
        own = workspace.organisation.devin
        at: dict[str, Any] = dict(job.cursor) if job.cursor else {"after": None, "skip": 0, "missing": None}
        cycle = await self._cycle(own.org_id, job.created_at)
        notes = () if job.cursor else (views.cycle_shown(cycle), await _queue(own))
        try:
            page = await own.organizations_page(at["after"])
        except (DevinForbidden, DevinNotFound) as refused:
            batch = await _own_alone(own, cycle, job.created_at, getattr(refused, "needed", None))
            return replace(batch, notes=(*notes, *batch.notes))
        some = page.items[at["skip"] : at["skip"] + AT_ONCE]
        rows = []
        for one in some:
            amount = await _amount(own, one.org_id, cycle, job.created_at) if at["missing"] is None else _Amount()
            at["missing"] = at["missing"] or amount.missing
            rows.append(JobRow(one.org_id, _cells(one, amount)))
        if at["missing"] is not None:
            notes = (*notes, views.no_acus(at["missing"]))
        cursor = _next(at, len(page.items), page.end_cursor if page.has_next_page else None)
        return Batch(rows, len(some), cursor, page.total, notes)

    async def _cycle(self, org_id: str, now: float) -> Cycle:
        day = billing_day(now)
        async with self._services.db.read() as tx:
            return cycle_with(day, await cycles.cycles_with(tx, org_id, day))


def _next(at: Mapping[str, Any], on_page: int, next_page: str | None) -> dict[str, Any] | None:
    skip = at["skip"] + AT_ONCE
    if skip < on_page:
        return {**at, "skip": skip}
    return None if next_page is None else {**at, "skip": 0, "after": next_page}


async def _own_alone(own: Devin, cycle: Cycle, now: float, needed: str | None) -> Batch:
    after, before = _bounds(cycle, now)
    try:
        amount = _Amount(_sum(await own.daily_consumption(after, before)))
    except (DevinForbidden, DevinNotFound):
        amount = _Amount()
    row = JobRow(own.org_id, _cells(Organization(org_id=own.org_id), amount))
    return Batch((row,), 1, None, 1, (views.own_alone(needed),))


async def _amount(devin: Devin, org_id: str, cycle: Cycle, now: float) -> _Amount:
    try:
        return _Amount(_sum(await devin.organization_daily_consumption(org_id, *_bounds(cycle, now))))
    except DevinForbidden as refused:
        return _Amount(missing=refused.needed or _NO_ACUS)
    except DevinNotFound:
        return _Amount()


def _bounds(cycle: Cycle, now: float) -> tuple[int, int]:
    return bounds(cycle.first)[0], int(now)


def _sum(found: Consumption) -> Decimal:
    return sum((Decimal(str(day.acus)) for day in found.consumption_by_date), Decimal())


async def _queue(devin: Devin) -> str:
    try:
        queue = await devin.queue()
    except (DevinForbidden, DevinNotFound) as refused:
        return views.no_queue(getattr(refused, "needed", None))
    return views.queue(queue.queue_size, queue.status)


def _cells(one: Organization, amount: _Amount) -> tuple[str | None, ...]:
    limits = (one.max_session_acu_limit, one.max_cycle_acu_limit)
    acus = None if amount.acus is None else f"{amount.acus:f}"
    return (one.name or None, one.org_id, *(None if limit is None else str(limit) for limit in limits), acus)
