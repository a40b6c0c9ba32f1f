"""What Devin billed, read from Devin into rows: of today, of finished days while they may change, and of earlier days.

1. The rows say which days have to be read: those that Devin may still change, and those not read since it could. So at
   the first start and after an outage up to 90 days are read back, and after a kill this goes on where it was.
2. Devin is asked about at most 31 days in one call, the newest first.
3. What it billed on a day takes the place of all that was stored of the day. If the day had settled, a change is stored
   as a correction in the same transaction, for the next digest to name it.
4. A day that it does not list is stored as such, and not as one that cost nothing: `rules.bill_of` says when it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import inf
from typing import Any, Final

from bot.devin.errors import DevinDenied, DevinError, DevinForbidden, DevinNotFound, DevinQuotaExceeded
from bot.devin.models import Consumption
from bot.domain.amounts import exact_sum
from bot.domain.billing import ONE_DAY, Billed, Withheld, WithheldBecause, billing_day, bounds, day_of_row, finished_at
from bot.features.consumption import rows as corrections
from bot.features.consumption.rules import (
    HISTORY_DAYS,
    Correction,
    by_product,
    days_to_read,
    is_missing,
    window,
)
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.logs import get_logger
from bot.store import due, spend
from bot.store.database.connection import Transaction

log = get_logger(__name__)

PERMISSION: Final = "ViewOrgConsumption"
_NOT_LISTED: Final[Mapping[str, Decimal]] = {}

Bill = Mapping[date, Mapping[str, Decimal]]
"""ACUs by billing day and product; a day without any product is one that Devin does not list."""


@dataclass(frozen=True, slots=True)
class BillAnswer:
    """What Devin answered to the question, put at `asked_at`, what it billed on these `days`.

    The first of the days is only there because the row of the second one may be dated before its start.
    """

    days: Sequence[date]
    bill: Bill
    asked_at: float

    def replacing(self, known: Mapping[date, Billed]) -> Bill:
        """Return what to store in place of what is `known`. Of a new day that Devin leaves out, that is noted."""
        unknown = [day for day in self.days[1:] if day not in known]
        replaced = [day for day in self._days(known) if day in self.bill or day in unknown]
        return {day: self.bill.get(day, _NOT_LISTED) for day in replaced}

    def confirmed(self, known: Mapping[date, Billed]) -> list[date]:
        """Return the days that Devin leaves out now, and of which something is `known`: that stays."""
        return [day for day in self._days(known) if day in known and day not in self.bill]

    def _days(self, known: Mapping[date, Billed]) -> list[date]:
        """The days about which this reading says something new; another worker may have asked later."""
        first = self.days[0]
        days = self.days[1:] if first in known else self.days
        return [day for day in days if day not in known or known[day].read_at <= self.asked_at]


class ConsumptionReader:
    """Reads what Devin billed to organisations, and stores it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._failing: set[str] = set()  # the organisations whose last reading failed

    async def tick(self, organisation: Organisation) -> float:
        """Read what Devin billed to an organisation, if somebody may ask for it and no worker has just read it.

        Returns the seconds until the next call, of which there are more while earlier days are missing.
        """
        timing = self._services.timing
        if not self._services.workspaces.want_figures_of(organisation):
            return timing.consumption_interval
        async with self._services.db.read() as tx:
            stored = await due.read(tx, due.consumption(organisation.id))
        wait = stored.at - self._services.clock() if stored else 0.0
        if wait > 0:
            return min(wait, timing.consumption_interval)
        try:
            return await self._read(organisation, timing.consumption_interval)
        except DevinError as error:
            self._note_failure(organisation, error)
            return max(timing.consumption_retry, error.retry_after or 0.0)

    async def refresh(self, organisation: Organisation) -> None:
        """Read in one call what Devin billed to an organisation on the days that may still change, and store it.

        Earlier days that are missing are read along as far as the call can ask about them. That Devin withholds its
        bill is stored; other errors are raised.
        """
        await self._read(organisation, 0.0)

    # ------------------------------------------------------------ one call

    async def _read(self, organisation: Organisation, interval: float) -> float:
        """Ask about the newest days that were not read within `interval`. Returns the seconds until the next call."""
        timing, asked_at = self._services.timing, self._services.clock()
        async with self._services.db.read() as tx:
            read_at = _instants(await _known(tx, organisation.id, asked_at))
        wanted = days_to_read(read_at, asked_at, interval)
        if not wanted:
            return timing.consumption_interval
        days = window(wanted)
        try:
            answer = await organisation.devin.daily_consumption(bounds(days[0])[0], bounds(days[-1])[1])
        except (DevinDenied, DevinForbidden, DevinNotFound, DevinQuotaExceeded) as error:
            await self._store_withheld(organisation.id, _withheld(error))
            left = 0
        except DevinError:
            # So that nobody is told that Devin wasn't asked yet; a crash before the commit has the next start ask.
            async with self._services.unit_of_work() as uow:
                if await due.read(uow.tx, due.consumption(organisation.id)) is None:
                    await self._write_due(uow.tx, organisation.id, uow.now)
            raise
        else:
            # A crash right here loses the answer: the days are still unread, and are asked about again.
            left = await self._store_figures(organisation.id, BillAnswer(days, bill_in(answer), asked_at))
            if any(is_missing(day, read_at.get(day, -inf), asked_at) for day in days[1:]):
                since, until = days[0].isoformat(), days[-1].isoformat()
                log.info("consumption read", organisation=organisation.id, since=since, until=until, days_left=left)
        self._failing.discard(organisation.id)
        return timing.consumption_backfill if left else timing.consumption_interval

    async def _store_figures(self, org_id: str, reading: BillAnswer) -> int:
        """Store a reading. Returns the number of days that have to be read next."""
        timing = self._services.timing
        async with self._services.unit_of_work() as uow:
            # Before all else: two workers that store an organisation's bill wait for each other here.
            await self._write_due(uow.tx, org_id, uow.now + timing.consumption_interval)
            known = await _known(uow.tx, org_id, reading.asked_at)
            replaced, confirmed = reading.replacing(known), reading.confirmed(known)
            await spend.put_consumption(uow.tx, org_id, replaced, reading.asked_at)
            await spend.confirm_consumption(uow.tx, org_id, confirmed, reading.asked_at)
            await corrections.add(uow.tx, org_id, _changes(known, replaced), uow.now)
            instants = _instants(known) | dict.fromkeys([*replaced, *confirmed], reading.asked_at)
            left = len(days_to_read(instants, uow.now, timing.consumption_interval))
            if left:
                await self._write_due(uow.tx, org_id, uow.now + timing.consumption_backfill)
        return left

    async def _store_withheld(self, org_id: str, withheld: Withheld) -> None:
        async with self._services.unit_of_work() as uow:
            stored = await due.read(uow.tx, due.consumption(org_id))
            await self._write_due(uow.tx, org_id, uow.now + self._services.timing.consumption_interval, withheld)
        if stored is None or read_withheld(stored.state) != withheld:
            facts = {"because": withheld.because.value, "permission": withheld.named}
            log.warning("consumption not permitted", organisation=org_id, **facts)

    async def _write_due(self, tx: Transaction, org_id: str, at: float, withheld: Withheld | None = None) -> None:
        facts = {"missing": withheld.named, "because": withheld.because.value} if withheld else {"missing": None}
        await due.write(tx, due.consumption(org_id), at, {"v": 1, **facts})

    def _note_failure(self, organisation: Organisation, error: DevinError) -> None:
        if organisation.id not in self._failing:
            facts = {"error": type(error).__name__, "status": error.status}
            log.warning("consumption not read", organisation=organisation.id, **facts)
        self._failing.add(organisation.id)


