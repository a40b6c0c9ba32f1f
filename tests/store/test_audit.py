"""Who changed what; on both databases."""

from dataclasses import replace

from bot.store import audit
from bot.store.audit import AuditRow
from bot.store.database.connection import Database
from tests.store.rows import NOW, TEAM

ENDED = AuditRow(TEAM, NOW, "U1", "exit", "devin-1", "C1", {"status": "running"}, {"status": "exit"})
GRANTED = AuditRow(TEAM, NOW, "U2", "grant", "U1", None, None, {"acus": 1.5, "note": "a\0b"}, "refused")


async def add(db: Database, *rows: AuditRow) -> None:
    async with db.write() as tx:
        for row in rows:
            await audit.add(tx, row)


async def test_the_newest_changes_of_a_workspace_come_first_and_there_are_only_so_many(db: Database) -> None:
    await add(db, ENDED, replace(ENDED, team="T2"), GRANTED)
    async with db.read() as tx:
        assert await audit.newest(tx, TEAM, 9) == [replace(GRANTED, after={"acus": 1.5, "note": "a\ufffdb"}), ENDED]
        assert await audit.newest(tx, TEAM, 1) == [replace(GRANTED, after={"acus": 1.5, "note": "a\ufffdb"})]


async def test_whether_a_change_is_recorded(db: Database) -> None:
    await add(db, ENDED)
    async with db.read() as tx:
        assert await audit.has(tx, TEAM, "exit", "devin-1")
        others = ((TEAM, "exit", "devin-2"), (TEAM, "grant", "devin-1"), ("T2", "exit", "devin-1"))
        assert [await audit.has(tx, *other) for other in others] == [False] * 3
