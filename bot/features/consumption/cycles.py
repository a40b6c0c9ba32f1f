"""The cycles in which Devin bills an organisation, how many ACUs it may use in one, and when the key for it expires.

1. Once in each billing day Devin is asked for its cycles, for the limits that it knows, and for its service users.
2. What an answer says replaces what is stored. What the key may not read is deleted, and asked for again the next day.
3. Where no cycle is known, the month of the calendar counts, and where no limit is, the one of the settings.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Generic, Protocol, TypeVar

from bot.devin.client import Devin
from bot.devin.errors import DevinDenied, DevinError, DevinForbidden, DevinNotFound
from bot.devin.models import AgentLimit, AgentLimits
from bot.domain.amounts import Price, cost, half_up
from bot.domain.billing import ONE_DAY, Withheld, billing_day, bounds
from bot.domain.cycle import Cycle, CycleLimit, CycleLimits, LimitSource, cycle_between, cycle_with, limits_among
from bot.domain.products import DEVIN, LOCAL_AGENTS
from bot.features.consumption import rows as cycle_rows
from bot.features.consumption.forecast import HISTORY_DAYS, Forecast, forecast
from bot.features.consumption.sentences import CycleFigures, ProductUse
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.kernel.workspace import Policy
from bot.logs import get_logger
from bot.store import due
from bot.store.database.connection import Transaction
from bot.timing import Timing

log = get_logger(__name__)

NOT_FOUND: Final = "not found"  # what is missing where Devin does not even name a permission

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class CycleRead(Generic[_Value]):
    """Something that is read by a call of its own, as each may need another permission; `nothing` where it has none."""

    name: str
    read: Callable[[Devin], Awaitable[_Value]]
    put: Callable[[Transaction, str, _Value, float], Awaitable[None]]
    nothing: _Value


@dataclass(frozen=True, slots=True)
class CycleAnswer:
    """The outcome of a call: what it gave, which permission is `missing`, or how long to wait because it `failed`."""

    part: CycleRead[Any]
    value: Any = None
    missing: str | None = None
    failed: bool = False
    retry_after: float = 0.0


async def cycle_of(tx: Transaction, org_id: str, now: float) -> Cycle:
    """Return the cycle of an organisation that the instant `now` is in."""
    day = billing_day(now)
    return cycle_with(day, await cycle_rows.cycles_with(tx, org_id, day))


async def limits_of(tx: Transaction, org_id: str, policy: Policy) -> CycleLimits:
    """Return how many ACUs an organisation may use in a cycle, as Devin or else the `policy` says."""
    return limits_among(await cycle_rows.limits(tx, org_id), policy.cycle_acus)


async def key_expiry_of(tx: Transaction, org_id: str) -> float | None:
    """Return when the key for an organisation expires; None if it does not, or if Devin does not say."""
    stored = await due.read(tx, due.key_expiry(org_id))
    return stored.at if stored else None


class CycleReader:
    """Reads the cycles and the limits of organisations, and when keys expire, and stores them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def tick(self, organisation: Organisation) -> float:
        """Read what is due of an organisation, if somebody may ask for its figures.

        Returns the seconds until the next call.
        """
        timing, clock = self._services.timing, self._services.clock
        if not self._services.workspaces.want_figures_of(organisation):
            return timing.idle_tick
        async with self._services.db.read() as tx:
            state = await _state(tx, organisation.id)
        wanted = [part for part in PARTS if _due_at(state, part) <= clock()]
        if wanted:
            # One after the other: nobody waits for them.
            state = await self._store(organisation.id, [await _reading(part, organisation.devin) for part in wanted])
        wait = min(_due_at(state, part) for part in PARTS) - clock()
        return min(max(wait, 0.0), timing.idle_tick)

    async def _store(self, org_id: str, readings: Sequence[CycleAnswer]) -> dict[str, Any]:
        # A crash right before this commit loses the readings: the next start asks for them again.
        async with self._services.unit_of_work() as uow:
            before = await _state(uow.tx, org_id)
            after = before | {reading.part.name: _entry(before, reading, uow.now, uow.timing) for reading in readings}
            at = min(entry["at"] for entry in after.values())
            # Before all else: two workers that store an organisation's cycles wait for each other here.
            await due.write(uow.tx, due.cycles(org_id), at, {"v": 1, "parts": after})
            for reading in readings:
                if not reading.failed:
                    await reading.part.put(uow.tx, org_id, reading.value, uow.now)
        for reading in readings:
            _log(org_id, reading, before)
        return after


