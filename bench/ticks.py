"""What is done by the clock with many open sessions: `python -m bench.ticks 10000 100000`, a minute or two.

Each tick is run by itself on an SQLite store in which every session works, has spent on ten days of a billing cycle and
in the last hour, and changed last an hour ago. Each budget is for a cycle; a session may use 20 ACUs, and has used
15. Each has a reminder that is due tomorrow, and one in a hundred an open pull request. Devin has nothing new; Slack's
threads are empty. The table shows the worst of three runs, of which the first does what is done once a day.
"""

import argparse
import asyncio
import gc
import json
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx

from bench.crowd import fill
from bench.digest import Cost, measured
from bench.wire import BOT_ID, BOT_USER, CHANNELS, ORG, TEAM
from bot.app import Bot, wire
from bot.config import load_settings
from bot.devin.client import Devin
from bot.domain.billing import billing_day
from bot.engine.local import LocalEngine
from bot.features import COMMANDS, metadata
from bot.kernel.organisation import Organisation, Organisations
from bot.kernel.services import Services
from bot.kernel.settled_clock import SettledClock
from bot.kernel.workspace import Policy, Workspace, Workspaces
from bot.metrics import Metrics
from bot.setup_problems import SetupProblems
from bot.slack.client import Identity, Slack
from bot.store.database.connection import Database
from bot.store.inbox_writer import InboxWriter
from bot.timing import PRODUCTION, steady

HOUR: Final = 3600
TIMES: Final = 3
FLOOR: Final = 5.0  # ACUs from which on spending may be an alarm
_BUDGETS: Final = {"org": "1e9", "each-person": "1e9", "each-channel": "1e9", "each-session": "20"}
_SETTINGS: Final = {
    "SLACK_BOT_TOKEN": "xoxb-bench",
    "SLACK_SIGNING_SECRET": "bench",
    "DEVIN_API_KEY": "cog_bench",
    "DEVIN_ORG_ID": ORG,
}

WITH_A_SWEEP: Final = {
    "waking what waits": "sweep",
    "looking for channels to ask about": f"private channels:{TEAM}",
    "a slice of the sweep": f"poll:{ORG}",
    "the runaway watch": f"alarms:{ORG}",
    "budgets": f"budgets:{TEAM}",
}
AFTER_IT: Final = {
    "marking and reading one thread": f"catch-up:{TEAM}",
    "a poll without a change": f"poll:{ORG}",
    "retention, nothing old": "retention",
    "digests, none due": f"digest:{TEAM}",
    "reminders, none due": f"reminders:{TEAM}",
    "what Devin billed": f"consumption:{ORG}",
    "what it billed of one session": f"session_bills:{ORG}",
    "billing cycles and limits": f"cycles:{ORG}",
    "the states of pull requests": f"pull_requests:{ORG}",
    "guardrail violations": f"guardrails:{ORG}",
}
# What each process has in memory, or asks Slack or Devin about.
NOT_MEASURED: Final = {
    "heartbeat",
    "clock",
    "checkpoint",
    "audit log",
    f"setup problems:{TEAM}",
    f"gap:{TEAM}",
    f"user groups:{TEAM}",
    f"identities:{TEAM}",
    f"previews:{TEAM}",
}


class TicksAlone(LocalEngine):
    """An engine whose lanes stay asleep: nothing is sent, and what ticks cost is theirs alone."""

    def wake(self, lane: str, after: float = 0.0, whose: str | None = None) -> None:
        """Do nothing."""


class QuietSlack(Slack):
    """A Slack in which nobody has written anything."""

    async def replies_after(self, _channel: str, _thread_ts: str, _oldest: str) -> tuple[list[Any], bool]:
        """Return no replies."""
        return [], False

    async def history_after(self, _channel: str, _oldest: str) -> list[Any]:
        """Return no messages."""
        return []


