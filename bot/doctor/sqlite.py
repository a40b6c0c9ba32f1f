"""Checks a store in an SQLite file: the file, its folder, and its schema."""

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Final

from bot.doctor.findings import Finding, note, problem
from bot.doctor.schema import MIGRATE, check_schema
from bot.store.database.connection import sqlite_path

LASTING_DISK: Final = note(
    "The store is a file, which is lost with its disk: some platforms give each deploy a new one.",
    "There let DATABASE_URL name a file on a disk that lasts, or a PostgreSQL database.",
)
OTHER_FOLDER: Final = "Let the bot's account write there, or name a file in another folder in DATABASE_URL."


async def check_sqlite(url: str) -> Finding:
    """Check the file that `url` names. A file that does not exist yet is not created."""
    path = sqlite_path(url)
    assert path is not None  # the settings take no store in memory
    if unwritable := await asyncio.to_thread(_unwritable, path):
        return unwritable
    if not path.exists():
        return note(f"The store {path} does not exist yet; its folder can be written to.", MIGRATE)
    return await check_schema(url, f"The store {path} can be opened and written to", lambda _: _no_database(path))


def _unwritable(path: Path) -> Finding | None:
    if path.is_dir():
        return problem(f"The store {path} is a folder.", "Name a file in DATABASE_URL.")
    if path.exists() and not os.access(path, os.W_OK):
        return problem(f"The store {path} cannot be written to.", OTHER_FOLDER)
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    try:
        # A file is created to find out: SQLite needs more files in the folder, and permissions do not show that a disk
        # is read-only.
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError:
        return problem(f"The folder of the store, {folder}, cannot be written to.", OTHER_FOLDER)


def _no_database(path: Path) -> Finding:
    return problem(
        f"The store {path} cannot be read as an SQLite database.",
        "If another program holds the file, close it; if it is something else, name another file in DATABASE_URL.",
    )
