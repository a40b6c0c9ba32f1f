"""The schema comes up in one piece or not at all, and is the one the code was written for."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from bot.store import schema
from bot.store.database import Database
from bot.store.schema import alembic_config, is_current, migrate
from bot.store.tables import metadata, threads

BROKEN = '''
"""a migration that breaks half way"""

import sqlalchemy as sa
from alembic import op

revision = "broken"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("half", sa.Column("done", sa.Integer()))
    op.add_column("inbox", sa.Column("half", sa.Integer()))
    op.execute("INSERT INTO half (done) VALUES (1)")
    raise RuntimeError("broken half way")
'''


async def looked_at(db: Database, question: Any) -> Any:
    found: list[Any] = []
    async with db.read() as tx:
        await tx.run_sync(lambda connection: found.append(question(connection)))
    return found[0]


async def go_back(db: Database, revision: str) -> None:
    """Take the schema down to an earlier revision."""
    config = alembic_config()

    def down(connection: Any) -> None:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)

    await db.run_sync(down)


async def test_a_store_without_schema_is_not_current(bare: Database) -> None:
    assert not await is_current(bare)


async def test_migrating_brings_the_newest_schema_and_a_second_time_changes_nothing(bare: Database) -> None:
    await migrate(bare)
    assert await is_current(bare)
    tables = await looked_at(bare, lambda connection: inspect(connection).get_table_names())
    await migrate(bare)
    assert await is_current(bare)
    assert tables == await looked_at(bare, lambda connection: inspect(connection).get_table_names())
    assert set(tables) == {*metadata.tables, "alembic_version"}


async def test_the_migrated_schema_is_the_one_of_the_models(db: Database) -> None:
    def differences(connection: Any) -> Any:
        options = {"compare_type": True, "compare_server_default": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    assert await looked_at(db, differences) == []


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)  # an SQLite file has one process only
async def test_processes_that_start_together_may_all_migrate(bare: Database, bare_url: str, opened: Any) -> None:
    others = [opened(bare_url) for _ in range(3)]
    await asyncio.gather(*(migrate(one) for one in (bare, *others)))
    assert await is_current(bare)


async def test_going_back_and_up_again_leaves_the_same_tables(db: Database) -> None:
    await go_back(db, "base")
    assert await looked_at(db, lambda connection: inspect(connection).get_table_names()) == ["alembic_version"]
    await migrate(db)
    assert await is_current(db)


async def test_a_thread_that_had_to_be_read_is_unread_from_what_began_its_session(db: Database) -> None:
    await go_back(db, "0003")
    async with db.write() as tx:
        await tx.execute(
            text(
                "INSERT INTO sessions (id, team, channel, requester, prompt, options, pull_requests, stage, cause_ts,"
                " created_at) VALUES ('s', 'T1', 'C1', 'U1', '', '{}', '[]', 'open', '1750000003.000000', 0)"
            )
        )
        for ts, session_id, unread in (("1", "s", True), ("2", "gone", True), ("3", "s", False)):
            values = {"ts": ts, "session_id": session_id, "unread": unread}
            await tx.execute(
                text(
                    "INSERT INTO threads (team, channel, ts, session_id, last_seen_ts, created_at, unread)"
                    " VALUES ('T1', 'C1', :ts, :session_id, '9', 0, :unread)"
                ),
                values,
            )
    await migrate(db)
    async with db.read() as tx:
        found = await tx.execute(select(threads.c.ts, threads.c.unread_from).order_by(threads.c.ts))
        assert [tuple(row) for row in found] == [("1", "1750000003.000000"), ("2", "2"), ("3", None)]


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The migrations of this project, followed by one that breaks half way."""
    folder = tmp_path / "migrations"
    shutil.copytree(Path(schema.__file__).parent / "migrations", folder)
    (folder / "versions" / "broken.py").write_text(BROKEN)

    def config() -> Config:
        made = Config()
        made.set_main_option("script_location", str(folder))
        return made

    monkeypatch.setattr(schema, "alembic_config", config)


@pytest.mark.usefixtures("broken")
async def test_a_broken_migration_leaves_nothing_half_done(db: Database) -> None:
    before = await looked_at(db, lambda connection: inspect(connection).get_columns("inbox"))
    with pytest.raises(RuntimeError, match="broken half way"):
        await migrate(db)
    assert not await looked_at(db, lambda connection: inspect(connection).has_table("half"))
    after = await looked_at(db, lambda connection: inspect(connection).get_columns("inbox"))
    assert [column["name"] for column in after] == [column["name"] for column in before]
    revision = await looked_at(db, lambda one: MigrationContext.configure(one).get_current_revision())
    assert revision == "0006"
    assert not await is_current(db)
