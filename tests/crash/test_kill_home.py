"""`SIGKILL` while a Home tab is opened, and while what it shows changes: at the end it shows how things are."""

import asyncio

import pytest

from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import TITLE, Story, one_session, running, titled
from tests.markup import written
from tests.scenarios.harness import ANN

pytestmark = pytest.mark.edge


async def seen(one: Scene, words: str) -> None:
    """Wait until ann's Home tab says these words."""
    async with asyncio.timeout(PATIENCE):
        while not any(words in written(view["blocks"]) for view in await one.slack.views(user=ANN, type="home")):
            await asyncio.sleep(0.05)  # Slack has no event for it


async def open_home(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.open_home(ANN)
    await seen(one, "fix the login test")
    await titled(one, begun[1])
    await seen(one, TITLE)
    return begun


async def shown_as_it_is(one: Scene, _: tuple[str, str]) -> None:
    """To show the same twice changes nothing, so it counts how the tab looks in the end, and that there is one."""
    await one_session(one)
    (view,) = await one.slack.views(user=ANN, type="home")
    assert written(view["blocks"]).count(TITLE) == 1
    assert await one.rows("SELECT state FROM posts WHERE surface = 'home'") == [("sent",)]


STORIES = [Story("a Home tab is opened, and drawn again when a session changes", running, open_home, shown_as_it_is)]


@killed_in(STORIES)
async def test_a_kill_at_any_step_loses_and_doubles_nothing(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
