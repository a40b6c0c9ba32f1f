"""`SIGKILL` at the steps of changes of teams: each is made once, recorded once and confirmed once."""

import pytest

from bot.domain.billing import billing_day
from bot.features.teams import sentences as teams
from bot.features.teams.rules import Member, MemberKind
from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, nothing
from tests.moment import clock
from tests.scenarios.harness import ADA

pytestmark = pytest.mark.edge

DM_OF_ADA = "D0ADA"
PAY = Member(MemberKind.TAG, "pay")


def said_of_both() -> list[str]:
    """What is confirmed on the day on which the story begins."""
    today = billing_day(clock())
    return [teams.added("Payments", [PAY], today, is_new=True).text, teams.removed("Payments", [PAY], today).text]


async def add_and_remove(one: Scene, _: None) -> None:
    for text, answer in zip(("team add Payments tag:pay", "team remove Payments"), said_of_both(), strict=True):
        await one.slack.say(ADA, DM_OF_ADA, text)
        await one.slack.wait_for_message(DM_OF_ADA, answer, within=PATIENCE)


async def changed_once(one: Scene, _: None) -> None:
    assert await one.rows("SELECT count(*) FROM cost_centre_members") == [(0,)]
    assert await one.rows("SELECT action, target FROM audit ORDER BY seq") == [
        ("team_add", "Payments"),
        ("team_remove", "Payments"),
    ]
    said = [message["rendered"] for message in await one.slack.messages(DM_OF_ADA, user="U0BOT")]
    assert said == said_of_both()


STORIES = [Story("a team is made and removed", nothing, add_and_remove, changed_once)]


@killed_in(STORIES)
async def test_a_kill_at_any_step_loses_and_doubles_nothing(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
