"""The engine of one process, on asyncio tasks.

One task at a time works on a lane, until it passes the lane on. A hint that comes meanwhile makes the lane be worked on
once more after that.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from bot.engine.port import Route, Tick
from bot.logs import get_logger, is_counted
from bot.timing import PRODUCTION, Timing

log = get_logger(__name__)

SOONEST: Final = 0.001  # seconds of a timer: for less uvloop returns a handle that does not know when it is due


class LocalEngine:
    """An engine on asyncio tasks; `timing` says how long it waits after a failure."""

    def __init__(self, timing: Timing = PRODUCTION) -> None:
        self._timing = timing
        self._routes: dict[str, Route] = {}
        self._tasks: set[asyncio.Task[float | None]] = set()
        self._running: dict[str, asyncio.Task[float | None]] = {}  # by lane, the task that has not passed it on
        self._again: dict[str, float] = {}
        self._whose: dict[str, str] = {}  # by lane, whom it is worked on for, as long as there is a hint for it
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._ticks: dict[str, Tick] = {}
        self._hurry: dict[str, asyncio.Event] = {}
        self._tick_timers: dict[str, asyncio.TimerHandle] = {}  # at most one a tick: many hints make one call
        self._stopping = asyncio.Event()

    def route(self, word: str, route: Route) -> None:
        """Have the lanes whose name begins with `word` and a colon worked on by `route`."""
        self._routes[word] = route

    def wake(self, lane: str, after: float = 0.0, whose: str | None = None) -> None:
        """Have `lane` worked on, now or `after` so many seconds; of two hints the earlier one counts.

        `whose` is the person for whom it is worked on; without one it stays the person of an earlier hint.
        """
        if self._stopping.is_set():
            return
        if whose is not None:
            self._whose[lane] = whose
        if after > 0:
            self._wake_after(lane, after)
            return
        self._cancel_timer(lane)
        if lane in self._running:
            self._again[lane] = 0.0
            return
        task = asyncio.create_task(self._work_on(lane), name=f"lane {lane}")
        self._tasks.add(task)
        self._running[lane] = task
        task.add_done_callback(lambda done: self._left(lane, done))

    def pass_on(self, lane: str, within: float) -> None:
        """Let a second task work on `lane` beside the one that runs, `within` so many seconds."""
        self._running.pop(lane, None)
        self.wake(lane, self._again.pop(lane, within))

    def every(self, name: str, tick: Tick) -> None:
        """Call `tick` again and again under this `name`, as soon as the engine runs."""
        self._ticks[name] = tick
        self._hurry[name] = asyncio.Event()

    def wake_by(self, name: str, within: float) -> None:
        """Call the tick `name` in at most `within` seconds; of several hints the earliest counts."""
        if name not in self._hurry:
            return
        loop = asyncio.get_running_loop()
        pending = self._tick_timers.get(name)
        if pending is not None:
            if pending.when() <= loop.time() + within:
                return
            pending.cancel()
        self._tick_timers[name] = loop.call_later(max(within, SOONEST), self._hurry_up, name)

    def subscribe(self, topic: str, receive: Callable[[str], None]) -> None:
        """Do nothing: there is no other process."""

    def publish(self, topic: str, message: str) -> None:
        """Do nothing: there is no other process."""

    @property
    def has_routes(self) -> bool:
        """Whether this process works on lanes."""
        return bool(self._routes)

    def works_on(self, lane: str) -> bool:
        """Whether a route leads to `lane`."""
        return lane.split(":", 1)[0] in self._routes

    def has_to_wait(self, lane: str) -> bool:
        """Whether `lane`, which nothing works on here, would have to wait for a slot if it were woken."""
        return lane not in self._running and self._routes[lane.split(":", 1)[0]].is_full

    async def room_for(self, lane: str) -> None:
        """Wait until a slot is free for a lane such as `lane`."""
        async with self._routes[lane.split(":", 1)[0]].slot(None):
            return

    def _hurry_up(self, name: str) -> None:
        self._tick_timers.pop(name, None)
        self._hurry[name].set()

    async def run(self) -> None:
        """Call the ticks until the engine is stopped; lanes are worked on as hints come."""
        async with asyncio.TaskGroup() as group:
            for name, tick in self._ticks.items():
                group.create_task(self._tick(name, tick), name=f"tick {name}")

    async def stop(self, within: float) -> None:
        """Start nothing new, let what runs finish for `within` seconds, then cancel it.

        The rows of cancelled tasks stay open, and are worked on after the next start.
        """
        self._stopping.set()
        for hurry in self._hurry.values():
            hurry.set()
        for lane in list(self._timers):
            self._cancel_timer(lane)
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=within)
        for task in late:
            log.warning("lane cut short at shutdown", lane=task.get_name())
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _work_on(self, lane: str) -> float | None:
        route = self._routes[lane.split(":", 1)[0]]
        async with route.slot(self._whose.get(lane)):
            if self._stopping.is_set():
                return None  # the slot became free because another task ended at the stop
            try:
                return await route.work(lane)
            except Exception:
                log.exception("lane failed", lane=lane)
                return self._timing.engine_retry

    def _left(self, lane: str, task: asyncio.Task[float | None]) -> None:
        self._tasks.discard(task)
        hints = [None if task.cancelled() or task.exception() else task.result()]
        if self._running.get(lane) is task:
            del self._running[lane]
            hints.append(self._again.pop(lane, None))
        waits = [hint for hint in hints if hint is not None]
        if waits:
            self.wake(lane, min(waits))
        elif lane not in self._running and lane not in self._timers:
            self._whose.pop(lane, None)

    def _wake_after(self, lane: str, after: float) -> None:
        loop = asyncio.get_running_loop()
        timer = self._timers.get(lane)
        if timer is not None and timer.when() <= loop.time() + after:
            return
        self._cancel_timer(lane)
        self._timers[lane] = loop.call_later(max(after, SOONEST), self.wake, lane)

    def _cancel_timer(self, lane: str) -> None:
        timer = self._timers.pop(lane, None)
        if timer is not None:
            timer.cancel()

    async def _tick(self, name: str, tick: Tick) -> None:
        failing = False
        while not self._stopping.is_set():
            try:
                wait = await tick()
            except Exception as error:
                wait = self._timing.engine_retry
                if not failing and not is_counted(error):
                    log.exception("tick failed", tick=name)
                    failing = True
            else:
                if failing:
                    log.info("tick recovered", tick=name)
                failing = False
            await self._pause(name, wait)

    async def _pause(self, name: str, seconds: float) -> None:
        hurry = self._hurry[name]
        if self._stopping.is_set():
            return
        try:
            async with asyncio.timeout(seconds):
                await hurry.wait()
        except TimeoutError:
            return
        if not self._stopping.is_set():
            hurry.clear()
