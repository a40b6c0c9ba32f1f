"""Checks the schema of the store, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from typing import Final

from bot.doctor.findings import Finding, ok, problem
from bot.store.database.connection import Database
from bot.store.database.schema import is_current, is_of_later_version

MIGRATE: Final = "Run `python -m bot migrate`; `python -m bot run` does it too when it starts."
UPDATE: Final = "Install that release, or restore the backup from before it."


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
        if await is_current(db):
            return ok(f"{reached}, and its schema is up to date.")
        if await is_of_later_version(db):
            return problem(f"{reached}, but its schema is of a newer release than this one.", UPDATE)
        return problem(f"{reached}, but its schema is missing or older than this version.", MIGRATE)
    finally:
        await db.close()
