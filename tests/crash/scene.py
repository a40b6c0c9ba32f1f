"""A scene: simulated Slack and Devin, and the bot as a process that may die; then it is started again."""

import asyncio
import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg

from bot.playground.devin import DevinControl
from bot.playground.slack import SlackControl
from bot.store import due
from tests import postgres
from tests.crash.steps import Moment
from tests.moment import clock
from tests.scenarios.ahead import TEAM
from tests.scenarios.harness import Harness, harness

_T = TypeVar("_T")

ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 60.0
LEASE: Final = 1.0
SPEED: Final = 100.0  # of the simulated Slack: what the bot did not acknowledge comes again after 0, 0.6 and 3 s
AT_ONCE: Final = 10  # scenes, in all processes of a run: fewer leave the processors idle, more wait for each other
STORED_COMMANDS: Final = "SELECT key FROM inbox WHERE kind = 'command'"
UNSENT: Final = "SELECT key FROM outbox WHERE state IN ('open', 'sending')"
STATES_OF_DIGESTS: Final = "SELECT state FROM outbox WHERE key LIKE 'digest:%'"
# What is still to be done; one statement, because to look costs a new connection.
_OPEN: Final = """
SELECT key, state, reason FROM inbox WHERE state = 'open'
UNION ALL SELECT key, state, reason FROM outbox WHERE state IN ('open', 'sending')
UNION ALL SELECT key, state, reason FROM posts WHERE state = 'open' AND next_at < {soon}
"""
_SOON: Final = 600.0  # seconds; "Is working…" is shown again after 45 minutes


