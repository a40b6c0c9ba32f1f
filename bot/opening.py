"""Opens the store: locks its SQLite file for this process, and brings its schema up to date."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Final

from bot.connect import StartError
from bot.logs import get_logger
from bot.store import copying
from bot.store.database.connection import Clock, Database, sqlite_path
from bot.store.database.files import NotAFileError, create_private, open_lock, take_from_others
from bot.store.database.schema import EarlierSchemaError, LaterSchemaError, check_current, migrate
from bot.store.database.unreachable import why_unreachable
from bot.timing import PRODUCTION, Timing

log = get_logger(__name__)

NOT_MIGRATED: Final = (
    "The store's schema is not that of this release. Run `python -m bot migrate` once, then start again."
)


class StoreInUseError(StartError):
    """Another process has locked the SQLite file."""


@contextmanager
def alone_on(path: Path | None) -> Iterator[None]:
    """Lock the SQLite file at `path` for this process while the block runs; None, for PostgreSQL, locks nothing.

    Raises StoreInUseError if another process holds the lock, or StartError if the file cannot be opened.
    """
    if path is None:
        yield
        return
    try:
        opened = open_lock(path)
    except NotAFileError as error:
        raise StartError(
            f"{error} is a link, or no file. Find out who put it there, remove it and start again."
        ) from None
    except OSError:
        raise StartError(f"The store {path} cannot be opened. Check DATABASE_URL and who may write there.") from None
    with os.fdopen(opened) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreInUseError(
                f"Another process runs on {path}. Stop it first, or give this one a DATABASE_URL of its own."
            ) from None
        yield


def _why_not_opened(error: Exception, url: str) -> str:
    why = None if url.startswith("sqlite") else why_unreachable(error)
    if why is not None:
        return f"{why.what} {why.fix}"
    return "The store cannot be opened or brought up to date. Check DATABASE_URL; `python -m bot doctor` says more."


async def open_store(
    stack: AsyncExitStack, url: str, clock: Clock = time.time, timing: Timing = PRODUCTION, *, migrates: bool = True
) -> Database:
    """Open the store at `url` as `open_any_store` does; raises StartError also if it is a copy that is not finished."""
    db = await open_any_store(stack, url, clock, timing, migrates=migrates)
    async with db.read() as tx:
        if await copying.is_unfinished(tx):
            raise StartError("A copy into this store isn't finished. Repeat `python -m bot copy`.")
    return db


async def open_any_store(
    stack: AsyncExitStack, url: str, clock: Clock = time.time, timing: Timing = PRODUCTION, *, migrates: bool = True
) -> Database:
    """Open the store at `url`, which `stack` closes, and migrate its schema; raises StartError if that fails.

    Without `migrates` it raises StartError if the schema is not there as this version needs it: of several processes
    that start at a time, none is to change it.
    """
    try:
        if (path := sqlite_path(url)) is not None:
            # A crash right here leaves an empty file, in which the next start makes the schema.
            create_private(path)
        db = Database(url, clock, timing)
        stack.push_async_callback(db.close)
        if migrates:
            await migrate(db)
        else:
            await check_current(db)
        if path is not None:
            take_from_others(path)
    except LaterSchemaError as error:
        raise StartError(
            f"The store is of a newer release ({error.found} > {error.newest})."
            " Install that release, or restore the backup from before it."
        ) from None
    except EarlierSchemaError:
        raise StartError(NOT_MIGRATED) from None
    except Exception as error:  # noqa: BLE001 - whatever the store's driver raises; its text may quote a password
        log.error("store not opened", error=type(error).__name__)  # noqa: TRY400
        raise StartError(_why_not_opened(error, url)) from None
    return db
