"""A backup of PostgreSQL is made and put back as `python -m bot backup` says: nothing is done twice."""

import asyncio
from pathlib import Path

import pytest

from bot import store_commands
from bot.views.stores import OF_POSTGRES
from tests import postgres
from tests.restores import all_once
from tests.scenarios.harness import ANN, BEN, GENERAL, OPS, WEB, Harness
from tests.scenarios.observations import polled, settled, started_by_command
from tests.waits import SHORT

pytestmark = [pytest.mark.timing(**SHORT), pytest.mark.parametrize("store", ["postgresql"]), pytest.mark.edge]


async def told(on: Harness, command: str, file: Path) -> None:
    """Run a command of PostgreSQL's as the sentence has it."""
    line = next(line for line in OF_POSTGRES.splitlines() if line.strip().startswith(command))
    words = line.replace("FILE", str(file)).split()
    words = [word.replace("ADDRESS", on.environment["DATABASE_URL"]) for word in words]
    process = await asyncio.create_subprocess_exec(str(postgres.BINARIES / words[0]), *words[1:])
    assert await process.wait() == 0


async def test_a_dump_of_postgresql_that_is_put_back_doubles_nothing(on: Harness, tmp_path: Path) -> None:
    ts, _ = await on.started()
    await settled(on)
    await told(on, "pg_dump", tmp_path / "backup")
    await on.slack.say(ANN, GENERAL, "look at the clock", thread_ts=ts)
    await on.devin.wait_for_messages("look at the clock")
    await on.started("fix the logout test", BEN, WEB)
    await started_by_command(on, "write the release notes", ANN, OPS)
    await settled(on)

    await on.close()
    on._store = None
    await postgres.run(on.environment["DATABASE_URL"], postgres.LEAVE)
    await told(on, "pg_restore", tmp_path / "backup")
    await postgres.run(on.environment["DATABASE_URL"], "DELETE FROM workers")  # as if half a minute had passed
    await store_commands.restored(on.settings)
    await on.start()
    await polled(on)
    await settled(on)
    await all_once(on)
    assert len(await on.devin.sessions()) == 3
