"""Receivers and workers whose PostgreSQL gives them no connection: nothing is lost or doubled."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import asyncpg
import pytest

from bot.process import ProcessKind
from bot.timing import Timing
from tests import postgres
from tests.scenarios.ahead import rows, until
from tests.scenarios.harness import ANN, GENERAL, Harness, harness
from tests.scenarios.observations import each_arrives_once

pytestmark = pytest.mark.timing(store_connect=1.0, store_statement=2.0, store_connection=2.0, stored=1.0)

PATIENCE = 60.0
REPLIES = 8
FEW = 2  # connections of a process, which has use for more
THOSE_OF_THE_BOT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'"
THOSE_THAT_LISTEN = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND query LIKE 'LISTEN %'"
)


@dataclass
class Company:
    """A receiver and two workers on a database, as whose user they connect."""

    on: Harness
    database: str
    role: str

    async def limited_to(self, connections: int) -> None:
        """Let the bot have so many connections to the server; all that it has are cut."""
        await postgres.run(
            self.database,
            f"ALTER ROLE {self.role} CONNECTION LIMIT {connections}",
            THOSE_OF_THE_BOT.format(role=self.role),
        )

    async def unlimited(self) -> None:
        """Let the bot have as many connections as it likes."""
        await postgres.run(self.database, f"ALTER ROLE {self.role} CONNECTION LIMIT -1")


@asynccontextmanager
async def with_role(database: str) -> AsyncIterator[str]:
    """Have a user who may work on the store, and whose connections the server can limit, as it can no superuser's."""
    role = f"bot_{uuid4().hex[:12]}"
    await postgres.run(database, f"CREATE ROLE {role} LOGIN", f"GRANT pg_read_all_data, pg_write_all_data TO {role}")
    try:
        yield role
    finally:
        await postgres.run(database, f"DROP ROLE {role}")


@asynccontextmanager
async def company(folder: Path, timing: Timing, server: str, **parameters: str) -> AsyncIterator[Company]:
    """All up and running; `parameters` are more of the address of the store."""
    async with postgres.created(server) as database, with_role(database) as role, AsyncExitStack() as stack:
        given = {name: values[0] for name, values in parse_qs(urlsplit(database).query).items()}
        name = urlsplit(database).path.removeprefix("/")
        url = f"postgresql://{role}@/{name}?{urlencode(given | parameters)}"
        processes = {"process": ProcessKind.WEB, "beside": (ProcessKind.WORKER, ProcessKind.WORKER)}
        more = {"DATABASE_URL": url, "BOT_LEASE_SECONDS": "3"}
        on = await stack.enter_async_context(harness(folder, "http", timing=timing, **processes, **more))
        yield Company(on, database, role)


async def write(on: Harness, ts: str) -> None:
    """Write replies, whatever becomes of them; Slack sends again what is not acknowledged."""
    for number in range(REPLIES):
        await on.slack.say(ANN, GENERAL, f"fix part {number}", thread_ts=ts)


async def acknowledged(on: Harness) -> list[str]:
    """The replies that got their ack by now, by their ts: not all of them."""
    sent = await on.slack.deliveries(type="message")
    replies = [one for one in sent if one["payload"]["event"].get("text", "").startswith("fix part")]
    found = [str(one["ts"]) for one in replies if one["status"] == "acked"]
    assert len(found) < REPLIES, "the receiver had no connection"
    return found


async def are_stored(on: Harness, acked: list[str]) -> None:
    """Check that what got its ack while there was no connection has its row."""
    stored = {row["ts"] for row in await rows(on, "inbox")}
    assert [ts for ts in acked if ts not in stored] == []


@pytest.fixture
async def bot(tmp_path: Path, timing: Timing, postgres_server: str) -> AsyncIterator[Company]:
    """A company with as many connections as it likes."""
    async with company(tmp_path, timing, postgres_server) as made:
        yield made


async def test_where_the_server_takes_no_more_connections_only_what_is_stored_is_acknowledged(bot: Company) -> None:
    ts, session = await bot.on.started()
    await bot.limited_to(0)
    await write(bot.on, ts)
    await until(lambda: refused(bot.on))
    acked = await acknowledged(bot.on)
    await bot.unlimited()
    await are_stored(bot.on, acked)
    await each_arrives_once(bot.on, session, REPLIES)
    await bot.on.devin.say(session, "All of them are done.")
    await bot.on.wait_for_post(GENERAL, ts, "All of them are done.", within=PATIENCE)


async def test_processes_stop_in_order_while_the_server_takes_no_connection(
    tmp_path: Path, timing: Timing, postgres_server: str
) -> None:
    async with company(tmp_path, timing, postgres_server) as bot:
        await bot.on.started()
        await bot.limited_to(0)


async def refused(on: Harness) -> bool:
    """Whether Slack had to send something again."""
    return any(len(one["attempts"]) > 1 for one in await on.slack.deliveries(type="message"))


async def test_with_all_connections_of_the_pool_in_use_only_what_is_stored_is_acknowledged(
    tmp_path: Path, timing: Timing, postgres_server: str
) -> None:
    async with company(tmp_path, timing, postgres_server, connection_limit=str(FEW)) as bot:
        ts, session = await bot.on.started()
        async with locked(bot.database, "inbox"):
            await write(bot.on, ts)
            await until(lambda: refused(bot.on))
            acked = await acknowledged(bot.on)
        await are_stored(bot.on, acked)
        await each_arrives_once(bot.on, session, REPLIES)


@asynccontextmanager
async def locked(database: str, table: str) -> AsyncIterator[None]:
    """Let nobody else read or write a table, so that each transaction keeps its connection."""
    connection = await asyncpg.connect(database)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def test_a_connection_that_listens_and_is_cut_again_and_again_loses_nothing(bot: Company) -> None:
    ts, session = await bot.on.started()
    for number in range(REPLIES):
        await bot.on.slack.say(ANN, GENERAL, f"fix part {number}", thread_ts=ts)
        await postgres.run(bot.database, THOSE_THAT_LISTEN)
    await each_arrives_once(bot.on, session, REPLIES)
