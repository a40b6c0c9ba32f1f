"""`SIGKILL` while a link to a session gets its preview: the message has it once, however often it is made."""

import asyncio

import pytest

from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, one_session
from tests.scenarios.harness import ANN, GENERAL, WEB

pytestmark = pytest.mark.edge


def with_previews() -> dict[str, str]:
    return {"BOT_UNFURL": "on"}


async def running(one: Scene) -> str:
    _, session = await one.on.started()
    await one.polled()
    await one.quiet()
    return session


async def write_link(one: Scene, session: str, channel: str = GENERAL) -> str:
    ts = await one.slack.say(ANN, channel, f"see <https://app.devin.ai/sessions/{session}>")
    await shows(one, channel, ts, "fix the login test")
    return ts


async def shows(one: Scene, channel: str, ts: str, text: str) -> None:
    """The preview under a message has this text."""
    async with asyncio.timeout(PATIENCE):
        while text not in str((await one.slack.message(channel, ts)).get("attachments")):
            await asyncio.sleep(0.05)  # the simulated Slack has no event for it


async def previewed_once(one: Scene, ts: str) -> None:
    await one_session(one)
    assert len((await one.slack.message(GENERAL, ts))["attachments"]) == 1


async def previewed_elsewhere(one: Scene) -> str:
    session = await running(one)
    async with asyncio.timeout(PATIENCE):
        while not await one.rows("SELECT channel FROM channels WHERE is_private IS NOT NULL"):
            await asyncio.sleep(0.05)  # the store has no event for it
    ts = await write_link(one, session, WEB)
    await one.quiet()
    return ts


async def become_private(one: Scene, ts: str) -> str:
    await one.slack.put_channel(GENERAL, kind="group")
    await shows(one, WEB, ts, "Preview removed")
    return ts


async def taken_back_once(one: Scene, ts: str) -> None:
    (shown,) = (await one.slack.message(WEB, ts))["attachments"]
    assert "fix the login test" not in str(shown)
    assert await one.rows("SELECT ts FROM previews") == []


STORIES = [
    Story("a link gets its preview", running, write_link, previewed_once, settings=with_previews),
    Story(
        "a preview ends",
        previewed_elsewhere,
        become_private,
        taken_back_once,
        settings=lambda: {**with_previews(), "PREVIEWS": "2"},
    ),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_leaves_one_preview(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
