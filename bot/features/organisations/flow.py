"""The organisations at Devin as rows: name, id, limits, and the ACUs of the billing cycle that runs now.

The limits are for Devin itself, so what it used stands apart from what other products did, such as the local agents.
The same list, without limits and with all ACUs of other days, is what all organisations used, divided by organisation.
A key that may not list them still shows its own organisation, and what is missing is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

from bot.devin import paging
from bot.devin.answers import Page
from bot.devin.client import Devin
from bot.devin.errors import DevinDenied, DevinForbidden, DevinNotFound
from bot.devin.models import Organization
from bot.domain.amounts import cost, exact_sum
from bot.domain.billing import ONE_DAY, billing_day
from bot.domain.commands.spec import CommandSpec
from bot.domain.cycle import cycle_with
from bot.domain.operation import NOT_SHOWN, Cell, NewOperation, Operation, OperationRow
from bot.domain.periods import days_between
from bot.domain.products import DEVIN, Products
from bot.features.consumption import rows as cycles
from bot.features.consumption.rules import not_in_yet
from bot.features.organisations import sentences as views
from bot.features.organisations.specs import ORGS
from bot.features.usage import enterprise_sentences
from bot.features.usage.bill import Read, read_sum, read_sums
from bot.features.usage.sentences import Apart, not_included
from bot.kernel.commands.devin_failures import why_missing
from bot.kernel.commands.handler import Asked, Handler
from bot.kernel.operations.requests import begin_for
from bot.kernel.operations.row_sources import Batch
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.views.message import Message

KIND: Final = "organisations"  # of operations; stands in rows
AT_ONCE: Final = 10  # organisations in a batch: each takes a call of its own
MOST_LISTED: Final = 100
SURE_TO_FIT: Final = 60  # rows of the longest names that Slack takes in a table; beyond, there is a file too
HEADER: Final = ("name", "org_id", "max_session_acu_limit", "max_cycle_acu_limit", "devin_acus", "other_acus")
_ALL: Final = "ManageOrganizations"
_ACUS: Final = "ViewAccountConsumption"
_OWN_ACUS: Final = "ViewOrgConsumption"
_QUEUE: Final = "ViewAccountMetrics"
_REFUSED: Final = (DevinDenied, DevinForbidden, DevinNotFound)

_BEGIN: Final[Mapping[str, Any]] = {"after": None, "skip": 0, "missing": None, "sum": "0"}

_Days = tuple[date, date]
"""The first and the last day whose ACUs are shown."""


def organisation_list(now: float) -> NewOperation:
    """The operation that lists the organisations."""
    name = f"devin-organizations-{datetime.fromtimestamp(now, UTC):%Y-%m-%d}.csv"
    return NewOperation(
        KIND,
        views.TITLE,
        name,
        HEADER,
        tuple(range(len(HEADER))),
        most_shown=MOST_LISTED,
        file_beyond=SURE_TO_FIT,
        total_columns=(HEADER.index("devin_acus"), HEADER.index("other_acus")),
    )


@dataclass(frozen=True, slots=True)
class _Amount:
    """The ACUs of an organisation by what Devin limits, or the sentence that says why they are `missing`."""

    acus: Products | None = None
    missing: str | None = None

    def divided(self) -> tuple[Cell, Cell]:
        """Write what Devin itself used and what others did."""
        if self.acus is None:
            return None, None
        others = exact_sum(acus for name, acus in self.acus.items() if name != DEVIN)
        return f"{self.acus.get(DEVIN, Decimal(0)):f}", f"{others:f}"

    def used_on(self, days: _Days, now: float) -> Cell:
        """Write what all used on the `days`; None if Devin lists none of them, and may still do so."""
        if self.acus is None:
            return NOT_SHOWN
        whole = days_between(*days)
        if not self.acus and not_in_yet(whole, None, now) == whole:
            return None
        return f"{exact_sum(self.acus.values()):f}"


class OrganisationRows:
    """The source of the organisations."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def read(self, workspace: Workspace, operation: Operation) -> Batch:
        """Read the next organisations with their ACUs; before the first ones, how long the queue is."""
        own = workspace.organisation.devin
        at: dict[str, Any] = dict(operation.cursor) if operation.cursor else dict(_BEGIN)
        days, notes = await self._days(own, operation)
        try:
            page = await own.organizations_page(at["after"])
        except _REFUSED as refused:
            batch = await _own_alone(own, days, operation, why_missing(refused, _ALL))
            return replace(batch, notes=(*notes, *batch.notes, *_not_finished(operation)))
        some = page.items[at["skip"] : at["skip"] + AT_ONCE]
        rows = []
        for organisation in some:
            read = partial(own.organization_daily_consumption, organisation.org_id)
            amount = await _amount(read, days, _ACUS) if at["missing"] is None else _Amount()
            at["missing"] = at["missing"] or amount.missing
            at["sum"] = _added(at["sum"], amount)
            org_id, name = organisation.org_id, organisation.name or None
            rows.append(OperationRow(org_id, _cells(operation, org_id, name, _limits(organisation), amount)))
        if at["missing"] is not None:
            notes = (*notes, at["missing"])
        cursor, is_cut = _behind(page, at)
        notes = (*notes, views.cut(operation.done + len(some))) if is_cut else notes
        if cursor is None and operation.new.asked:
            rest, more = await _rest(workspace, operation, None if is_cut else at["sum"])
            rows, notes = [*rows, *rest], (*notes, *more)
        return Batch(rows, len(some), cursor, page.total, notes)

    async def _days(self, own: Devin, operation: Operation) -> tuple[_Days, tuple[str, ...]]:
        """The days whose ACUs are shown, and at the begin what is said beside the list."""
        if operation.new.asked:
            first, last, _ = _asked(operation)
            return (first, last), ()
        today = billing_day(operation.created_at)
        async with self._services.db.read() as tx:
            cycle = cycle_with(today, await cycles.cycles_with(tx, own.org_id, today))
        return (cycle.first, today), () if operation.cursor else (views.cycle_shown(cycle), await _queue(own))


