"""SIGTERM: an end within ten seconds and with exit code 0, however much is under way; the next start goes on."""

import asyncio
import signal
import time
from pathlib import Path

import pytest

from tests.crash.scene import PATIENCE, STORED_COMMANDS, Nursery, Scene, scene
from tests.scenarios.harness import ANN, GENERAL

SLASHES = 6


@pytest.fixture(params=["socket", "http"])
def transport(request: pytest.FixtureRequest) -> str:
    return request.param


async def terminated(one: Scene) -> None:
    """Send SIGTERM; the process ends in time and as it should."""
    began = time.monotonic()
    one.victims[-1].send(signal.SIGTERM)
    assert await one.victims[-1].end() == 0, one.log()
    assert time.monotonic() - began < 10.0


async def test_a_hanging_create_and_queued_posts_are_finished_by_the_next_start(
    tmp_path: Path, nursery: Nursery, transport: str
) -> None:
    said = [f"Step {number}." for number in range(1, 8)]
    async with scene(tmp_path, nursery, transport=transport) as one:
        await one.up()
        ts, session = await one.on.started()
        await one.quiet()
        await one.devin.fault("create_session", "hang", commit=True)
        await one.slack.fault("chat.postMessage", "slow", seconds=0.4, times=0, match="UnitOfWork")
        other = await one.on.mention("fix another test")
        await one.devin.wait_for_calls("create_session", 2, seconds=PATIENCE)
        for words in said:
            await one.devin.say(session, words)
        await one.slack.wait_for_message(GENERAL, "Step 1.", thread_ts=ts, within=PATIENCE)
        await terminated(one)
        await one.up()
        await one.slack.wait_for_message(GENERAL, "Queued", thread_ts=other, within=PATIENCE)
        await one.on.wait_for_post(GENERAL, ts, said[-1], within=PATIENCE)
        await one.quiet()
        await one.polled()
        assert len(await one.devin.sessions()) == 2
        assert await one.on.thread(GENERAL, ts) == said
        assert await one.on.thread(GENERAL, other) == []


async def test_what_is_stored_is_acknowledged_and_nothing_else_is(
    tmp_path: Path, nursery: Nursery, transport: str
) -> None:
    async with scene(tmp_path, nursery, transport=transport) as one:
        await one.up()
        typing = [asyncio.create_task(one.slack.slash(ANN, GENERAL, f"fix test {number}")) for number in range(SLASHES)]
        await one.slack.wait_for_delivery(kind="slash_commands", status="acked", within=PATIENCE)
        await terminated(one)
        answers = await asyncio.gather(*typing)
        acked = {answer["trigger_id"] for answer in answers if answer["status"] == "acked"}
        stored = {key.removeprefix("cmd:") for (key,) in await one.rows(STORED_COMMANDS)}
        assert stored == acked
        await one.up()
        await one.quiet()
        assert len(await one.devin.sessions()) == len(acked)


async def test_a_stop_during_quiet_is_quick(tmp_path: Path, nursery: Nursery, transport: str) -> None:
    async with scene(tmp_path, nursery, transport=transport) as one:
        await one.up()
        await one.on.started()
        await one.quiet()
        began = time.monotonic()
        await terminated(one)
        assert time.monotonic() - began < 3.0
