"""Makes the schema of a store without one, and migrates that of an earlier release, which Alembic does.

Alembic is imported only where there is something to make or migrate: it takes a tenth of a start's time and memory.
Both functions take the `metadata` of `bot.features`, which alone is sure to have every table.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Index, MetaData, inspect, make_url, text
from sqlalchemy.schema import CreateIndex, CreateTable

from bot.store import spend_sums
from bot.store.database.connection import Database
from bot.store.database.postgres import milliseconds, quoted

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS: Final = Path(__file__).parents[1] / "migrations"
ADVISORY_LOCK: Final = 0x6465_7669  # an arbitrary number, on which all processes of this bot agree
# The fingerprint of each revision that a release has made, or that another follows. It holds what later code makes.
RELEASED: Final[Mapping[str, str]] = {}


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


def fingerprint(revision: str, metadata: MetaData) -> str:
    """What a store has beside its `revision`: what was released with that, or else what this code makes."""
    return RELEASED.get(revision) or of_migrations(revision) + of_tables(metadata)


def of_migrations(revision: str) -> str:
    """The first half of a fingerprint: of the migrations up to `revision`, as they are written."""
    files = sorted((MIGRATIONS / "versions").glob("[!_]*.py"))
    return _half(file.read_bytes() for file in files if file.name.partition("_")[0] <= revision)


def of_tables(metadata: MetaData) -> str:
    """The second half of a fingerprint: of what makes the tables and triggers, on either database."""
    dialects = [make_url(f"{name}://").get_dialect()() for name in ("sqlite", "postgresql+asyncpg")]
    made = [str(one.compile(dialect=dialect)) for dialect in dialects for one in _made(metadata)]
    triggers = [*spend_sums.on_sqlite(), *spend_sums.on_postgresql("public")]
    return _half(" ".join(statement.split()).encode() for statement in (*made, *triggers))


def _half(parts: Iterator[bytes]) -> str:
    return blake2b(b"\0".join(parts), digest_size=16).hexdigest()


async def migrate(db: Database, metadata: MetaData) -> None:
    """Bring the schema of `db` to the newest revision, in one transaction; without tables it gets those of `metadata`.

    Raises LaterSchemaError or OtherSchemaError if the schema is not one that this code made.
    """
    # A crash right here changes nothing: the transaction is rolled back, and the next start migrates again.
    newest = known_revisions()[0]

    def upgrade(connection: Any) -> None:
        found = _revision(connection, metadata)
        if found == newest:
            return
        if connection.dialect.name == "postgresql":
            _lock_migration(connection, db.timing.migration_wait)
            _make_schema(connection, db.schema)
            found = _revision(connection, metadata)  # another process may have migrated while this one waited
        from alembic import command

        config = alembic_config()
        config.attributes["connection"] = connection
        if found is None:
            for statement in _made(metadata):
                connection.execute(statement)
            spend_sums.create(connection)
            command.stamp(config, "head")
        else:
            command.upgrade(config, "head")
        if not _has_fingerprint(connection):
            connection.execute(text("ALTER TABLE alembic_version ADD COLUMN fingerprint VARCHAR(64)"))
        made = {"fingerprint": fingerprint(newest, metadata)}
        connection.execute(text("UPDATE alembic_version SET fingerprint = :fingerprint"), made)

    await db.run_sync(upgrade)


def _made(metadata: MetaData) -> Iterator[CreateTable | CreateIndex]:
    """What makes the tables with their indexes, always in the same order."""
    for table in metadata.sorted_tables:
        yield CreateTable(table)
        yield from map(CreateIndex, sorted(table.indexes, key=_some_rows_last))


def _some_rows_last(index: Index) -> tuple[bool, str]:
    """Indexes of some rows after those of all rows: of two that would do SQLite takes the one that was made last."""
    return index.dialect_options["sqlite"]["where"] is not None, str(index.name)


async def check_current(db: Database, metadata: MetaData) -> None:
    """Raise EarlierSchemaError, LaterSchemaError or OtherSchemaError unless this code made the schema of `db`."""

    def check(connection: Any) -> None:
        if _revision(connection, metadata) != known_revisions()[0]:
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


def _revision(connection: Any, metadata: MetaData) -> str | None:
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
    if connection.execute(text("SELECT fingerprint FROM alembic_version")).scalar() != fingerprint(found, metadata):
        raise OtherSchemaError
    return found


def _has_fingerprint(connection: Any) -> bool:
    return any(column["name"] == "fingerprint" for column in inspect(connection).get_columns("alembic_version"))