def _asked(operation: Operation) -> tuple[date, date, date]:
    """The first and the last day that are counted, and the last one that is not finished."""
    first, last, until = (date.fromisoformat(operation.new.asked[name]) for name in ("first", "last", "until"))
    return first, last, until


def _not_finished(operation: Operation) -> list[str]:
    if not operation.new.asked:
        return []
    _, last, until = _asked(operation)
    return not_included(Apart(days_between(last + ONE_DAY, until)))


def _added(before: str | None, amount: _Amount) -> str | None:
    """Add what an organisation used to the sum of those before it; None as soon as one is not known."""
    if before is None or amount.acus is None:
        return None
    return f"{exact_sum([Decimal(before), *amount.acus.values()]):f}"


async def _rest(
    workspace: Workspace, operation: Operation, known: str | None
) -> tuple[list[OperationRow], Sequence[str]]:
    """What the enterprise's bill has beyond the organisations, which used the `known` ACUs, and what is said of it."""
    first, last, until = _asked(operation)
    if known is None:
        return [], _not_finished(operation)
    read = workspace.organisation.devin.enterprise_daily_consumption
    try:
        found = await read_sums(read, first, last, until, operation.created_at)
    except _REFUSED:
        return [], _not_finished(operation)
    apart = Apart(days_between(last + ONE_DAY, until), None if found.apart is None else float(found.apart))
    money = cost(workspace.policy.acu_price, {day: float(acus) for day, acus in found.by_day.items()})
    notes = enterprise_sentences.notes(found.total, found.late, apart, money)
    rest = exact_sum([found.total, Decimal(known).copy_negate()])
    cells = (enterprise_sentences.NO_ORGANISATION, None, f"{rest.normalize():f}")
    return [OperationRow(enterprise_sentences.NO_ORGANISATION, cells)] if rest else [], notes


def _behind(page: Page[Organization], at: dict[str, Any]) -> tuple[dict[str, Any] | None, bool]:
    """Where the next organisations are, behind those read `at` a place, and whether the list is cut there."""
    if (skip := at["skip"] + AT_ONCE) < len(page.items):
        return {**at, "skip": skip}, False
    return paging.behind(page, {**at, "skip": 0}, paging.LISTED_PAGES)


async def _own_alone(own: Devin, days: _Days, operation: Operation, why: str) -> Batch:
    amount = await _amount(own.daily_consumption, days, _OWN_ACUS)
    notes = [views.own_alone(why), *([amount.missing] if amount.missing else [])]
    row = OperationRow(own.org_id, _cells(operation, own.org_id, None, (NOT_SHOWN, NOT_SHOWN), amount))
    return Batch((row,), 1, None, 1, tuple(notes))


async def _amount(read: Read, days: _Days, permission: str) -> _Amount:
    try:
        return _Amount(await read_sum(read, *days))
    except DevinNotFound:  # of this organisation only: the list has others
        return _Amount()
    except (DevinForbidden, DevinDenied) as refused:
        return _Amount(missing=views.no_acus(why_missing(refused, permission)))


async def _queue(devin: Devin) -> str:
    try:
        queue = await devin.queue()
    except _REFUSED as refused:
        return views.no_queue(why_missing(refused, _QUEUE))
    return views.queue(queue.queue_size, queue.status)


def _limits(organisation: Organization) -> tuple[Cell, Cell]:
    session, cycle = organisation.max_session_acu_limit, organisation.max_cycle_acu_limit
    return None if session is None else str(session), None if cycle is None else str(cycle)


def _cells(
    operation: Operation, org_id: str, name: str | None, limits: tuple[Cell, Cell], amount: _Amount
) -> tuple[Cell, ...]:
    if operation.new.asked:
        first, last, _ = _asked(operation)
        return name, org_id, amount.used_on((first, last), operation.created_at)
    return name, org_id, *limits, *amount.divided()


# ------------------------------------------------------------ flow
# `/devin orgs`: begins the list of Devin's organizations, which is an operation.


class OrganisationsCommand:
    """Begins the list of Devin's organizations."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does."""
        return {ORGS: Handler(self._organisations)}

    async def _organisations(self, asked: Asked) -> Message:
        return await begin_for(self._services, asked, organisation_list(self._services.clock()))
