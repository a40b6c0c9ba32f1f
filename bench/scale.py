"""What several processes on one PostgreSQL bring: `python -m bench.scale`, some minutes on two cores.

Bare Bolt, which stores nothing, and the least that stores; the bot as one process on SQLite and on PostgreSQL; then a
receiver with 1, 2 and 4 workers; and the bot on both stores with 100,000 open sessions. Each gets the same slash
commands at an even rate, each of which becomes a session. The table shows how soon each was acknowledged, and how long
after the last command the last session stood at the simulated Devin.

`--posts 40` measures what a limit that all share loses: so many posts wait for one channel, which takes one a second.
With `--posts 10000 --channels 1000` they wait for so many channels, and the processes are the limit.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp
import uvloop
from sqlalchemy import func, select

from bench.ack import LOAD_CORE, ROOT, Ports, child, environment, free_ports, machine, reachable
from bench.load import HttpTarget, Plan, measure
from bench.rest import ready, store_of_devin
from bench.wire import HOST
from bot.engine.pgqueuer import QueueAddress, install
from bot.features import metadata
from bot.kernel.settings import Settings
from bot.kernel.unit_of_work import UnitOfWork
from bot.store.database.connection import Database
from bot.store.database.schema import migrate
from bot.store.tables import outbox
from bot.timing import PRODUCTION
from bot.views.message import Message
from tests import postgres  # its binaries are there for tests alone

PATIENCE: Final = 300.0
OPEN: Final = 100_000
TEAM, CHANNEL = "T0BENCH", "C0BENCH"
HEAD: Final = (
    "| processes | store | open sessions | ack p50 ms | p99 ms | not acked | last session after s | sessions/s |\n"
    "| --- | --- | --: | --: | --: | --: | --: | --: |"
)


@dataclass(frozen=True, slots=True)
class Setup:
    """The processes of one bot: so many `workers` behind a `web`, or none, where one process does it all.

    A `peer` is a module that stands in for it.
    """

    workers: int
    store: str
    sessions: int = 0
    peer: str = ""

    @property
    def name(self) -> str:
        if self.peer:
            return self.peer.removeprefix("bench.").replace("_", " ")
        return f"web, {self.workers} x worker" if self.workers else "run"

    def commands(self, port: int) -> list[list[str]]:
        """The commands of its processes, of which the first takes Slack's requests."""
        if self.peer:
            return [["-m", self.peer, "http", str(port)]]
        kinds = ["web", *["worker"] * self.workers] if self.workers else ["run"]
        return [["-m", "bot", kind] for kind in kinds]


@dataclass(frozen=True, slots=True)
class Row:
    """What was seen of a setup."""

    processes: str
    store: str
    sessions: int
    p50_ms: float
    p99_ms: float
    not_acked: int
    late_s: float | None  # None of a peer, which starts no sessions
    sessions_a_second: float | None

    def line(self) -> str:
        """The row of the table in Markdown."""
        acks = f"{self.p50_ms:.1f} | {self.p99_ms:.1f} | {self.not_acked}"
        starts = f"{self.late_s:.1f} | {self.sessions_a_second:.0f}" if self.late_s is not None else "| "
        return f"| {self.processes} | {self.store} | {self.sessions:,} | {acks} | {starts} |"


HEAD_OF_POSTS: Final = (
    "| processes | store | posts | first to last s | posts/s | against one process |\n"
    "| --- | --- | --: | --: | --: | --: |"
)
SENT: Final = select(func.count(), func.min(outbox.c.sent_at), func.max(outbox.c.sent_at)).where(
    outbox.c.state == "sent"
)

SETUPS: Final = (
    Setup(0, "none", peer="bench.bare_bolt"),
    Setup(0, "SQLite", peer="bench.storing_bolt"),
    Setup(0, "SQLite"),
    Setup(0, "PostgreSQL"),
    Setup(1, "PostgreSQL"),
    Setup(2, "PostgreSQL"),
    Setup(4, "PostgreSQL"),
    Setup(0, "SQLite", OPEN),
    Setup(2, "PostgreSQL", OPEN),
)


