"""A real PgBouncer before a PostgreSQL, where it is installed (Debian's package `pgbouncer`).

In its mode "transaction" it hands each transaction to the next connection of the server. It knows no prepared
statements, as before its version 1.21.
"""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy.engine import make_url

PROGRAM: Final = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")

needs_pgbouncer = pytest.mark.skipif(PROGRAM is None, reason="needs PgBouncer: apt-get install pgbouncer")


@asynccontextmanager
async def pgbouncer(url: str, folder: Path, mode: str = "transaction") -> AsyncIterator[str]:
    """Run a PgBouncer before the server of `url`; yields the address of the same database through it."""
    server, settings, port = make_url(url), folder / "pgbouncer.ini", _free_port()
    home = str(server.query["host"])  # the folder of the server's socket
    settings.write_text(
        f"[databases]\n* = host={home} port={server.port or 5432} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = {mode}\nmax_prepared_statements = 0\nserver_round_robin = 1\n"
    )
    # It does not run as root, and has to reach the server's socket.
    user = ("-u", Path(home).owner()) if os.getuid() == 0 else ()
    assert PROGRAM is not None
    process = await asyncio.create_subprocess_exec(PROGRAM, "-q", *user, str(settings))
    try:
        await _until_open(port)
        yield f"postgresql://postgres@127.0.0.1:{port}/{server.database}"
    finally:
        process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def _until_open(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(0.02)  # the program has no event for it
