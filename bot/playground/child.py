"""The bot as a process of its own: the product unchanged, with its settings pointing to the simulators."""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from bot.playground.clock import SimulatedClock
from bot.playground.launch import BotProcess, Launch, launch
from bot.playground.trouble import TroubleError

OURS: Final = ("SLACK_", "DEVIN_", "BOT_", "DATABASE_URL", "PORT")  # settings of a real bot stay out of the show
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 15.0  # a stop takes ten at most
LOOK_SECONDS: Final = 0.05
LAST_LINES: Final = 15
LINE_ENDS: Final = 400  # characters

State = Literal["starting", "running", "stopping", "stopped", "killed"]


@dataclass(slots=True, eq=False)
class Child:
    """One process of the bot, and where its part of the log begins."""

    process: BotProcess
    log: Path
    begins: int
    wanted: Literal["running", "stopped", "killed"] = "running"  # what was last asked for

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.returncode is None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it is still there."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    def port(self) -> int | None:
        """Where it listens, once everything is up."""
        return next((port for line in self.lines() if (port := _port_in(line)) is not None), None)

    def told(self, sentence: str) -> str:
        """A sentence with the last lines of the log under it."""
        lines = [_shortened(line) for line in self.lines()[-LAST_LINES:]] or ["(nothing)"]
        return "\n".join([sentence, "The last lines of its log:", *(f"  {line}" for line in lines)])

    def lines(self) -> list[str]:
        """What this process has logged."""
        try:
            with self.log.open("rb") as log:
                log.seek(self.begins)
                return log.read().decode(errors="replace").splitlines()
        except FileNotFoundError:
            return []  # some machines tidy their temporary folders up after a few days


