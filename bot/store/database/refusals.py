"""Why a store refuses to write, in words: for the log and for readiness."""

import socket
import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from bot.store.database.sqlite import PRIMARY_CODE

DISK_FULL: Final = "the disk is full"
_NO_ANSWER: Final = "the server can't be reached"
_OF_SQLITE: Final = {
    sqlite3.SQLITE_FULL: DISK_FULL,
    sqlite3.SQLITE_BUSY: "another process has locked the file",
    sqlite3.SQLITE_READONLY: "the file is read-only",
    sqlite3.SQLITE_IOERR: "the disk is failing",
    sqlite3.SQLITE_CORRUPT: "the file is damaged",
    sqlite3.SQLITE_NOTADB: "the file isn't a database",
    sqlite3.SQLITE_CANTOPEN: "the file can't be opened",
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_OF_POSTGRES: Final = {
    "53100": DISK_FULL,
    "53200": "the server is out of memory",
    "53300": "the server has no connections left",
    "25006": "the server is read-only",
    "57P01": "the server is shutting down",
    "57P03": "the server isn't ready",
}
# lock_not_available, deadlock_detected
_LOCKED: Final = frozenset({"55P03", "40P01"})


def refusal(error: BaseException | None) -> str | None:
    """Say why the store refused, from the `error` that came of it; None if it says nothing of the store."""
    found = getattr(error, "orig", None) or error
    if isinstance(found, sqlite3.Error):
        return _OF_SQLITE.get(getattr(found, "sqlite_errorcode", 0) & PRIMARY_CODE)
    if isinstance(error, NoConnectionError):
        return "all connections to the server are in use"
    if (because := _OF_POSTGRES.get(str(getattr(found, "sqlstate", None)))) is not None:
        return because
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return _NO_ANSWER if lost or isinstance(found, ConnectionError | TimeoutError | socket.gaierror) else None


def was_locked_out(error: BaseException) -> bool:
    """Whether a transaction ended with `error` because another one held its lock too long. A later one may get it."""
    return getattr(getattr(error, "orig", error), "sqlstate", None) in _LOCKED
