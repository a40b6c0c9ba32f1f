"""What a bot at rest costs with many open sessions: `python -m bench.rest 1000 100000`, some minutes.

The bot runs as a process on an SQLite file in which every session works, with all of them at a simulated Devin, in none
of which anything changes. It may settle for a while after its start; then its CPU is counted. Bots with different
numbers of sessions rest side by side: what each of them uses is counted by the system for it alone.
"""

import argparse
import asyncio
import json
import re
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Final

import aiohttp
import uvloop

from bench.ack import START_SECONDS, Ports, child, environment, free_ports, gather, reachable
from bench.processes import cpu_seconds, status
from bench.ticks import HOUR, make_store
from bench.wire import HOST

SETTLE: Final = 60.0
SECONDS: Final = 300.0  # one whole sweep of message counts
NAMES: Final = {
    "ready_s": "from the command to ready, s",
    "idle_cpu": "CPU at rest, % of a core",
    "rss_mb": "memory at rest, MB",
    "peak_mb": "most memory, MB",
    "devin_calls": "calls to Devin a minute at rest",
    "store_mb": "store, MB",
}
_CALLS: Final = re.compile(r"^devin_bridge_devin_calls_total\{.*\} ([\d.e+]+)$", re.MULTILINE)


async def store_of_devin(path: Path, ports: Ports, sessions: int, *, spend: bool = True) -> None:
    """A store that knows so many sessions, and a simulated Devin that has them."""
    changed_at = int(time.time()) - HOUR
    await make_store(path, sessions, time.time(), spend=spend)
    crowd = await gather(ports, sessions, changed_at)
    with closing(sqlite3.connect(path)) as connection, connection:
        ids = zip(crowd.devin_ids, crowd.devin_ids, _names(sessions), strict=True)
        connection.executemany("UPDATE sessions SET devin_id = ?, bare_id = ? WHERE id = ?", ids)
        connection.execute("UPDATE sessions SET updated_at = ?", (changed_at,))


def _names(sessions: int) -> Iterator[str]:
    return (f"crowd{number}" for number in range(sessions))


async def at_rest(sessions: int, folder: Path, settle: float = SETTLE, seconds: float = SECONDS) -> dict[str, float]:
    """Let a bot with so many sessions rest; a figure for each of `NAMES`."""
    ports, path, log = free_ports(), folder / f"{sessions}.db", folder / f"{sessions}.log"
    async with AsyncExitStack() as stack:
        for command in (
            ["-m", "bench.wire", str(ports.slack), str(ports.socket)],
            ["-m", "bot.playground.devin", "--port", str(ports.devin)],
        ):
            stack.enter_context(child(command, None, log, {}))
        await asyncio.gather(reachable(ports.slack, log), reachable(ports.devin, log))
        await store_of_devin(path, ports, sessions)
        size = path.stat().st_size
        http = await stack.enter_async_context(aiohttp.ClientSession(f"http://{HOST}:{ports.bot}"))
        begun = time.perf_counter()
        settings = environment(ports, ports.bot, f"sqlite:///{path}")
        pid = stack.enter_context(child(["-m", "bot", "run"], None, log, settings))
        await reachable(ports.bot, log)
        await ready(http)
        took = time.perf_counter() - begun
        await asyncio.sleep(settle)
        cpu, calls, begun = cpu_seconds(pid), await _calls(http), time.perf_counter()
        await asyncio.sleep(seconds)
        passed = time.perf_counter() - begun
        found = {
            "ready_s": took,
            "idle_cpu": (cpu_seconds(pid) - cpu) / passed * 100,
            "rss_mb": status(pid)["VmRSS"] / 1024,
            "peak_mb": status(pid)["VmHWM"] / 1024,
            "devin_calls": (await _calls(http) - calls) / passed * 60,
            "store_mb": size / 1e6,
        }
    return {name: round(found[name], 2) for name in NAMES}


async def ready(http: aiohttp.ClientSession) -> None:
    """Wait until the bot at the base address of `http` is ready."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            async with http.get("/readyz") as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.02)  # it has no event for it


async def _calls(http: aiohttp.ClientSession) -> float:
    async with http.get("/metrics") as answer:
        return sum(map(float, _CALLS.findall(await answer.text())))


async def side_by_side(
    sizes: Sequence[int], settle: float = SETTLE, seconds: float = SECONDS
) -> list[dict[str, float]]:
    """Let one bot of each size rest."""
    with tempfile.TemporaryDirectory(prefix="rest-") as folder:
        return await asyncio.gather(*(at_rest(one, Path(folder), settle, seconds) for one in sizes))


def main() -> None:
    """Measure, and print a line of JSON for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sessions", nargs="+", type=int, help="how many sessions are open")
    parser.add_argument("--settle", type=float, default=SETTLE)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    asked = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for size, found in zip(
            asked.sessions, runner.run(side_by_side(asked.sessions, asked.settle, asked.seconds)), strict=True
        ):
            print(json.dumps({"sessions": size, **found}))


if __name__ == "__main__":
    main()
