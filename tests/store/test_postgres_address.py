"""Addresses of PostgreSQL as platforms and tools write them, each with what it means, on a real server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog
from sqlalchemy import insert, select
from sqlalchemy.engine import make_url

from bot.doctor.findings import ok, problem
from bot.doctor.store import check_postgres
from bot.features import metadata
from bot.store.database import postgres
from bot.store.database.connection import Database
from bot.store.database.schema import check_current, migrate
from bot.store.tables import lanes
from bot.timing import PRODUCTION
from tests.doctor.sentences import POSTGRES_IS_UP_TO_DATE
from tests.pgbouncer import needs_pgbouncer, pgbouncer
from tests.postgres import LEAVE, run

TIMEOUTS = "SELECT current_setting('lock_timeout') || ' ' || current_setting('idle_in_transaction_session_timeout')"
IMPATIENT = replace(PRODUCTION, store_statement=0.3)

pytestmark = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)


async def first(db: Database, statement: str) -> Any:
    async with db.read() as tx:
        return (await tx.exec_driver_sql(statement)).scalar_one()


async def note(db: Database, name: str) -> None:
    async with db.write() as tx:
        await tx.execute(insert(lanes).values(name=name))


async def names(db: Database) -> list[str]:
    async with db.read() as tx:
        return sorted((await tx.execute(select(lanes.c.name))).scalars())


# ------------------------------------------------------------ PgBouncer


@pytest.fixture
async def pooler(url: str, tmp_path: Path) -> AsyncIterator[str]:
    async with pgbouncer(url, tmp_path) as address:
        yield address


@needs_pgbouncer
async def test_a_pooler_lets_the_bot_in_and_every_transaction_has_its_time_limits(
    pooler: str, opened: Callable[[str], Database]
) -> None:
    db = opened(f"{pooler}?pgbouncer=true")
    both_inside = asyncio.Barrier(4)

    async def work(number: int) -> str:
        async with db.write() as tx:
            await tx.execute(insert(lanes).values(name=f"in:{number}"))
            await both_inside.wait()  # four connections of the server, used in turns from here
            return str((await tx.exec_driver_sql(TIMEOUTS)).scalar_one())

    assert await asyncio.gather(*map(work, range(4))) == ["1s 10s"] * 4
    for _ in range(8):
        assert await names(db) == ["in:0", "in:1", "in:2", "in:3"]
        assert await first(db, TIMEOUTS) == "1s 10s"


@needs_pgbouncer
async def test_a_pooler_is_left_without_settings_for_its_other_users(
    pooler: str, opened: Callable[[str], Database]
) -> None:
    db = opened(f"{pooler}?pgbouncer=true&schema=public")
    await note(db, "in:x")
    async with db._writing.connect() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        assert await raw.fetchval("SHOW lock_timeout") == "0"
        assert await raw.fetchval("SHOW search_path") == '"$user", public'


@needs_pgbouncer
async def test_the_schema_is_migrated_through_a_pooler(
    bare_url: str, tmp_path: Path, opened: Callable[[str], Database]
) -> None:
    async with pgbouncer(bare_url, tmp_path) as address:
        db = opened(f"{address}?pgbouncer=true&connection_limit=1")
        await migrate(db, metadata)
        await check_current(db, metadata)
        await note(db, "in:x")
        assert await names(db) == ["in:x"]
        await db.close()


@needs_pgbouncer
async def test_a_pooler_that_keeps_sessions_needs_no_parameter(
    url: str, tmp_path: Path, opened: Callable[[str], Database]
) -> None:
    """PgBouncer refuses a connection that begins with a time limit, so both are set by a statement."""
    async with pgbouncer(url, tmp_path, mode="session") as address:
        db = opened(address)
        for _ in range(3):
            assert await first(db, TIMEOUTS) == "1s 10s"
        await db.close()


@needs_pgbouncer
async def test_doctor_says_what_an_address_of_a_pooler_lacks(pooler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for address in (pooler, pooler, f"{pooler}?pgbouncer=true"):
        monkeypatch.setattr(asyncpg.connection, "_uid", 0)  # as in another process, which gives the same names again
        found.append(await check_postgres(address))
    assert found[1] == problem(
        "PostgreSQL is behind a pooler such as PgBouncer, which keeps no prepared statements (42P05).",
        "Add ?pgbouncer=true to DATABASE_URL, or &pgbouncer=true if it already has a question mark.",
    )
    assert found[0] == found[2] == ok(POSTGRES_IS_UP_TO_DATE)


# ------------------------------------------------------------ parameters


async def test_a_usual_address_has_its_time_limits_once_for_each_connection(
    url: str, opened: Callable[[str], Database]
) -> None:
    db = opened(url)
    for _ in range(3):
        assert await first(db, TIMEOUTS) == "1s 10s"


@pytest.mark.parametrize("pooled", ["", "&pgbouncer=true"], ids=["direct", "pooled"])
async def test_the_schema_in_the_address_is_where_the_tables_are(
    bare_url: str, opened: Callable[[str], Database], pooled: str
) -> None:
    db = opened(f"{bare_url}&schema=Devin's%20%22own%22{pooled}")
    await migrate(db, metadata)
    await migrate(db, metadata)
    await note(db, "in:x")
    assert await names(db) == ["in:x"]
    await check_current(db, metadata)
    homes = "SELECT string_agg(DISTINCT schemaname, ',') FROM pg_tables WHERE tablename IN ('lanes', 'alembic_version')"
    assert await first(db, homes) == 'Devin\'s "own"'
    await db.close()
    await run(bare_url, 'DROP SCHEMA "Devin\'s ""own""" CASCADE')


