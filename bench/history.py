"""A store with a long history of spending, as `bench/digest.py` measures it: seeded, and written in bulk.

Ninety billing days with quiet weekends; sessions that are active on about ten days each, four in ten with a pull
request; what Devin billed, with what did not come through Slack; a budget of each kind.
"""

import json
import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import asyncpg

from bench.wire import ORG, TEAM
from bot.domain.billing import bounds
from bot.domain.cycle import LimitSource
from bot.features import metadata
from bot.store.database.connection import Database, sqlite_path
from bot.store.database.schema import migrate

DAYS: Final = 90
CHANNELS: Final = 120  # of which every sixth is private, and every tenth session is in a direct message
REPOSITORIES: Final = 300
PLAYBOOKS: Final = 25
PIECE: Final = 50_000
ADMINS: Final = "C0ADMINS"
_WEEKEND: Final = 0.15
_STATES: Final = (
    *[("suspended", "inactivity", "done")] * 80,
    *[("suspended", "inactivity", "stopped")] * 14,
    *[("error", None, "failed")] * 3,
    ("running", "waiting_for_user", "waiting"),
    ("running", "working", "running"),
    ("suspended", "usage_limit_exceeded", "limited"),
)


@dataclass(frozen=True, slots=True)
class Size:
    """How long the history is."""

    sessions: int = 100_000
    rows: int = 1_000_000
    people: int = 500


@dataclass
class _Rows:
    """What is written: rows by table, each with the columns of `COLUMNS`."""

    sessions: list[tuple[Any, ...]] = field(default_factory=list)
    spend: list[tuple[Any, ...]] = field(default_factory=list)
    pull_requests: list[tuple[Any, ...]] = field(default_factory=list)


COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "sessions": (
        *("id", "team", "org_id", "channel", "thread_ts", "requester", "requester_name", "prompt", "options"),
        *("lifecycle", "reference", "devin_id", "bare_id", "url", "status", "detail", "title", "pull_requests"),
        *("acus", "updated_at", "created_at", "done_at", "ended_at", "worked", "outcome", "outcome_day", "asks"),
    ),
    "spend": ("session_id", "day", "team", "org_id", "acus", "outcome", "requester", "channel"),
    "pull_requests": (
        *("session_id", "url", "team", "org_id", "bare_id", "state", "first_seen", "merged_at", "closed_at"),
        "checked_at",
    ),
    "consumption": ("org_id", "day", "product", "acus", "read_at"),
    "people": ("team", "user", "name", "read_at"),
    "channels": ("team", "channel", "is_private"),
    "budgets": ("team", "kind", "subject", "acus", "span", "warn", "set_at"),
    "cycle_limits": ("org_id", "source", "acus", "read_at"),
}


def person(number: int) -> str:
    """Return the id of a person."""
    return f"U0{number:06d}"


async def fill(url: str, newest: date, size: Size, seed: int = 1) -> None:
    """Bring the schema up and write a history whose last finished billing day is `newest`."""
    db = Database(url)
    await migrate(db, metadata)
    await db.close()
    write = _Postgres(url) if sqlite_path(url) is None else _Sqlite(url)
    await write.open()
    days = tuple(newest - timedelta(days=back) for back in reversed(range(DAYS)))
    totals = dict.fromkeys(days, Decimal(0))
    for rows in _pieces(random.Random(seed), days, size):
        for row in rows.spend:
            totals[date.fromisoformat(row[1])] += Decimal(repr(row[4]))
        for table in ("sessions", "spend", "pull_requests"):
            await write.rows(table, getattr(rows, table))
    read_at = float(bounds(newest)[1] + 4_000)
    for table, few in _few(totals, size, read_at).items():
        await write.rows(table, few)
    await write.close()


def _pieces(chance: random.Random, days: Sequence[date], size: Size) -> Iterator[_Rows]:
    """Make the sessions with all their rows, some thousands at a time."""
    weights = [_WEEKEND if day.weekday() >= 5 else 1.0 for day in days]
    mean = size.rows // size.sessions
    left, rows = size.rows, _Rows()
    for number in range(size.sessions):
        others = size.sessions - number - 1
        wanted = left - others * mean if others < 100 else chance.randint(1, 2 * mean - 1)
        lasted = max(1, min(wanted, left - others, DAYS))
        left -= lasted
        begun = min(chance.choices(range(DAYS), weights)[0], DAYS - lasted)
        _session(chance, rows, number, days[begun : begun + lasted], size, newest=days[-1])
        if len(rows.spend) >= PIECE:
            yield rows
            rows = _Rows()
    yield rows


