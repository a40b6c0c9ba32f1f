"""How soon Slack gets its ack for a stored slash command: `python -m bench.ack`, about a quarter of an hour.

The product (`python -m bot run`, SQLite with synchronous=FULL, doing its work meanwhile) beside three Bolt apps: two
that store nothing and the least that stores, over both transports, each measured three times in turns. The bot has
core 0; the load has core 1, and the simulated services run there while it does not.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median
from typing import Final

import aiohttp
import uvloop

from bench.load import HttpTarget, Outcome, Plan, SocketTarget, measure
from bench.wire import APP_TOKEN, BOT_TOKEN, HOST, SIGNING_SECRET

ROOT: Final = Path(__file__).parents[1]
CROWD: Final = 10_000
AGE_SECONDS: Final = 600  # since their last change
UNSIGNED: Final = 300  # a second: as many as Slack's own in the open loop
MOVES_A_SECOND: Final = 50  # sessions that spend something, so that every look at Devin finds changes
BOT_CORE, LOAD_CORE = 0, 1
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 1.0  # what a bot leaves undone is thrown away with its store


@dataclass(frozen=True, slots=True)
class Setup:
    """One bot to measure."""

    name: str
    transport: str
    watched: int = 0
    ours: bool = True
    at_once: bool = False  # bare Bolt with process_before_response
    stores: bool = False
    unsigned: int = 0  # requests a second that anybody may send

    @property
    def beside(self) -> str:
        if self.unsigned:
            return f"{self.unsigned} unsigned requests/s"
        return f"a poll of {self.watched:,} sessions" if self.watched else "nothing"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens."""

    bot: int
    slack: int
    socket: int
    devin: int

    @property
    def slack_url(self) -> str:
        return f"http://{HOST}:{self.slack}"

    @property
    def devin_url(self) -> str:
        return f"http://{HOST}:{self.devin}"


def free_ports() -> Ports:
    """Below those the system gives out by itself, so that nobody else is given them meanwhile."""
    with ExitStack() as stack:
        found: list[int] = []
        while len(found) < 4:
            with suppress(OSError):
                held = stack.enter_context(socket.create_server((HOST, random.randrange(20_000, 30_000))))
                found.append(held.getsockname()[1])
        return Ports(*found)


# ---------------------------------------------------------------- processes


@contextmanager
def child(
    command: Sequence[str], core: int | None, log: Path, environment: Mapping[str, str], policy: int = os.SCHED_OTHER
) -> Iterator[int]:
    """A Python process on one core, or on any; ended by its id, whatever happens."""

    clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env={**clean, **environment}, stdout=out, stderr=out
        )
    os.sched_setaffinity(process.pid, range(os.cpu_count() or 1) if core is None else {core})
    os.sched_setscheduler(process.pid, policy, os.sched_param(0))
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        if process.poll() is None:
            process.kill()
            process.wait()


def environment(ports: Ports, port: int, url: str) -> dict[str, str]:
    """The settings of a process that listens on `port`."""
    return {
        "SLACK_API_URL": f"{ports.slack_url}/api/",
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "DEVIN_API_KEY": "cog_play",
        "DEVIN_ORG_ID": "org-play",
        "DEVIN_API_URL": ports.devin_url,
        "DATABASE_URL": url,
        "PORT": str(port),
        "BOT_HOST": HOST,
    }


async def reachable(port: int, log: Path) -> None:
    """Wait until somebody listens there."""
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection(HOST, port)
                    writer.close()
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise SystemExit(f"Nothing listens on port {port}. {_end_of(log)}") from None


def _end_of(log: Path) -> str:
    return f"The log ends with:\n{log.read_text()[-3000:]}"


# ---------------------------------------------------------------- the crowd


@dataclass(frozen=True, slots=True)
class Crowd:
    """Sessions that run at Devin, all last changed at one instant."""

    changed_at: int
    devin_ids: list[str]