@dataclass
class Victim:
    """A process of the bot."""

    born: "Future[int]" = field(default_factory=Future)
    is_known_to_slack: bool = False  # over HTTP: whether Slack knows its address
    stopped: "Future[int]" = field(default_factory=Future)
    ended: "Future[int]" = field(default_factory=Future)

    async def end(self) -> int:
        """Its exit code, once it has one; negative for a signal."""
        return await asyncio.wait_for(self.over(), PATIENCE)

    async def over(self) -> int:
        """The same, however long it takes."""
        return await asyncio.shield(asyncio.wrap_future(self.ended))

    async def stands_still(self) -> None:
        """Wait until it is frozen."""
        await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self.stopped)), PATIENCE)

    @property
    def alive(self) -> bool:
        return not self.ended.done()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it is still there."""
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.born.result(PATIENCE), number)

    async def kill(self) -> None:
        """End it without a word."""
        self.send(signal.SIGKILL)
        await self.end()


class Slots:
    """Lets so many scenes play at once in all processes of a run; more would only wait for each other's processor."""

    def __init__(self, folder: Path) -> None:
        self._files: Final = [folder / f"slot.{number}" for number in range(AT_ONCE)]

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Have a slot, as soon as one is free."""
        while (held := self._free()) is None:
            await asyncio.sleep(0.2)  # the lock of a file has no event
        try:
            yield
        finally:
            os.close(held)

    def _free(self) -> int | None:
        for file in self._files:
            held = os.open(file, os.O_RDWR | os.O_CREAT)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(held)
            else:
                return held
        return None


class Nursery:
    """Starts victims; one import of the bot and one `empty_store` serve them all, and all runs share the `slots`.

    `postgres_server` is the address of the first database of the server for stores on PostgreSQL.
    """

    def __init__(self, process: "subprocess.Popen[str]", empty_store: Path, postgres_server: str, slots: Slots) -> None:
        self.empty_store: Final = empty_store
        self.postgres_server: Final = postgres_server
        self.slots: Final = slots
        self._process = process
        self._victims: dict[int, Victim] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def start(self, environment: dict[str, str]) -> Victim:
        """Fork one, whose clock is the test's."""
        name, victim = len(self._victims), Victim()
        environment = environment | {"AHEAD": str(clock.ahead)}
        self._victims[name] = victim
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"name": name, "environment": environment}) + "\n")
        self._process.stdin.flush()
        return victim

    def close(self) -> None:
        """Let it go, with all that still lives."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            name, what, value = json.loads(line)
            future: Future[int] = getattr(self._victims[name], what)
            if not future.done():
                future.set_result(value)


@contextmanager
def opened_nursery(empty_store: Path, postgres_server: str, shared: Path) -> Iterator[Nursery]:
    """A nursery for as long as it is needed."""
    command = [sys.executable, "-m", "tests.crash.victim", str(empty_store), postgres_server]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()  # it has imported the bot, which no test waits for
    nursery = Nursery(process, empty_store, postgres_server, Slots(shared))
    try:
        yield nursery
    finally:
        nursery.close()


@dataclass
class Scene:
    """People in `slack`, the other side in `devin`, and the bot between them as a process."""

    on: Harness
    folder: Path
    nursery: Nursery
    strike: Moment | None
    victims: list[Victim] = field(default_factory=list)
    deaths: int = 0
    _keeper: "asyncio.Task[None] | None" = None
    _addresses: "set[asyncio.Task[None]]" = field(default_factory=set)
    _reader: "asyncpg.Connection | None" = None
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def slack(self) -> SlackControl:
        return self.on.slack

    @property
    def devin(self) -> DevinControl:
        return self.on.devin

    def begin(self, strike: Moment | None = None, strike_with: str = "SIGKILL") -> Victim:
        """Start a process on this scene's store."""
        values = {"VICTIM_FOLDER": str(self.folder), "STRIKE_AT": str(strike or ""), "STRIKE_WITH": strike_with}
        victim = self.nursery.start(self.on.environment | values)
        self.victims.append(victim)
        if not self._over_socket:
            self._addresses.add(asyncio.create_task(self._take_address(victim)))
        return victim

    async def up(self) -> None:
        """Start a process and wait until Slack can reach it."""
        self.begin()
        await self.reachable()

    async def reachable(self) -> None:
        """Wait until Slack can reach a bot, the newest one over HTTP."""
        if self._over_socket:
            await self.slack.wait_for_sockets(within=PATIENCE)
            return
        async with asyncio.timeout(PATIENCE):
            while not (self.victims[-1].is_known_to_slack and self.victims[-1].alive):
                await asyncio.sleep(0.02)  # another process may begin meanwhile

    @property
    def _over_socket(self) -> bool:
        return "SLACK_APP_TOKEN" in self.on.environment

    async def _take_address(self, victim: Victim) -> None:
        """Tell Slack where a process takes its requests, once it does, as a proxy in front of it would know."""
        announced = self.folder / f"port.{await asyncio.wrap_future(victim.born)}"
        while not announced.exists() or not announced.read_text():
            if not victim.alive:
                return
            await asyncio.sleep(0.02)  # a file has no event
        self.on.simulated_slack.request_url = f"http://127.0.0.1:{announced.read_text()}/slack/events"
        victim.is_known_to_slack = True

    async def keep(self) -> None:
        """Run the bot, and start it again when its step has killed it."""
        self._keeper = asyncio.create_task(self._supervise(self.strike))
        await self.guarded(self.reachable())

    async def _supervise(self, strike: Moment | None) -> None:
        while True:
            code = await self.begin(strike).over()
            if strike is None or code != -signal.SIGKILL:
                raise AssertionError(f"the bot ended by itself with {code}:\n{self.log()}")
            self.deaths, strike = self.deaths + 1, None

    def arm(self) -> None:
        """From here on steps count."""
        (self.folder / "armed").touch()

    def reached(self) -> list[Moment]:
        """The moments that were reached since then, each once."""
        written = self.folder / "steps"
        lines = written.read_text().splitlines() if written.exists() else []
        return [Moment.parse(line) for line in dict.fromkeys(lines)]

    def log(self) -> str:
        """The end of what the processes wrote."""
        path = self.folder / "log"
        return path.read_text()[-6000:] if path.exists() else ""

    async def rows(self, statement: str) -> list[Any]:
        """Look into the store."""
        url = self.on.environment["DATABASE_URL"]
        if not url.startswith("sqlite"):
            async with self._reading:
                if self._reader is None:
                    self._reader = await asyncpg.connect(url)
                return [tuple(row) for row in await self._reader.fetch(statement)]
        with closing(sqlite3.connect(f"file:{self.folder / 'bot.db'}?mode=ro", uri=True, timeout=5)) as store:
            return store.execute(statement).fetchall()

    async def open_rows(self) -> list[Any]:
        """What is open in inbox and outbox, and the cards that wait for an edit within minutes."""
        return await self.rows(_OPEN.format(soon=time.time() + _SOON))

    async def quiet(self) -> None:
        """Wait until nothing is open any more in inbox and outbox, and no card waits for an edit."""
        found: list[Any] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while found := await self.open_rows():
                    await asyncio.sleep(0.1)  # the store has no event for it
                return
        raise AssertionError(f"still open: {found}")

    async def settled(self) -> None:
        """Wait for the end of all work, on both sides of the death if one was asked for."""
        await self.quiet()
        if self.strike is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(2.0):  # the last steps come after what a person sees
                    while not self.deaths:
                        await asyncio.sleep(0.02)
            await self.reachable()
        await self.polled()
        await self.quiet()

    async def polled(self, times: int = 2) -> None:
        """Wait until the poller has polled Devin again, if it has anything to poll for."""
        watched = await self.rows("SELECT id FROM sessions WHERE lifecycle = 'open' AND ended_at IS NULL")
        if watched:
            await self.wait_for_polls(times)

    async def wait_for_polls(self, times: int = 2) -> None:
        """Wait for so many polls."""
        count = (await self.devin.counters()).get("list_sessions", 0)
        await self.devin.wait_for_calls("list_sessions", count + times, seconds=PATIENCE)

    async def tried_in_vain(self) -> None:
        """Wait until the only open row was worked on from beginning to end, and put back."""
        attempts = "SELECT attempts FROM inbox WHERE state = 'open'"
        ((count,),) = await self.rows(attempts)
        async with asyncio.timeout(PATIENCE):
            while await self.rows(attempts) < [(count + 2,)]:  # the first may have begun before now
                await asyncio.sleep(0.02)  # the store has no event for it

    async def guarded(self, work: Awaitable[_T]) -> _T:
        """Do the work, but not beyond the end of the bot."""
        assert self._keeper is not None
        task = asyncio.ensure_future(work)
        await asyncio.wait({task, self._keeper}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._keeper.result()
        return task.result()

    async def close(self) -> None:
        """End what still runs."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        for victim in self.victims:
            await victim.kill()
        await asyncio.gather(*self._addresses)
        if self._reader is not None:
            await self._reader.close()


@asynccontextmanager
async def scene(
    folder: Path,
    nursery: Nursery,
    strike: Moment | None = None,
    transport: str = "socket",
    store: str = "sqlite",
    *,
    first_start: bool = False,
    **settings: str,
) -> AsyncIterator[Scene]:
    """Set everything up but the bot; take everything down. On its `first_start` the bot has no schema yet.

    Slack refuses statuses of agents, unless the settings have an AGENT: they would be a step of each story.
    """
    folder.mkdir(parents=True, exist_ok=True)
    quick = {"BOT_POLL_SECONDS": "0.5", "BOT_SLOW_POLL_SECONDS": "0.5", "BOT_LEASE_SECONDS": str(LEASE)}
    async with AsyncExitStack() as stack:
        empty_store = None
        if store == "postgresql":
            template = None if first_start else postgres.TEMPLATE
            quick["DATABASE_URL"] = await stack.enter_async_context(postgres.created(nursery.postgres_server, template))
        elif not first_start:
            empty_store = nursery.empty_store
        set_up = harness(folder, transport, start=False, empty_store=empty_store, speed=SPEED, **(quick | settings))
        one = Scene(await stack.enter_async_context(set_up), folder, nursery, strike)
        stack.push_async_callback(one.close)
        if not first_start and "AGENT" not in settings:
            async with one.on.store.write() as tx:
                await due.write(tx, due.no_agent_surface(TEAM), time.time() + PATIENCE * 100, {"v": 1})
        yield one