def _session(
    chance: random.Random, rows: _Rows, number: int, active: Sequence[date], size: Size, *, newest: date
) -> None:
    key, bare = f"s{number:08d}{chance.getrandbits(64):016x}", f"{chance.getrandbits(128):032x}"
    asker = chance.randrange(size.people)
    in_channel = int(chance.paretovariate(0.6)) % CHANNELS
    channel = f"D0{asker:06d}" if chance.random() < 0.1 else f"C0{in_channel:06d}"
    status, detail, outcome = chance.choice(_STATES)
    is_over = (newest - active[-1]).days > 30
    begun, end = bounds(active[0])[0] + 3_600.0, bounds(active[-1])[0] + 40_000.0
    amounts = [round(chance.lognormvariate(-0.5, 1.0), 6) if chance.random() < 0.6 else 0.0 for _ in active]
    for day, acus in zip(active, amounts, strict=True):
        last = outcome if day == active[-1] else "running"
        spent_in = "D" if channel.startswith("D") else channel
        rows.spend.append((key, day.isoformat(), TEAM, ORG, acus, last, person(asker), spent_in))
    options: dict[str, Any] = {"repo": None, "playbook": None, "mode": None, "acu": None, "tags": [], "title": None}
    if chance.random() < 0.3:
        options["playbook"] = f"Playbook {chance.randrange(PLAYBOOKS)}"
    if chance.random() < 0.2:
        options["repo"] = f"acme/service-{number % REPOSITORIES}"
    request = _pull_request(chance, key, bare, number, begun, end) if chance.random() < 0.4 else None
    if request:
        rows.pull_requests.append(request)
    requests = [{"url": request[1], "state": request[5]}] if request else []
    rows.sessions.append(
        (
            *(key, TEAM, ORG, channel, f"{begun:.6f}", person(asker), f"Person {asker}"),
            *(f"Fix the flaky test number {number} of the login page", json.dumps(options)),
            *("ended" if is_over else "open", f"slack-{key}", f"devin-{bare}", bare),
            *(f"https://app.devin.ai/sessions/{bare}", "exit" if is_over else status, None if is_over else detail),
            *(f"Fix the flaky test number {number}", json.dumps(requests), round(sum(amounts), 6), int(end)),
            *(begun, end if outcome == "done" else None, end if is_over else None, 600.0 * len(active)),
            *(outcome, active[-1].isoformat(), True if outcome == "waiting" else None),
        )
    )


def _pull_request(chance: random.Random, key: str, bare: str, number: int, begun: float, end: float) -> tuple[Any, ...]:
    seen, state = chance.uniform(begun, end), chance.choice(("merged", "merged", "merged", "closed", "open"))
    closed_at = seen + chance.expovariate(1 / 86_400)
    url = f"https://github.com/acme/service-{number % REPOSITORIES}/pull/{number}"
    merged, closed = closed_at if state == "merged" else None, closed_at if state == "closed" else None
    return (key, url, TEAM, ORG, bare, state, seen, merged, closed, end)


def _few(totals: dict[date, Decimal], size: Size, read_at: float) -> dict[str, list[tuple[Any, ...]]]:
    """Make the rows of the small tables; Devin billed half as much again as came through Slack."""
    billed = [
        (ORG, day.isoformat(), product, share * acus, read_at)
        for day, acus in totals.items()
        for product, share in (("Devin", Decimal(1)), ("Ask Devin", Decimal("0.25")), ("Review", Decimal("0.25")))
    ]
    people = [(TEAM, person(number), f"Person {number}", read_at) for number in range(size.people)]
    kinds = [("org", ""), ("each-person", ""), ("each-channel", ""), ("each-session", "")]
    kinds += [("person", person(7)), ("channel", "C0000001")]
    return {
        "consumption": billed,
        "people": people,
        "channels": [(TEAM, f"C0{number:06d}", number % 6 == 5) for number in range(CHANNELS)],
        "budgets": [(TEAM, *kind, Decimal(1_000_000), "cycle", json.dumps([80]), read_at) for kind in kinds],
        "cycle_limits": [(ORG, LimitSource.ACU_LIMITS.value, float(sum(totals.values())), read_at)],
    }


class _Sqlite:
    """Writes rows with the driver itself, in one transaction for each call."""

    def __init__(self, url: str) -> None:
        self._path = sqlite_path(url)

    async def open(self) -> None:
        assert self._path is not None
        self._connection = sqlite3.connect(self._path)
        self._connection.execute("PRAGMA synchronous=OFF")

    async def rows(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        names = ", ".join(f'"{name}"' for name in COLUMNS[table])
        marks = ", ".join("?" * len(COLUMNS[table]))
        plain = ([str(value) if isinstance(value, Decimal) else value for value in row] for row in rows)
        with self._connection:
            self._connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", plain)

    async def close(self) -> None:
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()


class _Postgres:
    """Writes rows with COPY, and has the planner learn what is there, as autovacuum does in time."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def open(self) -> None:
        self._connection = await asyncpg.connect(self._url)

    async def rows(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        await self._connection.copy_records_to_table(table, records=rows, columns=COLUMNS[table])

    async def close(self) -> None:
        await self._connection.execute("VACUUM ANALYZE")
        await self._connection.close()