async def gather(ports: Ports, count: int, changed_at: int) -> Crowd:
    """Make running sessions at the simulated Devin, which gives the same ids every time."""
    order = {"count": count, "tags": ["devin-bridge"], "status": "running", "status_detail": "working"}
    crowd = Crowd(changed_at, [])
    http = aiohttp.ClientSession(f"{ports.devin_url}/control/")
    async with http, http.post("sessions", json=order | {"created_at": changed_at}) as made:
        made.raise_for_status()
        crowd.devin_ids.extend((await made.json())["session_ids"])
    return crowd


def remember(crowd: Crowd, known: Path, store: Path) -> None:
    """Have the bot's store know them before the bot starts; made once and copied."""
    if known.exists():
        shutil.copy(known, store)
        return
    command = [sys.executable, "-m", "bench.crowd", f"sqlite:///{known}", str(crowd.changed_at)]
    subprocess.run(command, input=json.dumps(crowd.devin_ids), text=True, check=True, cwd=ROOT)
    shutil.copy(known, store)


@asynccontextmanager
async def moving(ports: Ports, crowd: Crowd) -> AsyncIterator[None]:
    """Let some of the crowd spend something all the time."""

    async def spend() -> None:
        turn = 0
        async with aiohttp.ClientSession(f"{ports.devin_url}/control/") as http:
            while True:
                turn += 7
                devin_id = crowd.devin_ids[turn % len(crowd.devin_ids)]
                async with http.post(f"sessions/{devin_id}/spend", json={"acus": 0.1}):
                    await asyncio.sleep(1 / MOVES_A_SECOND)

    task = asyncio.create_task(spend())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


# ---------------------------------------------------------------- one bot


def _environment(setup: Setup, ports: Ports, store: Path) -> dict[str, str]:
    common = environment(ports, ports.bot, f"sqlite:///{store}")
    if setup.transport == "socket":
        del common["SLACK_SIGNING_SECRET"]
        common["SLACK_APP_TOKEN"] = APP_TOKEN
    # With the third a bot looks at Devin at once, and again as soon as a look is done.
    more = {"BARE_AT_ONCE": "1" if setup.at_once else "", "STORE": str(store), "BOT_POLL_SECONDS": "2"}
    return common | more


def _command(setup: Setup, ports: Ports) -> list[str]:
    peer = "bench.storing_bolt" if setup.stores else "bench.bare_bolt"
    return ["-m", "bot", "run"] if setup.ours else ["-m", peer, setup.transport, str(ports.bot)]


@asynccontextmanager
async def running(setup: Setup, folder: Path, changed_at: int) -> AsyncIterator[HttpTarget | SocketTarget]:
    """The bot of a setup with everything around it, ready for commands."""
    ports = free_ports()
    store = folder / f"{setup.transport}-{setup.watched}.db"
    async with AsyncExitStack() as stack:
        # In memory: on the disk a line would wait for the store's own writing, and what reads a log is a pipe.
        log = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir="/dev/shm"))) / "log"
        slack = ["-m", "bench.wire", str(ports.slack), str(ports.socket)]
        stack.enter_context(child(slack, LOAD_CORE, log, {}, os.SCHED_IDLE))
        await reachable(ports.slack, log)
        if setup.ours:
            devin = ["-m", "bot.playground.devin", "--port", str(ports.devin)]
            stack.enter_context(child(devin, LOAD_CORE, log, {}, os.SCHED_IDLE))
            await reachable(ports.devin, log)
        if setup.watched:
            crowd = await gather(ports, setup.watched, changed_at)
            remember(crowd, folder.parent / "crowd.db", store)
            await stack.enter_async_context(moving(ports, crowd))
        target = await stack.enter_async_context(_target(setup, ports))
        stack.enter_context(child(_command(setup, ports), BOT_CORE, log, _environment(setup, ports, store)))
        if isinstance(target, SocketTarget):
            async with asyncio.timeout(START_SECONDS):
                await target.connected.wait()
        else:
            await reachable(ports.bot, log)
            await target.connect()
        if setup.unsigned:
            stranger = ["-m", "bench.unsigned", str(ports.bot), str(setup.unsigned)]
            stack.enter_context(child(stranger, LOAD_CORE, log, {}))
        yield target


