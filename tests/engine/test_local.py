"""The engine of one process: a lane at a time, no hint lost, and a stop that starts nothing new."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import uvloop
from structlog.testing import capture_logs

from bot.engine.local import LocalEngine
from bot.engine.port import Route
from bot.timing import PRODUCTION, Timing

LONG = 3600.0  # never in a test
SOON = 0.01
PATIENCE = 10.0  # for a busy machine; nothing here takes so long

Answer = Callable[[str], Awaitable[float | None]]
retries_soon = pytest.mark.parametrize("timing", [replace(PRODUCTION, engine_retry=SOON)], ids=["retries soon"])


class Worker:
    """Looks at lanes, and remembers what it saw. While it is held, whoever comes in stays inside."""

    def __init__(self, *answers: float | None) -> None:
        self.taken: list[str] = []
        self.done: list[str] = []
        self.most = 0  # inside at the same time
        self._answers = list(answers)
        self._inside: Counter[str] = Counter()
        self._go_on = asyncio.Event()
        self._go_on.set()
        self._changed = asyncio.Condition()

    async def __call__(self, lane: str) -> float | None:
        assert not self._inside[lane], "the lane runs twice at once"
        self._inside[lane] += 1
        self.most = max(self.most, self._inside.total())
        self.taken.append(lane)
        await self._notify()
        try:
            await self._go_on.wait()
            answer = self._answers.pop(0) if self._answers else None
        finally:
            self._inside[lane] -= 1
        self.done.append(lane)
        await self._notify()
        return answer

    def hold(self) -> None:
        self._go_on.clear()

    def let_go(self) -> None:
        self._go_on.set()

    async def until(self, taken: int | None = None, done: int | None = None) -> None:
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(
                lambda: len(self.taken) >= (taken or 0) and len(self.done) >= (done or 0),
            )

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


async def quiet(engine: LocalEngine) -> None:
    """Wait until nothing runs and no hint is on its way."""
    async with asyncio.timeout(PATIENCE):
        while engine._running:
            await asyncio.wait(list(engine._running.values()))
            await asyncio.sleep(0)


@pytest.fixture
def timing() -> Timing:
    """The waits of production, unless a test names others."""
    return PRODUCTION


@pytest.fixture
async def engine(timing: Timing) -> AsyncIterator[LocalEngine]:
    made = LocalEngine(timing)
    yield made
    await made.stop(0.0)


def working(engine: LocalEngine, *answers: float | None, at_once: int = 8, word: str = "in") -> Worker:
    worker = Worker(*answers)
    engine.route(word, Route(worker, at_once))
    return worker


@asynccontextmanager
async def ticking(engine: LocalEngine) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(engine.run())
    try:
        yield task
    finally:
        await engine.stop(PATIENCE)
        async with asyncio.timeout(PATIENCE):
            await task


class Tick:
    """Answers or fails as asked, time after time; waits long once nothing more was asked."""

    def __init__(self, *outcomes: float | Exception) -> None:
        self._outcomes = list(outcomes)
        self.times = 0
        self._changed = asyncio.Condition()

    async def __call__(self) -> float:
        self.times += 1
        async with self._changed:
            self._changed.notify_all()
        outcome = self._outcomes.pop(0) if self._outcomes else LONG
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def until(self, times: int) -> None:
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: self.times >= times)


# ------------------------------------------------------------ lanes


async def test_a_hint_makes_one_run(engine: LocalEngine) -> None:
    worker = working(engine)
    engine.wake("in:a")
    await worker.until(done=1)
    await quiet(engine)
    assert worker.taken == ["in:a"]


async def test_the_first_word_says_who_works_on_a_lane(engine: LocalEngine) -> None:
    flows, sender = working(engine), working(engine, word="out")
    engine.wake("in:T1:C1:1")
    engine.wake("out:T1:C1")
    await flows.until(done=1)
    await sender.until(done=1)
    assert (flows.taken, sender.taken) == (["in:T1:C1:1"], ["out:T1:C1"])


async def test_a_lane_never_runs_twice_at_once_and_hints_during_a_run_mean_one_more_run(engine: LocalEngine) -> None:
    worker = working(engine)
    worker.hold()
    engine.wake("in:a")
    await worker.until(taken=1)
    for _ in range(5):
        engine.wake("in:a")
        await asyncio.sleep(0)
    assert worker.taken == ["in:a"]
    worker.let_go()
    await worker.until(done=2)
    await quiet(engine)
    assert worker.taken == ["in:a", "in:a"]


async def test_a_hint_before_the_lane_has_begun_means_one_more_run_too(engine: LocalEngine) -> None:
    worker = working(engine)
    engine.wake("in:a")
    engine.wake("in:a")
    await worker.until(done=2)
    await quiet(engine)
    assert len(worker.taken) == 2


async def test_a_hint_in_the_moment_a_lane_ends_is_not_lost(engine: LocalEngine) -> None:
    worker = working(engine)
    engine.wake("in:a")
    task = engine._running["in:a"]
    task.add_done_callback(lambda _: engine.wake("in:a"))  # after the lane's last line, in the same turn of the loop
    await worker.until(done=2)
    await quiet(engine)
    assert len(worker.taken) == 2


class Overtaken:
    """Works on one lane: the first run passes it on and stays, those that follow come and go."""

    def __init__(self, engine: LocalEngine, within: float) -> None:
        self.runs = 0
        self.left = 0
        self.may_leave = asyncio.Event()
        self.changed = asyncio.Event()
        self._engine = engine
        self._within = within

    async def __call__(self, lane: str) -> float | None:
        self.runs += 1
        first = self.runs == 1
        self.changed.set()
        if first:
            self._engine.pass_on(lane, self._within)
            await self.may_leave.wait()
        self.left += 1
        self.changed.set()
        return 0.0 if first else None

    async def until(self, runs: int, left: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while (self.runs, self.left) != (runs, left):
                await self.changed.wait()
                self.changed.clear()


def overtaken(engine: LocalEngine, within: float) -> Overtaken:
    """The first run on a lane has begun."""
    worker = Overtaken(engine, within)
    engine.route("out", Route(worker, 8))
    engine.wake("out:1")
    return worker


async def test_a_lane_that_is_passed_on_runs_beside_the_run_that_is_on(engine: LocalEngine) -> None:
    worker = overtaken(engine, SOON)
    await worker.until(runs=2, left=1)
    worker.may_leave.set()
    # What the first run answers, one more run, counts too.
    await worker.until(runs=3, left=3)


async def test_a_hint_after_a_lane_was_passed_on_starts_a_run_at_once(engine: LocalEngine) -> None:
    worker = overtaken(engine, LONG)
    await worker.until(runs=1, left=0)
    engine.wake("out:1")
    await worker.until(runs=2, left=1)


async def test_a_hint_from_before_the_lane_was_passed_on_is_kept(engine: LocalEngine) -> None:
    worker = overtaken(engine, LONG)
    engine.wake("out:1")
    await worker.until(runs=2, left=1)


async def test_a_stop_waits_for_a_run_that_passed_its_lane_on_and_starts_no_other(engine: LocalEngine) -> None:
    worker = overtaken(engine, SOON)
    await worker.until(runs=2, left=1)
    stopped = asyncio.create_task(engine.stop(PATIENCE))
    await asyncio.sleep(0)
    assert not stopped.done()
    worker.may_leave.set()
    await stopped
    assert (worker.runs, worker.left) == (2, 2)


async def test_lanes_run_side_by_side(engine: LocalEngine) -> None:
    worker = working(engine)
    worker.hold()
    for lane in ("in:a", "in:b", "in:c"):
        engine.wake(lane)
    await worker.until(taken=3)
    assert worker.most == 3
    worker.let_go()
    await worker.until(done=3)


async def test_only_so_many_lanes_of_one_kind_run_at_once_and_the_others_follow(engine: LocalEngine) -> None:
    worker, other = working(engine, at_once=2), working(engine, word="out", at_once=1)
    worker.hold()
    for number in range(7):
        engine.wake(f"in:{number}")
    engine.wake("out:x")  # has slots of its own
    await other.until(done=1)
    assert len(worker.taken) == 2
    worker.let_go()
    await worker.until(done=7)
    assert worker.most == 2
    assert sorted(worker.taken) == [f"in:{number}" for number in range(7)]


async def test_a_lane_that_has_more_is_run_again(engine: LocalEngine) -> None:
    worker = working(engine, 0.0, 0.0, SOON, None)
    engine.wake("in:a")
    await worker.until(done=4)
    await quiet(engine)
    assert len(worker.taken) == 4
    assert not engine._timers


# ------------------------------------------------------------ waits


@pytest.mark.parametrize("waits", [(LONG, SOON), (SOON, LONG)])
async def test_of_two_hints_for_later_the_earlier_one_wins(engine: LocalEngine, waits: tuple[float, float]) -> None:
    worker = working(engine)
    for wait in waits:
        engine.wake("in:a", wait)
    await worker.until(done=1)
    await quiet(engine)
    assert worker.taken == ["in:a"]
    assert not engine._timers


async def test_a_hint_for_now_takes_the_place_of_one_for_later(engine: LocalEngine) -> None:
    worker = working(engine)
    engine.wake("in:a", LONG)
    engine.wake("in:a")
    await worker.until(done=1)
    assert not engine._timers


async def test_a_hint_for_later_does_not_wake_a_lane_before_its_time(engine: LocalEngine) -> None:
    worker, loop = working(engine), asyncio.get_running_loop()
    started = loop.time()
    engine.wake("in:a", 0.05)
    await worker.until(taken=1)
    assert loop.time() - started >= 0.05 - 0.005  # the loop's clock is that coarse


async def test_a_lane_that_asks_for_a_long_wait_is_still_woken_by_a_hint(engine: LocalEngine) -> None:
    worker = working(engine, LONG)
    engine.wake("in:a")
    await worker.until(done=1)
    await quiet(engine)
    assert list(engine._timers) == ["in:a"]
    engine.wake("in:a", SOON)
    await worker.until(done=2)


async def test_a_hint_during_a_run_wins_over_the_long_wait_the_lane_asks_for(engine: LocalEngine) -> None:
    worker = working(engine, LONG)
    worker.hold()
    engine.wake("in:a")
    await worker.until(taken=1)
    engine.wake("in:a")
    worker.let_go()
    await worker.until(done=2)


async def test_a_hint_for_later_during_a_run_is_kept(engine: LocalEngine) -> None:
    worker = working(engine, LONG)
    worker.hold()
    engine.wake("in:a")
    await worker.until(taken=1)
    engine.wake("in:a", SOON)
    worker.let_go()
    await worker.until(done=2)


# ------------------------------------------------------------ shares


def shared_out(engine: LocalEngine, *answers: float | None) -> Worker:
    """A worker of which four calls may run at once, two of them for one person."""
    worker = Worker(*answers)
    engine.route("in", Route(worker, 4, 2))
    return worker


async def test_many_lanes_of_one_person_leave_the_next_turn_to_another(engine: LocalEngine) -> None:
    worker = shared_out(engine)
    worker.hold()
    for number in range(800):
        engine.wake(f"in:{number}", whose="U1")
    engine.wake("in:other", whose="U2")
    await worker.until(taken=3)
    assert worker.taken == ["in:0", "in:1", "in:other"]
    worker.let_go()
    await worker.until(done=801)
    assert worker.most <= 4


async def test_the_lanes_of_a_person_keep_their_order_and_run_as_many_at_once_as_the_share(engine: LocalEngine) -> None:
    worker = shared_out(engine)
    lanes = [f"in:{number}" for number in range(20)]
    worker.hold()
    for lane in lanes:
        engine.wake(lane, whose="U1")
    await worker.until(taken=2)
    worker.let_go()
    await worker.until(done=20)
    assert (worker.taken, worker.most) == (lanes, 2)


async def test_a_lane_without_a_person_waits_for_nobodys_share(engine: LocalEngine) -> None:
    worker = shared_out(engine)
    worker.hold()
    for number in range(9):
        engine.wake(f"in:{number}", whose="U1")
    engine.wake("in:a")
    engine.wake("in:b")
    await worker.until(taken=4)
    assert worker.taken == ["in:0", "in:1", "in:a", "in:b"]


async def test_a_lane_that_comes_again_by_itself_is_still_its_persons(engine: LocalEngine) -> None:
    worker = shared_out(engine, SOON, SOON, SOON)
    for lane in ("in:a", "in:b", "in:c"):
        engine.wake(lane, SOON, "U1")
    await worker.until(done=3)
    worker.hold()
    await worker.until(taken=5)
    await asyncio.sleep(5 * SOON)  # in which the third would come, if it could
    assert len(worker.taken) == 5
    worker.let_go()
    await worker.until(done=6)
    await quiet(engine)
    assert engine._whose == {}


# ------------------------------------------------------------ failures


@retries_soon
async def test_a_lane_that_fails_is_logged_and_tried_again(engine: LocalEngine) -> None:
    tries: list[str] = []
    worked = asyncio.Event()

    async def work(lane: str) -> float | None:
        tries.append(lane)
        if len(tries) < 3:
            raise ConnectionError
        worked.set()
        return None

    engine.route("in", Route(work, 1))
    with capture_logs() as logs:
        engine.wake("in:a")
        async with asyncio.timeout(PATIENCE):
            await worked.wait()
        await quiet(engine)
    assert tries == ["in:a"] * 3
    assert [(line["event"], line["lane"], line["log_level"]) for line in logs] == [("lane failed", "in:a", "error")] * 2


async def test_a_lane_that_fails_gives_its_slot_back(engine: LocalEngine) -> None:
    taken: list[str] = []
    both = asyncio.Event()

    async def work(lane: str) -> float | None:
        taken.append(lane)
        if len(taken) == 2:
            both.set()
        raise ConnectionError

    engine.route("in", Route(work, 1))
    with capture_logs():
        engine.wake("in:a")
        engine.wake("in:b")
        async with asyncio.timeout(PATIENCE):
            await both.wait()
        await quiet(engine)
    assert sorted(engine._timers) == ["in:a", "in:b"]  # both to be tried again, not at once


# ------------------------------------------------------------ ticks


async def test_a_tick_is_called_again_and_again_after_the_wait_it_asks_for(engine: LocalEngine) -> None:
    tick = Tick(0.0, SOON, 0.0)
    engine.every("poll", tick)
    async with ticking(engine):
        await tick.until(4)
    assert tick.times == 4


@retries_soon
async def test_a_tick_that_fails_is_logged_once_and_so_is_its_recovery(engine: LocalEngine) -> None:
    down = ConnectionError("down")
    tick = Tick(0.0, down, down, down, 0.0, 0.0, down, 0.0)
    engine.every("poll", tick)
    with capture_logs() as logs:
        async with ticking(engine):
            await tick.until(9)
    assert [(line["event"], line["tick"]) for line in logs] == [
        ("tick failed", "poll"),
        ("tick recovered", "poll"),
        ("tick failed", "poll"),
        ("tick recovered", "poll"),
    ]


def test_hints_of_no_time_at_all_are_taken_by_the_loop_of_production_too() -> None:
    """For less than a millisecond uvloop's `call_later` returns a handle without `when`."""

    async def hinted() -> int:
        engine, tick = LocalEngine(), Tick(PATIENCE, PATIENCE)
        worker = working(engine, None)
        engine.every("poll", tick)
        async with ticking(engine):
            await tick.until(1)
            for within in (0.0, 0.0001, 0.0):
                engine.wake_by("poll", within)
                engine.wake("in:a", 0.0001)
            await tick.until(2)
            await worker.until(1)
        return tick.times

    assert uvloop.run(hinted()) == 2


