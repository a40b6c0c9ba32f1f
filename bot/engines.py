"""Makes the engine for the store, and PgQueuer's tables where several processes share one PostgreSQL."""

from typing import TYPE_CHECKING, Final

from bot.config import StoreSettings
from bot.connect import StartError
from bot.engine.local import LocalEngine
from bot.engine.port import Engine
from bot.logs import get_logger
from bot.opening import NOT_MIGRATED
from bot.process import ProcessKind
from bot.store.database.connection import async_url
from bot.store.database.postgres import parse_address
from bot.timing import Timing

if TYPE_CHECKING:
    from bot.engine.pgqueuer import QueueAddress

log = get_logger(__name__)

NO_PGQUEUER: Final = (
    "Several processes need PgQueuer, which isn't installed. Run `pip install -r requirements-replicas.txt`,"
    " then start again."
)
NO_DIRECT_CONNECTION: Final = (
    "The database can't be reached for LISTEN. Check DATABASE_URL, or DATABASE_DIRECT_URL behind a pooler."
)
BEHIND_A_POOLER: Final = (
    "DATABASE_URL points to a pooler, which doesn't support LISTEN. Set DATABASE_DIRECT_URL to PostgreSQL itself."
)


def queue_address(settings: StoreSettings) -> "QueueAddress | None":
    """Where PgQueuer is for the PostgreSQL of `settings`; None behind a pooler that hands on no LISTEN."""
    from bot.engine.pgqueuer import QueueAddress  # noqa: PLC0415 - an extra

    store = parse_address(async_url(settings.database_url.get_secret_value()))
    direct = settings.database_direct_url
    if direct is not None:
        return QueueAddress(parse_address(async_url(direct.get_secret_value())).dsn, store.schema)
    return None if store.pooled else QueueAddress(store.dsn, store.schema)


async def open_engine(settings: StoreSettings, timing: Timing, process: ProcessKind) -> Engine:
    """Make the engine for the store of `settings`: on PostgreSQL one whose hints reach the other processes.

    Raises StartError if several processes are wanted and PgQueuer cannot be used. A single one works without it.
    """
    if settings.uses_sqlite:
        return LocalEngine(timing)
    try:
        from bot.engine import pgqueuer  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        if process is not ProcessKind.RUN:
            raise StartError(NO_PGQUEUER) from None
        log.warning("without the extra `replicas`, hints don't reach other processes on this database")
        return LocalEngine(timing)
    address = queue_address(settings)
    if address is None:
        if process is not ProcessKind.RUN:
            raise StartError(BEHIND_A_POOLER)
        log.warning("without DATABASE_DIRECT_URL, hints don't reach other processes behind a pooler")
        return LocalEngine(timing)
    is_there = await (_installed(address) if process is ProcessKind.RUN else _checked(address))
    return pgqueuer.PgQueuerEngine(address, timing) if is_there else LocalEngine(timing)


async def _checked(address: "QueueAddress") -> bool:
    """Return True if PgQueuer's tables are there; raises StartError if not."""
    from bot.engine.pgqueuer import NotInstalledError, check_installed  # noqa: PLC0415 - an extra

    try:
        await check_installed(address)
    except NotInstalledError:
        raise StartError(NOT_MIGRATED) from None
    except Exception:  # noqa: BLE001 - whatever the driver raises; its text may quote a password
        raise StartError(NO_DIRECT_CONNECTION) from None
    return True


async def _installed(address: "QueueAddress") -> bool:
    """Create PgQueuer's tables where they are missing; False where that is not possible, as without the right to."""
    from bot.engine.pgqueuer import NotInstalledError, check_installed, install  # noqa: PLC0415 - an extra

    try:
        try:
            await check_installed(address)  # first, because who only runs the bot may not install
        except NotInstalledError:
            await install(address)
    except Exception as error:  # noqa: BLE001 - whatever the driver raises
        log.warning("hints don't reach other processes on this database", error=type(error).__name__)
        return False
    return True


async def install_queue(settings: StoreSettings) -> None:
    """Create PgQueuer's tables, or bring them up, where PgQueuer is installed and `settings` name a PostgreSQL."""
    if settings.uses_sqlite:
        return
    try:
        from bot.engine.pgqueuer import install  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        return
    address = queue_address(settings)
    if address is not None:
        await install(address)