Filling = Callable[[Ports], Awaitable[str]]


@asynccontextmanager
async def running(
    setup: Setup, fill: Filling, folder: Path, plan: Plan, policy: int = os.SCHED_IDLE
) -> AsyncIterator[tuple[HttpTarget, Ports]]:
    """The processes of a setup with everything around them, ready for commands; `policy` is that of the simulators.

    Their store is the one whose address `fill` returns, which is called once the simulators are there.
    """
    ports, log = free_ports(), folder / "log"
    async with AsyncExitStack() as stack:
        for command in (
            ["-m", "bench.wire", str(ports.slack), str(ports.socket)],
            ["-m", "bot.playground.devin", "--port", str(ports.devin)],
        ):
            stack.enter_context(child(command, LOAD_CORE, log, {}, policy))
        await asyncio.gather(reachable(ports.slack, log), reachable(ports.devin, log))
        url = await fill(ports)
        for number, command in enumerate(setup.commands(ports.bot)):
            port = ports.bot if number == 0 else free_ports().bot
            more = {"STORE": str(folder / "peer.db")}
            stack.enter_context(child(command, None, log, environment(ports, port, url) | more))
            await reachable(port, log)
            if not setup.peer:
                async with aiohttp.ClientSession(f"http://{HOST}:{port}") as http:
                    await ready(http)
        target = HttpTarget(ports.slack_url, ports.bot)
        stack.push_async_callback(target.close)
        await target.connect(max(8, int(2 * plan.rate)))  # no more, because one that idles for five seconds is closed
        yield target, ports


