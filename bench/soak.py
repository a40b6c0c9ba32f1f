"""An hour of work at a steady rate, and what of the bot grows meanwhile: `python -m bench.soak`.

The bot runs as a process beside a simulated Slack and Devin. Of 100 events 89 are replies in threads of running
sessions, ten are messages that concern nobody, and one is a command that starts a session, which is ended a minute
later. Devin writes after every fifth event and spends after every other fifth. Every 15 seconds a sample is appended
to the CSV; `--judge` reads one that is there already. While more than a hundred rows wait in the inbox, as on a
machine that is busy with others, no events are sent: the rate says how many were.
"""

import argparse
import asyncio
import csv
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from math import isnan
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import asyncpg
import uvloop

from bench.ack import AGE_SECONDS, ROOT, Ports, child, environment, free_ports, gather, machine, reachable
from bench.crowd import fill
from bench.load import Outcome
from bench.pictures import panels
from bench.processes import cpu_seconds, open_files, status
from bench.rest import ready
from bench.trend import FLAT, Trend, trend
from bench.wire import HOST, PATH, command, message, signed
from bot.domain.session import Session
from bot.views.line_chart import Line, LineChart

EVERY: Final = 15.0
CIRCLE: Final = 100  # events after which the mix begins anew
MOST_WAITING: Final = 100  # rows of the inbox
LIFE: Final = 60.0  # seconds of a session that a command started
WARM_UP: Final = 900.0  # reactions that Slack does not take in time wait for ten minutes; a fifth of a shorter time
POINTS: Final = 30  # in a picture
JUDGED: Final[Mapping[str, str]] = {
    "rss_mb": "memory, MB",
    "files": "open files",
    "threads": "threads",
    "tasks": "tasks of the event loop",
    "wal_mb": "WAL, MB",
    "inbox": "open rows of the inbox",
    "outbox": "open rows of the outbox",
    "posts": "posts to edit",
    "oldest_s": "age of the oldest row of the inbox, s",
    "ack_p50_ms": "ack p50, ms",
    "ack_p99_ms": "ack p99, ms",
    "cpu": "CPU, % of a core",
}
SHOWN: Final[Mapping[str, str]] = {"db_mb": "database, MB", "rate": "events acknowledged a second"}
WORDS: Final = {**JUDGED, **SHOWN}
_METRIC: Final = re.compile(r"^devin_bridge_(\w+?)(?:\{(.*)\})? ([\d.e+-]+)$", re.MULTILINE)


# ---------------------------------------------------------------- the store's files


class FileStore:
    """The sizes of an SQLite file and its journal."""

    def __init__(self, url: str) -> None:
        self._path = url.removeprefix("sqlite:///")

    async def sizes(self) -> tuple[float, float]:
        """Megabytes of the database and of its WAL."""
        return self._size(self._path), self._size(f"{self._path}-wal")

    def _size(self, path: str) -> float:
        with suppress(FileNotFoundError):
            return Path(path).stat().st_size / 1e6
        return 0.0


class ServerStore:
    """The sizes that a PostgreSQL tells of one of its databases and of its WAL, which other databases share."""

    ASKED: Final = "SELECT pg_database_size(current_database()), (SELECT coalesce(sum(size), 0) FROM pg_ls_waldir())"

    def __init__(self, url: str) -> None:
        self._url = url

    async def sizes(self) -> tuple[float, float]:
        """Megabytes of the database and of the WAL."""
        connection = await asyncpg.connect(self._url)
        try:
            database, wal = await connection.fetchrow(self.ASKED)
        finally:
            await connection.close()
        return database / 1e6, float(wal) / 1e6


# ---------------------------------------------------------------- the load


