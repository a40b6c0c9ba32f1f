"""`SIGKILL` at the steps of starts that come from a form: each starts one session, with one card."""

from typing import Any

import pytest

from bot.conversation.prompt import ALERT as ALERT_IS_DATA
from bot.playground.slack.world import OTHER_BOT
from bot.views.answers import starts as start_sentences
from tests.crash.persistent import opened, opened_on, sent
from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, nothing, one_session, titled
from tests.scenarios.harness import ANN, BEN, GENERAL

pytestmark = pytest.mark.edge

TASK = "fix the login test"
ALERT = "Disk is full on web-2"


async def fill_in(one: Scene, _: Any) -> None:
    await sent(one, await opened(one, ""), task=TASK, limit="5")
    await one.devin.wait_for_sessions(TASK, seconds=PATIENCE)
    await one.slack.wait_for_message(GENERAL, TASK, within=PATIENCE)


async def started_once(one: Scene, _: Any) -> None:
    made = await one_session(one, TASK)
    assert made["request"]["max_acu_limit"] == 5


async def written(one: Scene) -> str:
    await one.quiet()
    return await one.slack.say(BEN, GENERAL, "The login test fails on Firefox")


async def send_message(one: Scene, ts: str) -> None:
    await sent(one, await opened_on(one, "send_to_devin", ts), task=TASK)
    await one.devin.wait_for_sessions(TASK, seconds=PATIENCE)
    await one.slack.wait_for_message(GENERAL, TASK, thread_ts=ts, within=PATIENCE)


async def started_in_thread(one: Scene, _: Any) -> None:
    made = await one_session(one, TASK)
    assert "> The login test fails on Firefox" in made["request"]["prompt"]


async def react(one: Scene, ts: str) -> None:
    await one.slack.react(ANN, GENERAL, ts, "robot_face")
    await one.devin.wait_for_sessions("The login test fails", seconds=PATIENCE)
    await one.slack.wait_for_message(GENERAL, "Started by ann", thread_ts=ts, within=PATIENCE)


async def started_by_reaction(one: Scene, _: Any) -> None:
    await one_session(one, "The login test fails")


async def quiet(one: Scene) -> None:
    await one.quiet()


async def alert(one: Scene, _: Any) -> None:
    root = await one.slack.post_as_app(GENERAL, "Alertmanager", text=ALERT)
    await one.devin.wait_for_sessions(ALERT, seconds=PATIENCE)
    await one.slack.wait_for_message(GENERAL, "Started by ann", thread_ts=root, within=PATIENCE)


async def started_by_alert(one: Scene, _: Any) -> None:
    await one_session(one, ALERT)


async def alerted(one: Scene) -> tuple[str, str]:
    """An alert has started a session."""
    await one.quiet()
    root = await one.slack.post_as_app(GENERAL, "Alertmanager", text=ALERT)
    (made,) = await one.devin.wait_for_sessions(ALERT, seconds=PATIENCE)
    await one.slack.wait_for_message(GENERAL, "Started by ann", thread_ts=root, within=PATIENCE)
    await one.quiet()
    return root, made["session_id"]


async def alert_again(one: Scene, begun: tuple[str, str]) -> str:
    """The same alert comes again, and one about the session itself."""
    await one.slack.post_as_app(GENERAL, "Alertmanager", text=ALERT.replace("2", "3"))
    await one.devin.wait_for_messages("Disk is full on web-3", seconds=PATIENCE)
    ours = f"Devin works: https://app.devin.ai/sessions/{begun[1]}"
    held = await one.slack.post_as_app(GENERAL, "Alertmanager", text=ours)
    await one.slack.wait_for_message(GENERAL, "Not started: ", thread_ts=held, within=PATIENCE)
    await titled(one, begun[1])
    return held


async def braked(one: Scene, held: str) -> None:
    made = await one_session(one, ALERT)
    assert len(await one.devin.sessions()) == 1
    said = [one["message"] for one in made["messages"] if "web-3" in one["message"]]
    assert [text.count(f"{ALERT_IS_DATA}\n> Disk is full on web-3") for text in said] == [1]
    assert await one.on.thread(GENERAL, held) == [start_sentences.ALERT_OF_OURS.text]


ALERTS = {"BOT_ALERT_BOTS": f"{GENERAL}:{OTHER_BOT}:{ANN}"}
REACTIONS = {"BOT_START_EMOJI": "robot_face", "BOT_START_EMOJI_CHANNELS": "*"}
STORIES = [
    Story("a bot that is trusted posts an alert", quiet, alert, started_by_alert, settings=lambda: dict(ALERTS)),
    Story("an alert comes again, and one is of ours", alerted, alert_again, braked, settings=lambda: dict(ALERTS)),
    Story(
        "a person reacts with the emoji that starts",
        written,
        react,
        started_by_reaction,
        settings=lambda: dict(REACTIONS),
    ),
    Story("a person starts a session with the form", nothing, fill_in, started_once),
    Story("a person sends a message to Devin", written, send_message, started_in_thread),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_starts_one_session(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