class Keeper:
    """Starts the bot and ends it, at any time and in any order: there is never more than one, and no orphan."""

    def __init__(
        self, folder: Path, settings: Mapping[str, str], clock: SimulatedClock, launch: Launch = launch
    ) -> None:
        self.log = folder / "bot.log"
        self.store = folder / "bot.db"
        self.state: State = "stopped"
        self.port: int | None = None
        self.starts = 0
        self.said: str | None = None
        self.ran = False  # whether it was ever up with this store
        self.tell: Callable[[], None] = lambda: None
        self._settings = settings
        self._clock = clock
        self._launch = launch
        self._closed = False
        self._child: Child | None = None
        self._watching: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()

    def read(self) -> dict[str, Any]:
        """As the page shows it."""
        pid = self._child.process.pid if self._child and self._child.alive else None
        return {"state": self.state, "pid": pid, "port": self.port, "starts": self.starts, "said": self.said}

    @property
    def alive(self) -> bool:
        """Whether there is a process."""
        return self._child is not None and self._child.alive

    # ------------------------------------------------------------ what is done with it

    async def start(self) -> bool:
        """Begin one, unless there is one; whether it did."""
        async with self._turn:
            if self.alive:
                return False
            await self._begin()
            return True

    async def stop(self) -> bool:
        """End it as a supervisor does; whether there was one."""
        async with self._turn:
            return await self._end()

    async def restart(self, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
        """End it, if there is one, and begin the next; `meanwhile` is done when there surely is none.

        The next one begins even if that fails.
        """
        async with self._turn:
            await self._end()
            try:
                if meanwhile is not None:
                    await meanwhile()
            finally:
                await self._begin()

    async def kill(self) -> bool:
        """End it at once, whatever else is being done with it; whether there was one."""
        child = self._child
        if child is None or not child.alive:
            return False
        child.wanted = "killed"
        child.signal(signal.SIGKILL)
        await self._end_told()
        return True

    async def changes(self) -> None:
        """Wait until its state changes, or there is something to say about it."""
        await self._changed.wait()

    def told(self, sentence: str) -> str:
        """A sentence with the last lines of its log under it."""
        return sentence if self._child is None else self._child.told(sentence)

    async def up(self) -> None:
        """Wait until it runs; TroubleError when it ends before."""
        while self.state == "starting":
            await self._changed.wait()
        if self.state != "running":
            raise TroubleError(self.said or "The bot isn't running.")

    async def died(self) -> None:
        """Wait for the bot to end by itself, which is trouble."""
        while self.said is None or self.alive:
            await self._changed.wait()
        raise TroubleError(self.said)

    def forget(self) -> None:
        """Take its store away, when there is none."""
        for path in self.store.parent.glob(f"{self.store.name}*"):
            path.unlink(missing_ok=True)
        self.ran = False

    async def close(self) -> None:
        """End it for good; TroubleError when it does not stop as it should."""
        self._closed = True
        if await self.stop() and self.said is not None:
            raise TroubleError(self.said)

    # ------------------------------------------------------------ how

    async def _begin(self) -> None:
        if self._closed:
            return
        await self._end_told()  # else the end of one that has just died would be taken for the end of the next
        begins = self.log.stat().st_size if self.log.exists() else 0
        process = await self._launch(self._clock.ahead, _environment(self._settings), self.log)
        self._child = Child(process, self.log, begins)
        self.starts += 1
        self._enter("starting")
        self._watching = asyncio.create_task(self._watch(self._child), name="watch the bot")

    async def _end(self) -> bool:
        child = self._child
        if child is None or not child.alive:
            return False
        self._enter("stopping")
        # A second signal would end it in the middle of its stop, if whoever began that was given up.
        if child.wanted == "running":
            child.wanted = "stopped"
            child.signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._end_told()
        except TimeoutError:
            child.signal(signal.SIGKILL)
            await self._end_told()
        return True

    async def _end_told(self) -> None:
        """Wait until the one that was begun last has ended. Who waits can be canceled, who tells cannot."""
        if self._watching is not None:
            await asyncio.shield(self._watching)

    async def _watch(self, child: Child) -> None:
        """Tell when it is up, and how it ended."""
        ended = asyncio.create_task(child.process.wait(), name="wait for the bot")
        await self._see_it_up(child, ended)
        code = await ended
        self.port = None
        self._enter("killed" if child.wanted == "killed" else "stopped", self._last_words(child, code))

    async def _see_it_up(self, child: Child, ended: "asyncio.Task[int]") -> None:
        loop = asyncio.get_running_loop()
        late = loop.time() + START_SECONDS
        while not ended.done():
            if (port := child.port()) is not None:
                self.port, self.ran = port, True
                if self.state == "starting":
                    self._enter("running")
                return
            if loop.time() > late and self.said is None:
                self._enter(self.state, child.told(f"The bot didn't start within {START_SECONDS:.0f} seconds."))
            await asyncio.wait({ended}, timeout=LOOK_SECONDS)

    def _last_words(self, child: Child, code: int) -> str | None:
        """What is to be said about its end; nothing when it ended as it was told to."""
        if child.wanted == "running":
            return child.told(f"The bot exited unexpectedly (exit code {code}).")
        # Before it is up, a SIGTERM simply ends it.
        early = code == -signal.SIGTERM and child.port() is None
        if child.wanted == "stopped" and code and not early:
            return child.told(f"The bot didn't stop cleanly (exit code {code}).")
        return None

    def _enter(self, state: State, said: str | None = None) -> None:
        self.state, self.said = state, said
        self._changed.set()
        self._changed = asyncio.Event()
        self.tell()


def _shortened(line: str) -> str:
    """A traceback stands in one line of the log; its beginning says where, its end what."""
    return line if len(line) <= 2 * LINE_ENDS else f"{line[:LINE_ENDS]} … {line[-LINE_ENDS:]}"


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(OURS) and not name.upper().endswith("_PROXY")
    }
    return {**inherited, **settings}


def _port_in(line: str) -> int | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None  # a traceback, or a line that is still being written
    return int(told["port"]) if isinstance(told, dict) and told.get("event") == "running" else None