async def test_the_limit_of_connections_in_the_address_is_kept(url: str, opened: Callable[[str], Database]) -> None:
    db = opened(f"{url}&connection_limit=2")
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
    )

    async def count() -> int:
        async with db.read() as tx:
            found: int = (await tx.exec_driver_sql(others)).scalar_one()
            await tx.exec_driver_sql("SELECT pg_sleep(0.05)")
            return found

    assert max(await asyncio.gather(*(count() for _ in range(6)))) == 2


@pytest.mark.parametrize(
    ("more", "ignored"),
    [
        ("connection_limit=many&schema=", ("connection_limit",)),
        (
            "pool_timeout=20&socket_timeout=5&statement_cache_size=0",
            ("pool_timeout", "socket_timeout", "statement_cache_size"),
        ),
        ("sslmode=prefer&channel_binding=prefer&keepalives=1", ("channel_binding", "keepalives")),
        ("supa=base-pooler.x&uselibpqcompat=true", ("supa", "uselibpqcompat")),
    ],
)
async def test_what_has_no_meaning_here_is_ignored_and_the_log_says_so(
    url: str, opened: Callable[[str], Database], more: str, ignored: tuple[str, ...]
) -> None:
    with structlog.testing.capture_logs() as lines:
        assert await names(opened(f"{url}&{more}")) == []
    assert [(line["log_level"], line["event"], line["parameters"]) for line in lines] == [
        ("warning", "parameters of DATABASE_URL ignored", ignored)
    ]


@pytest.mark.parametrize(
    ("address", "pooled"),
    [
        ("db.example:5432/bot", False),
        ("db.example/bot?pgbouncer=false", False),
        ("db.example/bot?pgbouncer=true", True),
        ("db.example:6432/bot", True),
        ("db.example:6432/bot?pgbouncer=false", False),
        ("aws-0-eu-central-1.pooler.supabase.com:6543/bot", True),
        ("ep-cool-pond-pooler.eu-central-1.aws.neon.tech/bot?sslmode=require", True),
    ],
)
def test_a_pooler_is_recognised(address: str, pooled: bool, kind: str) -> None:
    assert postgres.parse_address(f"postgresql+asyncpg://ann:hush@{address}").pooled is pooled


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        ("sslmode=no-verify", "require"),
        ("ssl=true", "require"),
        ("ssl=false", "disable"),
        ("ssl=verify-full", "verify-full"),
    ],
)
def test_other_words_for_encryption_are_understood(given: str, mode: str, kind: str) -> None:
    address = postgres.parse_address(f"postgresql+asyncpg://ann:hush@db.example/bot?{given}")
    assert address.dsn == f"postgresql://ann:hush@db.example/bot?sslmode={mode}"
    assert address.ignored == ()


