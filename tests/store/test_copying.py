"""`python -m bot copy`: a store is copied into another kind of store, whole, also if the copy is killed on its way."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import JSON, Float, Table, insert, text

from bot import store_commands
from bot.config import load_store_settings
from bot.connect import StartError
from bot.features import metadata
from bot.store import copying
from bot.store.columns import ExactNumber
from bot.store.copying import Copy, DifferentError, NotEmptyError
from bot.store.database.connection import Database
from bot.store.money_tables import DERIVED
from bot.store.tables import workers
from bot.views import stores as store_sentences
from tests import postgres
from tests.store.rows import filled

ROOT = Path(__file__).parents[2]
LEASE = 30.0
MANY, SOME_TABLES = 1_200, 5
COPIED = [table for table in metadata.sorted_tables if table not in (workers, *DERIVED)]


@pytest.fixture
def path(sqlite_template: Path, tmp_path: Path, plain_logs: None) -> Path:
    """An SQLite store with the schema."""
    path = tmp_path / "bridge.db"
    shutil.copy(sqlite_template, path)
    path.chmod(0o600)
    return path


@pytest.fixture
async def target(postgres_server: str) -> AsyncIterator[str]:
    """The address of a PostgreSQL store in which there is nothing, not even a schema."""
    async with postgres.created(postgres_server, template=None) as url:
        yield url


def odd(table: Table, number: int) -> dict[str, Any]:
    """A row of a table, with values that the two databases write in different ways."""
    row = filled(table, f"Grüße 🎉 {number}")
    for column in table.columns:
        if isinstance(column.type, JSON):
            row[column.name] = {"z": 1e3, "a": [0.1, 10**15, None, True], "text": f"Grüße 🎉 {number}"}
        elif isinstance(column.type, ExactNumber):
            row[column.name] = Decimal("0.1000000000000000000001")
        elif isinstance(column.type, Float) and not column.primary_key:
            row[column.name] = 1_750_000_000.123456 + number
        elif column.nullable and number % 2:
            row[column.name] = None
    return row


async def fill(path: Path, each: int) -> None:
    """Put rows into all tables; of numbers that count up the last one is deleted again."""
    db = Database(f"sqlite:///{path}")
    async with db.write() as tx:
        for table in (workers, *COPIED):
            keys = {column.name for column in table.primary_key}
            count = each if any(filled(table)[name] == "plain" for name in keys - {"seq"}) or "seq" in keys else 1
            await tx.execute(insert(table), [odd(table, number) for number in range(count)])
            if table.autoincrement_column is not None:
                await tx.execute(text(f"DELETE FROM {table.name} WHERE seq = {count}"))
    await db.close()


async def copied(path: Path, target: str) -> str:
    return await store_commands.copy(f"sqlite:///{path}", target, LEASE)


async def count(target: str, table: str) -> int:
    connection = await asyncpg.connect(target)
    try:
        return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))
    finally:
        await connection.close()


async def test_all_tables_are_copied_and_numbers_count_on(path: Path, target: str) -> None:
    await fill(path, 3)
    said = await copied(path, target)
    with closing(sqlite3.connect(path)) as store:
        rows = {table.name: store.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0] for table in COPIED}
    assert min(rows.values()) >= 1
    assert said == (
        f"Copied {sum(rows.values()):,} rows in {len(COPIED)} tables; counts and checksums match. "
        "Set DATABASE_URL to the new store, and move the old one away."
    )
    assert {table.name: await count(target, table.name) for table in COPIED} == rows
    assert await count(target, "workers") == 0
    db = Database(target)
    async with db.write() as tx:
        for table in COPIED:
            if table.autoincrement_column is not None:
                inserted = await tx.execute(insert(table).values(filled(table, "new")).returning(table.c.seq))
                assert inserted.scalar_one() == 4  # the third was deleted, and is given to nobody else
    await db.close()


async def test_a_store_comes_back_as_it_was(path: Path, target: str, tmp_path: Path) -> None:
    await fill(path, 3)
    await copied(path, target)
    back = tmp_path / "back.db"
    await store_commands.copy(target, f"sqlite:///{back}", LEASE)
    for table in COPIED:
        statement = f"SELECT * FROM {table.name} ORDER BY 1, 2"
        with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(back)) as other:
            assert len(one.execute(statement).fetchall()) == len(other.execute(statement).fetchall())


async def test_a_copy_that_was_killed_goes_on_where_it_was(path: Path, target: str) -> None:
    await fill(path, MANY)
    command = [sys.executable, "-m", "bot", "copy", "--from", f"sqlite:///{path}", "--to", target]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    async with asyncio.timeout(60):
        while await _tables_begun(target) < SOME_TABLES:
            await asyncio.sleep(0.02)  # another process copies
    process.kill()
    assert await process.wait() == -signal.SIGKILL
    with pytest.raises(StartError, match=r"A copy into this store isn't finished. Repeat `python -m bot copy`."):
        await store_commands.restored(load_store_settings({"DATABASE_URL": target}, None))
    resumed = await asyncio.create_subprocess_exec(
        *command[:-2], cwd=ROOT, env={**os.environ, "DATABASE_URL": target}, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await resumed.communicate()
    assert said.startswith(b"Resumed after ")
    assert await count(target, "due") == MANY


async def _tables_begun(target: str) -> int:
    connection = await asyncpg.connect(target)
    try:
        found = await connection.fetchval("SELECT state->>'done' FROM due WHERE name = 'copy'")
    except asyncpg.UndefinedTableError:
        return 0
    finally:
        await connection.close()
    return len(json.loads(found or "{}"))


async def test_a_target_with_rows_of_its_own_is_refused(path: Path, target: str, tmp_path: Path) -> None:
    await fill(path, 1)
    await copied(path, target)
    with pytest.raises(StartError, match=store_sentences.TARGET_NOT_EMPTY):
        await copied(path, target)


async def test_an_unfinished_copy_from_another_store_is_not_continued(path: Path, target: str) -> None:
    await fill(path, 1)
    await copied(path, target)
    source, other = Database(f"sqlite:///{path}"), Database(target)
    await _unfinish(other, "/elsewhere.db")
    with pytest.raises(NotEmptyError):
        await Copy(source, other, "/bridge.db", _nobody).run()
    for db in (source, other):
        await db.close()


async def test_what_differs_after_the_copy_is_named(path: Path, target: str) -> None:
    await fill(path, 2)
    await copied(path, target)
    source, other = Database(f"sqlite:///{path}"), Database(target)
    await _unfinish(other, "/bridge.db", done=True)
    async with other.write() as tx:
        await tx.execute(text("UPDATE sessions SET title = 'another'"))
        await tx.execute(text("DELETE FROM people"))
    with pytest.raises(DifferentError) as raised:
        await Copy(source, other, "/bridge.db", _nobody).run()
    assert sorted(raised.value.tables) == ["people", "sessions"]
    async with other.read() as tx:
        assert await copying.is_unfinished(tx)
    for db in (source, other):
        await db.close()


async def _unfinish(db: Database, source: str, *, done: bool = False) -> None:
    """Have a store look as if it were being copied."""
    async with db.write() as tx:
        state = {"v": 1, "source": source, "done": {table.name: "all" for table in COPIED} if done else {}}
        await copying.due.write(tx, "copy", 0.0, state)


async def _nobody(_tx: Any) -> None:
    """Nobody else works on the store."""


async def test_a_bot_on_either_store_stops_the_copy(path: Path, target: str, tmp_path: Path) -> None:
    await fill(path, 1)
    await store_commands.copy(f"sqlite:///{path}", f"sqlite:///{tmp_path / 'first.db'}", LEASE)
    await copied(path, target)
    db = Database(target)
    async with db.write() as tx:
        await tx.execute(text("DELETE FROM due"))
        await tx.execute(text("INSERT INTO workers VALUES ('w', extract(epoch FROM now()), extract(epoch FROM now()))"))
    await db.close()
    for source, to in ((target, f"sqlite:///{tmp_path / 'other.db'}"), (f"sqlite:///{path}", target)):
        with pytest.raises(StartError, match=r"The bot is running on this store. Stop it, then repeat this command."):
            await store_commands.copy(source, to, LEASE)


async def test_the_same_store_or_none_is_a_sentence(path: Path, tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"Both addresses name the same store. Name another target."):
        await store_commands.copy(f"sqlite:///{path}", f"sqlite:///{path}", LEASE)
    with pytest.raises(StartError, match=r"There's no store at"):
        await store_commands.copy(f"sqlite:///{tmp_path / 'none.db'}", f"sqlite:///{path}", LEASE)


def test_each_sentence() -> None:
    assert store_sentences.copied(12_345, 40, 3_000) == (
        "Resumed after 3,000 rows. Copied 12,345 rows in 40 tables; counts and checksums match. "
        "Set DATABASE_URL to the new store, and move the old one away."
    )
    assert store_sentences.different(["people", "sessions"]) == (
        "The copy differs in people, sessions. Empty the target, then copy again."
    )
    assert store_sentences.TARGET_NOT_EMPTY == "The target already has rows. Name an empty store."
