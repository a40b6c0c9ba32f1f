"""The commands about the whole store: `python -m bot backup` and `restored`."""

import sqlite3
import time
from contextlib import AsyncExitStack
from pathlib import Path

from bot.config import StoreSettings
from bot.connect import StartError
from bot.opening import StoreInUseError, alone_on, open_store
from bot.store import lanes
from bot.store import restored as restored_store
from bot.store.database.backup import DamagedError, NoStoreError, back_up
from bot.store.database.connection import Database, sqlite_path
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
        if not db.is_sqlite:
            await lanes.lock_out_workers(tx, lease)
        marked = await restored_store.read(tx)
        # A second call, before the bot was started, is about the same backup.
        again = marked is not None and marked.until is None
        since = marked.since if marked is not None and again else await restored_store.last_written(tx)
        if since is not None:
            await restored_store.mark(tx, Restored(since), time.time())
    return since
