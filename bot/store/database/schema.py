"""Bringing the schema up, with Alembic."""

from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.store.database.connection import Database

ADVISORY_LOCK: Final = 0x6465_7669  # any number, the same in every process of this bot
MIGRATION_WAIT: Final = "60s"


def alembic_config() -> Config:
    """Alembic's settings; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    return config


async def migrate(db: Database) -> None:
    """Bring the schema up to the newest revision: all of it in one transaction, or nothing."""
    config = alembic_config()

    def upgrade(connection: Any) -> None:
        _alone(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    await db.run_sync(upgrade)


def _alone(connection: Any) -> None:
    """Of several processes that start together one migrates; the others wait for it and find the work done."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{MIGRATION_WAIT}'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
        connection.exec_driver_sql("SET LOCAL lock_timeout TO DEFAULT")


async def is_current(db: Database) -> bool:
    """Whether the store has the schema this code was written for."""
    newest = ScriptDirectory.from_config(alembic_config()).get_current_head()
    found: list[str | None] = []

    def inspect(connection: Any) -> None:
        found.append(MigrationContext.configure(connection).get_current_revision())

    async with db.read() as tx:
        await tx.run_sync(inspect)
    return found == [newest]