# ------------------------------------------------------------ a server that is gone


async def test_a_statement_without_an_answer_ends_and_the_store_goes_on(
    url: str, opened: Callable[..., Database]
) -> None:
    db = opened(f"{url}&connection_limit=1", IMPATIENT)
    with pytest.raises(TimeoutError):
        await first(db, "SELECT pg_sleep(60)")
    assert await names(db) == []


class Wire:
    """What stands between the bot and the server, and may be cut without anybody being told."""

    def __init__(self) -> None:
        self._cuts = 0

    def cut(self) -> None:
        """Carry nothing more on the connections that there are; later ones work."""
        self._cuts += 1

    @asynccontextmanager
    async def before(self, url: str) -> AsyncIterator[str]:
        """Carry everything to the server of `url`; yields the address of the same database through it."""
        server = make_url(url)
        path = f"{server.query['host']}/.s.PGSQL.{server.port or 5432}"

        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            from_server, to_server = await asyncio.open_unix_connection(path)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_on(reader, to_server))
                both.create_task(self._pass_on(from_server, writer))

        listener = await asyncio.start_server(carry, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/{server.database}?connection_limit=1"
        finally:
            listener.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cuts = self._cuts
        while data := await reader.read(1 << 16):
            if cuts == self._cuts:
                writer.write(data)
        writer.close()


async def test_a_connection_that_was_cut_while_nobody_used_it_is_replaced_unnoticed(
    url: str, opened: Callable[..., Database]
) -> None:
    wire = Wire()
    async with wire.before(url) as address:
        db = opened(address, replace(IMPATIENT, store_quiet=0.0))
        await note(db, "in:x")
        wire.cut()
        assert await names(db) == ["in:x"]
        wire.cut()
        await note(db, "in:y")
        assert await names(db) == ["in:x", "in:y"]
        await db.close()


async def test_a_connection_that_was_cut_in_the_middle_of_a_statement_is_replaced_at_the_next(
    url: str, opened: Callable[..., Database]
) -> None:
    wire = Wire()
    async with wire.before(url) as address:
        db = opened(address, replace(IMPATIENT, store_quiet=0.2))  # less than a statement may take
        await note(db, "in:x")
        wire.cut()
        with pytest.raises(TimeoutError):
            await names(db)
        assert await names(db) == ["in:x"]
        await db.close()


async def test_where_a_connection_answered_just_now_a_read_is_nothing_but_its_statement(
    url: str, opened: Callable[..., Database]
) -> None:
    beside = []  # what is sent apart from prepared statements
    db = opened(f"{url}&connection_limit=1", replace(PRODUCTION, store_quiet=60.0))
    await note(db, "in:x")
    async with db._writing.connect() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
    raw.add_query_logger(lambda query: beside.append(query.query))
    assert await names(db) == ["in:x"]
    assert beside == []
    await note(db, "in:y")
    assert beside == ["BEGIN ISOLATION LEVEL READ COMMITTED;", "COMMIT;"]


async def test_a_connection_that_the_server_closed_is_replaced(url: str, opened: Callable[..., Database]) -> None:
    db = opened(f"{url}&connection_limit=1", replace(PRODUCTION, store_quiet=60.0))
    await note(db, "in:x")
    async with db._writing.connect() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
    closed = asyncio.Event()
    raw.add_termination_listener(lambda _: closed.set())
    await run(url, LEAVE)
    await asyncio.wait_for(closed.wait(), 10)
    assert await names(db) == ["in:x"]


async def test_a_migration_may_take_longer_than_other_statements(
    bare_url: str, opened: Callable[..., Database]
) -> None:
    db = opened(bare_url, IMPATIENT)

    def rewrite_a_large_table(connection: Any) -> None:
        connection.exec_driver_sql("CREATE TABLE large AS SELECT 1 AS rewritten FROM pg_sleep(0.6)")

    await db.run_sync(rewrite_a_large_table)
    assert await first(db, "SELECT rewritten FROM large") == 1
