"""Dumps of stores with a row in each table: those of releases are in `released`, and each migration has to take them.

`python -m tests.store.dumps 0.1.0` writes what this code makes, on either database. Each release does it once.
"""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import insert

from bot.features import TABLES, metadata
from bot.store.database.connection import Database, sqlite_path
from bot.store.database.schema import migrate
from tests import postgres
from tests.store.rows import filled

RELEASED: Final = Path(__file__).parent / "released"


async def make(url: str) -> None:
    """Make the schema in an empty store, and a row in each table; triggers bring those of sums."""
    db = Database(url)
    await migrate(db, metadata)
    async with db.write() as tx:
        for table in (spec.table for spec in TABLES):
            await tx.execute(insert(table), filled(table))
    await db.close()


def dump(url: str) -> str:
    """A store as SQL."""
    if (path := sqlite_path(url)) is not None:
        with closing(sqlite3.connect(path)) as connection:
            return "\n".join(connection.iterdump()) + "\n"
    command = [postgres.BINARIES / "pg_dump", "--inserts", "--no-owner", "--no-privileges", f"--dbname={url}"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(("\\", "--")))  # the former are for psql alone


async def load(url: str, dumped: str) -> None:
    """Have an empty store hold what was dumped."""
    if (path := sqlite_path(url)) is None:
        await postgres.run(url, dumped)
        return
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(dumped)


async def _write(release: str, **stores: str) -> None:
    for kind, url in stores.items():
        await make(url)
        (RELEASED / f"{release}.{kind}.sql").write_text(dump(url), encoding="utf-8")


def main(release: str) -> None:
    """Write the dumps of a release."""
    RELEASED.mkdir(exist_ok=True)
    with TemporaryDirectory(dir="/tmp") as folder:
        home = Path(folder)
        server = postgres.start(home)
        try:
            bare = asyncio.run(postgres.create(server, template=None))
            asyncio.run(_write(release, sqlite=f"sqlite:///{home / 'store.db'}", postgresql=bare))
        finally:
            postgres.stop(home, signal.SIGINT)


if __name__ == "__main__":
    main(sys.argv[1])
