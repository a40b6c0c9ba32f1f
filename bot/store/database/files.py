"""The files of an SQLite store: for the bot's own account alone, because they hold what people wrote.

SQLite gives the log and the other files beside the store the permissions of the store itself.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from bot.logs import get_logger

log = get_logger(__name__)

_OWNER_ALONE: Final = 0o600
_FOLDER_OF_OWNER: Final = 0o700
_OTHERS: Final = 0o077  # the bits of a mode that concern anybody but the owner
_BESIDE: Final = ("", "-wal", "-shm", "-journal")


class NotAFileError(OSError):
    """Where the lock file should be is a link, or something else that is no file; its text is the path."""


def open_lock(store: Path) -> int:
    """Open the lock file beside `store` and return its descriptor. What the file holds stays.

    The file and its folder are created if they are missing. Raises NotAFileError for a link, which may lead to a file
    of somebody else.
    """
    store.parent.mkdir(mode=_FOLDER_OF_OWNER, parents=True, exist_ok=True)
    path = Path(f"{store}.lock")
    if path.is_symlink():
        raise NotAFileError(path)
    # O_NOFOLLOW, because a link may take the file's place after the look. O_NONBLOCK, so that a pipe blocks nothing.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, _OWNER_ALONE)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotAFileError(path)
    _keep_to_owner(descriptor, path.name)
    return descriptor


def create_private(path: Path) -> None:
    """Create the store `path` for its owner alone, if it is missing; what is there stays as it is."""
    # Not opened if it is there: to close a file of SQLite's ends all locks that this process holds on it.
    with suppress(FileExistsError):
        # The store may be a link that its operator made.
        os.close(os.open(path.resolve(), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ALONE))


def take_from_others(path: Path) -> None:
    """Take the rights of other accounts on the store `path` and on the files beside it.

    Only of what has turned out to be a store: a mistyped address may name a folder, or a file of somebody else.
    """
    real = path.resolve()
    for ending in _BESIDE:
        _keep_to_owner(Path(f"{real}{ending}"), f"{real.name}{ending}")


def _keep_to_owner(file: int | Path, name: str) -> None:
    try:
        mode = stat.S_IMODE(os.stat(file).st_mode)  # noqa: PTH116 - of a path or of a descriptor
        if mode & _OTHERS:
            os.chmod(file, mode & ~_OTHERS)  # noqa: PTH101 - of a path or of a descriptor
            log.warning("store file made private", file=name, mode=f"{mode:o}")
    except FileNotFoundError:
        pass  # there is not always a log beside the store
    except OSError as error:
        # As on a disk without permissions, or for a file of another account.
        log.warning("store file open to other accounts", file=name, error=type(error).__name__)
