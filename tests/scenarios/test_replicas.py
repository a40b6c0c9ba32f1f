"""Several processes on one PostgreSQL: some receive, some work, and it looks as if there were one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.process import ProcessKind
from bot.timing import Timing
from tests.scenarios.harness import GENERAL, Harness, harness


@pytest.fixture
async def replicas(tmp_path: Path, timing: Timing, postgres_store: str) -> AsyncIterator[Harness]:
    """One process that receives, and two that work."""
    async with harness(tmp_path, "http", timing=timing, start=False, DATABASE_URL=postgres_store) as one:
        async with AsyncExitStack() as stack:
            for kind in (ProcessKind.WORKER, ProcessKind.WORKER, ProcessKind.WEB):
                replica = one.replica(kind)
                await replica.start()
                stack.push_async_callback(replica.stop)
            yield one


async def test_what_one_process_receives_another_works_on_at_once(replicas: Harness) -> None:
    ts, session = await replicas.started()
    await replicas.slack.say("U0ANN", GENERAL, "use the new API", thread_ts=ts)
    await replicas.devin.wait_for_message(session, "use the new API")
    await replicas.devin.say(session, "Done with the new API.")
    await replicas.wait_for_post(GENERAL, ts, "Done with the new API.")