async def test_a_tick_that_fails_holds_up_no_other(engine: LocalEngine) -> None:
    failing, steady = Tick(ConnectionError()), Tick(SOON, SOON, SOON)
    engine.every("failing", failing)
    engine.every("steady", steady)
    with capture_logs():
        async with ticking(engine):
            await steady.until(4)
    assert failing.times == 1


async def test_a_tick_can_be_called_sooner(engine: LocalEngine) -> None:
    tick = Tick()
    engine.every("poll", tick)
    async with ticking(engine):
        await tick.until(1)
        engine.wake_by("poll", SOON)
        await tick.until(2)
        engine.wake_by("poll", 0.0)
        await tick.until(3)
    assert tick.times == 3


async def test_many_hints_for_a_tick_make_one_call(engine: LocalEngine) -> None:
    tick, others = Tick(), Tick()
    engine.every("poll", tick)
    engine.every("others", others)
    async with ticking(engine):
        await tick.until(1)
        for within in (LONG, SOON, 2 * SOON, SOON, LONG):
            engine.wake_by("poll", within)
        await tick.until(2)
        engine.wake_by("others", 3 * SOON)  # behind all that was still to come
        await others.until(2)
    assert tick.times == 2


async def test_hastening_what_is_just_running_means_one_more_call(engine: LocalEngine) -> None:
    class Slow(Tick):
        async def __call__(self) -> float:
            wait = await super().__call__()
            await go_on.wait()
            return wait

    go_on, tick = asyncio.Event(), Slow()
    engine.every("poll", tick)
    async with ticking(engine):
        await tick.until(1)
        engine.wake_by("poll", 0.0)
        await asyncio.sleep(SOON)  # the hint arrives while it runs; were it late, it would still be one more call
        go_on.set()
        await tick.until(2)
    assert tick.times == 2


