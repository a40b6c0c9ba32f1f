"""What several processes on one PostgreSQL bring: `python -m bench.scale`, some minutes on two cores.

One process on SQLite, one on PostgreSQL, then a receiver with 1, 2 and 4 workers. Each gets the same slash commands at
an even rate, each of which becomes a session. The table shows how soon each was acknowledged, and how long after the
last command the last session stood at the simulated Devin.

`--posts 40` measures what a limit that all share loses: so many posts wait for one channel, which takes one a second.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import uvloop
from sqlalchemy import func, select

from bench.ack import LOAD_CORE, Ports, child, free_ports, machine, reachable
from bench.load import HttpTarget, Plan, measure
from bench.wire import BOT_TOKEN, HOST, SIGNING_SECRET
from bot.engine.pgqueuer import QueueAddress, install
from bot.kernel.settings import Settings
from bot.kernel.unit_of_work import UnitOfWork
from bot.store.database.connection import Database
from bot.store.database.schema import migrate
from bot.store.tables import outbox
from bot.timing import PRODUCTION
from bot.views.message import Message
from tests import postgres  # its binaries are there for tests alone

PATIENCE: Final = 300.0
TEAM, CHANNEL = "T0BENCH", "C0BENCH"
HEAD: Final = (
    "| processes | store | ack p50 ms | p99 ms | not acked | last session after s | sessions/s |\n"
    "| --- | --- | --: | --: | --: | --: | --: |"
)


@dataclass(frozen=True, slots=True)
class Setup:
    """The processes of one bot: so many `workers` behind a `web`, or none, where one process does it all."""

    workers: int
    store: str

    @property
    def name(self) -> str:
        return f"web, {self.workers} x worker" if self.workers else "run"

    @property
    def kinds(self) -> list[str]:
        return ["web", *["worker"] * self.workers] if self.workers else ["run"]


HEAD_OF_POSTS: Final = (
    "| processes | store | posts | first to last s | posts/s | against one process |\n"
    "| --- | --- | --: | --: | --: | --: |"
)
SENT: Final = select(func.count(), func.min(outbox.c.sent_at), func.max(outbox.c.sent_at)).where(
    outbox.c.state == "sent"
)

SETUPS: Final = (
    Setup(0, "SQLite"),
    Setup(0, "PostgreSQL"),
    Setup(1, "PostgreSQL"),
    Setup(2, "PostgreSQL"),
    Setup(4, "PostgreSQL"),
)


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


@asynccontextmanager
async def running(
    setup: Setup, url: str, folder: Path, plan: Plan, policy: int = os.SCHED_IDLE
) -> AsyncIterator[tuple[HttpTarget, Ports]]:
    """The processes of a setup with everything around them, ready for commands; `policy` is that of the simulators."""
    ports, log = free_ports(), folder / "log"
    async with AsyncExitStack() as stack:
        for command in (
            ["-m", "bench.wire", str(ports.slack), str(ports.socket)],
            ["-m", "bot.playground.devin", "--port", str(ports.devin)],
        ):
            stack.enter_context(child(command, LOAD_CORE, log, {}, policy))
        await asyncio.gather(reachable(ports.slack, log), reachable(ports.devin, log))
        for number, kind in enumerate(setup.kinds):
            port = ports.bot if number == 0 else free_ports().bot
            stack.enter_context(child(["-m", "bot", kind], None, log, environment(ports, port, url)))
            await reachable(port, log)
        target = HttpTarget(ports.slack_url, ports.bot)
        stack.push_async_callback(target.close)
        await target.connect(max(8, int(2 * plan.rate)))  # no more, because one that idles for five seconds is closed
        yield target, ports


async def sessions_at_devin(ports: Ports) -> int:
    """How many sessions there are."""
    async with aiohttp.ClientSession(f"{ports.devin_url}/control/") as http, http.get("counters") as answer:
        counted: dict[str, int] = await answer.json()
    return counted.get("create_session", 0)


async def row(setup: Setup, url: str, folder: Path, plan: Plan) -> str:
    """Measure a setup once; a row of the table."""
    async with running(setup, url, folder, plan) as (target, ports):
        outcome = await measure(target, plan)
        begun, wanted = time.perf_counter(), int(plan.rate * (plan.seconds + plan.warm_up))
        while (there := await sessions_at_devin(ports)) < wanted and time.perf_counter() - begun < PATIENCE:  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # the simulator has no event for it
        late = time.perf_counter() - begun
    rate = there / (plan.seconds + plan.warm_up + late)
    figures = f"{outcome.milliseconds(0.5):.1f} | {outcome.milliseconds(0.99):.1f} | {outcome.failed}"
    return f"| {setup.name} | {setup.store} | {figures} | {late:.1f} | {rate:.0f} |"


async def fill(db: Database, count: int) -> None:
    """Have so many posts wait for one channel."""
    async with db.write() as tx:
        uow = UnitOfWork(tx, time.time(), "-", PRODUCTION, Settings())
        posts = (uow.post_row(f"post:{number}", TEAM, CHANNEL, None, Message(f"{number}")) for number in range(count))
        await uow.add_to_outbox(*posts)


async def pace(setup: Setup, url: str, folder: Path, count: int) -> float:
    """Have a setup send so many posts to one channel; returns the seconds from the first to the last."""
    db = Database(url)
    if setup.store == "SQLite":
        await migrate(db)
    await fill(db, count)
    async with running(setup, url, folder, Plan(rate=1.0, seconds=1.0), os.SCHED_OTHER):
        while True:
            async with db.read() as tx:
                sent, first, last = (await tx.execute(SENT)).one()
            if sent == count:
                break
            await asyncio.sleep(0.2)  # the store has no event for it
    await db.close()
    return float(last - first)


async def run_posts(server: str, count: int, folder: Path) -> None:
    """Measure what all setups lose of a limit that they share."""
    print(machine(folder).replace("the bot on one core, the load on another", "all on both"), HEAD_OF_POSTS, sep="\n\n")
    alone: dict[str, float] = {}
    for number, setup in enumerate(SETUPS):
        place = folder / f"posts-{number}"
        place.mkdir()
        async with AsyncExitStack() as stack:
            seconds = await pace(setup, await empty_store(server, setup, place, stack), place, count)
        rate, one = (count - 1) / seconds, alone.setdefault(setup.store, seconds)
        row = f"{count} | {seconds:.1f} | {rate:.3f} | {100 * one / seconds:.1f} %"
        print(f"| {setup.name} | {setup.store} | {row} |", flush=True)


async def empty_store(server: str, setup: Setup, folder: Path, stack: AsyncExitStack) -> str:
    """The address of a store with its schema and nothing in it."""
    if setup.store == "SQLite":
        return f"sqlite:///{folder / 'bot.db'}"
    url = await stack.enter_async_context(postgres.created(server, None))
    db = Database(url)
    await migrate(db)
    await db.close()
    await install(QueueAddress(url))
    return url


async def run(server: str, plan: Plan, folder: Path) -> None:
    """Measure all setups, one after the other."""
    print(machine(folder).replace("the bot on one core, the load on another", "all on both"), HEAD, sep="\n\n")
    for number, setup in enumerate(SETUPS):
        place = folder / str(number)
        place.mkdir()
        async with AsyncExitStack() as stack:
            print(await row(setup, await empty_store(server, setup, place, stack), place, plan), flush=True)


def main() -> None:
    """Start a PostgreSQL, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the commands come")
    parser.add_argument("--rate", type=float, default=20.0, help="commands a second")
    parser.add_argument("--posts", type=int, help="measure instead how soon so many posts in one channel are sent")
    asked = parser.parse_args()
    os.sched_setaffinity(0, {LOAD_CORE})
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scale")))
        stack.callback(postgres.stop, folder)
        server = postgres.start(folder)
        plan = Plan(rate=asked.rate, seconds=min(asked.seconds, 120.0))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run_posts(server, asked.posts, folder) if asked.posts else run(server, plan, folder))


if __name__ == "__main__":
    main()
