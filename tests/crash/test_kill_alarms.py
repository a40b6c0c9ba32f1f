"""`SIGKILL` while an alarm is raised, decided about and edited: there is one, with one post that shows how it ended."""

from pathlib import Path

import pytest

from tests.crash.scene import PATIENCE, Nursery, Scene
from tests.crash.story import (
    ANSWERED_BY_URL,
    EDITED,
    FOLLOWED,
    KNOWN,
    POSTED,
    REACTED,
    RECEIVED,
    Story,
    in_both_forms,
    killed_everywhere,
    named,
    running,
)
from tests.scenarios.harness import ADA, OPS

pytestmark = pytest.mark.edge

OVER = "Over: asleep."
DECIDED = "ada says that this is fine."


async def run_away(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """A session spends more than it may, an admin presses until that is acknowledged, and the session falls asleep."""
    await one.devin.set(begun[1], acus_consumed=6.2)
    post = await one.slack.wait_for_message(OPS, "6.2 ACUs", within=PATIENCE)
    for _ in range(10):
        if (await one.slack.click(ADA, OPS, post["ts"], "alarm_fine"))["status"] == "acked":
            break
        await one.slack.wait_for_sockets(within=PATIENCE)
    await one.slack.wait_for_message(OPS, DECIDED, within=PATIENCE)
    await one.devin.set(begun[1], status="suspended", status_detail="inactivity")
    await one.slack.wait_for_message(OPS, OVER, within=PATIENCE)
    return begun


async def one_alarm(one: Scene, _: tuple[str, str]) -> None:
    [post] = await one.slack.messages(OPS)
    assert OVER in post["rendered"]
    assert one.rows("SELECT state, user FROM alarms") == [("acknowledged", ADA)]


STORIES = [
    Story(
        "a session runs away",
        running,
        run_away,
        one_alarm,
        steps=(
            "watch what is spent: commit",
            "raise an alarm: commit",
            "change an alarm: commit",
            *POSTED,
            *RECEIVED,
            KNOWN,
            "decide about an alarm: commit",
            *ANSWERED_BY_URL,
            "edit an alarm: Slack chat.update",
            "edit an alarm: commit",
        ),
        sometimes=("record figures: commit", *EDITED, *FOLLOWED, *REACTED),
        settings=lambda: {"BOT_ADMIN_CHANNEL": OPS, "ALARM_WATCH": "0.3"},
    ),
]


@in_both_forms
@pytest.mark.parametrize("story", named(STORIES))
async def test_a_kill_at_any_step_loses_and_doubles_nothing(
    story: Story, every: bool, tmp_path: Path, nursery: Nursery
) -> None:
    await killed_everywhere(story, tmp_path, nursery, every=every)