def _entry(before: Mapping[str, Any], reading: CycleAnswer, now: float, timing: Timing) -> dict[str, Any]:
    if reading.failed:
        wait = max(timing.cycles_retry, reading.retry_after)
        known = before.get(reading.part.name, {"missing": None})
        return {**known, "at": now + wait, "failed": True}
    next_day = bounds(billing_day(now))[1]
    return {"at": next_day + timing.cycles_settle, "missing": reading.missing}


def _log(org_id: str, reading: CycleAnswer, before: Mapping[str, Any]) -> None:
    known = before.get(reading.part.name, {})
    if reading.failed and not known.get("failed"):
        log.warning("cycles not read", organisation=org_id, part=reading.part.name)
    elif reading.missing is not None and reading.missing != known.get("missing"):
        # No warning: a key need not have these permissions.
        log.info("cycles not permitted", organisation=org_id, part=reading.part.name, permission=reading.missing)


async def _state(tx: Transaction, org_id: str) -> dict[str, Any]:
    """When each part is read next, which permission is missing for it, and whether its last reading failed."""
    stored = await due.read(tx, due.cycles(org_id))
    return dict(stored.state["parts"]) if stored else {}


def _due_at(state: Mapping[str, Any], part: CycleRead[Any]) -> float:
    return float(state[part.name]["at"]) if part.name in state else 0.0


# ---------------------------------------------------------------- the calls


async def _reading(part: CycleRead[Any], devin: Devin) -> CycleAnswer:
    try:
        return CycleAnswer(part, await part.read(devin))
    except DevinForbidden as error:
        return CycleAnswer(part, part.nothing, missing=error.needed or NOT_FOUND)
    except (DevinDenied, DevinNotFound):
        return CycleAnswer(part, part.nothing, missing=NOT_FOUND)
    except DevinError as error:
        return CycleAnswer(part, failed=True, retry_after=error.retry_after or 0.0)


async def _cycles(devin: Devin) -> Sequence[Cycle]:
    found = [cycle_between(cycle.after, cycle.before) async for cycle in devin.consumption_cycles()]
    return [cycle for cycle in found if cycle is not None]


async def _entry_in_acu_limits(devin: Devin) -> float | None:
    """The smallest of the organisation's entries. Those of people and of the whole enterprise limit something else."""
    entries = [entry async for entry in devin.acu_limits()]
    ours = [entry.cycle_acu_limit for entry in entries if entry.org_id == devin.org_id and entry.user_id is None]
    return min(ours, default=None)


async def _put_agent_limits(tx: Transaction, org_id: str, limits: AgentLimits, now: float) -> None:
    await cycle_rows.put_limit(tx, org_id, LimitSource.CLOUD_AGENT, _acus(limits.cloud_agent), now)
    await cycle_rows.put_limit(tx, org_id, LimitSource.LOCAL_AGENTS, _acus(limits.local_agent), now)


def _acus(limit: AgentLimit | None) -> float | None:
    return None if limit is None else limit.cycle_acu_limit


async def _limit_of_organisation(devin: Devin) -> float | None:
    return (await devin.organization()).max_cycle_acu_limit


async def _key_expiry(devin: Devin) -> float | None:
    return await devin.key_expires_at(await devin.self_())


async def _put_key_expiry(tx: Transaction, org_id: str, at: float | None, _now: float) -> None:
    if at is None:
        await due.drop(tx, [due.key_expiry(org_id)])
    else:
        await due.write(tx, due.key_expiry(org_id), at, {"v": 1})


def _limit(source: LimitSource, read: Callable[[Devin], Awaitable[float | None]]) -> CycleRead[float | None]:
    async def put(tx: Transaction, org_id: str, acus: float | None, now: float) -> None:
        await cycle_rows.put_limit(tx, org_id, source, acus, now)

    return CycleRead(source.value, read, put, None)


