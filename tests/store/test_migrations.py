"""The schema comes up in one piece or not at all, and is the one the code was written for."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Index, Integer, MetaData, insert, inspect, select, text

from bot.features import TABLES, metadata
from bot.store import ownership, spend_sums
from bot.store.database import schema
from bot.store.database.connection import Database
from bot.store.database.schema import (
    RELEASED,
    EarlierSchemaError,
    LaterSchemaError,
    OtherSchemaError,
    alembic_config,
    check_current,
    fingerprint,
    known_revisions,
    migrate,
    of_migrations,
    of_tables,
)
from bot.store.tables import consumption, spend
from bot.version import VERSION
from tests.store.rows import mark_later

NEWEST = known_revisions()[0]
NEXT = '''
"""the next migration"""

import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "NEWEST"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox", sa.Column("half", sa.Integer()))
'''
BROKEN = (
    NEXT
    + """
    op.create_table("half", sa.Column("done", sa.Integer()))
    op.execute("INSERT INTO half (done) VALUES (1)")
    raise RuntimeError("broken half way")
"""
)


async def inspected(db: Database, question: Any) -> Any:
    found: list[Any] = []
    async with db.read() as tx:
        await tx.run_sync(lambda connection: found.append(question(connection)))
    return found[0]


def test_the_revisions_are_those_that_alembic_knows() -> None:
    known = ScriptDirectory.from_config(alembic_config()).walk_revisions()
    assert known_revisions() == tuple(one.revision for one in known)


async def test_a_store_without_schema_is_not_current(bare: Database) -> None:
    with pytest.raises(EarlierSchemaError):
        await check_current(bare, metadata)


async def test_migrating_brings_the_newest_schema_and_a_second_time_changes_nothing(bare: Database) -> None:
    await migrate(bare, metadata)
    await check_current(bare, metadata)
    tables = await inspected(bare, lambda connection: inspect(connection).get_table_names())
    await migrate(bare, metadata)
    await check_current(bare, metadata)
    assert tables == await inspected(bare, lambda connection: inspect(connection).get_table_names())
    assert set(tables) == {*metadata.tables, "alembic_version"}


async def test_the_migrated_schema_is_the_one_of_the_models(db: Database) -> None:
    def differences(connection: Any) -> Any:
        options = {"compare_type": True, "compare_server_default": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    assert await inspected(db, differences) == []
    assert await inspected(db, primary_keys) == {
        name: list(table.primary_key.columns.keys()) for name, table in metadata.tables.items()
    }


def primary_keys(connection: Any) -> dict[str, list[str]]:
    """What Alembic does not compare."""
    found = inspect(connection)
    return {name: found.get_pk_constraint(name)["constrained_columns"] for name in metadata.tables}


async def test_a_schema_of_a_later_version_is_not_one_that_is_missing(bare: Database) -> None:
    await migrate(bare, metadata)
    await mark_later(bare)
    for open_it in (migrate, check_current):
        with pytest.raises(LaterSchemaError, match="later"):
            await open_it(bare, metadata)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE alembic_version DROP COLUMN fingerprint",
        "UPDATE alembic_version SET fingerprint = 'that of another day'",
    ],
    ids=["none", "another"],
)
async def test_a_schema_that_other_code_made_with_the_same_revision_is_not_ours(bare: Database, change: str) -> None:
    await migrate(bare, metadata)
    async with bare.write() as tx:
        await tx.execute(text(change))
    for open_it in (migrate, check_current):
        with pytest.raises(OtherSchemaError):
            await open_it(bare, metadata)


def test_a_migration_that_was_released_is_never_edited() -> None:
    assert {one: of_migrations(one) for one in RELEASED} == {one: made[:32] for one, made in RELEASED.items()}
    now = of_migrations(NEWEST) + of_tables(metadata)
    assert RELEASED.get(NEWEST, now) == now, "a change of the tables needs a migration"
    assert set(known_revisions()[1:]) <= set(RELEASED), "what a migration follows is never edited either"
    assert "0001" in RELEASED or VERSION == "0.1.0", "what follows 0.1.0 holds what it has made"


def test_an_edit_of_a_migration_changes_its_fingerprint(folder: Path) -> None:
    before = of_migrations("0001")
    (folder / "versions" / "0002_the_next.py").write_text("# a migration that follows")
    assert of_migrations("0001") == before
    with (folder / "versions" / "0001_the_first_schema.py").open("a") as file:
        file.write("# later")
    assert of_migrations("0001") != before


@pytest.mark.parametrize("change", ["a column", "an index", "a trigger"])
def test_an_edit_of_the_tables_changes_the_fingerprint(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    edited, before = copy_of(metadata), of_tables(metadata)
    assert of_tables(edited) == before
    if change == "a column":
        edited.tables["inbox"].append_column(Column("half", Integer))
    elif change == "an index":
        Index("ix_inbox_half", edited.tables["inbox"].c.ts)
    else:
        monkeypatch.setattr(spend_sums, "_TAKE", "DELETE FROM spend_days;")
    assert of_tables(edited) != before


async def test_a_store_with_other_tables_of_the_same_revision_is_not_ours(
    bare: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "RELEASED", {})
    edited = copy_of(metadata)
    edited.tables["inbox"].append_column(Column("half", Integer))
    await migrate(bare, edited)
    await check_current(bare, edited)
    for open_it in (migrate, check_current):
        with pytest.raises(OtherSchemaError):
            await open_it(bare, metadata)


def copy_of(tables: MetaData) -> MetaData:
    """The same tables, to be edited."""
    copied = MetaData(naming_convention=tables.naming_convention)
    for table in tables.sorted_tables:
        table.to_metadata(copied)
    return copied


async def test_processes_that_start_together_may_all_migrate(bare: Database, bare_url: str, opened: Any) -> None:
    others = [opened(bare_url) for _ in range(3)]
    await asyncio.gather(*(migrate(one, metadata) for one in (bare, *others)))
    await check_current(bare, metadata)


@pytest.mark.edge
async def test_rows_without_an_owner_belong_to_the_first_workspace_and_organisation_that_start(db: Database) -> None:
    async with db.write() as tx:
        await tx.execute(insert(spend), {"session_id": "s", "day": "2026-05-19", "acus": 1.5})
        await tx.execute(insert(consumption), {"day": "2026-05-19", "product": "devin", "acus": 2.5, "read_at": 7.0})
    for team, org_id in (("T1", "org-1"), ("T2", "org-2")):  # the second start finds nothing without an owner
        async with db.write() as tx:
            await ownership.assign_unowned(tx, TABLES, team, org_id)
        async with db.read() as tx:
            spent = await tx.execute(select(spend.c.team, spend.c.org_id, spend.c.acus))
            assert [tuple(row) for row in spent] == [("T1", "org-1", 1.5)]
            assert list(await tx.scalars(select(consumption.c.org_id))) == ["org-1"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the migrations of this project, to which a test adds."""
    copied = shutil.copytree(schema.MIGRATIONS, tmp_path / "migrations")
    with monkeypatch.context() as patched:
        patched.setattr(schema, "MIGRATIONS", copied)
        yield copied
    schema.known_revisions.cache_clear()