async def make_store(path: Path, sessions: int, now: float, *, spend: bool = True) -> None:
    """Store one session as the product does, and copy it with all that is known of it, and with what it has spent."""
    await fill(f"sqlite:///{path}", [f"{0:032x}"], int(now) - HOUR)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        _copy(connection, sessions - 1)
        today = billing_day(now).isoformat()
        connection.execute("UPDATE sessions SET outcome = 'running', outcome_day = ?", (today,))
        connection.execute("UPDATE threads SET unread_from = NULL")
        connection.execute(
            "INSERT INTO channels (team, channel, is_private, private_asked_at) "
            "SELECT DISTINCT team, channel, 0, ? FROM sessions",
            (now,),
        )
        connection.execute("UPDATE due SET state = json_set(state, '$.poll.watermark', ?)", (int(now) - 10,))
        if spend:
            _spend(connection, today, int(now))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # as in a store that has been at work for long


def _copy(connection: sqlite3.Connection, copies: int) -> None:
    channel, ts = f"printf('C0%04d', n % {CHANNELS})", "printf('1750000000.%06d', n)"
    place = {"channel": channel, "ts": ts}
    changed: dict[str, dict[str, str]] = {
        "sessions": {
            "id": "'crowd' || n",
            "channel": channel,
            "thread_ts": ts,
            "requester": "printf('U0%04d', n % 500)",
            "reference": "'bench-' || n",
            "devin_id": "printf('%032x', n)",
            "bare_id": "printf('%032x', n)",
        },
        "threads": {**place, "session_id": "'crowd' || n", "last_seen_ts": ts},
        "posts": {**place, "key": "'card:crowd' || n", "subject": "'crowd' || n", "session_id": "'crowd' || n"},
    }
    for table, made in changed.items():
        columns = [column.name for column in metadata.tables[table].columns]
        values = ", ".join(made.get(name, f"one.{name}") for name in columns)
        connection.execute(
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :copies) "
            f"INSERT INTO {table} ({', '.join(columns)}) "
            f"SELECT {values} FROM numbers, (SELECT * FROM {table} LIMIT 1) AS one LIMIT :copies",
            {"copies": copies},
        )


def _spend(connection: sqlite3.Connection, today: str, now: int) -> None:
    numbers = "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :last)"
    slot = now // 600 * 600
    connection.execute(
        f"{numbers} INSERT INTO recent_spend (session_id, slot, team, org_id, acus) "
        "SELECT id, :slot - n * 600, team, org_id, 0.1 FROM sessions, numbers",
        {"last": 5, "slot": slot},
    )
    connection.execute(
        f"{numbers} INSERT INTO spend (session_id, day, team, org_id, acus, outcome, requester, channel) "
        "SELECT id, date(:today, '-' || n || ' days'), team, org_id, 1.5, 'running', requester, channel "
        "FROM sessions, numbers",
        {"last": 9, "today": today},
    )
    connection.executemany(
        "INSERT INTO budgets (team, kind, subject, acus, span, warn, set_at) VALUES (?, ?, '', ?, 'cycle', '[80]', ?)",
        [(TEAM, kind, acus, now) for kind, acus in _BUDGETS.items()],
    )
    connection.execute(
        "INSERT INTO cycles (org_id, starts, ends, read_at) VALUES (?, date(?, '-14 days'), date(?, '+15 days'), ?)",
        (ORG, today, today, now),
    )


def _add_reminders_and_pull_requests(path: Path, now: int) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO turn_ends (key, team, session_id, number, name, options, remind_at, created_at) "
            "SELECT 'end:' || id || ':1', team, id, 1, 'ann', '[]', ? + 86400, ? - 3600 FROM sessions",
            (now, now),
        )
        connection.execute(
            "INSERT INTO pull_requests (session_id, url, team, org_id, bare_id, state, first_seen, checked_at) "
            "SELECT id, 'https://example.com/pull/' || rowid, team, org_id, bare_id, 'open', :day, :day FROM sessions "
            "WHERE rowid % 100 = 0",
            {"day": now - 90_000},
        )


def nothing_new(request: httpx.Request) -> httpx.Response:
    """Answer as a Devin whose sessions have not changed: with a row for each that is named, in pages."""
    if "/consumption/daily" in request.url.path:
        return httpx.Response(200, json={"total_acus": 0.0, "consumption_by_date": []})
    if request.url.path.endswith(f"/organizations/{ORG}"):
        return httpx.Response(200, json={"org_id": ORG, "name": "Bench"})
    named = request.url.params.get_list("session_ids") if request.url.path.endswith("insights") else []
    return page([insight(one) for one in named], request)


