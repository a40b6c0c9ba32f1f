"""`SIGKILL` while a link to a session gets its preview: the message has it once, however often it is made."""

import asyncio

import pytest

from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, one_session
from tests.scenarios.harness import ANN, GENERAL

pytestmark = pytest.mark.edge


def with_previews() -> dict[str, str]:
    return {"BOT_UNFURL": "on"}


async def running(one: Scene) -> str:
    _, session = await one.on.started()
    await one.polled()
    await one.quiet()
    return session


async def write_link(one: Scene, session: str) -> str:
    ts = await one.slack.say(ANN, GENERAL, f"see <https://app.devin.ai/sessions/{session}>")
    async with asyncio.timeout(PATIENCE):
        while not (await one.slack.message(GENERAL, ts)).get("attachments"):
            await asyncio.sleep(0.05)  # the simulated Slack has no event for it
    return ts


async def previewed_once(one: Scene, ts: str) -> None:
    await one_session(one)
    assert len((await one.slack.message(GENERAL, ts))["attachments"]) == 1


STORIES = [Story("a link gets its preview", running, write_link, previewed_once, settings=with_previews)]


@killed_in(STORIES)
async def test_a_kill_at_any_step_leaves_one_preview(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
