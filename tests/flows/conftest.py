"""Flows over a real store, SQLite and PostgreSQL, with a clock to set and a Devin whose bills are made up."""

import math
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select

from bot.conversation.receive.unreadable import announce_unreadable
from bot.devin.client import Devin
from bot.devin.retry import PATIENCE
from bot.domain.amounts import exact
from bot.domain.billing import bounds
from bot.domain.outcomes import Outcome, outcome_of
from bot.domain.person import Person
from bot.domain.session import Lifecycle, PullRequest, Session, Snapshot
from bot.engine.local import LocalEngine
from bot.engine.port import Route
from bot.features import COMMANDS, metadata
from bot.kernel.dispatch import Dispatch
from bot.kernel.job import Flow
from bot.kernel.organisation import Organisation, Organisations
from bot.kernel.questions import Questions
from bot.kernel.services import Services
from bot.kernel.settled_clock import SettledClock
from bot.kernel.workspace import Policy, Workspace, Workspaces
from bot.metrics import Metrics
from bot.setup_problems import SetupProblems
from bot.slack.client import Identity, Slack
from bot.store import channels, people, pull_requests, session_days, sessions, spend
from bot.store.database.connection import Clock, Database
from bot.store.database.connection import insert as upsert
from bot.store.inbox_writer import InboxWriter
from bot.store.pull_requests import FollowedSession
from bot.store.tables import spend as spend_table
from bot.timing import PRODUCTION, Timing
from tests.store.sums import check_sums

TEAM, CHANNEL, ADMINS, ORG = "T0ACME", "C0WORK", "C0ADMINS", "org-acme"
URL = "https://acme.slack.com/"
ONCE = replace(PATIENCE, attempts=1, first_pause=0, longest_pause=0, jitter=0)


def dispatcher(services: Services, flows: Mapping[str, Flow[Any]]) -> Dispatch:
    """What gives rows to these flows; no row waits for an answer."""
    return Dispatch(services, flows, Questions.of(services), announce_unreadable)


@pytest.fixture(autouse=True)
def logs_as_in_production(plain_logs: None) -> None:
    """Log as the bot does."""


class SetClock:
    """A clock that stands still until it is set."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass
class Bills:
    """Devin's consumption endpoint: what it billed, whether it may be read, whether it answers at all."""

    days: dict[date, float] = field(default_factory=dict)
    products: dict[date, dict[str, float]] = field(default_factory=dict)
    failures: list[httpx.Response] = field(default_factory=list)  # what the next calls get instead
    refusal: dict[str, Any] | None = None
    status: int = 403
    down: bool = False
    asked: list[tuple[int, int]] = field(default_factory=list, repr=False)  # by a property, thousands
    stamp: Callable[[date], int] = lambda day: bounds(day)[0]
    of_sessions: dict[str, dict[date, float]] = field(default_factory=dict)  # by their ids at Devin
    of_session: list[httpx.Response] = field(default_factory=list)  # what the next calls about sessions get instead
    sessions_asked: list[str] = field(default_factory=list)
    members: dict[str, dict[date, float]] | None = None  # what people used, by name; None where they may not be listed
    asked_people: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if "/members/" in request.url.path or "/users/" in request.url.path:
            return self._of_people(request.url.path)
        path, _, session = request.url.path.partition("/sessions/")
        assert path == "/v3/organizations/org-acme/consumption/daily"
        after, before = (int(request.url.params[name]) for name in ("time_after", "time_before"))
        if session:
            return self._of_session(session, after, before)
        self.asked.append((after, before))
        if self.down:
            raise httpx.ConnectError("no route")
        if self.failures:
            return self.failures.pop(0)
        if self.refusal is not None:
            return httpx.Response(self.status, json=self.refusal)
        return self._bill(self.days, after, before)

    def _of_session(self, session: str, after: int, before: int) -> httpx.Response:
        self.sessions_asked.append(session)
        if self.of_session:
            return self.of_session.pop(0)
        if session not in self.of_sessions:
            return httpx.Response(404, json={"detail": "Not found"})
        return self._bill(self.of_sessions[session], after, before)

    def _bill(self, days: Mapping[date, float], after: int, before: int) -> httpx.Response:
        billed = {day: acus for day, acus in days.items() if after <= bounds(day)[0] < before}
        rows = [
            {"date": self.stamp(day), "acus": acus, "acus_by_product": self.products.get(day, {})}
            for day, acus in sorted(billed.items())
        ]
        return httpx.Response(200, json={"total_acus": sum(billed.values()), "consumption_by_date": rows})

    def _of_people(self, path: str) -> httpx.Response:
        if self.members is None:
            return httpx.Response(403, json={"detail": "Forbidden"})
        *_, kind, name = path.split("/")
        if kind == "members":
            listed = self.members if name == "users" else []
            people = [{"user_id": f"user-{person}", "name": person, "role_assignments": []} for person in listed]
            return httpx.Response(200, json={"items": people, "has_next_page": False, "end_cursor": None})
        self.asked_people.append(name)
        days = self.members[name.removeprefix("user-")]
        rows = [{"date": bounds(day)[0], "acus": acus, "acus_by_product": {}} for day, acus in days.items()]
        return httpx.Response(200, json={"total_acus": sum(days.values()), "consumption_by_date": rows})


Make = Callable[..., Services]


