"""What the bot does by the clock, by how many sessions are open: `bench.ticks`, whole sweeps, and changes.

Of what changed, each session has spent something and Devin has written one message in it.
"""

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from sqlalchemy import func, select

from bench.digest import measured
from bench.ticks import bot_on, costs_of, insight, make_store, nothing_new, page
from bench.wire import ORG
from bot.app import Bot
from bot.store.database.connection import Database
from bot.store.tables import outbox

CHANGED: Final = 100  # one in a hundred
MOST_CYCLES: Final = 100
SPENT: Final = 0.5

NAMES: Final[Mapping[str, str]] = {
    "unchanged_ms": "a cycle with nothing changed, CPU ms",
    "changed_ms": "the first cycle with 1% changed, CPU ms",
    "changed_all_ms": "all cycles until 1% is posted, CPU ms",
    "cycles": "cycles until 1% is posted",
    "sweep_ms": "a five-minute sweep, CPU ms",
    "sweep_calls": "a five-minute sweep, calls to Devin",
    "slice_pause_ms": "longest pause in a sweep, ms",
    "watch_ms": "runaway watch, a minute, CPU ms",
    "watch_pause_ms": "runaway watch, longest pause, ms",
    "watch_mb": "runaway watch, memory, MB",
    "budgets_ms": "budgets, a minute, CPU ms",
    "marking_ms": "marking after a long absence, CPU ms",
    "reading_ms": "marking and reading one thread, CPU ms",
}


@dataclass(slots=True)
class CountingDevin:
    """A Devin in which nothing changes until `changed` says what did; it counts its calls."""

    calls: int = 0
    changed: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    at: int = 0

    def change(self, ids: list[str]) -> None:
        """Let each of these sessions spend something and write a message, a minute ago."""
        self.at = int(time.time()) - 60
        facts = {"updated_at": self.at, "acus_consumed": SPENT, "num_devin_messages": 1}
        self.changed = {one: insight(one) | facts for one in ids}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a call."""
        self.calls += 1
        path, named = request.url.path, request.url.params.get_list("session_ids")
        if path.endswith("/messages"):
            return page(self._messages(path.split("/")[-2].removeprefix("devin-")), request)
        if named:
            return page([self.changed.get(one.removeprefix("devin-")) or insight(one) for one in named], request)
        return page(list(self.changed.values()), request) if self.changed else nothing_new(request)

    def _messages(self, bare: str) -> list[dict[str, Any]]:
        said = [("user", "Keep the tests green", self.at - 3000)]
        if bare in self.changed:
            said.append(("devin", "The tests are green.", self.at))
        return [
            {"event_id": f"{bare}-{number}", "source": source, "message": text, "created_at": at}
            for number, (source, text, at) in enumerate(said)
        ]


async def curve_at(sessions: int, times: int) -> dict[str, float]:
    """Measure with so many open sessions, and return a figure for each of `NAMES`."""
    ticks = await costs_of(sessions, times)
    watch, part = ticks["the runaway watch"], ticks["a slice of the sweep"]
    found = {
        "unchanged_ms": ticks["a poll without a change"].cpu * 1000,
        "slice_pause_ms": part.computing * 1000,
        "watch_ms": watch.cpu * 1000,
        "watch_pause_ms": watch.computing * 1000,
        "watch_mb": watch.memory,
        "budgets_ms": ticks["budgets"].cpu * 1000,
        "marking_ms": ticks["marking after a long absence"].cpu * 1000,
        "reading_ms": ticks["marking and reading one thread"].cpu * 1000,
    }
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        path, devin = Path(folder) / "bot.db", CountingDevin()
        await make_store(path, sessions, time.time())
        async with bot_on(f"sqlite:///{path}", devin) as bot:
            await bot.heartbeat.begin()
            found |= await _sweep(bot, devin) | await _changes(bot, devin, sessions)
    return {name: round(found[name], 1) for name in NAMES}


def _poll(bot: Bot) -> Callable[[], Any]:
    poll: Callable[[], Any] = bot.engine._ticks[f"poll:{ORG}"]  # type: ignore[attr-defined]  # noqa: SLF001
    return poll


async def _sweep(bot: Bot, devin: CountingDevin) -> dict[str, float]:
    """Poll until no slice of the sweep is left; what all of its cycles cost."""
    cpu, calls = 0.0, 0
    for _ in range(MOST_CYCLES):
        before = devin.calls
        cost = await measured(bot.services.db, _poll(bot))
        if devin.calls - before <= 1:  # only the list of what changed
            break
        cpu, calls = cpu + cost.cpu, calls + devin.calls - before
    return {"sweep_ms": cpu * 1000, "sweep_calls": calls}


async def _changes(bot: Bot, devin: CountingDevin, sessions: int) -> dict[str, float]:
    devin.change([f"{number:032x}" for number in range(0, sessions, CHANGED)])
    cpu: list[float] = []
    before = await _posts(bot.services.db)
    while await _posts(bot.services.db) - before < len(devin.changed) and len(cpu) < MOST_CYCLES:
        cpu.append((await measured(bot.services.db, _poll(bot))).cpu)
    return {"changed_ms": cpu[0] * 1000, "changed_all_ms": sum(cpu) * 1000, "cycles": len(cpu)}


async def _posts(db: Database) -> int:
    async with db.read() as tx:
        return int(await tx.scalar(select(func.count()).select_from(outbox).where(outbox.c.kind == "post")) or 0)
