"""`SIGKILL` while people talk to each other in a session's thread, and while somebody stops it with a reaction."""

import asyncio
import time

import pytest

from bot.domain.settings_values import Scope, Setting, TurnTaking
from bot.domain.turn_taking import NotForDevin
from bot.store import settings
from bot.views.agent_status import WAITING
from bot.views.answers.replies import NOT_FOR_DEVIN
from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, asked, one_session, running, stopped, titled
from tests.scenarios.ahead import TEAM
from tests.scenarios.harness import ADA, ANN, BEN, BOT, GENERAL
from tests.scenarios.observations import private_answers

pytestmark = pytest.mark.edge


async def where_people_talk(one: Scene) -> tuple[str, str]:
    """A session in a channel in which people also talk to each other."""
    async with one.on.store.write() as tx:
        of_channel = (TEAM, Scope.CHANNEL, GENERAL, Setting.TURNS)
        await settings.put(tx, *of_channel, TurnTaking.TWO_PEOPLE, ADA, time.time())
    return await running(one)


async def talk(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """One reply for Devin, two of people's talk, and a mention that ends it."""
    said = ((ANN, "use pytest"), (BEN, "why not unittest?"), (ANN, "it is shorter"), (BEN, f"{BOT} please be quick"))
    for user, text in said:
        await one.slack.say(user, GENERAL, text, thread_ts=begun[0])
    await one.devin.wait_for_messages("] ben (U0BEN):\n> please be quick", seconds=PATIENCE)
    await titled(one, begun[1])
    return begun


async def left_alone(one: Scene, begun: tuple[str, str]) -> None:
    """What was decided is decided again in the same way. A private answer that may have been given is given again."""
    assert await asked(await one_session(one)) == ["use pytest", "please be quick"]
    assert await one.on.thread(GENERAL, begun[0]) == []
    for user in (ANN, BEN):
        assert set(await private_answers(one.on, user)) == {NOT_FOR_DEVIN[NotForDevin.TALK].text}


async def cross(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.react(ANN, GENERAL, begun[0], "x")
    await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE, is_archived=True)
    await one.slack.wait_for_message(GENERAL, "Stopped by ann", thread_ts=begun[0], within=PATIENCE)
    return begun


async def ask(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.devin.say(begun[1], "Which branch?", status_detail="waiting_for_user")
    await one.slack.wait_for_message(GENERAL, "Which branch?", thread_ts=begun[0], within=PATIENCE)
    async with asyncio.timeout(PATIENCE):
        while [found["status"] for found in await one.slack.agent_sessions()] != [WAITING]:
            await asyncio.sleep(0.05)  # Slack has no event for it
    return begun


async def waits(one: Scene, begun: tuple[str, str]) -> None:
    """A status that a death repeats changes nothing."""
    assert [found["status"] for found in await one.slack.agent_sessions()] == [WAITING]
    assert len(await one.on.thread(GENERAL, begun[0])) == 1


STORIES = [
    Story("the status of an agent", running, ask, waits, settings=lambda: {"AGENT": "on"}),
    Story("two people talk", where_people_talk, talk, left_alone),
    Story("a cross on the first message", running, cross, stopped),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_loses_and_doubles_nothing(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
