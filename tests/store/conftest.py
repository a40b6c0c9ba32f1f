"""Every test of the store runs on an SQLite file and on a real PostgreSQL."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.features import metadata
from bot.store.database.connection import Database
from bot.timing import PRODUCTION, Timing
from tests import postgres
from tests.store.rows import NOW


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def bare_database(postgres_server: str) -> str:
    """A PostgreSQL store without a schema, for tests that make one."""
    return asyncio.run(postgres.create(postgres_server, template=None))


# The fixtures that make stores are not asynchronous: one asked for inside another would find a loop at work.


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def url(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a store with the schema and nothing in it."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "store.db")
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    address: str = request.getfixturevalue("postgres_store")
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
async def opened(clock: Clock) -> AsyncIterator[Callable[..., Database]]:
    """Opens stores, with other waits than usual where these are given, and closes them at the end."""
    async with AsyncExitStack() as stack:

        def one(address: str, timing: Timing = PRODUCTION) -> Database:
            db = Database(address, clock, timing)
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
