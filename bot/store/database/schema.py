"""Migrates the schema, with Alembic, which is imported only where there is something to migrate.

It takes a tenth of the time and memory of a start.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import inspect, text

from bot.store.database.connection import Database
from bot.store.database.postgres import milliseconds, quoted

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS: Final = Path(__file__).parents[1] / "migrations"
ADVISORY_LOCK: Final = 0x6465_7669  # an arbitrary number, on which all processes of this bot agree


class EarlierSchemaError(Exception):
    """The schema is missing or of an earlier version, and is to be migrated first."""


class LaterSchemaError(Exception):
    """A later version of the bot made the schema: the store's revision `found` is not among ours, up to `newest`."""

    def __init__(self, found: str, newest: str) -> None:
        super().__init__(f"the schema has the later revision {found}")
        self.found = found
        self.newest = newest


class OtherSchemaError(Exception):
    """The store's revision is among ours, but other code made its tables: the migration was edited meanwhile."""


def alembic_config() -> "Config":
    """Alembic's configuration, which is made here in place of an ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


@cache
def known_revisions() -> tuple[str, ...]:
    """All revisions, the newest first, which this code needs: the name of each migration's file begins with its own."""
    files = (MIGRATIONS / "versions").glob("[!_]*_*.py")
    return tuple(sorted((file.name.partition("_")[0] for file in files), reverse=True))


@cache
def fingerprint(revision: str) -> str:
    """The fingerprint of the schema at `revision`: of the migrations up to it, as they are written."""
    versions = (file for file in (MIGRATIONS / "versions").glob("[!_]*.py") if file.name.partition("_")[0] <= revision)
    files = sorted([*versions, *(MIGRATIONS / "first_schema").glob("*.py")])
    return sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


async def migrate(db: Database) -> None:
    """Migrate the schema of `db` to the newest revision, in one transaction.

    Raises LaterSchemaError or OtherSchemaError if the schema is not one that this code made.
    """
    # A crash right here changes nothing: the transaction is rolled back, and the next start migrates again.

    def upgrade(connection: Any) -> None:
        if _revision(connection) == known_revisions()[0]:
            return
        if connection.dialect.name == "postgresql":
            _lock_migration(connection, db.timing.migration_wait)
            _make_schema(connection, db.schema)
        from alembic import command

        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if not _has_fingerprint(connection):
            connection.execute(text("ALTER TABLE alembic_version ADD COLUMN fingerprint VARCHAR(64)"))
        made = {"fingerprint": fingerprint(known_revisions()[0])}
        connection.execute(text("UPDATE alembic_version SET fingerprint = :fingerprint"), made)

    await db.run_sync(upgrade)


async def check_current(db: Database) -> None:
    """Raise EarlierSchemaError, LaterSchemaError or OtherSchemaError unless this code made the schema of `db`."""

    def check(connection: Any) -> None:
        if _revision(connection) != known_revisions()[0]:
            raise EarlierSchemaError

    async with db.read() as tx:
        await tx.run_sync(check)


def _lock_migration(connection: Any, seconds: float) -> None:
    """Lock out other processes until the transaction ends; they then find the schema migrated.

    Waits at most so many `seconds` for one that has locked it first.
    """
    usual_wait = connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{milliseconds(seconds)}'")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{usual_wait}'")


def _make_schema(connection: Any, name: str | None) -> None:
    """Create the schema `name` if it is missing; None is the usual one, which is always there."""
    # Asked first, because without the right to create schemas even CREATE SCHEMA IF NOT EXISTS is refused.
    if name is not None and connection.exec_driver_sql("SELECT current_schema()").scalar_one() is None:
        connection.exec_driver_sql(f"CREATE SCHEMA {quoted(name)}")


def _revision(connection: Any) -> str | None:
    """The revision of the store; None if it has no schema. Raises LaterSchemaError or OtherSchemaError."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is None:
        return None
    if found not in known_revisions():
        raise LaterSchemaError(found, known_revisions()[0])
    if not _has_fingerprint(connection):
        raise OtherSchemaError
    if connection.execute(text("SELECT fingerprint FROM alembic_version")).scalar() != fingerprint(found):
        raise OtherSchemaError
    return found


def _has_fingerprint(connection: Any) -> bool:
    return any(column["name"] == "fingerprint" for column in inspect(connection).get_columns("alembic_version"))
