"""A store of each release is brought up to date with all it holds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, insert, inspect, select, table, text

from bot.features import metadata
from bot.store.database.connection import Database
from bot.store.database.schema import alembic_config, check_current, migrate
from bot.store.tables import spend
from tests import postgres
from tests.store import dumps
from tests.store.rows import filled
from tests.store.sums import check_sums

RELEASES = sorted(file.name.removesuffix(".sqlite.sql") for file in dumps.RELEASED.glob("*.sqlite.sql"))


@pytest.fixture(params=[*RELEASES, "this code"])
async def earlier(request: pytest.FixtureRequest, kind: str, bare: Database, bare_url: str, tmp_path: Path) -> Database:
    """A store as a release had it."""
    if request.param != "this code":
        await dumps.load(bare_url, (dumps.RELEASED / f"{request.param}.{kind}.sql").read_text(encoding="utf-8"))
        return bare
    if kind == "sqlite":
        await dumps.make(url := f"sqlite:///{tmp_path / 'dumped.db'}")
        await dumps.load(bare_url, dumps.dump(url))
        return bare
    async with postgres.created(request.getfixturevalue("postgres_server"), template=None) as url:
        await dumps.make(url)
        await dumps.load(bare_url, dumps.dump(url))
    return bare


async def asked(db: Database, question: Callable[[Any], Any]) -> Any:
    async with db.read() as tx:
        return await tx.run_sync(question)


def counts(connection: Any) -> dict[str, int]:
    """How many rows each table has."""
    of = inspect(connection).get_table_names()
    return {name: connection.scalar(select(func.count()).select_from(table(name))) for name in of}


def differences(connection: Any) -> Any:
    """What differs from the tables of the code."""
    options = {"compare_type": True, "compare_server_default": True}
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def stamp(connection: Any) -> Any:
    return connection.execute(text("SELECT version_num, fingerprint FROM alembic_version")).one()


async def go_back(db: Database, revision: str, fingerprint: str) -> None:
    """Take the schema down to that of a release."""
    config = alembic_config()

    def down(connection: Any) -> None:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
        connection.execute(text("UPDATE alembic_version SET fingerprint = :one"), {"one": fingerprint})

    await db.run_sync(down)


async def test_a_store_of_a_release_is_migrated_with_its_rows(earlier: Database) -> None:
    before, (revision, fingerprint) = await asked(earlier, counts), await asked(earlier, stamp)
    assert all(before.values())
    for goes_back in (True, False):
        await migrate(earlier, metadata)
        await check_current(earlier, metadata)
        assert await asked(earlier, differences) == []
        assert (await asked(earlier, counts)).items() >= before.items()
        if goes_back:
            await go_back(earlier, revision, fingerprint)
    async with earlier.write() as tx:
        await tx.execute(insert(spend), filled(spend, session_id="later"))
        await check_sums(tx)
