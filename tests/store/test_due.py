"""What is to be looked at when, and where it was left."""

from bot.store import due
from bot.store.database.connection import Database
from bot.store.due import Due
from tests.store.rows import NOW


async def read(db: Database, name: str = "poll:org") -> Due | None:
    async with db.read() as tx:
        return await due.read(tx, name)


async def write(db: Database, at: float, state: dict[str, object], name: str = "poll:org") -> None:
    async with db.write() as tx:
        await due.write(tx, name, at, state)


async def test_nothing_is_known_before_the_first_time(db: Database) -> None:
    assert await read(db) is None


async def test_what_was_remembered_comes_back_and_is_written_over(db: Database) -> None:
    await write(db, NOW, {"watermark": 5})
    await write(db, NOW + 10, {"watermark": 7, "cursor": None})
    await write(db, NOW, {}, "digest:C1")
    assert await read(db) == Due(NOW + 10, {"watermark": 7, "cursor": None})
    assert await read(db, "digest:C1") == Due(NOW, {})