@dataclass(slots=True)
class Load:
    """Sends events when they are due, whatever the bot does, and has Devin work meanwhile."""

    ports: Ports
    crowd: Sequence[Session]
    rate: float
    http: aiohttp.ClientSession
    outcome: Outcome = field(default_factory=lambda: Outcome(0.0, float("inf")))
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, seconds: float) -> None:
        """Send for so many `seconds`."""
        due = time.perf_counter()
        until = due + seconds
        for number in itertools.count():
            if not self.goes_on.is_set():
                await self.goes_on.wait()
                due = time.perf_counter()
            if due >= until:
                return
            await asyncio.sleep(max(due - time.perf_counter(), 0.0))
            self._start(self._event(number, due))
            due += 1 / self.rate
            session = self.crowd[number % len(self.crowd)]
            if number % 5 == 0:
                self._start(self.devin(f"sessions/{session.devin_id}/say", text=f"Step {number} is done."))
            if number % 5 == 2:
                self._start(self.devin(f"sessions/{session.devin_id}/spend", acus=0.01))

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _event(self, number: int, due: float) -> None:
        if number % CIRCLE == CIRCLE - 1:
            body, kind = urlencode(command(self.ports.slack_url)).encode(), "application/x-www-form-urlencoded"
        else:
            session = self.crowd[number % len(self.crowd)]
            place = session.thread_ts if number % 10 != 8 else "1.000001"
            body, kind = json.dumps(message(session.channel, str(place))).encode(), "application/json"
        address = f"http://{HOST}:{self.ports.bot}{PATH}"
        try:
            async with self.http.post(address, data=body, headers=signed(body) | {"Content-Type": kind}) as answer:
                self.outcome.answered(due, well=answer.status == 200)
        except (aiohttp.ClientError, OSError, TimeoutError):
            self.outcome.answered(due, well=False)

    async def devin(self, act: str, **order: Any) -> Any:
        """Have the simulated Devin do something, or answer what it knows."""
        async with self.http.post(f"{self.ports.devin_url}/control/{act}", json=order) as answer:
            return await answer.json()

    async def end_started(self) -> None:
        """End each session that a command has started, a minute after its start."""
        seen = 0
        while True:
            await asyncio.sleep(EVERY)
            log = f"{self.ports.devin_url}/control/log?route=create_session&since={seen}"
            async with self.http.get(log) as answer:
                calls = (await answer.json())["calls"]
            for call in calls:
                if call["time"] < time.time() - LIFE and call["session_id"]:
                    seen = call["number"]
                    await self.devin(f"sessions/{call['session_id']}/terminate")


# ---------------------------------------------------------------- the samples


@dataclass(slots=True)
class Probe:
    """Takes samples of one bot."""

    pid: int
    load: Load
    store: FileStore | ServerStore
    began: float = field(default_factory=time.perf_counter)
    _last: float = field(default_factory=time.perf_counter)
    _cpu: float = 0.0
    _failed: int = 0

    async def sample(self) -> dict[str, float]:
        """Figures of now, and of the acks since the last call."""
        metrics = await self._metrics()
        now, cpu = time.perf_counter(), cpu_seconds(self.pid)
        acks, passed = Outcome(0.0, 1.0, self.load.outcome.latencies), now - self._last
        self.load.outcome.latencies = []
        database, wal = await self.store.sizes()
        now_is = status(self.pid)
        found = {
            "seconds": now - self.began,
            "rss_mb": now_is["VmRSS"] / 1024,
            "files": open_files(self.pid),
            "threads": now_is["Threads"],
            "tasks": metrics.of("tasks"),
            "wal_mb": wal,
            "db_mb": database,
            "inbox": metrics.of("open_rows", 'box="inbox"'),
            "outbox": metrics.of("open_rows", 'box="outbox"'),
            "posts": metrics.of("open_rows", 'box="posts"'),
            "oldest_s": metrics.of("oldest_row_seconds", 'box="inbox"'),
            "dead": metrics.of("dead_letters_total"),
            "rate": len(acks.latencies) / passed,
            "not_acked": self.load.outcome.failed,
            "ack_p50_ms": acks.milliseconds(0.5),
            "ack_p99_ms": acks.milliseconds(0.99),
            "cpu": (cpu - self._cpu) / passed * 100,
            "machine_load": os.getloadavg()[0],
        }
        self._last, self._cpu = now, cpu
        return {name: round(value, 2) for name, value in found.items()}

    async def _metrics(self) -> "Metrics":
        async with self.load.http.get(f"http://{HOST}:{self.load.ports.bot}/metrics") as answer:
            return Metrics(await answer.text())


