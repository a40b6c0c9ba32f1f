"""The commands about the whole store: `python -m bot backup`, `restored` and `copy`."""

import sqlite3
import time
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from bot.config import StoreSettings
from bot.connect import StartError
from bot.opening import StoreInUseError, alone_on, open_any_store, open_store
from bot.store import lanes
from bot.store import restored as restored_store
from bot.store.copying import Copied, Copy, DifferentError, NotEmptyError
from bot.store.database.backup import DamagedError, NoStoreError, back_up
from bot.store.database.connection import Database, Transaction, address_without_password, sqlite_path
from bot.store.lanes import WorkerAliveError
from bot.store.restored import Restored
from bot.views import erasure
from bot.views import stores as store_sentences


def backup(settings: StoreSettings, target: Path, *, replace: bool) -> str:
    """Back the store up to the file `target`, and return what to print; raises StartError with the reason if not."""
    path = sqlite_path(settings.database_url.get_secret_value())
    if path is None:
        raise StartError(store_sentences.OF_POSTGRES)
    if not path.exists():
        raise StartError(erasure.no_store(str(path)))
    try:
        size = back_up(path, target, replace=replace)
    except FileExistsError:
        raise StartError(store_sentences.exists(target)) from None
    except NoStoreError:
        raise StartError(store_sentences.no_store(path)) from None
    except DamagedError:
        raise StartError(store_sentences.damaged(path)) from None
    except OSError as error:
        raise StartError(store_sentences.not_writable(target, error.strerror or type(error).__name__)) from None
    except sqlite3.Error as error:
        raise StartError(store_sentences.not_read(path, str(error))) from None
    return store_sentences.backed_up(target, size)


async def restored(settings: StoreSettings) -> str:
    """Store that a backup was put back as the store, and return what to print; raises StartError if the bot runs."""
    url = settings.database_url.get_secret_value()
    path = sqlite_path(url)
    if path is not None and not path.exists():
        raise StartError(erasure.no_store(str(path)))
    async with AsyncExitStack() as stack:
        try:
            stack.enter_context(alone_on(path))
            db = await open_store(stack, url)
            since = await _mark_restored(db, settings.bot_lease_seconds)
        except StoreInUseError:
            raise StartError(store_sentences.running()) from None
        except WorkerAliveError:
            raise StartError(store_sentences.running(settings.bot_lease_seconds)) from None
    return store_sentences.EMPTY if since is None else store_sentences.restored(since)


async def _mark_restored(db: Database, lease: float) -> float | None:
    """Mark the store as restored, and return from when it is; None if it is empty."""
    async with db.write() as tx:
        await _check_alone(db, lease, tx)
        marked = await restored_store.read(tx)
        # A second call, before the bot was started, is about the same backup.
        again = marked is not None and marked.until is None
        since = marked.since if marked is not None and again else await restored_store.last_written(tx)
        if since is not None:
            await restored_store.mark(tx, Restored(since), time.time())
    return since


async def copy(source_url: str, target_url: str, lease: float) -> str:
    """Copy one store into another, empty one, and return what to print; raises StartError with the reason if not."""
    path = sqlite_path(source_url)
    if path is not None and not path.exists():
        raise StartError(erasure.no_store(str(path)))
    if _name(source_url) == _name(target_url):
        raise StartError(store_sentences.SAME_STORE)
    try:
        copied = await _copied(source_url, target_url, lease)
    except StoreInUseError:
        raise StartError(store_sentences.running()) from None
    except WorkerAliveError:
        raise StartError(store_sentences.running(lease)) from None
    except NotEmptyError:
        raise StartError(store_sentences.TARGET_NOT_EMPTY) from None
    except DifferentError as error:
        raise StartError(store_sentences.different(error.tables)) from None
    return store_sentences.copied(copied.rows, copied.tables, copied.resumed_after)


async def _copied(source_url: str, target_url: str, lease: float) -> Copied:
    async with AsyncExitStack() as stack:
        for url in (source_url, target_url):
            stack.enter_context(alone_on(sqlite_path(url)))
        source = await open_store(stack, source_url)
        target = await open_any_store(stack, target_url)
        async with source.write() as tx:
            await _check_alone(source, lease, tx)
        return await Copy(source, target, _name(source_url), partial(_check_alone, target, lease)).run()


async def _check_alone(db: Database, lease: float, tx: Transaction) -> None:
    """Let no worker begin on `db` until `tx` ends; raises WorkerAliveError if one is alive. SQLite's lock does this."""
    if not db.is_sqlite:
        await lanes.lock_out_workers(tx, lease)


def _name(url: str) -> str:
    """The name of the store at `url`, the same however it is written, and without its password."""
    path = sqlite_path(url)
    return str(path.resolve()) if path is not None else address_without_password(url)
