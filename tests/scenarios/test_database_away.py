"""Receivers and workers whose PostgreSQL goes away for a while, or comes back as a copy: nothing is lost or doubled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.process import ProcessKind
from bot.timing import Timing
from tests import postgres
from tests.relay import relay
from tests.scenarios.harness import ANN, GENERAL, Harness, harness
from tests.scenarios.observations import each_arrives_once

pytestmark = pytest.mark.timing(store_connect=1.0, store_statement=2.0, store_connection=2.0)

PATIENCE = 60.0
REPLIES = 12


@dataclass
class Way:
    """The way to PostgreSQL, which can be cut: everybody on it loses the connection, and nobody gets a new one."""

    socket: str
    port: int = 0
    is_open: bool = True
    _connections: set[asyncio.StreamWriter] = field(default_factory=set)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Take connections while the block runs."""
        server = await asyncio.start_server(self._hand_on, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            self.cut()

    def cut(self) -> None:
        """Close it, with all connections."""
        self.is_open = False
        for writer in list(self._connections):
            writer.transport.abort()

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.is_open:
            writer.transport.abort()
            return
        there, back = await asyncio.open_unix_connection(self.socket)
        both = {writer, back}
        self._connections |= both
        await relay((reader, writer), (there, back))
        self._connections -= both


@dataclass
class Company:
    """A receiver and two workers whose PostgreSQL is at the end of a `way`; `database` is its address without one."""

    on: Harness
    way: Way
    database: str


@pytest.fixture
async def company(tmp_path: Path, timing: Timing, postgres_server: str) -> AsyncIterator[Company]:
    """All up and running."""
    folder = parse_qs(urlsplit(postgres_server).query)["host"][0]
    way = Way(f"{folder}/.s.PGSQL.5432")
    async with postgres.created(postgres_server) as database, way.serve(), AsyncExitStack() as stack:
        name = urlsplit(database).path.removeprefix("/")
        url = f"postgresql://postgres@127.0.0.1:{way.port}/{name}"
        processes = {"process": ProcessKind.WEB, "beside": (ProcessKind.WORKER, ProcessKind.WORKER)}
        more = {"DATABASE_URL": url, "BOT_LEASE_SECONDS": "3"}
        on = await stack.enter_async_context(harness(tmp_path, "http", timing=timing, **processes, **more))
        yield Company(on, way, database)
        way.is_open = True  # those that still run leave in order


async def write(on: Harness, ts: str) -> None:
    """Write replies, whatever becomes of them; Slack sends again what is not acknowledged."""
    for number in range(REPLIES):
        await on.slack.say(ANN, GENERAL, f"reply {number}", thread_ts=ts)
        await asyncio.sleep(0.4)  # people take their time, and the database goes meanwhile


@pytest.mark.parametrize("away", [2.0, pytest.param(60.0, marks=[pytest.mark.edge, pytest.mark.timeout(300)])])
async def test_after_some_seconds_or_a_minute_without_a_database_everything_is_done_once(
    company: Company, away: float
) -> None:
    on = company.on
    ts, session = await on.started()
    writing = asyncio.create_task(write(on, ts))
    await asyncio.sleep(1.0)  # some replies are on their way
    company.way.cut()
    await asyncio.sleep(away)
    company.way.is_open = True
    await writing
    await each_arrives_once(on, session, REPLIES)
    await on.devin.say(session, "All of them are done.")
    await on.wait_for_post(GENERAL, ts, "All of them are done.", within=PATIENCE)


async def test_a_copy_takes_the_place_of_the_database(company: Company) -> None:
    on = company.on
    ts, session = await on.started()
    writing = asyncio.create_task(write(on, ts))
    await asyncio.sleep(1.0)  # some replies are on their way
    company.way.cut()
    name = urlsplit(company.database).path.removeprefix("/")
    server = company.database.replace(f"/{name}?", "/postgres?")
    await postgres.run(company.database, postgres.LEAVE)
    await postgres.run(
        server,
        f"CREATE DATABASE {name}_copy TEMPLATE {name}",
        f"ALTER DATABASE {name} RENAME TO {name}_lost",
        f"ALTER DATABASE {name}_copy RENAME TO {name}",
    )
    company.way.is_open = True
    await writing
    await each_arrives_once(on, session, REPLIES)
    await postgres.run(server, f"DROP DATABASE {name}_lost WITH (FORCE)")
