"""What Devin billed is read: back for 90 days in a few calls, again while it may change, and what changes is kept."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import httpx
import pytest
from structlog.testing import capture_logs

from bot.devin.client import Devin
from bot.domain.billing import bounds
from bot.features.consumption import rows as corrections
from bot.features.consumption.reader import ConsumptionReader
from bot.features.consumption.rules import Correction
from bot.playground.devin import DevinControl, DevinSimulator
from bot.store import spend
from bot.timing import DAY, HOUR, PRODUCTION
from tests.flows.conftest import ORG

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC).timestamp()
TODAY = date(2026, 5, 20)


def ago(days):
    return TODAY - timedelta(days=days)


class ReaderOfOne:
    """The reader of the only organisation; another one on the same store is a restart, or another worker."""

    def __init__(self, services):
        self._reader = ConsumptionReader(services)
        (self._organisation,) = services.organisations

    async def tick(self):
        return await self._reader.tick(self._organisation)

    async def refresh(self):
        await self._reader.refresh(self._organisation)


@pytest.fixture
def reader(make, request, clock):
    clock.now = NOW
    either = "either_store" in request.fixturenames
    return ReaderOfOne(make(request.getfixturevalue("either_store" if either else "store"), clock))


async def until_all_is_read(reader, clock, seconds=DAY):
    """Call the reader when it wants to be called, until it waits for the next quarter hour."""
    end = clock.now + seconds
    while clock.now < end and (wait := await reader.tick()) < PRODUCTION.consumption_interval:
        clock.now += wait


def asked(bills):
    """The days about which Devin was asked, each time the first and the last, in days back."""
    days = {bounds(ago(days))[0]: days for days in range(-2, 95)}
    return [(days[after], days[before] + 1) for after, before in bills.asked]


async def billed(store):
    async with store.db.read() as tx:
        return {day: figure.acus for day, figure in (await spend.billed(tx, ORG, ago(99), ago(-50))).items()}


async def changes(store):
    async with store.db.read() as tx:
        return list((await corrections.after(tx, ORG, 0)).changes)


# ---------------------------------------------------------------- earlier days


async def test_the_first_start_reads_ninety_days_back_with_a_wait_between_the_calls(reader, bills, store, clock):
    bills.days = {ago(days): days + 0.25 for days in range(91)}
    with capture_logs() as logs:
        assert [await reader.tick(), await reader.tick()] == [PRODUCTION.consumption_backfill] * 2
        await until_all_is_read(reader, clock)
    assert asked(bills) == [(30, 0), (61, 31), (90, 62)]
    assert clock.now == NOW + 2 * PRODUCTION.consumption_backfill
    assert await billed(store) == {ago(days): days + 0.25 for days in range(90, -1, -1)}
    lines = [line for line in logs if line["event"] == "consumption read"]
    assert [(line["since"], line["until"]) for line in lines] == [
        (ago(first).isoformat(), ago(last).isoformat()) for first, last in [(30, 0), (61, 31), (90, 62)]
    ]
    assert [line["days_left"] for line in lines] == [59, 28, 0]


async def test_a_kill_between_two_calls_repeats_none(reader, bills, clock, make, store):
    await reader.tick()
    clock.now += PRODUCTION.consumption_backfill
    await until_all_is_read(ReaderOfOne(make(store, clock)), clock)
    assert asked(bills) == [(30, 0), (60, 30), (90, 60)]
    assert len(await billed(store)) == 90


@pytest.mark.parametrize(
    ("failure", "wait"),
    [
        (httpx.Response(429, headers={"Retry-After": "700"}, json={"detail": "slow down"}), 700.0),
        (httpx.Response(503, json={"detail": "down"}), PRODUCTION.consumption_retry),
    ],
    ids=["429", "503"],
)
async def test_a_devin_that_fails_is_waited_for_and_asked_the_same_again(reader, bills, clock, failure, wait):
    await reader.tick()
    clock.now += PRODUCTION.consumption_backfill
    bills.failures = [failure]
    assert await reader.tick() == wait
    clock.now += wait
    await until_all_is_read(reader, clock)
    assert asked(bills) == [(30, 0), (60, 30), (60, 30), (90, 60)]


async def test_after_that_only_days_that_may_change_are_read(reader, bills, clock):
    await until_all_is_read(reader, clock)
    bills.asked.clear()
    clock.now += PRODUCTION.consumption_interval
    with capture_logs() as logs:
        assert await reader.tick() == PRODUCTION.consumption_interval
    assert asked(bills) == [(4, 0)]  # the first of them for the second, whose row may be dated before its start
    assert logs == []


async def test_after_an_outage_the_days_that_it_left_out_are_read(reader, bills, clock, store):
    await until_all_is_read(reader, clock)
    bills.asked.clear()
    clock.now += 40 * DAY
    bills.days = {ago(days): 1.0 for days in range(-40, 50)}
    with capture_logs() as logs:
        await until_all_is_read(reader, clock)
    days = [((after - bounds(TODAY)[0]) / DAY, (before - bounds(TODAY)[0]) / DAY) for after, before in bills.asked]
    assert days == [(10, 41), (-4, 10)]  # back to the days that could still change when it went down
    assert [line["days_left"] for line in logs] == [13, 0]
    assert {day for day, acus in (await billed(store)).items() if acus} == {ago(days) for days in range(-40, 4)}


# ---------------------------------------------------------------- days that change


async def test_a_day_is_replaced_as_a_whole(reader, bills, store):
    bills.days, bills.products = {ago(1): 3.5}, {ago(1): {"devin": 2.0, "terminal": 0.5, "review": 1.0}}
    await reader.refresh()
    bills.days, bills.products = {ago(1): 4.5}, {ago(1): {"devin": 2.5, "new product": 1.0}}
    await reader.refresh()
    async with store.db.read() as tx:
        found = await spend.consumed_by_product(tx, ORG, ago(1), ago(1))
    assert found == {ago(1): {"devin": Decimal("2.5"), "new product": Decimal(1), "other": Decimal(1)}}


async def test_a_day_that_devin_does_not_list_is_stored_as_that_and_comes_in_later(reader, bills, either_store, clock):
    bills.days = {ago(2): 2.0}
    await reader.refresh()
    await reader.refresh()
    assert (await billed(either_store))[ago(1)] is None
    async with either_store.db.read() as tx:
        assert await spend.consumed_by_product(tx, ORG, ago(1), ago(1)) == {}
        assert await spend.read_at(tx, ORG, ago(1), ago(1)) == {ago(1): clock.now}
    bills.days |= {ago(1): 43.1, ago(0): 1.0}
    await reader.refresh()
    assert (await billed(either_store))[ago(1)] == 43.1
    assert await changes(either_store) == [Correction(ago(1), None, 43.1)]  # the running day had not settled


async def test_a_settled_day_that_changes_is_a_correction_and_others_are_not(reader, bills, store, clock):
    clock.now = bounds(ago(1))[1] + HOUR - 1  # a second before that day has settled
    bills.days = {ago(0): 1.0, ago(1): 2.0, ago(2): 43.1}
    await reader.refresh()
    clock.now += 1
    bills.days = {ago(0): 1.5, ago(1): 2.5, ago(2): 43.4}
    await reader.refresh()
    assert await changes(store) == [Correction(ago(2), 43.1, 43.4)]
    bills.days = {ago(0): 2.0, ago(1): 2.75}  # a figure that is left out stays
    await reader.refresh()
    await reader.refresh()
    assert await changes(store) == [Correction(ago(2), 43.1, 43.4), Correction(ago(1), 2.5, 2.75)]
    assert (await billed(store))[ago(2)] == 43.4


async def test_a_change_is_met_for_three_days_after_the_end_of_a_day_also_by_a_bot_that_was_down(
    reader, bills, store, clock
):
    bills.days = {ago(1): 43.1}
    await until_all_is_read(reader, clock)
    bills.days = {ago(1): 43.4}
    clock.now = bounds(ago(1))[1] + 20 * DAY
    await until_all_is_read(reader, clock)
    assert await changes(store) == [Correction(ago(1), 43.1, 43.4)]
    bills.days = {ago(1): 50.0}
    clock.now += DAY
    await until_all_is_read(reader, clock)
    assert len(await changes(store)) == 1


async def test_an_answer_that_comes_late_does_not_undo_a_newer_one(reader, make, bills, store, clock):
    asked, network_recovers = asyncio.Event(), asyncio.Event()

    async def slow_network(request):
        answer = bills(request)
        asked.set()
        await network_recovers.wait()
        return answer

    async with httpx.AsyncClient(transport=httpx.MockTransport(slow_network)) as http:
        bills.days = {ago(1): 43.1}
        slow = asyncio.create_task(ReaderOfOne(make(store, clock, devin=Devin(http, "cog_test", ORG))).refresh())
        await asked.wait()
        bills.days = {ago(1): 43.4}
        clock.now += 1
        await reader.refresh()
        network_recovers.set()
        await slow
    assert ((await billed(store))[ago(1)], await changes(store)) == (43.4, [])


# ---------------------------------------------------------------- both databases, and over HTTP


async def test_workers_that_read_at_once_store_each_day_once(make, either_store, clock, bills):
    clock.now = NOW
    bills.days = {ago(days): 1.0 for days in range(91)}
    bills.products = {ago(days): {"devin": 0.75, "review": 0.25} for days in range(91)}
    workers = [ReaderOfOne(make(either_store, clock)) for _ in range(4)]
    await asyncio.gather(*(worker.refresh() for worker in workers))
    bills.days[ago(1)] = 2.0
    await asyncio.gather(*(worker.refresh() for worker in workers))
    await until_all_is_read(workers[0], clock)
    assert await billed(either_store) == {ago(days): 2.0 if days == 1 else 1.0 for days in range(90, -1, -1)}
    assert await changes(either_store) == [Correction(ago(1), 1.0, 2.0)]


async def test_the_simulated_devin_has_a_history_by_product_and_corrects_it(make, store, clock):
    clock.now = NOW
    async with (
        DevinSimulator(org_id=ORG, now=clock) as devin,
        DevinControl(devin.control_url) as control,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        for days in range(1, 90):
            products = {"devin": 0.1 * days, "review": 0.2, "a product that the API does not name": 0.3}
            await control.consumption(ago(days).isoformat(), 0.0, products=products)
        reader = ReaderOfOne(make(store, clock, devin=Devin(http, "cog_play", ORG, devin.base_url)))
        await control.switch(listed_after=6 * HOUR)  # yesterday ended four hours ago
        await until_all_is_read(reader, clock)
        assert (await billed(store))[ago(1)] is None
        clock.now += 2 * HOUR
        await reader.refresh()
        await control.consumption(ago(2).isoformat(), 43.4)
        await reader.refresh()
    async with store.db.read() as tx:
        found = await spend.consumed_by_product(tx, ORG, ago(90), TODAY)
    assert {ago(days): found[ago(days)] for days in (1, 2, 89)} == {
        ago(1): {"devin": Decimal("0.1"), "review": Decimal("0.2"), "other": Decimal("0.3")},
        ago(2): {"devin": Decimal("43.4")},
        ago(89): {"devin": Decimal("8.9"), "review": Decimal("0.2"), "other": Decimal("0.3")},
    }
    assert await changes(store) == [Correction(ago(1), None, 0.6), Correction(ago(2), 0.7, 43.4)]
