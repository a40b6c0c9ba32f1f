"""A backup is put back after a kill under load: nothing is there twice at Devin or in Slack, and nothing is missing."""

import asyncio
from pathlib import Path

import pytest

from bot import store_commands
from tests.crash.scene import PATIENCE, Nursery, Scene, scene
from tests.restores import all_once, lay_back
from tests.scenarios.ahead import until
from tests.scenarios.harness import ANN, BEN, BOT, GENERAL, OPS, WEB

CHANNELS = (GENERAL, WEB, OPS)
BACKED_UP, KILLED, ENDED = 4, 24, 26  # after so many things that somebody does
EACH = 0.5  # seconds between two of them


async def people_and_devin(one: Scene, begun: list[str], done: list[int]) -> None:
    """Do one thing after the other, each noted in `done`: starts, replies, commands, and Devin's words."""
    while True:
        number = len(done) + 1
        channel, user = CHANNELS[number % 3], (ANN, BEN)[number % 2]
        match number % 4:
            case 0:
                await one.slack.say(user, channel, f"{BOT} fix the mentioned test {number}")
            case 1:
                await one.slack.say(user, GENERAL, f"reply {number}", thread_ts=begun[number // 4 % len(begun)])
            case 2:
                await one.slack.slash(user, channel, f"fix the typed test {number}")
            case 3:
                for made in (await one.devin.sessions())[-2:]:
                    words = {"status": "running", "status_detail": "waiting_for_user"}
                    await one.devin.say(made["session_id"], f"Words {number}. Go on?", **words)
        done.append(number)
        await asyncio.sleep(EACH)


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_a_backup_from_before_a_kill_under_load_doubles_nothing(tmp_path: Path, nursery: Nursery) -> None:
    async with scene(tmp_path, nursery) as one:
        await one.up()
        begun = [await one.on.mention(f"fix the first test {number}") for number in range(3)]
        await one.devin.wait_for_sessions("first task", 3, seconds=PATIENCE)
        work = asyncio.create_task(people_and_devin(one, begun, done := []))
        await reached(done, BACKED_UP)
        backup = tmp_path / "backup.db"
        await asyncio.to_thread(store_commands.backup, one.on.settings, backup, replace=False)
        await reached(done, KILLED)
        await one.victims[-1].kill()
        await reached(done, ENDED)
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


async def reached(done: list[int], count: int) -> None:
    """Wait until so many things were done."""

    async def enough() -> bool:
        return len(done) >= count

    await until(enough, PATIENCE)


async def all_done(one: Scene) -> None:
    """Wait until nothing is open, for longer than usual: each card and end of a turn is edited, as Slack allows."""
    async with asyncio.timeout(4 * PATIENCE):
        while await one.open_rows():
            await asyncio.sleep(0.2)  # the store has no event for it


async def every_session_is_followed(one: Scene) -> None:
    """Each session at Devin has a record of its own, and what Devin says in it appears in Slack once."""
    made = await one.devin.sessions()
    recorded = await one.rows("SELECT bare_id FROM sessions WHERE lifecycle = 'open'")
    assert sorted(row["session_id"].removeprefix("devin-") for row in made) == sorted(bare for (bare,) in recorded)
    for number, row in enumerate(made):
        await one.devin.say(row["session_id"], f"Still there {number}.", status="running", status_detail="working")

    async def all_shown() -> bool:
        shown = [m["rendered"] for channel in CHANNELS for m in await one.slack.messages(channel, user="U0BOT")]
        return all(any(text.startswith(f"Still there {number}.") for text in shown) for number in range(len(made)))

    await until(all_shown, PATIENCE)
    await all_done(one)
