"""A tick of several processes is called in one of them, and in another one once that is gone."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from bot.kernel.services import Services
from bot.kernel.upkeep.heartbeat import Heartbeat
from bot.kernel.upkeep.once import Once
from bot.timing import PRODUCTION
from tests.flows.conftest import Make, SetClock, Store

LEASE = 3.0  # long enough for a busy machine to call twice within it
PATIENCE = 20.0  # for a busy machine
on_postgresql = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)


@dataclass
class Process:
    """One of the processes: its heartbeat, and how often it called the tick."""

    heartbeat: Heartbeat
    once: Once
    calls: int = 0

    async def tick(self) -> float:
        self.calls += 1
        return 1.0

    async def call(self) -> float:
        """Call the tick as the engine does."""
        await self.heartbeat.beat()
        return await self.once.of("poll", self.tick)()


def process(services: Services, name: str) -> Process:
    named = replace(services, worker=name, timing=replace(PRODUCTION, lease=LEASE))
    return Process(Heartbeat(named), Once(named))


@pytest.fixture
def processes(make: Make, either_store: Store, clock: SetClock) -> tuple[Process, Process]:
    services = make(either_store, clock)
    return process(services, "one"), process(services, "other")


@on_postgresql
async def test_only_one_process_calls_it_and_the_others_wait_a_part_of_a_lease(
    processes: tuple[Process, Process],
) -> None:
    one, other = processes
    for _ in range(5):
        assert await one.call() == 1.0
        assert 0 < await other.call() <= LEASE / 3
    assert (one.calls, other.calls) == (5, 0)
    assert (one.once.is_ours("poll"), other.once.is_ours("poll")) == (True, False)


@on_postgresql
async def test_another_process_takes_over_once_the_first_stops(processes: tuple[Process, Process]) -> None:
    one, other = processes
    await one.call()
    await one.heartbeat.leave()
    async with asyncio.timeout(PATIENCE):
        while not other.calls:
            await asyncio.sleep(min(await other.call(), LEASE))


@on_postgresql
async def test_another_process_takes_over_once_the_first_is_frozen_which_then_calls_nothing(
    processes: tuple[Process, Process],
) -> None:
    one, other = processes
    await one.call()
    async with asyncio.timeout(PATIENCE):
        while not other.calls:  # the first has no heartbeat meanwhile
            await asyncio.sleep(min(await other.call(), LEASE))
    assert await one.call() <= LEASE / 3
    assert one.calls == 1


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_with_sqlite_there_is_one_process_which_asks_nobody(processes: tuple[Process, Process]) -> None:
    one, other = processes
    await one.call()
    await other.call()
    assert (one.calls, other.calls) == (1, 1)
