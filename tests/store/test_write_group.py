"""Writers that wait for each other share a transaction: each has all it wrote stored when it goes on, or none of it."""

import asyncio
import random
import sqlite3
from typing import Any

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot.store.database.connection import Database
from bot.store.tables import lanes

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)  # PostgreSQL's writers do not wait

PATIENCE = 10.0


async def names(db: Database) -> set[str]:
    async with db.read() as tx:
        return set((await tx.execute(select(lanes.c.name))).scalars())


async def note(db: Database, *these: str) -> None:
    async with db.write() as tx:
        for name in these:
            await tx.execute(insert(lanes).values(name=name))
            await asyncio.sleep(0)


def commits_of(db: Database) -> list[str]:
    """The commits of the store from now on."""
    found: list[str] = []
    event.listen(db._writing.sync_engine, "commit", lambda _connection: found.append("commit"))
    return found


async def test_those_that_wait_are_committed_together(db: Database) -> None:
    commits = commits_of(db)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(note(db, f"lane {number}") for number in range(10)))
    assert len(await names(db)) == 10
    assert len(commits) == 1


async def test_who_is_alone_is_committed_at_once(db: Database) -> None:
    commits = commits_of(db)
    await note(db, "one")
    assert len(commits) == 1
    await note(db, "two")
    assert len(commits) == 2


async def test_a_failure_takes_back_only_what_its_own_writer_wrote(db: Database) -> None:
    async with asyncio.timeout(PATIENCE):
        done = await asyncio.gather(
            note(db, "a", "a"), note(db, "b"), note(db, "c", "b"), note(db, "d"), return_exceptions=True
        )
    assert [type(one) for one in done] == [IntegrityError, type(None), IntegrityError, type(None)]
    assert await names(db) == {"b", "d"}


async def test_a_commit_that_fails_is_an_error_for_all_its_writers(db: Database) -> None:
    full = sqlite3.OperationalError("database or disk is full")

    def refuse(_connection: Any) -> None:
        raise full

    event.listen(db._writing.sync_engine, "commit", refuse)
    async with asyncio.timeout(PATIENCE):
        done = await asyncio.gather(*(note(db, name) for name in "abc"), return_exceptions=True)
    assert done == [full] * 3
    event.remove(db._writing.sync_engine, "commit", refuse)
    assert await names(db) == set()
    await note(db, "after")
    assert await names(db) == {"after"}


async def test_where_sqlite_has_given_the_transaction_up_all_its_writers_fail(db: Database) -> None:
    async def give_up() -> None:
        async with db.write() as tx:
            await tx.execute(insert(lanes).values(name="lost"))
            await tx.exec_driver_sql("ROLLBACK")  # as SQLite does by itself on a full disk
            raise DBAPIError("INSERT", None, sqlite3.OperationalError("database or disk is full"))

    async with asyncio.timeout(PATIENCE):
        done = await asyncio.gather(note(db, "a"), give_up(), return_exceptions=True)
    assert all(isinstance(one, Exception) for one in done)
    assert await names(db) == set()
    await note(db, "after")
    assert await names(db) == {"after"}


async def test_whoever_leaves_whenever_nothing_is_half_done_and_nobody_hangs(db: Database) -> None:
    chance = random.Random(33)
    stored = set[str]()
    for turn in range(40):
        tasks = [asyncio.create_task(note(db, f"{turn}:{number}:1", f"{turn}:{number}:2")) for number in range(6)]
        for _ in range(chance.randrange(60)):
            await asyncio.sleep(0)
        for task in chance.sample(tasks, chance.randrange(1, 7)):
            task.cancel()
        async with asyncio.timeout(PATIENCE):
            done = await asyncio.gather(*tasks, return_exceptions=True)
        stored |= {f"{turn}:{number}" for number, one in enumerate(done) if one is None}
        async with asyncio.timeout(PATIENCE), db.write(urgent=True):
            pass
    found = await names(db)
    assert {name for name in found if name.endswith("1")} == {f"{name[:-1]}1" for name in found if name.endswith("2")}
    assert stored <= {name[:-2] for name in found}
