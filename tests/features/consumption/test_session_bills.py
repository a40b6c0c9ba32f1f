"""Devin is asked once of each finished day on which days our sessions used how much, and never more than it may be."""

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from bot.conversation.follow.poll import PollState
from bot.domain.billing import Booked, bounds
from bot.features.consumption.reader import ConsumptionReader
from bot.features.consumption.session_bills import SessionBillReader
from bot.store import due, spend
from bot.timing import HOUR, PRODUCTION
from tests.flows.conftest import CHANNEL, ORG, TEAM

SUN, MON, TUE = (date(2026, 11, day) for day in (22, 23, 24))
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC).timestamp()


class Readers:
    """Both readers of the only organisation."""

    def __init__(self, services, clock, store):
        self._bills, self._days = ConsumptionReader(services), SessionBillReader(services)
        (self._organisation,), self._clock, self._store = services.organisations, clock, store

    async def polled(self, at):
        async with self._store.db.write() as tx:
            await due.write(tx, due.poll(ORG), at, {"v": 1, "poll": asdict(PollState(polled_at=at))})

    async def read_bill(self):
        await self._bills.refresh(self._organisation)

    async def tick(self):
        return await self._days.tick(self._organisation)

    async def is_behind(self):
        return await self._days.is_behind(self._organisation)

    async def until_nothing_is_asked(self):
        """Call it when it wants to be called; how often Devin was asked."""
        for calls in range(100):
            wait = await self.tick()
            if wait >= PRODUCTION.session_bills:
                return calls
            self._clock.now += wait
        raise AssertionError


@pytest.fixture
async def readers(make, either_store, clock, bills):
    clock.now = NOW
    bills.days = {MON: 20.0}
    made = Readers(make(either_store, clock), clock, either_store)
    await made.polled(NOW)
    await made.read_bill()
    return made


async def used(store, name, day, acus, since=None):
    async with store.db.write() as tx:
        await spend.add(tx, ORG, day, {name: acus}, {name: since} if since else {})


async def booked(store, name):
    async with store.db.read() as tx:
        found = await spend.booked(tx, name, date(2026, 1, 1))
    return {day: one for day, one in found.items() if one.acus}


async def test_sessions_are_asked_about_once_each_those_in_doubt_first(readers, either_store, bills, clock):
    for name, since in (("a", None), ("b", None), ("c", MON)):
        await either_store.session(name, bounds(MON)[0] + HOUR)
        await used(either_store, name, TUE if since else MON, 5.0, since)
        bills.of_sessions[f"devin-{name}"] = {MON: 4.0 if since else 5.0}
    assert await readers.is_behind()
    await readers.tick()
    assert bills.sessions_asked == ["devin-c"]
    assert not await readers.is_behind()
    assert await booked(either_store, "c") == {MON: Booked(4.0, asked=False), TUE: Booked(1.0)}
    clock.now += PRODUCTION.consumption_backfill
    assert await readers.until_nothing_is_asked() == 2
    assert bills.sessions_asked == ["devin-c", "devin-a", "devin-b"]
    clock.now += 12 * HOUR
    assert await readers.until_nothing_is_asked() == 0
    async with either_store.db.read() as tx:  # the new row is its owner's
        assert await spend.by_day(tx, ORG, MON, TUE, TEAM, CHANNEL) == {MON: 14.0, TUE: 1.0}


async def test_a_session_that_goes_on_is_asked_about_after_the_first_poll_that_saw_all_of_the_day(
    readers, either_store, bills
):
    await readers.polled(bounds(TUE)[0] - 1)
    await either_store.session("open", bounds(MON)[0])
    await either_store.session("over", bounds(MON)[0], ended_at=bounds(MON)[0] + HOUR)
    for name in ("open", "over"):
        await used(either_store, name, MON, 5.0)
        bills.of_sessions[f"devin-{name}"] = {MON: 5.0}
    await readers.until_nothing_is_asked()
    assert bills.sessions_asked == ["devin-over"]
    await readers.polled(bounds(TUE)[0])
    await readers.until_nothing_is_asked()
    assert bills.sessions_asked == ["devin-over", "devin-open"]


async def test_there_are_four_calls_at_most_for_a_session_that_devin_never_lists_and_nothing_is_lost(
    readers, either_store, bills, clock
):
    await either_store.session("a", bounds(MON)[0])
    await used(either_store, "a", MON, 5.0)
    bills.of_sessions["devin-a"] = {}
    for _ in range(24 * 6):
        await readers.until_nothing_is_asked()
        await readers.polled(clock.now)
        clock.now += HOUR
    assert len(bills.sessions_asked) == 4
    assert await booked(either_store, "a") == {MON: Booked(5.0, asked=False)}


