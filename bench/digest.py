"""What figures cost over a long history: `python -m bench.digest`, some minutes; `--postgres` for PostgreSQL.

Each flow is run by itself over 100,000 sessions, 1,000,000 rows of spending and 500 people, several times; the table
shows the worst of them: seconds of the processor, growth of the memory, the longest pause of the event loop, what of a
pause the loop's own thread has computed, which other processes do not lengthen, and the longest wait for the lock
without which nothing is written.
"""

import argparse
import asyncio
import gc
import json
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx

from bench.history import ADMINS, DAYS, Size, fill, person
from bench.wire import BOT_ID, BOT_USER, ORG, TEAM
from bot.devin.client import Devin
from bot.devin.retry import PATIENCE
from bot.domain.billing import ONE_DAY, bounds
from bot.domain.questions import REPORT_QUESTIONS, USAGE_QUESTIONS
from bot.engine.local import LocalEngine
from bot.features import COMMANDS
from bot.features.budgets.flow import BudgetCommands
from bot.features.budgets.try_out import BudgetTrials
from bot.features.budgets.watch import BudgetWatch
from bot.features.budgets.words import WantedBudget, parse_set
from bot.features.cost.flow import OwnCost
from bot.features.digest.due import DueDigests, schedule_of
from bot.features.digest.past import Destination, Past, store_past
from bot.features.digest.post import DigestPost
from bot.features.digest.rules import Edition, Occasion, Share, Subscription, from_settings
from bot.features.home.flow import HomeTab
from bot.features.report.flow import OutcomeAnswers
from bot.features.usage.files import UsageFiles
from bot.features.usage.usage import UsageAnswers
from bot.features.usage.usage_ledger import UsageLedger
from bot.kernel.access import Access
from bot.kernel.operations.requests import Requester
from bot.kernel.organisation import Organisation, Organisations
from bot.kernel.services import Services
from bot.kernel.settled_clock import SettledClock
from bot.kernel.shared_channels import SharedChannels
from bot.kernel.workspace import Policy, Workspace, Workspaces
from bot.metrics import Metrics
from bot.setup_problems import SetupProblems
from bot.slack.client import Identity, Slack
from bot.store import outbox, spend, tables
from bot.store.database.connection import Database
from bot.store.inbox_writer import InboxWriter
from bot.timing import PRODUCTION

NEWEST: Final = date(2026, 3, 29)  # a Sunday late in a month, so that a cycle is long
NOW: Final = float(bounds(NEWEST)[1] + 3_600 + 2_400)  # a digest waits for Devin no longer
TICK: Final = 0.001  # seconds between two looks at the clock
NO_SLACK: Final = "http://127.0.0.1:9/api/"  # where nothing listens, so that no other Slack is asked
LONGEST_PAUSE: Final = 0.05
MOST_CPU: Final = 2.0
MOST_MEMORY: Final = 100.0  # MB

Flow = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a flow has cost."""

    cpu: float = 0.0
    seconds: float = 0.0
    memory: float = 0.0  # MB
    pause: float = 0.0
    computing: float = 0.0
    lock: float = 0.0

    def worse(self, other: "Cost") -> "Cost":
        """Return the worse of both in each respect."""
        return Cost(*(max(getattr(self, name), getattr(other, name)) for name in Cost.__slots__))

    @property
    def is_allowed(self) -> bool:
        """Whether a digest may cost so much."""
        return self.cpu < MOST_CPU and self.memory < MOST_MEMORY and self.pause < LONGEST_PAUSE


class Watch:
    """Looks at the clock and takes the write lock again and again, and remembers the longest waits."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.pause = self.computing = self.lock = 0.0

    async def ticks(self) -> None:
        """Measure pauses of the event loop until canceled."""
        before, computed = time.perf_counter(), time.thread_time()
        while True:
            await asyncio.sleep(TICK)
            now, so_far = time.perf_counter(), time.thread_time()
            self.pause, before = max(self.pause, now - before - TICK), now
            self.computing, computed = max(self.computing, so_far - computed), so_far

    async def locks(self) -> None:
        """Measure waits for the write lock until canceled."""
        while True:
            asked = time.perf_counter()
            async with self._db.write_lock(urgent=True):
                self.lock = max(self.lock, time.perf_counter() - asked)
            await asyncio.sleep(TICK)


@asynccontextmanager
async def watched(db: Database) -> AsyncIterator[Watch]:
    """Watch the event loop for the block."""
    watch = Watch(db)
    tasks = [asyncio.ensure_future(one) for one in (watch.ticks(), watch.locks())]
    await asyncio.sleep(0.02)
    watch.pause = watch.computing = watch.lock = 0.0
    try:
        yield watch
        await asyncio.sleep(2 * TICK)  # a pause at the very end is seen by the next tick
    finally:
        for task in tasks:
            task.cancel()