async def filled(setup: Setup, server: str, folder: Path, stack: AsyncExitStack, ports: Ports) -> str:
    """The address of a store with its schema and the open sessions of a setup, which Devin has too."""
    path = folder / "bot.db"
    if setup.sessions:
        await store_of_devin(path, ports, setup.sessions, spend=False)
    if setup.store != "PostgreSQL":
        return f"sqlite:///{path}"
    url = await stack.enter_async_context(postgres.created(server, None))
    if setup.sessions:
        copying = [sys.executable, "-m", "bot", "copy", "--from", f"sqlite:///{path}", "--to", url]
        subprocess.run(copying, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: ASYNC221 - nothing else runs
    db = Database(url)
    await migrate(db, metadata)
    await db.close()
    await install(QueueAddress(url))
    return url


async def sessions_at_devin(ports: Ports) -> int:
    """How many sessions there are."""
    async with aiohttp.ClientSession(f"{ports.devin_url}/control/") as http, http.get("counters") as answer:
        counted: dict[str, int] = await answer.json()
    return counted.get("create_session", 0)


async def row(setup: Setup, server: str, folder: Path, plan: Plan) -> Row:
    """Measure a setup once."""
    async with AsyncExitStack() as stack:
        filling = partial(filled, setup, server, folder, stack)
        target, ports = await stack.enter_async_context(running(setup, filling, folder, plan))
        outcome = await measure(target, plan)
        acks = (round(outcome.milliseconds(0.5), 1), round(outcome.milliseconds(0.99), 1), outcome.failed)
        if setup.peer:
            return Row(setup.name, setup.store, 0, *acks, None, None)
        begun, wanted = time.perf_counter(), int(plan.rate * (plan.seconds + plan.warm_up))
        while (there := await sessions_at_devin(ports)) < wanted and time.perf_counter() - begun < PATIENCE:  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # the simulator has no event for it
        late = time.perf_counter() - begun
    rate = there / (plan.seconds + plan.warm_up + late)
    return Row(setup.name, setup.store, setup.sessions, *acks, round(late, 1), round(rate, 1))


async def rows(server: str, plan: Plan, folder: Path, chosen: Sequence[Setup] = SETUPS) -> AsyncIterator[Row]:
    """Measure setups, one after the other."""
    for number, setup in enumerate(chosen):
        place = folder / str(number)
        place.mkdir()
        yield await row(setup, server, place, plan)


async def fill(db: Database, count: int, channels: int) -> None:
    """Have so many posts wait for so many channels."""
    async with db.write() as tx:
        uow = UnitOfWork(tx, time.time(), "-", PRODUCTION, Settings())
        posts = (
            uow.post_row(f"post:{number}", TEAM, f"{CHANNEL}{number % channels}", None, Message(f"{number}"))
            for number in range(count)
        )
        await uow.add_to_outbox(*posts)


async def pace(setup: Setup, server: str, folder: Path, count: int, channels: int) -> float:
    """Have a setup send so many posts to so many channels; returns the seconds from the first to the last."""
    async with AsyncExitStack() as stack:

        async def filling(ports: Ports) -> str:
            url = await filled(setup, server, folder, stack, ports)
            db = Database(url)
            stack.push_async_callback(db.close)
            await migrate(db, metadata)
            await fill(db, count, channels)
            stores.append(db)
            return url

        stores: list[Database] = []
        await stack.enter_async_context(running(setup, filling, folder, Plan(1.0, rate=1.0), os.SCHED_OTHER))
        while True:
            async with stores[0].read() as tx:
                sent, first, last = (await tx.execute(SENT)).one()
            if sent == count:
                return float(last - first)
            await asyncio.sleep(0.2)  # the store has no event for it


async def run_posts(server: str, count: int, channels: int, folder: Path, chosen: Sequence[Setup]) -> None:
    """Measure what all setups lose of a limit that they share."""
    print(HEAD_OF_POSTS)
    alone: dict[str, float] = {}
    for number, setup in enumerate(one for one in chosen if not one.peer and not one.sessions):
        place = folder / f"posts-{number}"
        place.mkdir()
        seconds = await pace(setup, server, place, count, channels)
        rate, one = (count - 1) / seconds, alone.setdefault(setup.store, seconds)
        row = f"{count} | {seconds:.1f} | {rate:.3f} | {100 * one / seconds:.1f} %"
        print(f"| {setup.name} | {setup.store} | {row} |", flush=True)


@asynccontextmanager
async def started() -> AsyncIterator[tuple[str, Path]]:
    """A PostgreSQL for the block, and a folder; prints what machine it is."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scale")))
        stack.callback(postgres.stop, folder)
        server = await asyncio.to_thread(postgres.start, folder)
        # Tests are in haste; here each commit reaches the disk, as with SQLite's synchronous=FULL.
        await postgres.run(server, "ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()")
        print(machine(folder).replace("the bot on one core, the load on another", "all on both"), end="\n\n")
        yield server, folder


async def run(plan: Plan, chosen: Sequence[Setup]) -> list[Row]:
    """Measure these setups, and print a table."""
    found: list[Row] = []
    async with started() as (server, folder):
        print(HEAD)
        async for one in rows(server, plan, folder, chosen):
            print(one.line(), flush=True)
            found.append(one)
    return found


async def main_of_posts(count: int, channels: int, chosen: Sequence[Setup]) -> None:
    """Measure the posts, and print a table."""
    async with started() as (server, folder):
        await run_posts(server, count, channels, folder, chosen)


def main() -> None:
    """Read the arguments, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the commands come")
    parser.add_argument("--rate", type=float, default=20.0, help="commands a second")
    parser.add_argument("--posts", type=int, help="measure instead how soon so many posts are sent")
    parser.add_argument("--channels", type=int, default=1, help="for which the posts wait")
    parser.add_argument("--only", default="", help="only setups whose line contains this, e.g. 'run/SQLite/0'")
    asked = parser.parse_args()
    os.sched_setaffinity(0, {LOAD_CORE})
    plan = Plan(rate=asked.rate, seconds=min(asked.seconds, 120.0))
    chosen = [one for one in SETUPS if asked.only in f"{one.name}/{one.store}/{one.sessions}"]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if asked.posts:
            runner.run(main_of_posts(asked.posts, asked.channels, chosen))
        else:
            runner.run(run(plan, chosen))


if __name__ == "__main__":
    main()
