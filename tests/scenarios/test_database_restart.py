"""Receivers and workers whose PostgreSQL stops and starts again: they recover, and acknowledge only what is stored."""

import asyncio
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.process import ProcessKind
from bot.timing import Timing
from tests import postgres
from tests.scenarios.ahead import rows
from tests.scenarios.harness import ANN, GENERAL, Harness, harness
from tests.scenarios.observations import each_arrives_once

pytestmark = pytest.mark.timing(store_connect=1.0, store_statement=2.0, store_connection=2.0)

PATIENCE = 60.0
REPLIES = 12
AWAY = 1.5  # seconds, in which some replies are written


@dataclass
class Company:
    """A receiver and two workers on a PostgreSQL of their own, whose files are in `home`."""

    on: Harness
    home: Path


@pytest.fixture
def home(shared: Path) -> Iterator[Path]:
    """The folder of a server that no other test uses; its name is short, since a socket is in it."""
    folder = Path(tempfile.mkdtemp(dir=shared))
    yield folder
    postgres.stop(folder)
    shutil.rmtree(folder)


@pytest.fixture
async def company(tmp_path: Path, home: Path, timing: Timing) -> AsyncIterator[Company]:
    """All up and running."""
    server = await asyncio.to_thread(postgres.start, home)
    # The tests' haste would lose the last commits at a stop without a checkpoint.
    await postgres.run(server, "ALTER SYSTEM SET synchronous_commit = on", "SELECT pg_reload_conf()")
    url = await postgres.create(server)
    more = {"DATABASE_URL": url, "BOT_LEASE_SECONDS": "3"}
    workers = (ProcessKind.WORKER, ProcessKind.WORKER)
    async with harness(tmp_path, "http", timing=timing, process=ProcessKind.WEB, beside=workers, **more) as on:
        yield Company(on, home)


async def write(on: Harness, ts: str) -> None:
    """Write replies, whatever becomes of them; Slack sends again what is not acknowledged."""
    for number in range(REPLIES):
        await on.slack.say(ANN, GENERAL, f"fix part {number}", thread_ts=ts)
        await asyncio.sleep(0.4)  # people take their time, and the database restarts meanwhile


async def acknowledged(on: Harness) -> set[str]:
    """The replies that got their ack by now, by their ts."""
    sent = await on.slack.deliveries(type="message", status="acked")
    return {str(one["ts"]) for one in sent if one["payload"]["event"].get("text", "").startswith("fix part")}


@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGINT], ids=["immediate", "fast"])
async def test_after_a_restart_of_the_database_everything_acknowledged_is_there_and_done_once(
    company: Company, how: signal.Signals
) -> None:
    on = company.on
    ts, session = await on.started()
    writing = asyncio.create_task(write(on, ts))
    await asyncio.sleep(1.0)  # some replies are on their way
    await asyncio.to_thread(postgres.stop, company.home, how)
    await asyncio.sleep(AWAY)
    acked = await acknowledged(on)
    assert 0 < len(acked) < REPLIES
    await asyncio.to_thread(postgres.start_again, company.home)
    stored = {row["ts"] for row in await rows(on, "inbox")}
    assert acked <= stored
    await writing
    await each_arrives_once(on, session, REPLIES, PATIENCE)
    await on.devin.say(session, "All of them are done.")
    await on.wait_for_post(GENERAL, ts, "All of them are done.", within=PATIENCE)