async def test_hastening_a_tick_nobody_knows_does_nothing(engine: LocalEngine) -> None:
    engine.wake_by("unknown", 0.0)


# ------------------------------------------------------------ stop


async def test_a_stop_waits_for_what_runs(engine: LocalEngine) -> None:
    worker = working(engine)
    worker.hold()
    engine.wake("in:a")
    await worker.until(taken=1)
    stopping = asyncio.create_task(engine.stop(PATIENCE))
    await asyncio.sleep(0)
    assert not stopping.done()
    worker.let_go()
    await stopping
    assert worker.done == ["in:a"]


async def test_a_stop_cuts_what_takes_too_long_and_says_so(engine: LocalEngine) -> None:
    worker = working(engine)
    worker.hold()
    engine.wake("in:a")
    await worker.until(taken=1)
    with capture_logs() as logs:
        await engine.stop(SOON)
    assert (worker.taken, worker.done) == (["in:a"], [])
    assert [(line["event"], line["lane"]) for line in logs] == [("lane cut short at shutdown", "lane in:a")]
    await asyncio.sleep(0)
    assert not engine._running


async def test_after_a_stop_nothing_starts_any_more(engine: LocalEngine) -> None:
    worker, tick = working(engine, 0.0, SOON), Tick()
    engine.every("poll", tick)
    worker.hold()
    engine.wake("in:runs")
    engine.wake("in:later", 0.5)  # the stop comes before it, however busy the machine is
    await worker.until(taken=1)
    stopping = asyncio.create_task(engine.stop(PATIENCE))
    await asyncio.sleep(0)
    engine.wake("in:runs")
    engine.wake("in:new")
    engine.wake("in:new too", SOON)
    engine.wake_by("poll", 0.0)
    worker.let_go()
    await stopping
    await engine.run()  # ends at once
    await asyncio.sleep(3 * SOON)  # no timer is left that could ring
    assert worker.taken == ["in:runs"]
    assert tick.times == 0
    assert (engine._timers, engine._running) == ({}, {})


async def test_a_lane_that_waits_for_a_slot_does_not_start_after_a_stop(engine: LocalEngine) -> None:
    worker = working(engine, at_once=1)
    worker.hold()
    for lane in ("in:runs", "in:waits", "in:waits too"):
        engine.wake(lane)
    await worker.until(taken=1)
    stopping = asyncio.create_task(engine.stop(PATIENCE))
    await asyncio.sleep(0)
    worker.let_go()
    await stopping
    assert (worker.taken, worker.done) == (["in:runs"], ["in:runs"])


async def test_a_stop_ends_the_ticks_between_two_calls(engine: LocalEngine) -> None:
    tick = Tick()
    engine.every("poll", tick)
    async with ticking(engine) as run:
        await tick.until(1)
        await engine.stop(PATIENCE)
        async with asyncio.timeout(PATIENCE):
            await run
    assert tick.times == 1


async def test_stopping_twice_and_with_nothing_to_do_is_harmless(engine: LocalEngine) -> None:
    await engine.stop(0.0)
    await engine.stop(0.0)