async def test_what_devin_does_not_find_keeps_what_is_booked(readers, either_store, bills, clock):
    await either_store.session("a", bounds(MON)[0])
    await used(either_store, "a", TUE, 5.0, SUN)
    for _ in range(24 * 8):
        await readers.until_nothing_is_asked()
        await readers.polled(clock.now)
        clock.now += HOUR
    assert bills.sessions_asked == ["devin-a", "a"] * 5  # once more because of the doubt
    assert await booked(either_store, "a") == {TUE: Booked(5.0, SUN, asked=False)}


async def test_a_session_that_devin_refuses_keeps_no_other_one_waiting(readers, either_store, bills, clock):
    for name in ("a", "b"):
        await either_store.session(name, bounds(MON)[0])
        await used(either_store, name, MON, 5.0)
    bills.of_sessions["devin-b"] = {MON: 5.0}
    bills.of_session = [httpx.Response(400, json={"detail": "Session id is invalid"})]
    await readers.until_nothing_is_asked()
    assert bills.sessions_asked == ["devin-a", "devin-b"]
    assert await booked(either_store, "b") == {MON: Booked(5.0, asked=False)}


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (httpx.Response(403, json={"detail": "Missing ViewOrgConsumption"}), PRODUCTION.session_bills_again),
        (httpx.Response(429, headers={"Retry-After": "900"}), 900.0),
        (httpx.Response(503), PRODUCTION.consumption_retry),
        (httpx.Response(200, json={"consumption_by_date": [{"date": "?"}]}), PRODUCTION.consumption_retry),
    ],
)
async def test_a_refusal_stops_the_questions_for_all_sessions(readers, either_store, bills, clock, answer, wait):
    for name in ("a", "b"):
        await either_store.session(name, bounds(MON)[0])
        await used(either_store, name, MON, 5.0)
        bills.of_sessions[f"devin-{name}"] = {MON: 5.0}
    bills.of_session = [answer]
    await readers.tick()
    clock.now += wait - 1
    assert await readers.until_nothing_is_asked() == 0
    clock.now += 1
    await readers.polled(clock.now)
    assert await readers.until_nothing_is_asked() == 2
    assert await booked(either_store, "b") == {MON: Booked(5.0, asked=False)}


async def test_nobody_is_asked_about_while_the_bill_is_withheld(readers, either_store, bills, clock):
    await either_store.session("a", bounds(MON)[0])
    await used(either_store, "a", MON, 5.0)
    bills.refusal = {"detail": "Missing ViewOrgConsumption"}
    await readers.read_bill()
    assert await readers.until_nothing_is_asked() == 0
    assert not await readers.is_behind()
    bills.refusal = None
    await readers.read_bill()
    assert await readers.until_nothing_is_asked() == 1


async def test_two_workers_ask_once(make, readers, either_store, bills, clock):
    await either_store.session("a", bounds(MON)[0])
    await used(either_store, "a", MON, 5.0)
    bills.of_sessions["devin-a"] = {MON: 5.0}
    other = Readers(make(either_store, clock), clock, either_store)
    async with either_store.db.write() as tx:
        assert await due.claim(tx, due.session_bills(ORG), clock.now, clock.now + PRODUCTION.lease)
    assert await other.until_nothing_is_asked() == 0  # the first one died with its claim
    clock.now += PRODUCTION.lease
    assert await other.until_nothing_is_asked() == 1
    assert await readers.until_nothing_is_asked() == 0


async def test_more_that_is_seen_of_a_day_has_it_asked_about_again(readers, either_store, bills, clock):
    await either_store.session("a", bounds(MON)[0])
    await used(either_store, "a", MON, 5.0)
    bills.of_sessions["devin-a"] = {MON: 5.0}
    await readers.until_nothing_is_asked()
    await used(either_store, "a", MON, 0.5)  # by a worker whose clock is behind
    assert await readers.until_nothing_is_asked() == 1


async def test_doubts_are_those_about_days_that_are_asked_about(either_store):
    await either_store.session("a", bounds(MON)[0])
    await used(either_store, "a", TUE, 5.0, SUN)
    await used(either_store, "a", TUE, 1.0)
    async with either_store.db.read() as tx:
        assert await spend.doubts(tx, ORG, MON, MON) == ((SUN, TUE),)
        assert await spend.doubts(tx, ORG, MON, MON, TEAM, CHANNEL) == ((SUN, TUE),)
        assert await spend.doubts(tx, ORG, MON, MON, TEAM, "C0OTHER") == ()
        assert await spend.doubts(tx, ORG, SUN - timedelta(1), SUN - timedelta(1)) == ()
        assert await spend.doubts(tx, ORG, TUE + timedelta(1), TUE + timedelta(1)) == ()