async def measured(db: Database, flow: Flow) -> Cost:
    """Run `flow` once and return what that cost."""
    before = _memory_now()
    async with watched(db) as watch:
        cpu, begun = time.process_time(), time.perf_counter()
        await flow()
        cpu, took = time.process_time() - cpu, time.perf_counter() - begun
    return Cost(cpu, took, (_memory("VmHWM") - before) / 1024, watch.pause, watch.computing, watch.lock)


def _memory_now() -> float:
    """Return what this process uses in KB, and let the peak begin anew."""
    Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmRSS")


def _memory(name: str) -> float:
    """Return a figure of the kernel's about this process in KB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith(name)).split()[1])


# ---------------------------------------------------------------- what is measured


@asynccontextmanager
async def services_on(url: str) -> AsyncIterator[tuple[Services, Workspace]]:
    """Wire the parts as `bot/app.py` does, beside a Devin that has billed what is stored."""
    db = Database(url, lambda: NOW)
    async with (
        Slack("xoxb-bench", base_url=NO_SLACK) as slack,
        httpx.AsyncClient(transport=httpx.MockTransport(await _bills(db))) as http,
    ):
        slack._identity = Identity(TEAM, BOT_USER, BOT_ID, "https://bench.slack.com/", frozenset())  # noqa: SLF001
        devin = Devin(http, "cog_bench", ORG, patience=replace(PATIENCE, write=1, read=0, upload=0, connect=0))
        organisation = Organisation(devin, db)
        policy = Policy(admin_channel=ADMINS, admin_users=frozenset({person(0)}))
        workspace = Workspace(TEAM, BOT_USER, BOT_ID, slack, policy, organisation)
        yield (
            Services(
                db=db,
                engine=LocalEngine(),
                writer=InboxWriter(db),
                workspaces=Workspaces(workspace),
                organisations=Organisations(organisation),
                timing=PRODUCTION,
                clock=SettledClock(lambda: NOW, lambda: NOW),
                worker="bench",
                metrics=Metrics(),
                commands=COMMANDS,
                setup=SetupProblems(Metrics()),
            ),
            workspace,
        )
    await db.close()


async def _bills(db: Database) -> Callable[[httpx.Request], httpx.Response]:
    """Return Devin's consumption endpoint."""
    async with db.read() as tx:
        stored = await spend.consumed_by_product(tx, ORG, NEWEST - ONE_DAY * DAYS, NEWEST)
    rows: list[dict[str, Any]] = [
        {"date": bounds(day)[0], "acus": float(sum(named.values())), "acus_by_product": {**named}}
        for day, named in stored.items()
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        after, before = (int(request.url.params[name]) for name in ("time_after", "time_before"))
        found = [row for row in rows if after <= row["date"] < before]
        body = {"total_acus": sum(row["acus"] for row in found), "consumption_by_date": found}
        return httpx.Response(200, text=json.dumps(body, default=float))

    return answer


class Flows:
    """The flows to be measured, by the names under which the table shows them."""

    def __init__(self, services: Services, workspace: Workspace) -> None:
        self._services, self._workspace, self._access = services, workspace, Access(services)
        self._ledger = UsageLedger(services)
        self._usage = UsageAnswers(services, self._ledger)
        self._reports = OutcomeAnswers(services, self._usage)
        self._files = UsageFiles(services, self._usage)
        self._digest_post = DigestPost(services, workspace, self._ledger)

    def by_name(self) -> dict[str, Flow]:
        """Return all of them."""
        editions = {
            f"preview of a {edition} digest of {share}": self._preview(edition, share)
            for edition, share in [
                (Edition.DAILY, Share.ALL),
                (Edition.DAILY, Share.HERE),
                (Edition.WEEKLY, Share.ALL),
                (Edition.CYCLE, Share.ALL),
            ]
        }
        usage = ("today", "cycle", *(f"cycle by {by}" for by in ("person", "channel", "session", "repo", "day")))
        reports = ("month", "month by person", "month by repo")
        commands, user = BudgetCommands(self._services, self._access), person(7)
        trials, order = BudgetTrials(self._services), parse_set("each-person 20 a week")
        assert isinstance(order, WantedBudget)
        return {
            **editions,
            **{f"/devin usage {typed}": self._asked_usage(typed) for typed in usage},
            **{f"/devin report {typed}": self._asked_report(typed) for typed in reports},
            **{f"/devin usage {typed} csv": self._asked_file(typed) for typed in ("cycle", "cycle by session")},
            "/devin cost": lambda: OwnCost(self._services, self._access).answer(self._workspace, user, "C0000001"),
            "/devin budget list": lambda: commands.listing(self._workspace, person(0), "C0000001", admin=True),
            "/devin budget try": lambda: trials.tried(self._workspace, user, order),
            "Home of an admin": self._home,
            "tick of the budgets": BudgetWatch(self._services, self._workspace).tick,
        }

    async def store_digest(self) -> None:
        """Store the daily digest of the admin channel, as the clock does it."""
        shared = SharedChannels(self._services)
        await DueDigests(self._services, self._workspace, shared).tick()

    async def begin(self) -> None:
        """Let no digest have been stored yet."""
        one = from_settings(ADMINS, schedule_of(self._workspace.policy))
        destination = Destination(TEAM, one, Occasion.DAILY)
        async with self._services.db.write() as tx:
            await tx.execute(tables.outbox.delete())
            await store_past(tx, destination, Past(0.0, accounted=(NEWEST - ONE_DAY).isoformat()))

    async def is_stored(self) -> bool:
        """Whether the digest is stored, so that what was measured was one."""
        one = from_settings(ADMINS, schedule_of(self._workspace.policy))
        async with self._services.db.read() as tx:
            key = Destination(TEAM, one, Occasion.DAILY).key(NEWEST)
            return await outbox.by_key(tx, key) is not None

    async def _home(self) -> None:
        async with self._services.db.read() as tx:
            assert await HomeTab(self._services).draw(tx, f"{TEAM}:{person(0)}", shared=False) is not None

    def _preview(self, edition: Edition, share: Share) -> Flow:
        schedule = schedule_of(self._workspace.policy)
        one = Subscription("C0000001", edition, schedule, share)
        return lambda: self._digest_post.preview(one, NOW)

    def _asked_usage(self, typed: str) -> Flow:
        return lambda: self._usage.usage(self._workspace, USAGE_QUESTIONS.of(typed))

    def _asked_file(self, typed: str) -> Flow:
        async def ask() -> None:
            requester = Requester(TEAM, person(0), f"cmd:{uuid4()}")
            await self._files.usage(self._workspace, requester, USAGE_QUESTIONS.of(f"{typed} csv"))

        return ask

    def _asked_report(self, typed: str) -> Flow:
        return lambda: self._reports.report(self._workspace, REPORT_QUESTIONS.of(typed))


async def measure(url: str, times: int, only: str) -> bool:
    """Measure each flow and print the table. Returns whether the digest cost no more than it may."""
    print("| flow | CPU | took | more memory | longest pause | computing | write lock |")
    print("| --- | --: | --: | --: | --: | --: | --: |")
    async with services_on(url) as (services, workspace):
        flows, digest = Flows(services, workspace), Cost()
        # As the bot does once it has started (`bot/server/lifecycle.py`).
        gc.collect()
        gc.freeze()
        gc.set_threshold(700, 10, 100)
        for _ in range(times):
            await flows.begin()
            digest = digest.worse(await measured(services.db, flows.store_digest))
            assert await flows.is_stored(), "no digest was stored"
        _print("**a daily digest, stored**", digest)
        for name, flow in flows.by_name().items():
            if only in name:
                cost = Cost()
                for _ in range(times):
                    cost = cost.worse(await measured(services.db, flow))
                _print(name, cost)
    return digest.is_allowed


def _print(name: str, cost: Cost) -> None:
    times = f"{cost.cpu:.2f} s | {cost.seconds:.2f} s | {cost.memory:.0f} MB"
    pauses = " | ".join(f"{one * 1000:.0f} ms" for one in (cost.pause, cost.computing, cost.lock))
    print(f"| {name} | {times} | {pauses} |", flush=True)


def _address(folder: str, stack: ExitStack, *, postgres: bool) -> str:
    if not postgres:
        return f"sqlite:///{folder}/bench.db"
    from tests import postgres as server  # noqa: PLC0415 - its binaries are there for tests alone

    stack.callback(server.stop, Path(folder))
    return server.start(Path(folder))


def main() -> None:
    """Fill a store, measure, and fail if the digest costs more than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", action="store_true", help="measure on PostgreSQL, whose own work is not counted")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--only", default="", help="measure only flows whose name contains this")
    parser.add_argument("--store", help="the address of a store: it is filled if its file is not there, and kept")
    parser.add_argument("--sessions", type=int, default=Size().sessions)
    parser.add_argument("--rows", type=int, default=Size().rows)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench"))
        url = given.store or _address(folder, stack, postgres=given.postgres)
        if given.store is None or not Path(given.store.removeprefix("sqlite:///")).exists():
            begun = time.perf_counter()
            asyncio.run(fill(url, NEWEST, Size(given.sessions, given.rows)))
            print(f"Filled in {time.perf_counter() - begun:.0f} s: {given.sessions:,} sessions, {given.rows:,} rows.\n")
        if not asyncio.run(measure(url, given.times, given.only)):
            raise SystemExit("The digest costs more than it may.")


if __name__ == "__main__":
    main()
