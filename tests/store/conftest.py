"""Every test of the store runs on an SQLite file and on a real PostgreSQL."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.store.database import Database
from bot.store.schema import migrate
from bot.store.tables import metadata
from tests.store import postgres
from tests.store.rows import NOW


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with postgres.running_server() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite store with the schema and nothing in it, to be copied."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_database(server: str) -> str:
    """A PostgreSQL store with the schema; each test finds it empty."""
    url = postgres.named(server, "migrated")
    asyncio.run(postgres.run(server, "CREATE DATABASE migrated"))
    asyncio.run(_migrate(url))
    return url


@pytest.fixture(scope="session")
def bare_database(server: str) -> str:
    """A PostgreSQL store without a schema, for tests that make one."""
    asyncio.run(postgres.run(server, "CREATE DATABASE bare"))
    return postgres.named(server, "bare")


# The fixtures that make stores are not asynchronous: one asked for inside another would find a loop at work.


async def _migrate(url: str) -> None:
    db = Database(url)
    await migrate(db)
    await db.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def url(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a store with the schema and nothing in it."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "store.db")
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    address: str = request.getfixturevalue("migrated_database")
    yield address
    # Not truncated: that makes new files, and takes a hundred times as long.
    asyncio.run(postgres.run(address, postgres.LEAVE, *(f"DELETE FROM {name}" for name in metadata.tables)))


@pytest.fixture
def bare_url(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a store in which there is nothing at all."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    address: str = request.getfixturevalue("bare_database")
    yield address
    asyncio.run(postgres.run(address, postgres.LEAVE, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def opened(clock: Clock) -> AsyncIterator[Callable[[str], Database]]:
    """Opens stores, closes them at the end."""
    async with AsyncExitStack() as stack:

        def one(address: str) -> Database:
            db = Database(address, clock)
            stack.push_async_callback(db.close)
            return db

        yield one


@pytest.fixture
async def db(url: str, opened: Callable[[str], Database]) -> Database:
    """The store of this process."""
    return opened(url)


@pytest.fixture
async def other(url: str, opened: Callable[[str], Database]) -> Database:
    """The same store, as another process has it."""
    return opened(url)


@pytest.fixture
async def bare(bare_url: str, opened: Callable[[str], Database]) -> Database:
    """A store without a schema."""
    return opened(bare_url)
