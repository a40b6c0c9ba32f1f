"""What a process takes before it starts: the store, whose SQLite file it locks and brings up to date, and its port."""

import errno
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Final

from bot.config import Settings
from bot.connect import StartError
from bot.features import metadata
from bot.logs import get_logger
from bot.process import ProcessKind
from bot.store import copying
from bot.store.database.connection import Clock, Database, sqlite_path
from bot.store.database.files import NotAFileError, create_private, open_lock, take_from_others
from bot.store.database.schema import EarlierSchemaError, LaterSchemaError, OtherSchemaError, check_current, migrate
from bot.store.database.unreachable import why_unreachable
from bot.timing import PRODUCTION, Timing

log = get_logger(__name__)

NOT_MIGRATED: Final = (
    "The store's schema doesn't match this release. Run `python -m bot migrate` once, then start again."
)
OTHER_SCHEMA: Final = (
    "An unreleased version created the store, so its tables differ."
    " Run the version that created it, or set DATABASE_URL to a new store."
)


class StoreInUseError(StartError):
    """Another process has locked the SQLite file."""


@contextmanager
def alone_on(path: Path | None) -> Iterator[None]:
    """Lock the SQLite file at `path` for this process while the block runs; None, for PostgreSQL, locks nothing.

    Raises StoreInUseError if another process holds the lock, or StartError if the file can't be opened.
    """
    if path is None:
        yield
        return
    try:
        opened = open_lock(path)
    except NotAFileError as error:
        raise StartError(
            f"{error} isn't a regular file. Find out where it came from, remove it, and start again."
        ) from None
    except OSError:
        raise StartError(f"The store {path} can't be opened. Check DATABASE_URL and write access there.") from None
    with os.fdopen(opened) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreInUseError(
                f"Another process is using {path}. Stop it first, or give this one its own DATABASE_URL."
            ) from None
        yield


def _why_not_opened(error: Exception, url: str) -> str:
    why = None if url.startswith("sqlite") else why_unreachable(error)
    if why is not None:
        return f"{why.what} {why.fix}"
    return "The store can't be opened or updated. Check DATABASE_URL. For details, run `python -m bot doctor`."


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
            await migrate(db, metadata)
        else:
            await check_current(db, metadata)
        if path is not None:
            take_from_others(path)
    except LaterSchemaError as error:
        raise StartError(
            f"The store is from a newer release ({error.found} > {error.newest})."
            " Install that release, or restore the backup from before it."
        ) from None
    except EarlierSchemaError:
        raise StartError(NOT_MIGRATED) from None
    except OtherSchemaError:
        raise StartError(OTHER_SCHEMA) from None
    except Exception as error:  # noqa: BLE001 - whatever the store's driver raises; its text may quote a password
        log.error("store not opened", error=type(error).__name__)  # noqa: TRY400
        raise StartError(_why_not_opened(error, url)) from None
    return db


def check_kind(process: ProcessKind, settings: Settings) -> None:
    """Raise StartError if a process of this kind can do nothing with these settings."""
    if process is ProcessKind.RUN:
        return
    if settings.uses_sqlite:
        raise StartError(
            f"SQLite supports only one process: start it with `python -m bot run`. For `{process}` set DATABASE_URL"
            " to PostgreSQL."
        )
    if not process.works and settings.transport == "socket":
        raise StartError(
            "With SLACK_APP_TOKEN, Slack sends everything to the workers. Start only workers, or leave SLACK_APP_TOKEN"
            " empty to receive over HTTP."
        )


@contextmanager
def bound_port(settings: Settings) -> Iterator[socket.socket]:
    """Take the port in `settings` for this process while the block runs; requests are refused until it is served.

    Raises StartError if that is not possible.
    """
    host, port = settings.host, settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # By the name of the protocol asyncio knows that it has to send small answers at once.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, port))
        except OSError as error:
            raise StartError(why_not_bound(error, host, port)) from None
        yield bound


def why_not_bound(error: OSError, host: str, port: int) -> str:
    """Return why the port cannot be opened, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is used by another process. Stop it first, or set PORT to another number."
    if error.errno == errno.EACCES:
        return f"This account can't open port {port}. Set PORT to 1024 or higher."
    return f"The bot can't listen on “{host}”. Set BOT_HOST to an address of this machine, for example 0.0.0.0."
