"""The engines on a PostgreSQL database, made from its address as hosting platforms and other tools write it.

Between the bot and the server there may be a pooler such as PgBouncer. It refuses to start a connection with settings
that it does not know, so settings are made by a statement. Where it hands each transaction to another connection of the
server, neither settings nor named prepared statements outlive a transaction.
"""

import time
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.logs import get_logger
from bot.store.database.sqlite import Serializer
from bot.timing import Timing

log = get_logger(__name__)

CONNECTIONS: Final = 10
# The parameters of an address that reach asyncpg. It hands all that it does not know to the server, which refuses the
# connection if it does not know one of them either, so only a few of those are let through.
FOR_ASYNCPG: Final = (
    "database",
    "dbname",
    "gsslib",
    "host",
    "krbsrvname",
    "passfile",
    "password",
    "port",
    "service",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcrl",
    "sslkey",
    "sslmode",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "target_session_attrs",
    "user",
)
FOR_THE_SERVER: Final = ("application_name", "options", "search_path", "statement_timeout")
PASSED_ON: Final = frozenset((*FOR_ASYNCPG, *FOR_THE_SERVER))
SSL_MODES: Final = {"true": "require", "1": "require", "no-verify": "require", "false": "disable", "0": "disable"}
POOLER_PORTS: Final = (6432, 6543)  # PgBouncer's own, and the one of Supabase's pooler in transaction mode


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """An address taken apart. `ignored` names the parameters that have no meaning here."""

    url: URL  # for SQLAlchemy, without parameters
    dsn: str  # for asyncpg, with those that it understands
    pooled: bool  # whether each transaction may run on another connection of the server
    connections: int | None
    schema: str | None
    ignored: tuple[str, ...]


def parse_address(url: str) -> PostgresAddress:
    """Take the address `url` apart, and log which of its parameters are ignored."""
    address = make_url(url)
    given = {name: value if isinstance(value, str) else value[-1] for name, value in address.query.items()}
    pooled = given.pop("pgbouncer", "true" if _is_probably_pooled(address) else "false").lower() in {"true", "1"}
    limit = given.get("connection_limit", "")
    connections = int(given.pop("connection_limit")) if limit.isdecimal() and int(limit) else None
    schema = given.pop("schema", None) or None
    if mode := given.pop("ssl", None) or given.get("sslmode"):
        given["sslmode"] = SSL_MODES.get(mode, mode)
    ignored = tuple(sorted(given.keys() - PASSED_ON))
    if ignored:
        log.warning("parameters of DATABASE_URL ignored", parameters=ignored)
    libpq = address.set(drivername="postgresql", query={name: given[name] for name in given.keys() & PASSED_ON})
    dsn = libpq.render_as_string(hide_password=False)
    return PostgresAddress(address.set(query={}), dsn, pooled, connections, schema, ignored)


def _is_probably_pooled(address: URL) -> bool:
    return address.port in POOLER_PORTS or "pooler" in (address.host or "")


def engine(address: PostgresAddress, serializer: Serializer, timing: Timing) -> AsyncEngine:
    """Make an engine on `address` whose statements and locks wait no longer than `timing` says."""
    made = create_async_engine(
        address.url,
        hide_parameters=True,  # an error must not show what people wrote
        json_serializer=serializer,
        pool_size=address.connections or CONNECTIONS,
        max_overflow=0 if address.connections else CONNECTIONS,
        pool_timeout=timing.store_connection,
        connect_args={
            "dsn": address.dsn,
            "timeout": timing.store_connect,
            "command_timeout": timing.store_statement,
            **(_WITHOUT_PREPARED if address.pooled else {}),
        },
    )
    _make_settings(made.sync_engine, address, timing)
    _check_quiet(made.sync_engine, timing)
    return made


def reading(made: AsyncEngine, address: PostgresAddress) -> AsyncEngine:
    """The engine `made` for transactions that only read, with the same connections.

    Each statement sees what is committed when it begins, with BEGIN and ROLLBACK around it or without. Without them a
    read is one round trip in place of three. A `pooled` address needs them for its settings.
    """
    return made if address.pooled else made.execution_options(isolation_level="AUTOCOMMIT")


# A statement without a name is replaced by the next one. A name might be taken on another connection of the server.
_WITHOUT_PREPARED: Final = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": lambda: "",
}


def _make_settings(sync_engine: Engine, address: PostgresAddress, timing: Timing) -> None:
    """Have the settings made once for each connection, or in each transaction if the address is `pooled`."""
    statement = _settings(timing, address.schema, local=address.pooled)

    def once(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(statement)
        cursor.close()
        connection.commit()

    def each_time(connection: Any) -> None:
        connection.exec_driver_sql(statement)

    if address.pooled:
        event.listen(sync_engine, "begin", each_time)
    else:
        event.listen(sync_engine, "connect", once)


def _check_quiet(sync_engine: Engine, timing: Timing) -> None:
    """Have a connection replaced that is closed, or that has not answered for a while and does not do so now.

    SQLAlchemy's `pool_pre_ping` asks before each transaction, which takes longer than most of them.
    """

    def connected(_connection: Any, record: Any) -> None:
        record.info["answered_at"] = time.monotonic()

    def answered(connection: Connection, *_statement: Any) -> None:
        connection.info["answered_at"] = time.monotonic()

    def check(connection: Any, record: Any, _checked_out: Any) -> None:
        quiet = time.monotonic() - record.info["answered_at"]
        if connection.driver_connection.is_closed() or (quiet > timing.store_quiet and not _answers(connection)):
            raise InvalidatePoolError

    event.listen(sync_engine, "connect", connected)
    event.listen(sync_engine, "after_cursor_execute", answered)
    event.listen(sync_engine, "checkout", check)


def _answers(connection: Any) -> bool:
    try:
        connection.ping()
    except (connection.dbapi.Error, OSError):  # an answer that does not come in time is an OSError too
        return False
    return True


def _settings(timing: Timing, schema: str | None, *, local: bool) -> str:
    """Return the statement that gives a connection its limits and schema, with `local` until the transaction ends."""
    settings = {
        "lock_timeout": milliseconds(timing.store_lock),
        "idle_in_transaction_session_timeout": milliseconds(timing.store_idle),
        # To compile a large statement takes longer than to run it. On a busy machine others then waited too long for
        # a lock.
        "jit": "off",
    }
    if schema is not None:
        settings["search_path"] = quoted(schema)
    calls = [f"set_config('{name}', {_literal(value)}, {local})" for name, value in settings.items()]
    return f"SELECT {', '.join(calls)}"


def quoted(name: str) -> str:
    """The `name` of a schema as it stands in a statement."""
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def milliseconds(seconds: float) -> str:
    """So many `seconds` as PostgreSQL's settings take them."""
    return f"{seconds * 1000:.0f}"
