"""`SIGKILL` between the line of an audit row in the file and its position in the store: each row has one line."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.crash.scene import PATIENCE, Nursery, scene
from tests.crash.steps import AFTER, BEFORE, Moment
from tests.scenarios.harness import ANN, GENERAL

pytestmark = pytest.mark.edge

POSITION = "AuditLog._write_batch"


@pytest.mark.parametrize("when", [BEFORE, AFTER])
async def test_a_kill_between_a_line_and_its_position_writes_it_once(
    tmp_path: Path, nursery: Nursery, when: str
) -> None:
    path = tmp_path / "audit.jsonl"
    async with nursery.slots.one(), scene(tmp_path, nursery, Moment(POSITION, when), BOT_AUDIT_LOG=str(path)) as one:
        one.arm()
        await one.keep()
        ts, _ = await one.on.started()
        async with asyncio.timeout(PATIENCE):
            while not one.deaths:
                await asyncio.sleep(0.05)  # a death has no event
        await one.guarded(one.reachable())
        await one.slack.say(ANN, GENERAL, "and run mypy", thread_ts=ts)
        await one.devin.wait_for_messages("and run mypy", seconds=PATIENCE)
        async with asyncio.timeout(PATIENCE):
            while len(path.read_text().splitlines()) < 2:
                await asyncio.sleep(0.05)  # a file has no event
        await one.settled()
        written = [json.loads(line)["event"] for line in path.read_text().splitlines()]
        rows = await one.rows("SELECT seq, action FROM audit ORDER BY seq")
        assert [(line["sequence"], line["action"]) for line in written] == rows
        assert [action for _, action in rows] == ["start_session", "reply"]
