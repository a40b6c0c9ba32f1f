"""The commands about the whole store: `python -m bot backup`."""

import sqlite3
from pathlib import Path

from bot.config import StoreSettings
from bot.connect import StartError
from bot.store.database.backup import DamagedError, NoStoreError, back_up
from bot.store.database.connection import sqlite_path
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
