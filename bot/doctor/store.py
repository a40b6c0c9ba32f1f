"""Checks DATABASE_URL, whichever kind of store it names."""

from bot.config import StoreSettings
from bot.doctor.findings import Finding
from bot.doctor.postgres import check_postgres
from bot.doctor.sqlite import LASTING_DISK, check_sqlite


async def check_store(settings: StoreSettings) -> list[Finding]:
    """Check that the store can be opened and written to, and that its schema is up to date."""
    url = settings.database_url.get_secret_value()
    if settings.uses_sqlite:
        return [await check_sqlite(url), LASTING_DISK]
    return [await check_postgres(url)]
