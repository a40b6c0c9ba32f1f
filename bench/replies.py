"""How soon a reply in a thread is at Devin: `python -m bench.replies 20`, two minutes; on SQLite and on PostgreSQL.

Replies come at an even rate in 50 threads of running sessions, signed and over HTTP, whatever the bot does. From the
instant at which each is due to its call of the simulated Devin, without the half second that a burst of replies is
given to get into order; the first 20 seconds do not count, in which the bot catches up.
"""

import argparse
import asyncio
import json
import re
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import uvloop

from bench.load import Outcome
from bench.scale import started
from bench.soak import Load, running
from bench.wire import HOST, PATH, message, signed
from bot.timing import PRODUCTION
from tests import postgres  # its binaries are there for tests alone

THREADS: Final = 50
WARM_UP: Final = 20.0
PATIENCE: Final = 30.0
HEAD: Final = (
    "| store | replies/s | replies | not at Devin | p50 ms | p99 ms | ack: p50 | p99 |\n"
    "| --- | --: | --: | --: | --: | --: | --: | --: |"
)
_TEXT: Final = re.compile(r"reply \d+")


async def send(load: Load, count: int) -> tuple[dict[str, float], Outcome]:
    """Send so many replies; when each was due by its text, and how soon they were acknowledged."""
    due_at: dict[str, float] = {}
    acks = Outcome(0.0, float("inf"))
    begun, clock = time.perf_counter(), time.time()

    async def post(body: bytes, due: float) -> None:
        headers = signed(body) | {"Content-Type": "application/json"}
        async with load.http.post(f"http://{HOST}:{load.ports.bot}{PATH}", data=body, headers=headers) as answer:
            acks.answered(due, well=answer.status == 200)

    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            late = number / load.rate
            await asyncio.sleep(max(begun + late - time.perf_counter(), 0.0))
            session = load.crowd[number % len(load.crowd)]
            event = message(session.channel, str(session.thread_ts))
            due_at[event["event"]["text"]] = clock + late
            tasks.create_task(post(json.dumps(event).encode(), begun + late))
    return due_at, acks


async def arrived(load: Load) -> dict[str, float]:
    """When Devin got each reply, by its text."""
    async with load.http.get(f"{load.ports.devin_url}/control/log?route=send_message") as answer:
        calls: list[dict[str, Any]] = (await answer.json())["calls"]
    return {found.group(): call["time"] for call in calls if (found := _TEXT.search(json.dumps(call["body"])))}


async def row(store: str, url: str, rate: float, seconds: float, folder: Path) -> str:
    """Measure one store; the row of the table in Markdown."""
    async with running(url, THREADS, rate, folder) as (_, load):
        due_at, acks = await send(load, int(rate * (WARM_UP + seconds)))
        until = time.monotonic() + PATIENCE
        while len(there := await arrived(load)) < len(due_at) and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.5)  # one call tells of all
    first = min(due_at.values()) + WARM_UP
    counted = {text: due for text, due in due_at.items() if due >= first}
    took = [there[text] - due - PRODUCTION.reply_settle for text, due in counted.items() if text in there]
    found = Outcome(0.0, 1.0, took)
    figures = [one.milliseconds(share) for one in (found, acks) for share in (0.5, 0.99)]
    shown = " | ".join(f"{one:.1f}" for one in figures)
    return f"| {store} | {rate:g} | {len(counted)} | {len(counted) - len(took)} | {shown} |"


async def main(rate: float, seconds: float) -> None:
    """Print a table with a row for each store."""
    async with started() as (server, folder), AsyncExitStack() as stack:
        print(HEAD)
        urls = {
            "SQLite": f"sqlite:///{folder / 'bot.db'}",
            "PostgreSQL": await stack.enter_async_context(postgres.created(server, None)),
        }
        for store, url in urls.items():
            print(await row(store, url, rate, seconds, folder), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rate", type=float, help="replies a second")
    parser.add_argument("--seconds", type=float, default=25.0, help="how long they come")
    asked = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(asked.rate, asked.seconds))