class Metrics:
    """What the bot says of itself."""

    def __init__(self, text: str) -> None:
        self._rows = [(name, labels, float(value)) for name, labels, value in _METRIC.findall(text)]

    def of(self, name: str, label: str = "") -> float:
        """The sum of a metric over all its labels, or over those with this one."""
        return sum(value for named, labels, value in self._rows if named == name and label in labels)


# ---------------------------------------------------------------- the verdict


def judge(samples: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Fit a line through each figure after the warm-up; the verdict as JSON has it."""
    last = samples[-1]
    warm = min(WARM_UP, last["seconds"] / 5)
    judged = [one for one in samples if one["seconds"] >= warm]
    lines = {name: _fitted(judged, name) for name in WORDS}
    return {
        "minutes": round(last["seconds"] / 60),
        "events": round(sum(one["rate"] for one in samples) * last["seconds"] / len(samples)),
        "not_acked": round(last["not_acked"]),
        "dead": round(last["dead"]),
        "mean_rate": sum(one["rate"] for one in judged) / len(judged),
        "mean_cpu": sum(one["cpu"] for one in judged) / len(judged),
        "figures": {name: asdict(line) | {"is_flat": line.is_flat} for name, line in lines.items()},
    }


def _fitted(judged: Sequence[Mapping[str, float]], name: str) -> Trend:
    there = [one for one in judged if not isnan(one[name])]  # no ack in 15 seconds has no median
    return trend([one["seconds"] for one in there], [one[name] for one in there])


def table(found: Mapping[str, Any]) -> str:
    """The table of all figures in Markdown, and what is not flat."""
    lines = ["| figure | median | an hour | ± | |", "| --- | --: | --: | --: | --- |"]
    for name, words in WORDS.items():
        one = found["figures"][name]
        said = ("flat" if one["is_flat"] else "rises") if name in JUDGED else ""
        lines.append(f"| {words} | {one['median']:,.1f} | {one['an_hour']:+,.1f} | {2 * one['error']:,.1f} | {said} |")
    rising = [words for name, words in JUDGED.items() if not found["figures"][name]["is_flat"]]
    counted = f"{found['minutes']} minutes, {found['events']:,} events, {found['mean_rate']:.1f} a second on average"
    left = f"not acknowledged: {found['not_acked']}; dropped rows that people were told about: {found['dead']}"
    steady = found["figures"]["rate"]
    meanwhile = "" if steady["is_flat"] else f" Meanwhile the rate rose by {steady['an_hour']:.1f} events a second."
    end = f"Rises: {', '.join(rising)}.{meanwhile}" if rising else "Everything is flat."
    return "\n".join([*lines, "", f"{counted}; {left}.", FLAT, end])


def read(path: Path) -> list[dict[str, float]]:
    """The samples of a CSV."""
    with path.open(newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def picture(samples: Sequence[Mapping[str, float]]) -> bytes:
    """A panel for each figure over the minutes."""
    step = max(1, len(samples) // POINTS)
    chosen = samples[::step]
    minutes = [f"{one['seconds'] / 60:.0f}" for one in chosen]
    lines = {name: Line(name, [one[name] for one in chosen]) for name in WORDS}
    return panels([LineChart(WORDS[name], minutes, [line], "", "") for name, line in lines.items()])


def conclude(path: Path) -> None:
    """Write the picture and the verdict beside a CSV, and print it."""
    samples = read(path)
    found = judge(samples)
    path.with_suffix(".svg").write_bytes(picture(samples))
    path.with_suffix(".json").write_text(json.dumps(found, indent=1))
    print(table(found), flush=True)


# ---------------------------------------------------------------- the bot


@asynccontextmanager
async def running(url: str, sessions: int, rate: float, folder: Path) -> AsyncIterator[tuple[int, Load]]:
    """The bot, whose store knows so many running sessions, with everything around it; its process and its load."""
    ports, log = free_ports(), folder / "log"
    async with AsyncExitStack() as stack:
        for what in (
            ["bench.wire", str(ports.slack), str(ports.socket)],
            ["bot.playground.devin", "--port", str(ports.devin)],
        ):
            stack.enter_context(child(["-m", *what], None, log, {}))
        await asyncio.gather(reachable(ports.slack, log), reachable(ports.devin, log))
        settings = environment(ports, ports.bot, url)
        subprocess.run([sys.executable, "-m", "bot", "migrate"], env=os.environ | settings, check=True, cwd=ROOT)  # noqa: ASYNC221
        changed_at = int(time.time()) - AGE_SECONDS
        crowd = await fill(url, (await gather(ports, sessions, changed_at)).devin_ids, changed_at)
        pid = stack.enter_context(child(["-m", "bot", "run"], None, log, settings))
        await reachable(ports.bot, log)
        timeout = aiohttp.ClientTimeout(total=30)
        http = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=128))
        load = Load(ports, crowd, rate, await stack.enter_async_context(http))
        async with aiohttp.ClientSession(f"http://{HOST}:{ports.bot}") as bot:
            await ready(bot)
        yield pid, load


def _switch(event: asyncio.Event, *, on: bool) -> None:
    if on:
        event.set()
    else:
        event.clear()


async def run(asked: argparse.Namespace, folder: Path) -> None:
    """Work for the time asked, and sample."""
    url = asked.database_url or f"sqlite:///{folder / 'bot.db'}"
    store = ServerStore(url) if asked.database_url else FileStore(url)
    print(machine(folder), flush=True)
    async with running(url, asked.sessions, asked.rate, folder) as (pid, load):
        probe = Probe(pid, load, store)
        with asked.out.open("w", newline="", buffering=1) as file:
            rows: csv.DictWriter[str] | None = None
            load.goes_on.set()
            working = [asyncio.create_task(load.run(asked.minutes * 60)), asyncio.create_task(load.end_started())]
            for number in itertools.count(1):
                await asyncio.sleep(max(probe.began + number * asked.every - time.perf_counter(), 0.0))
                if working[0].done():
                    break
                found = await probe.sample()
                if rows is None:
                    rows = csv.DictWriter(file, list(found))
                    rows.writeheader()
                rows.writerow(found)
                # Seen 15 seconds late at most: a backlog ends soon after, and does not run away.
                _switch(load.goes_on, on=found["inbox"] <= MOST_WAITING)
            working[1].cancel()
            await asyncio.gather(*working, return_exceptions=True)
    conclude(asked.out)


def main() -> None:
    """Read the arguments, work, and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=75.0, help="a quarter of an hour to warm up, and an hour")
    parser.add_argument("--rate", type=float, default=20.0, help="events a second")
    parser.add_argument("--sessions", type=int, default=200, help="running sessions in whose threads replies come")
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL; SQLite in a temporary folder if not")
    parser.add_argument("--out", type=Path, default=Path("soak.csv"), help="the CSV; picture and JSON stand beside it")
    parser.add_argument("--every", type=float, default=EVERY, help="seconds between two samples")
    parser.add_argument("--judge", action="store_true", help="only read that CSV again")
    asked = parser.parse_args()
    if asked.judge:
        conclude(asked.out)
        return
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(run(asked, Path(folder)))


if __name__ == "__main__":
    main()
