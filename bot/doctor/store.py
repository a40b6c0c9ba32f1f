"""Checks DATABASE_URL: the SQLite file and its folder, or PostgreSQL, and the schema."""

import asyncio
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bot.config import StoreSettings
from bot.doctor.findings import Finding, note, ok, problem
from bot.features import metadata
from bot.store.database.connection import Database, sqlite_path
from bot.store.database.schema import EarlierSchemaError, LaterSchemaError, OtherSchemaError, check_current
from bot.store.database.unreachable import why_unreachable

MIGRATE: Final = "Run `python -m bot migrate`. `python -m bot run` also does it when it starts."
UPDATE: Final = "Install that release, or restore the backup from before it."
OTHER_CODE: Final = "Run the version that created it, or set DATABASE_URL to a new store."


async def check_schema(url: str, reached: str, on_error: Callable[[Exception], Finding]) -> Finding:
    """Report whether the schema of the store at `url` is up to date.

    `reached` begins the sentence about a store that answers. `on_error` makes the finding about a store that does not.
    """
    try:
        return await _checked(url, reached)
    except Exception as error:  # noqa: BLE001 - each driver raises errors of its own, and each is a finding
        return on_error(error)


async def _checked(url: str, reached: str) -> Finding:
    db = Database(url)
    try:
        await check_current(db, metadata)
    except LaterSchemaError:
        return problem(f"{reached}, but its schema is from a newer release.", UPDATE)
    except EarlierSchemaError:
        return problem(f"{reached}, but its schema is missing or older than this version.", MIGRATE)
    except OtherSchemaError:
        return problem(f"{reached}, but its tables are from an unreleased version.", OTHER_CODE)
    else:
        return ok(f"{reached}, and its schema is up to date.")
    finally:
        await db.close()


LASTING_DISK: Final = note(
    "The store is a file on this disk. Some platforms give each deploy a new disk, and the file is lost.",
    "Point DATABASE_URL to a file on a persistent disk, or to PostgreSQL.",
)
OTHER_FOLDER: Final = "Give the bot's account write access there, or point DATABASE_URL to a file in another folder."


async def check_sqlite(url: str) -> Finding:
    """Check the file that `url` names. A file that does not exist yet is not created."""
    path = sqlite_path(url)
    assert path is not None  # the settings take no store in memory
    if unwritable := await asyncio.to_thread(_unwritable, path):
        return unwritable
    if not path.exists():
        return note(f"The store {path} doesn't exist yet; its folder is writable.", MIGRATE)
    return await check_schema(url, f"The store {path} can be opened and written to", lambda _: _no_database(path))


def _unwritable(path: Path) -> Finding | None:
    if path.is_dir():
        return problem(f"The store {path} is a folder.", "Point DATABASE_URL to a file.")
    if path.exists() and not os.access(path, os.W_OK):
        return problem(f"The store {path} can't be written to.", OTHER_FOLDER)
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    try:
        # A file is created to find out: SQLite needs more files in the folder, and permissions do not show that a disk
        # is read-only.
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError:
        return problem(f"The folder of the store, {folder}, can't be written to.", OTHER_FOLDER)


def _no_database(path: Path) -> Finding:
    return problem(
        f"The store {path} can't be read as an SQLite database.",
        "If another program has the file open, close it. Otherwise point DATABASE_URL to another file.",
    )


INSTALL_DRIVER: Final = "Run `pip install -r requirements.txt`."
LOOK_UP_CODE: Final = "https://www.postgresql.org/docs/current/errcodes-appendix.html explains the code."
NAME_THE_POOLER: Final = "Add ?pgbouncer=true to DATABASE_URL, or &pgbouncer=true if it already has a question mark."
NO_PREPARED_STATEMENTS: Final = ("26000", "42P05")  # one is missing; one is there already, of another client
CHECK_DATABASE_URL: Final = "Check that DATABASE_URL has the form postgresql://user:password@host:5432/name."


async def check_postgres(url: str) -> Finding:
    """Check the database that `url` names."""
    return await check_schema(url, "The PostgreSQL store can be reached", postgres_problem)


def postgres_problem(error: Exception) -> Finding:
    """Make a finding from an error that came while the database was reached.

    The finding names neither the server nor the database, because a malformed address may have its password there.
    """
    if why := why_unreachable(error):
        return problem(why.what, why.fix)
    if code := str(getattr(getattr(error, "orig", error), "sqlstate", None) or ""):
        return _refusal(code)
    if isinstance(error, ModuleNotFoundError):
        return problem("DATABASE_URL is for PostgreSQL, but its driver isn't installed.", INSTALL_DRIVER)
    return problem(f"The PostgreSQL store can't be used ({type(error).__name__}).", CHECK_DATABASE_URL)


def _refusal(code: str) -> Finding:
    if code in NO_PREPARED_STATEMENTS:
        what = f"PostgreSQL is behind a pooler such as PgBouncer, which keeps no prepared statements ({code})."
        return problem(what, NAME_THE_POOLER)
    return problem(f"PostgreSQL rejected the bot ({code}).", LOOK_UP_CODE)


async def check_store(settings: StoreSettings) -> list[Finding]:
    """Check that the store can be opened and written to, and that its schema is up to date."""
    url = settings.database_url.get_secret_value()
    if settings.uses_sqlite:
        return [await check_sqlite(url), LASTING_DISK]
    return [await check_postgres(url)]