@dataclass
class Store:
    """A database, and the few sentences in which tests fill and read it."""

    db: Database

    async def session(self, name: str, at: float, **values: Any) -> None:
        """A session that Devin has, in a thread of its own; what it is now is what became of it on its first day."""
        session = Session(
            id=name,
            team=TEAM,
            org_id=ORG,
            channel=CHANNEL,
            thread_ts=f"{at:.6f}",
            requester="U0ADA",
            prompt=f"Do {name}",
        )
        seen = Snapshot(status="running", detail="working", title=values.pop("title", None))
        made = replace(session, lifecycle=Lifecycle.OPEN, created_at=at, devin_id=f"devin-{name}", snapshot=seen)
        url = f"https://app.devin.ai/sessions/{name}"
        async with self.db.write() as tx:
            await sessions.add(tx, replace(made, url=url, reference=f"slack-{name}"))
            if values:
                await sessions.change(tx, name, **values)
            await session_days.record(tx, name, at)
            channel = values.get("channel", CHANNEL)
            if not channel.startswith("D"):
                await channels.set_private(tx, TEAM, channel, private=False, asked_at=math.inf)  # never again

    async def spent(self, day: date, **acus: float) -> None:
        """Let sessions spend something on a day, at whose end they are what they are now."""
        async with self.db.write() as tx:
            for name in acus:
                session = await sessions.get(tx, name)
                outcome = outcome_of(session) if session else Outcome.RUNNING
                row = {"session_id": name, "day": day.isoformat(), "team": TEAM, "org_id": ORG, "outcome": outcome}
                if session:
                    row |= {"requester": session.requester, "channel": "D" if session.is_direct else session.channel}
                await tx.execute(upsert(tx.dialect.name, spend_table).values(row).on_conflict_do_nothing())
            await spend.add(tx, ORG, day, acus)

    async def pull_request(self, session: str, url: str, at: float, state: str | None = "open") -> None:
        """A pull request of a session, found at an instant."""
        async with self.db.write() as tx:
            found = PullRequest(url, state)
            await pull_requests.put(tx, [(FollowedSession(session, TEAM, ORG, session), [found])], at)

    async def billed(self, days: Mapping[date, float], at: float) -> None:
        """What Devin billed on some days, as it was read at an instant."""
        async with self.db.write() as tx:
            bills = {day: {"devin": exact(acus)} for day, acus in days.items()}
            await spend.put_consumption(tx, ORG, bills, at)

    async def person(self, user: str, name: str, at: float, tz: str | None = None) -> None:
        async with self.db.write() as tx:
            await people.put(tx, TEAM, Person(user, name, tz=tz), at)

    async def put(self, table: Any, *rows: dict[str, Any]) -> None:
        async with self.db.write() as tx:
            for row in rows:
                await tx.execute(insert(table), row)

    async def rows(self, table: Any, start_from_command: Any = None) -> list[Any]:
        async with self.db.read() as tx:
            return list((await tx.execute(select(table).order_by(start_from_command))).mappings())

    async def all(self, column: Any) -> list[Any]:
        async with self.db.read() as tx:
            return list((await tx.execute(select(column).order_by(column))).scalars())


# ---------------------------------------------------------------- stores


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an SQLite store with the schema and nothing in it."""
    shutil.copy(sqlite_template, tmp_path / "bridge.db")
    return f"sqlite:///{tmp_path / 'bridge.db'}"


@pytest.fixture
async def store(sqlite_url: str) -> AsyncIterator[Store]:
    """A store on SQLite."""
    async with _opened(sqlite_url) as one:
        yield one


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database."""
    return request.param


# Not asynchronous: a store that is made for it would find a loop at work.
@pytest.fixture
def either_url(request: pytest.FixtureRequest, kind: str, sqlite_url: str) -> str:
    """The address of an empty store on each of the two databases."""
    return sqlite_url if kind == "sqlite" else request.getfixturevalue("postgres_store")


@pytest.fixture
async def either_store(either_url: str) -> AsyncIterator[Store]:
    """A store on each of the two databases."""
    async with _opened(either_url) as one:
        yield one


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Store]:
    db = Database(url)
    try:
        yield Store(db)
        async with db.write() as tx:
            await check_sums(tx)
            for table in metadata.sorted_tables:
                await tx.execute(table.delete())
    finally:
        await db.close()


# ---------------------------------------------------------------- tools


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def bills() -> Bills:
    return Bills()


@pytest.fixture
async def make(bills: Bills) -> AsyncIterator[Make]:
    """Tools for a store, as the composition root makes them; call it twice for two replicas."""
    async with tools(bills) as made:
        yield made


@asynccontextmanager
async def tools(bills: Bills) -> AsyncIterator[Make]:
    """The same in a process of its own."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(bills)) as http, AsyncExitStack() as opened:

        def services(
            store: Store,
            clock: Clock,
            timing: Timing = PRODUCTION,
            *,
            team: str = TEAM,
            slack: Slack | None = None,
            devin: Devin | None = None,
            **policy: Any,
        ) -> Services:
            if slack is None:
                slack = Slack("xoxb-test", base_url="http://127.0.0.1:1/")  # where nobody answers
                opened.push_async_callback(slack.close)
            slack._identity = Identity(team, "U0BOT", "B0BOT", URL, frozenset())
            organisation = Organisation(devin or Devin(http, "cog_test", ORG, patience=ONCE), store.db)
            obeyed = Policy(**({"admin_channel": ADMINS} | policy))
            return Services(
                db=store.db,
                engine=_engine(),
                writer=InboxWriter(store.db),
                workspaces=Workspaces(Workspace(team, "U0BOT", "B0BOT", slack, obeyed, organisation)),
                organisations=Organisations(organisation),
                timing=timing,
                clock=SettledClock(clock, clock),
                worker="worker",
                metrics=Metrics(),
                commands=COMMANDS,
                setup=SetupProblems(Metrics()),
            )

        yield services


def _engine() -> LocalEngine:
    """Takes every hint and does nothing about it."""

    async def nothing(lane: str) -> None:
        del lane

    engine = LocalEngine()
    for word in ("in", "out", "edit", "react", "priv"):
        engine.route(word, Route(nothing, 1))
    return engine