async def _known(tx: Transaction, org_id: str, now: float) -> dict[date, Billed]:
    today = billing_day(now)
    return await spend.billed(tx, org_id, today - ONE_DAY * HISTORY_DAYS, today)


def _instants(known: Mapping[date, Billed]) -> dict[date, float]:
    return {day: figure.read_at for day, figure in known.items()}


def bill_in(answer: Consumption) -> Bill:
    """Return what Devin has billed, as it answers; days that it does not list are left out."""
    bill: dict[date, dict[str, Decimal]] = {}
    for row in answer.consumption_by_date:
        amounts = bill.setdefault(day_of_row(row.date), {})
        for product, acus in by_product(row.acus, row.acus_by_product).items():
            amounts[product] = exact_sum([amounts[product], acus]) if product in amounts else acus
    return bill


def _changes(known: Mapping[date, Billed], replaced: Bill) -> list[Correction]:
    """Return how the bills of days change that had settled when they were read before, or come in then."""
    totals = {day: float(exact_sum(amounts.values())) for day, amounts in replaced.items()}
    return [
        Correction(day, known[day].acus, acus)
        for day, acus in sorted(totals.items())
        if day in known and known[day].read_at >= finished_at(day) and known[day].acus != acus
    ]


def _withheld(error: DevinDenied | DevinForbidden | DevinNotFound | DevinQuotaExceeded) -> Withheld:
    if isinstance(error, DevinDenied):
        return Withheld(WithheldBecause.DENIED, error.words)
    if isinstance(error, DevinQuotaExceeded):
        return Withheld(WithheldBecause.QUOTA, error.reason or "quota")
    if isinstance(error, DevinNotFound):
        return Withheld(WithheldBecause.NOT_FOUND, PERMISSION)
    return Withheld(WithheldBecause.PERMISSION, error.needed or PERMISSION)


def read_withheld(state: Mapping[str, Any]) -> Withheld | None:
    """Return why Devin's bill is withheld, as the stored `state` of the last reading has it; None if it is not."""
    named = state["missing"]
    return Withheld(WithheldBecause(state["because"]), named) if named else None