@asynccontextmanager
async def _target(setup: Setup, ports: Ports) -> AsyncIterator[HttpTarget | SocketTarget]:
    target: HttpTarget | SocketTarget
    if setup.transport == "socket":
        target = SocketTarget(ports.slack_url, ports.socket)
        await target.listen()
    else:
        target = HttpTarget(ports.slack_url, ports.bot)
    try:
        yield target
    finally:
        await target.close()


# ---------------------------------------------------------------- the table


def setups() -> list[Setup]:
    return [
        setup
        for transport in ("http", "socket")
        for setup in (
            Setup("bare Bolt", transport, ours=False),
            Setup("bare Bolt, answering at once", transport, ours=False, at_once=True),
            Setup("bare Bolt, storing", transport, ours=False, stores=True),
            Setup("Devin Bridge", transport),
            Setup("Devin Bridge", transport, CROWD),
            *([Setup("Devin Bridge", transport, unsigned=UNSIGNED)] if transport == "http" else []),
        )
    ]


def line(setup: Setup, plan: Plan, outcomes: Sequence[Outcome]) -> str:
    """A row of the table: of each figure the median of all measurements; what was not acked, in all of them."""
    transport = {"http": "HTTP", "socket": "Socket Mode"}[setup.transport]
    p50 = median(outcome.milliseconds(0.5) for outcome in outcomes)
    p99 = median(outcome.milliseconds(0.99) for outcome in outcomes)
    per_second, failed = median(outcome.per_second for outcome in outcomes), sum(outcome.failed for outcome in outcomes)
    figures = f"{p50:.1f} | {p99:.1f} | {per_second:,.0f} | {failed}"
    return f"| {setup.name} | {transport} | {setup.beside} | {plan.name} | {figures} |"


HEAD: Final = (
    "| bot | transport | beside | load | p50 ms | p99 ms | acks/s | not acked |\n"
    "| --- | --- | --- | --- | --: | --: | --: | --: |"
)


def machine(folder: Path) -> str:
    about = Path("/proc/cpuinfo").read_text().splitlines()
    models = [row.partition(":")[2].strip() for row in about if "model name" in row] or [platform.machine()]
    system = subprocess.run(["df", "--output=fstype", str(folder)], capture_output=True, text=True, check=True)
    store = f"SQLite {sqlite3.sqlite_version} (WAL, synchronous=FULL) on {system.stdout.split()[-1]}"
    python = f"Python {platform.python_version()}"
    return f"{os.cpu_count()} cores ({models[0]}), {python}, {store}; the bot on one core, the load on another."


async def run(plans: Sequence[Plan], chosen: Sequence[Setup], times: int) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=os.environ.get("TMPDIR")) as name:
        changed_at = int(time.time()) - AGE_SECONDS
        print(machine(Path(name)), HEAD, sep="\n\n", flush=True)
        outcomes: dict[tuple[Setup, Plan], list[Outcome]] = defaultdict(list)
        # In turns, so that a slow minute of the machine is nobody's alone.
        for _ in range(times):
            for setup, plan in product(chosen, plans):
                folder = Path(tempfile.mkdtemp(dir=name))
                async with running(setup, folder, changed_at) as target:
                    outcomes[setup, plan].append(await measure(target, plan))
        for (setup, plan), measured in outcomes.items():
            print(line(setup, plan, measured), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0, help="how long each measurement lasts, at most 60")
    parser.add_argument("--rate", type=float, default=300.0, help="commands a second in the open loop")
    parser.add_argument("--times", type=int, default=3, help="how often each is measured; the table shows medians")
    parser.add_argument("--only", default="", help="only setups whose line contains this, e.g. 'Bridge/http/0'")
    asked = parser.parse_args()
    seconds = min(asked.seconds, 60.0)
    plans = [Plan(rate=asked.rate, seconds=seconds), Plan(at_once=32, seconds=seconds)]
    chosen = [
        setup for setup in setups() if asked.only in f"{setup.name}/{setup.transport}/{setup.watched}/{setup.unsigned}"
    ]
    os.sched_setaffinity(0, {LOAD_CORE})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(plans, chosen, min(asked.times, 9)))


if __name__ == "__main__":
    main()
