"""Receivers and workers whose PostgreSQL goes away for a while, or comes back as a copy: nothing is lost or doubled."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from bot.process import ProcessKind
from bot.timing import Timing
from tests import postgres
from tests.forked_bot import fork
from tests.relay import relay
from tests.scenarios.ahead import until
from tests.scenarios.harness import ANN, GENERAL, Harness, harness
from tests.scenarios.observations import each_arrives_once

pytestmark = pytest.mark.timing(store_connect=1.0, store_statement=2.0, store_connection=2.0)

PATIENCE = 60.0
REPLIES = 12
MET_IN_AN_OUTAGE = {"flow failed", "lane failed", "listener failed", "not stored", "tick failed", "tick recovered"}


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


@asynccontextmanager
async def way_to_a_store(server: str) -> AsyncIterator[tuple[Way, str, str]]:
    """A way to a new store, its address on that way, and the one without."""
    way = Way(f"{parse_qs(urlsplit(server).query)['host'][0]}/.s.PGSQL.5432")
    async with postgres.created(server) as database, way.serve():
        name = urlsplit(database).path.removeprefix("/")
        yield way, f"postgresql://postgres@127.0.0.1:{way.port}/{name}", database


@pytest.fixture
async def company(tmp_path: Path, timing: Timing, postgres_server: str) -> AsyncIterator[Company]:
    """All up and running."""
    async with way_to_a_store(postgres_server) as (way, url, database), AsyncExitStack() as stack:
        processes = {"process": ProcessKind.WEB, "beside": (ProcessKind.WORKER, ProcessKind.WORKER)}
        more = {"DATABASE_URL": url, "BOT_LEASE_SECONDS": "3"}
        on = await stack.enter_async_context(harness(tmp_path, "http", timing=timing, **processes, **more))
        yield Company(on, way, database)
        way.is_open = True  # those that still run leave in order


async def write(on: Harness, ts: str) -> None:
    """Write replies, whatever becomes of them; Slack sends again what is not acknowledged."""
    for number in range(REPLIES):
        await on.slack.say(ANN, GENERAL, f"fix part {number}", thread_ts=ts)
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


async def test_an_outage_is_one_line_and_its_end_says_how_long_it_was_and_how_much_waited(
    tmp_path: Path, postgres_server: str, free_tcp_port: int
) -> None:
    """A process as in production: at the end it is ready again within two seconds, however long the outage was."""
    log, port = tmp_path / "log", str(free_tcp_port)
    async with (
        way_to_a_store(postgres_server) as (way, url, _),
        harness(tmp_path / "of it", "socket", start=False, DATABASE_URL=url, PORT=port) as on,
        httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{port}") as http,
    ):

        async def problems() -> list[str]:
            found: list[str] = (await http.get("/readyz")).json()["problems"]
            return found

        async def is_ready() -> bool:
            return not await problems()

        process = await fork(0.0, on.environment, log)
        try:
            ts, session = await on.started()
            writing = asyncio.create_task(write(on, ts))
            await asyncio.sleep(1.0)
            way.cut()
            await asyncio.sleep(3.0)
            assert await problems() == ["The store rejects writes: the server can't be reached."]
            way.is_open = True
            async with asyncio.timeout(2.0):
                await until(is_ready)
            await writing
            await each_arrives_once(on, session, REPLIES)
        finally:
            process.send_signal(signal.SIGTERM)
            await process.wait()
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    wrong = {line["event"]: line for line in lines if "store" in line["event"] or "exception" in line}
    assert list(wrong) == ["store unavailable", "store available again"]
    away, back = wrong.values()
    assert (away["level"], away["because"]) == ("error", "the server can't be reached")
    assert 3.0 <= back["seconds"] < 6.0
    assert back["waited"] > 5
    said = [line["event"] for line in lines if line["event"] in wrong or line["event"] in MET_IN_AN_OUTAGE]
    assert sorted(said) == sorted(wrong), "each once, and nothing else about it"
