"""A clock that was wrong: what it has left in the store is put right by the next sweep, also after a restart."""

from dataclasses import replace

import pytest

from bot.domain.session import Lifecycle
from bot.features import TABLES
from bot.kernel.settled_clock import SettledClock
from bot.kernel.upkeep.clock import ClockWatch
from bot.kernel.upkeep.heartbeat import Heartbeat
from bot.store import due, inbox, outbox, rate_limits, sessions
from bot.timing import DAY, HOUR, PRODUCTION
from tests.store.rows import LANE, NOW, OUT, asked, said, session

AHEAD = NOW + HOUR


async def waiting(store, at: float = AHEAD) -> None:
    """What a bot whose clock says this instant has at work."""
    async with store.db.write() as tx:
        await inbox.add(tx, [asked(ready_at=at + 5, created_at=at)])
        await outbox.add(tx, [said(next_at=at + 1, created_at=at, expires_at=at + 600)])
        await rate_limits.take(tx, OUT, at, 1.0)
        await sessions.add(tx, session(created_at=at, spoken_at=at, lifecycle=Lifecycle.OPEN))
        polled = {"v": 1, "poll": {"watermark": 7, "polled_at": at, "swept_at": at, "unread_prompts": []}}
        await due.write(tx, due.poll("org-1"), at, polled)


async def found(store) -> dict[str, float]:
    async with store.db.read() as tx:
        asked_for, state = await inbox.head(tx, LANE), await due.read(tx, due.poll("org-1"))
        post = await outbox.by_key(tx, "k")
        stored = await sessions.get(tx, "s")
        bucket = await rate_limits.ready_at(tx, OUT, 1.0)
    assert asked_for
    assert state
    assert post
    assert stored
    return {
        "ready_at": asked_for.ready_at,
        "next_at": post.next_at,
        "created_at": post.created_at,
        "expires_at": post.expires_at or 0.0,
        "bucket": bucket,
        "swept_at": state.state["poll"]["swept_at"],
        "spoken_at": stored.spoken_at,
    }


async def test_what_waits_is_due_at_once_when_a_clock_that_was_an_hour_ahead_is_right_again(make, either_store, clock):
    await waiting(either_store)
    clock.now = NOW
    await ClockWatch(make(either_store, clock), TABLES).bring_back()
    now = await found(either_store)
    assert {now[name] for name in ("ready_at", "next_at", "created_at", "bucket", "swept_at")} == {NOW}


async def test_nothing_has_happened_later_than_now_once_a_heartbeat_has_noted_a_later_time(make, either_store, clock):
    services = make(either_store, clock)
    clock.now = AHEAD
    await waiting(either_store)
    await Heartbeat(services).begin()
    clock.now = NOW  # it was set back while no process ran
    await Heartbeat(services).begin()
    watch = ClockWatch(services, TABLES)
    await watch.bring_back()
    assert (await found(either_store))["spoken_at"] == NOW
    async with either_store.db.read() as tx:
        noted = await due.read(tx, due.CLOCK)
    assert noted is not None
    assert noted.at == NOW


async def test_a_clock_that_is_right_changes_nothing(make, either_store, clock):
    clock.now = NOW
    services = make(either_store, clock)
    await waiting(either_store, NOW)
    await Heartbeat(services).begin()
    before = await found(either_store)
    await ClockWatch(services, TABLES).bring_back()
    assert await found(either_store) == before


async def test_what_waits_has_not_waited_a_day_because_the_clock_was_put_on_by_one(make, either_store, clock):
    clock.now = NOW
    services = replace(make(either_store, clock), clock=SettledClock(clock, lambda: NOW))
    await waiting(either_store, NOW)
    watch = ClockWatch(services, TABLES)
    clock.now = NOW + DAY
    assert services.clock() == NOW  # until the store has followed
    assert await watch.tick() == PRODUCTION.clock_check
    now = await found(either_store)
    assert (now["created_at"], now["expires_at"]) == (NOW + DAY, NOW + DAY + 600)
    assert services.clock() == NOW + DAY
    await watch.tick()
    assert await found(either_store) == now


async def test_a_clock_that_drifts_is_not_one_that_was_set(make, either_store, clock):
    clock.now = NOW
    services = replace(make(either_store, clock), clock=SettledClock(clock, lambda: NOW))
    await waiting(either_store, NOW)
    watch = ClockWatch(services, TABLES)
    before = await found(either_store)
    for _ in range(5):
        clock.now += PRODUCTION.clock_step - 1
        assert services.clock() == clock.now
        await watch.tick()
    assert await found(either_store) == before


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_of_two_workers_one_whose_clock_jumps_moves_nothing_of_the_other(make, either_store, clock):
    clock.now = NOW
    services = replace(make(either_store, clock), clock=SettledClock(clock, lambda: NOW))
    for worker in ("one", "two"):
        await Heartbeat(replace(services, worker=worker)).beat()
    await waiting(either_store, NOW)
    watch, before = ClockWatch(services, TABLES), await found(either_store)
    clock.now = NOW + HOUR
    await watch.tick()
    assert await found(either_store) == before