def page(rows: Sequence[Any], request: httpx.Request) -> httpx.Response:
    """Answer with the page of these rows that was asked for."""
    asked = request.url.params
    start, most = int(asked.get("after", 0)), int(asked.get("first", 100))
    more = start + most < len(rows)
    found = {
        "items": rows[start : start + most],
        "end_cursor": str(start + most) if more else None,
        "has_next_page": more,
        "total": len(rows),
    }
    return httpx.Response(200, text=json.dumps(found))


def insight(session_id: str) -> dict[str, Any]:
    """Return what Devin knows of a session that works."""
    bare = session_id.removeprefix("devin-")
    return {
        "session_id": bare,
        "url": f"https://app.devin.ai/sessions/{bare}",
        "status": "running",
        "title": None,
        "tags": [],
        "org_id": ORG,
        "created_at": 0,
        "updated_at": 1,
        "acus_consumed": 0.0,
        "pull_requests": [],
        "is_archived": False,
        "num_user_messages": 1,
        "num_devin_messages": 0,
        "session_size": "s",
    }


@asynccontextmanager
async def bot_on(url: str, answer: Callable[[httpx.Request], httpx.Response] = nothing_new) -> AsyncIterator[Bot]:
    """Wire the bot on a store beside a Slack without anything new, and a Devin without it or with this `answer`."""
    db, slack = Database(url), QuietSlack("xoxb-bench")
    slack._identity = Identity(TEAM, BOT_USER, BOT_ID, "https://bench.slack.com/", frozenset())  # noqa: SLF001
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        organisation = Organisation(Devin(http, "cog_bench", ORG), db)
        workspace = Workspace(TEAM, BOT_USER, BOT_ID, slack, Policy("C0ADMINS", runaway_acus=FLOOR), organisation)
        services = Services(
            db=db,
            engine=TicksAlone(),
            writer=InboxWriter(db),
            workspaces=Workspaces(workspace),
            organisations=Organisations(organisation),
            timing=PRODUCTION,
            clock=SettledClock(time.time, steady),
            worker="bench",
            metrics=Metrics(),
            commands=COMMANDS,
            setup=SetupProblems(Metrics()),
        )
        yield wire(services, load_settings(_SETTINGS))
    await db.close()


async def costs_of(sessions: int, times: int = TIMES) -> dict[str, Cost]:
    """Run each tick `times` times on a store with so many open sessions, and return the worst of its costs."""
    with tempfile.TemporaryDirectory(prefix="ticks-") as folder:
        path = Path(folder) / "bot.db"
        await make_store(path, sessions, time.time())
        _add_reminders_and_pull_requests(path, int(time.time()))
        async with bot_on(f"sqlite:///{path}") as bot:
            await bot.heartbeat.begin()
            gc.freeze()  # as a bot does that runs
            [catch_up] = bot.catch_ups.values()
            ticks = bot.engine._ticks  # type: ignore[attr-defined]  # noqa: SLF001
            found = {name: await _worst(bot, ticks[tick], times) for name, tick in WITH_A_SWEEP.items()}
            found["marking after a long absence"] = await _worst(
                bot, partial(catch_up.start, None, resends=True), times
            )
            for _ in range(20):
                await ticks[f"poll:{ORG}"]()  # until the sweep is over
            return found | {name: await _worst(bot, ticks[tick], times) for name, tick in AFTER_IT.items()}


async def _worst(bot: Bot, flow: Callable[[], Any], times: int) -> Cost:
    worst = Cost()
    for _ in range(times):
        worst = worst.worse(await measured(bot.services.db, flow))
    return worst


async def main(sizes: list[int]) -> None:
    """Print a table with a row for each tick and size."""
    print("| tick | open sessions | CPU | memory | longest pause of the loop |\n| --- | --: | --: | --: | --: |")
    for sessions in sizes:
        for name, cost in (await costs_of(sessions)).items():
            figures = f"{cost.cpu * 1000:.0f} ms | {cost.memory:.0f} MB | {cost.computing * 1000:.0f} ms"
            print(f"| {name} | {sessions:,} | {figures} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sessions", nargs="+", type=int, help="how many sessions are open")
    asyncio.run(main(parser.parse_args().sessions))