PARTS: Final[tuple[CycleRead[Any], ...]] = (
    CycleRead("cycles", _cycles, cycle_rows.put_cycles, ()),
    _limit(LimitSource.ACU_LIMITS, _entry_in_acu_limits),
    CycleRead("agent limits", Devin.agent_limits, _put_agent_limits, AgentLimits()),
    _limit(LimitSource.ORGANISATION, _limit_of_organisation),
    CycleRead("key_expiry", _key_expiry, _put_key_expiry, None),
)


# ------------------------------------------------------------ cycle figures
# The figures of the billing cycle that a day is in, made from the amounts of its days and of some before it.


class DailyAcus(Protocol):
    """ACUs by billing day, as the usage ledger has them."""

    @property
    def withheld(self) -> Withheld | None:
        """Why only our own sessions count, if Devin withholds its bill."""

    def best(self, days: Sequence[date]) -> float | None:
        """Return the ACUs of the days, or None if that is not known."""

    def up_to_known(self, days: Sequence[date]) -> tuple[date, ...]:
        """Return those of the days, oldest first, that are before the first one of which `best` is not known."""

    def by_limit(self) -> Mapping[str, "DailyAcus"]:
        """Return the same of each part of the bill that Devin limits by itself, Devin's own among them."""


def history_start(cycle: Cycle) -> date:
    """Return the first day that the forecast of a cycle is made from."""
    return cycle.first - timedelta(days=HISTORY_DAYS)


def cycle_figures(
    cycle: Cycle, limits: CycleLimits, amounts: DailyAcus, day: date, finished: date, price: Price | None = None
) -> CycleFigures | None:
    """Return the figures of `cycle` up to `day`, or None if a day of them is not known.

    The days up to `finished` are over, so that they say something about those that are to come.
    """
    days = amounts.up_to_known(_span(cycle.first, day))
    parts = dict(amounts.by_limit())
    devin = parts.pop(DEVIN)
    used = devin.best(days)
    if used is None:
        return None
    until = days[-1]
    known_until = min(until, finished)
    others = [_other_use(name, cycle, limits, part, days, known_until) for name, part in parts.items()]
    return CycleFigures(
        cycle=cycle,
        used=used,
        until=None if known_until >= cycle.last else until,
        limit=limits.devin.acus if limits.devin is not None and _compares(limits.devin, amounts) else None,
        forecast=_forecast(cycle, devin, used, known_until),
        is_over=known_until >= cycle.last,
        others=tuple(sorted((other for other in others if half_up(other.used, 6)), key=_order)),
        cost=cost(price, {day: amounts.best((day,)) or 0.0 for day in days}),
    )


def _compares(limit: CycleLimit, amounts: DailyAcus) -> bool:
    # Devin limits the whole organisation. What our own sessions used is no part of that which anybody could judge by.
    return amounts.withheld is None or limit.source is LimitSource.SETTING


def _other_use(
    name: str, cycle: Cycle, limits: CycleLimits, amounts: DailyAcus, days: Sequence[date], known_until: date
) -> ProductUse:
    """What a part of the bill used that is not Devin's own, with a forecast if it has a limit to be reached."""
    used, limit = amounts.best(days) or 0.0, limits.local_agents if name == LOCAL_AGENTS else None
    if limit is None:
        return ProductUse(name, used)
    return ProductUse(name, used, limit.acus, _forecast(cycle, amounts, used, known_until))


def _order(other: ProductUse) -> tuple[bool, float]:
    """The local agents come first, then what used most."""
    return other.name != LOCAL_AGENTS, -other.used


def _forecast(cycle: Cycle, amounts: DailyAcus, used: float, known_until: date) -> Forecast | None:
    known = {day: amounts.best((day,)) for day in _span(history_start(cycle), known_until)}
    expected = forecast({day: acus for day, acus in known.items() if acus is not None}, cycle)
    return expected and expected.at_least(used)


def _span(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + ONE_DAY * after for after in range((last - first).days + 1))