def add(folder: Path, name: str, migration: str) -> None:
    """Have one more migration follow."""
    (folder / "versions" / name).write_text(migration.replace("NEWEST", NEWEST))
    schema.known_revisions.cache_clear()


async def test_a_store_of_an_earlier_revision_is_migrated_if_a_release_made_it(
    bare: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "RELEASED", {})
    await migrate(bare, metadata)
    made = fingerprint(NEWEST, metadata)
    add(folder, "next_half.py", NEXT)
    later = copy_of(metadata)
    later.tables["inbox"].append_column(Column("half", Integer))
    with pytest.raises(OtherSchemaError):
        await migrate(bare, later)
    monkeypatch.setattr(schema, "RELEASED", {NEWEST: made})
    with pytest.raises(EarlierSchemaError):
        await check_current(bare, later)
    await migrate(bare, later)
    await check_current(bare, later)
    after = await inspected(bare, lambda connection: inspect(connection).get_columns("inbox"))
    assert "half" in [column["name"] for column in after]


@pytest.mark.edge
async def test_a_broken_migration_leaves_nothing_half_done(db: Database, folder: Path) -> None:
    add(folder, "next_broken.py", BROKEN)
    before = await inspected(db, lambda connection: inspect(connection).get_columns("inbox"))
    with pytest.raises(RuntimeError, match="broken half way"):
        await migrate(db, metadata)
    assert not await inspected(db, lambda connection: inspect(connection).has_table("half"))
    after = await inspected(db, lambda connection: inspect(connection).get_columns("inbox"))
    assert [column["name"] for column in after] == [column["name"] for column in before]
    revision = await inspected(db, lambda one: MigrationContext.configure(one).get_current_revision())
    assert revision == NEWEST
    with pytest.raises(EarlierSchemaError):
        await check_current(db, metadata)
