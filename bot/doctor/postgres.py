"""Checks a store in PostgreSQL: the driver, the server, the login, the database, and its schema."""

from typing import Final

from bot.doctor.findings import Finding, problem
from bot.doctor.schema import check_schema
from bot.store.database.unreachable import why_unreachable

INSTALL_DRIVER: Final = "Run `pip install -r requirements.txt`."
LOOK_UP_CODE: Final = "https://www.postgresql.org/docs/current/errcodes-appendix.html says what the code means."
NAME_THE_POOLER: Final = "Add pgbouncer=true to DATABASE_URL, after a ? or after an & if it has a ? already."
NO_PREPARED_STATEMENTS: Final = ("26000", "42P05")  # one is missing; one is there already, of another client
CHECK_DATABASE_URL: Final = "Check that DATABASE_URL has the form postgresql://user:password@host:5432/name."


async def check_postgres(url: str) -> Finding:
    """Check the database that `url` names."""
    return await check_schema(url, "The PostgreSQL store can be reached", postgres_problem)


def postgres_problem(error: Exception) -> Finding:
    """Make a finding from an error that came while the database was reached.

    The finding names neither the server nor the database, because a malformed address may have its password there.
    """
    if why := why_unreachable(error):
        return problem(why.what, why.fix)
    if code := str(getattr(getattr(error, "orig", error), "sqlstate", None) or ""):
        return _refusal(code)
    if isinstance(error, ModuleNotFoundError):
        return problem("DATABASE_URL names PostgreSQL, whose driver is not installed.", INSTALL_DRIVER)
    return problem(f"The PostgreSQL store cannot be used ({type(error).__name__}).", CHECK_DATABASE_URL)


def _refusal(code: str) -> Finding:
    if code in NO_PREPARED_STATEMENTS:
        what = f"A pooler such as PgBouncer stands before PostgreSQL and keeps no prepared statements ({code})."
        return problem(what, NAME_THE_POOLER)
    return problem(f"PostgreSQL refuses the store ({code}).", LOOK_UP_CODE)
