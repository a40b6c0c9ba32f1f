"""A backup of an SQLite store as one file, while the bot goes on writing."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from bot.store.database.files import create_private

_FIRST_PROBLEMS: Final = 1  # of an integrity check: one is enough to throw the backup away


class NoStoreError(Exception):
    """The file is no store of this bot's."""


class DamagedError(Exception):
    """The backup does not pass SQLite's integrity check."""


def back_up(store: Path, target: Path, *, replace: bool) -> int:
    """Write what the SQLite file `store` holds now to the file `target`, and return its size in bytes.

    Raises FileExistsError if `target` is there already, unless it may `replace` that; NoStoreError or DamagedError.
    """
    if target.exists() and (not replace or target.samefile(store)):
        raise FileExistsError(target)
    written = target.with_name(f".{target.name}.{os.getpid()}.part")
    # A crash up to the last step leaves this file, which no restore takes for a backup, and `target` as it was.
    try:
        _write(store, written)
        _check(written)
        _name(written, target, replace=replace)
    finally:
        written.unlink(missing_ok=True)
    return target.stat().st_size


def _write(store: Path, target: Path) -> None:
    """Write a snapshot. VACUUM INTO reads in one transaction, which holds up no writer, and leaves out deleted rows."""
    create_private(target)
    with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            raise NoStoreError(store)
        connection.execute("VACUUM INTO ?", (str(target),))
    _sync(target)


def _check(target: Path) -> None:
    with closing(sqlite3.connect(f"{target.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        found = connection.execute(f"PRAGMA integrity_check({_FIRST_PROBLEMS})").fetchone()
    if found != ("ok",):
        raise DamagedError(target)


def _name(written: Path, target: Path, *, replace: bool) -> None:
    """Give the checked backup its name, at once and whole."""
    if replace:
        written.replace(target)
    else:
        # A link and not a rename, which would replace what somebody has put there meanwhile.
        os.link(written, target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    """Have the disk hold the file or folder `path` before anybody relies on it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):  # not every file system takes this for a folder
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
