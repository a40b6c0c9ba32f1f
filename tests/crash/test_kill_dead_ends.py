"""`SIGKILL` while a session that gets no further is tried again or continued: one other session begins."""

from typing import Final

import pytest

from bot.domain.dead_ends import WayOn
from bot.views import dead_ends
from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, running, sessions_with_cards, titled
from tests.crash.test_kill_budgets import press
from tests.scenarios.harness import BEN, GENERAL

pytestmark = pytest.mark.edge

OUT_OF_ACUS: Final = "Out of ACUs"


async def at_its_limit(one: Scene) -> tuple[str, str]:
    """A session that has used up its limit, with that announced."""
    begun = await running(one)
    await one.devin.set(begun[1], status="suspended", status_detail="usage_limit_exceeded", acus_consumed=2.0)
    await one.on.wait_for_post(GENERAL, begun[0], OUT_OF_ACUS, within=PATIENCE)
    await one.quiet()
    return begun


async def go_on(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """Somebody presses the button, and the new session gets a title."""
    post = await one.on.wait_for_post(GENERAL, begun[0], OUT_OF_ACUS, within=PATIENCE)
    await press(one, BEN, GENERAL, post["ts"], "continue_session")
    first, second = await one.devin.wait_for_sessions("fix the login test", 2, seconds=PATIENCE)
    new = next(made["session_id"] for made in (first, second) if made["session_id"] != begun[1])
    await one.slack.wait_for_message(GENERAL, dead_ends.WENT_ON[WayOn.CONTINUE], thread_ts=begun[0], within=PATIENCE)
    await titled(one, new)
    return begun


async def one_more(one: Scene, begun: tuple[str, str]) -> None:
    await sessions_with_cards(one, 2)
    assert len(await one.on.thread(GENERAL, begun[0])) == 1, "its end is all that was announced"
    new = await one.rows("SELECT id FROM sessions WHERE requester = 'U0BEN'")
    assert await one.rows("SELECT session_id FROM threads") == new
    assert await one.rows("SELECT session_id FROM kept_tasks") == new, "the task goes with the newest session"


STORIES = [Story("a session at its limit is continued", at_its_limit, go_on, one_more)]


@killed_in(STORIES)
async def test_a_kill_at_any_step_loses_and_doubles_nothing(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
