"""Engines of several processes on one PostgreSQL: what one of them is told reaches the one that can do it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import asyncpg
import pytest

from bot.engine.pgqueuer import NotInstalledError, PgQueuerEngine, QueueAddress, check_installed, install
from bot.engine.port import Route
from bot.timing import PRODUCTION
from tests import postgres

PATIENCE = 20.0  # for a busy machine
TIMING = replace(PRODUCTION, lane_sweep=3600.0, engine_retry=0.05, queue_purge=0.05)  # no sweep helps


class Lanes:
    """Works on lanes, and remembers which. While it is held, whatever came in stays inside."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self._go_on = asyncio.Event()
        self._go_on.set()
        self._changed = asyncio.Condition()

    async def __call__(self, lane: str) -> None:
        async with self._changed:
            self.taken.append(lane)
            self._changed.notify_all()
        await self._go_on.wait()

    def hold(self) -> None:
        self._go_on.clear()

    def let_go(self) -> None:
        self._go_on.set()

    async def until(self, reached: Callable[[list[str]], bool]) -> None:
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: reached(self.taken))


@pytest.fixture
async def address(postgres_server: str) -> AsyncIterator[QueueAddress]:
    """PgQueuer in a database of its own."""
    async with postgres.created(postgres_server) as url:
        yield QueueAddress(url)


@asynccontextmanager
async def running(address: QueueAddress, *works: Lanes | None, at_once: int = 4) -> AsyncIterator[list[PgQueuerEngine]]:
    """An engine for each of `works`; None is one that only receives."""
    async with AsyncExitStack() as stack:
        engines = []
        for work in works:
            engine = PgQueuerEngine(address, TIMING)
            if work is not None:
                engine.route("in", Route(work, at_once))
            task = asyncio.create_task(engine.run())
            stack.push_async_callback(asyncio.wait, [task])
            stack.push_async_callback(engine.stop, 5.0)
            if work is not None:
                stack.callback(work.let_go)
            engines.append(engine)
        async with asyncio.timeout(PATIENCE):
            while not all(engine._connected for engine in engines):
                await asyncio.sleep(0.01)  # it has no event for it
        yield engines


async def test_a_hint_reaches_a_worker(address: QueueAddress) -> None:
    lanes = Lanes()
    async with running(address, lanes, None) as (_, web):
        web.wake("in:one")
        web.wake("in:two", 0.2)
        await lanes.until(lambda taken: taken == ["in:one", "in:two"])


async def test_a_second_hint_right_after_the_first_was_followed_is_not_lost(address: QueueAddress) -> None:
    """PgQueuer knows the first job's key for a moment after it is done, and takes no second job with the same."""
    lanes = Lanes()
    async with running(address, lanes, None) as (_, web):
        for number in range(1, 20):
            web.wake("in:one")
            await lanes.until(lambda taken, number=number: len(taken) == number)


async def test_what_pgqueuer_keeps_of_jobs_does_not_grow(address: QueueAddress) -> None:
    lanes = Lanes()
    connection = await asyncpg.connect(address.dsn)
    async with running(address, lanes, None) as (_, web):
        for number in range(20):
            web.wake(f"in:{number}")
        await lanes.until(lambda taken: len(taken) == 20)
        async with asyncio.timeout(PATIENCE):
            for table in ("pgqueuer", "pgqueuer_log"):
                while await connection.fetchval(f"SELECT count(*) FROM {address.schema}.{table}"):
                    await asyncio.sleep(0.02)  # the database has no event for it
    await connection.close()


async def test_what_a_full_worker_has_no_slot_for_is_taken_by_another(address: QueueAddress) -> None:
    full, free = Lanes(), Lanes()
    full.hold()
    async with running(address, full, free) as (engine, _):
        for number in range(40):
            engine.wake(f"in:{number}")
            await asyncio.sleep(0)  # the engine takes a slot in a task
        await free.until(lambda taken: len(taken) >= 10)
        full.let_go()
        async with asyncio.timeout(PATIENCE):
            while {*full.taken, *free.taken} != {f"in:{number}" for number in range(40)}:
                await asyncio.sleep(0.01)  # there are two to wait for


async def test_a_tick_is_called_where_it_is_and_what_changed_is_forgotten_elsewhere(address: QueueAddress) -> None:
    called, forgotten, heard = asyncio.Event(), asyncio.Queue[str](), asyncio.Queue[str]()
    async with AsyncExitStack() as stack:
        one, other = PgQueuerEngine(address, TIMING), PgQueuerEngine(address, TIMING)

        async def tick() -> float:
            called.set()
            return 3600.0

        one.every("poll", tick)
        one.subscribe("person", forgotten.put_nowait)
        one.subscribe("person", heard.put_nowait)
        other.subscribe("person", forgotten.put_nowait)
        for engine in (one, other):
            stack.push_async_callback(asyncio.wait, [asyncio.create_task(engine.run())])
            stack.push_async_callback(engine.stop, 1.0)
        async with asyncio.timeout(PATIENCE):
            await called.wait()
            called.clear()
            while not (one._connected and other._connected):
                await asyncio.sleep(0.01)  # it has no event for it
            other.wake_by("poll", 0.0)
            await called.wait()
            other.publish("person", "T1:U1" * 2_000)  # longer than PostgreSQL takes: lost, with nothing beside
            other.publish("person", "T1:U1")
            assert await forgotten.get() == "T1:U1"
            assert await heard.get() == "T1:U1", "there may be several for one topic"
        assert forgotten.empty(), "who says so has forgotten it already"


async def test_without_its_tables_an_engine_is_refused_and_twice_made_they_are_the_same(postgres_server: str) -> None:
    async with postgres.created(postgres_server, None) as url:
        address = QueueAddress(url, "Acme-bots")
        assert address.schema == "acme_bots_pgqueuer"
        with pytest.raises(NotInstalledError):
            await check_installed(address)
        await asyncio.gather(install(address), install(address))
        await check_installed(address)
