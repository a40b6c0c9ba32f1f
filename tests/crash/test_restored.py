"""A backup is put back after a kill under load: nothing is there twice at Devin or in Slack, and nothing is missing."""

import asyncio
from pathlib import Path

import pytest

from bot import store_commands
from tests.crash.scene import OPEN, PATIENCE, Nursery, Scene, scene
from tests.restores import all_once, lay_back
from tests.scenarios.harness import ANN, BEN, BOT, GENERAL, OPS, WEB

CHANNELS = (GENERAL, WEB, OPS)
RUN_ON = 10.0  # seconds, from the backup to the kill
EACH = 0.5  # seconds between two things that somebody does


async def people_and_devin(one: Scene, begun: list[str]) -> None:
    """Somebody does something again and again: starts, replies, commands, and Devin's words."""
    number = 0
    while True:
        number += 1
        channel, user = CHANNELS[number % 3], (ANN, BEN)[number % 2]
        match number % 4:
            case 0:
                await one.slack.say(user, channel, f"{BOT} mentioned task {number}")
            case 1:
                await one.slack.say(user, GENERAL, f"reply {number}", thread_ts=begun[number // 4 % len(begun)])
            case 2:
                await one.slack.slash(user, channel, f"typed task {number}")
            case 3:
                for made in (await one.devin.sessions())[-2:]:
                    words = {"status": "running", "status_detail": "waiting_for_user"}
                    await one.devin.say(made["session_id"], f"Words {number}. Go on?", **words)
        await asyncio.sleep(EACH)


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_a_backup_from_before_a_kill_under_load_doubles_nothing(tmp_path: Path, nursery: Nursery) -> None:
    async with scene(tmp_path, nursery) as one:
        await one.up()
        begun = [await one.on.mention(f"first task {number}") for number in range(3)]
        await one.devin.wait_for_sessions("first task", 3, seconds=PATIENCE)
        work = asyncio.create_task(people_and_devin(one, begun))
        await asyncio.sleep(2.0)  # the backup falls into the work
        backup = tmp_path / "backup.db"
        await asyncio.to_thread(store_commands.backup, one.on.settings, backup, replace=False)
        await asyncio.sleep(RUN_ON)
        await one.victims[-1].kill()
        await asyncio.sleep(1.0)  # people write on
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

        await lay_back(one.on, backup)
        await store_commands.restored(one.on.settings)
        await one.up()
        await one.wait_for_polls(6)
        await all_done(one)
        await all_once(one.on)
        for channel in CHANNELS:
            for message in await one.slack.messages(channel):
                if message["user"] in {ANN, BEN} and "task" in message["text"]:
                    asked = message["text"].removeprefix(f"{BOT} ")
                    assert len(await one.devin.sessions(text=asked)) == 1, asked
        await every_session_is_followed(one)


async def all_done(one: Scene) -> None:
    """Wait until nothing is open, for longer than usual: each card and end of a turn is edited, as Slack allows."""
    async with asyncio.timeout(4 * PATIENCE):
        while await one.rows(OPEN):
            await asyncio.sleep(0.2)  # the store has no event for it


async def every_session_is_followed(one: Scene) -> None:
    """Each session at Devin has a record of its own, and what Devin says in it appears in Slack once."""
    made = await one.devin.sessions()
    recorded = await one.rows("SELECT bare_id FROM sessions WHERE lifecycle = 'open'")
    assert sorted(row["session_id"].removeprefix("devin-") for row in made) == sorted(bare for (bare,) in recorded)
    for number, row in enumerate(made):
        await one.devin.say(row["session_id"], f"Still there {number}.", status="running", status_detail="working")
    await one.wait_for_polls(3)
    await all_done(one)
    shown = [m["rendered"] for channel in CHANNELS for m in await one.slack.messages(channel, user="U0BOT")]
    for number in range(len(made)):
        assert [text for text in shown if text.startswith(f"Still there {number}.")], number
