"""`SIGKILL` while somebody has a session analysed: Devin may be asked once more, and makes one analysis."""

import pytest

from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, one_session, running, titled, typed
from tests.scenarios.harness import ANN

pytestmark = pytest.mark.edge


async def analyse(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await typed(one, f"insights {begun[1]}")
    await one.slack.wait_for_ephemeral(ANN, "fix the login test", within=PATIENCE)
    await titled(one, begun[1])
    return begun


async def analysed(one: Scene, begun: tuple[str, str]) -> None:
    """Where it died behind the call, the analysis is there when Devin is asked again, and is shown at once."""
    await one_session(one)
    assert one.on.simulated_devin.world.session(begun[1]).analysis is not None


STORIES = [Story("somebody has a session analysed", running, analyse, analysed)]


@killed_in(STORIES)
async def test_a_kill_at_any_step_loses_and_doubles_nothing(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
