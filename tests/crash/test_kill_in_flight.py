"""`SIGKILL` while a call is on its way: what it still does on the other side is found."""

import signal
from pathlib import Path

import pytest

from bot.conversation.receive.catch_up import CatchUp
from bot.views.answers import stops as stop_sentences
from tests.crash.scene import PATIENCE, Nursery, scene
from tests.crash.steps import AFTER, BEFORE, Moment
from tests.said import ASKED_BY
from tests.scenarios.harness import ANN, GENERAL

pytestmark = pytest.mark.edge

FETCHING = CatchUp._read_channel.__qualname__
LONG = "20"  # seconds: the answer is found before they are over


async def test_a_create_that_arrives_after_the_death_of_its_sender_is_adopted(tmp_path: Path, nursery: Nursery) -> None:
    async with scene(tmp_path, nursery, UNKNOWN_AFTER=LONG) as one:
        first = one.begin()
        await one.reachable()
        number = await one.devin.fault("create_session", "hang", commit="late")
        ts = await one.on.mention("fix the login test")
        await one.devin.wait_for_calls("create_session", seconds=PATIENCE)
        await first.kill()
        one.begin()
        await one.devin.wait_for_calls("list_sessions", contains=f"slack-T0PLAY-{GENERAL}-{ts}", seconds=PATIENCE)
        await one.devin.release(number)
        await one.slack.wait_for_message(GENERAL, "Queued", thread_ts=ts, within=PATIENCE)
        await one.quiet()
        await one.polled()
        assert len(await one.devin.sessions()) == 1
        assert await one.on.thread(GENERAL, ts) == []


async def test_a_stop_pressed_while_a_lost_create_is_looked_up_stops_the_session_that_is_found(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with scene(tmp_path, nursery, UNKNOWN_AFTER=LONG) as one:
        first = one.begin()
        await one.reachable()
        number = await one.devin.fault("create_session", "hang", commit="late")
        ts = await one.on.mention("fix the login test")
        await one.devin.wait_for_calls("create_session", seconds=PATIENCE)
        card = await one.slack.wait_for_message(GENERAL, ASKED_BY, thread_ts=ts, within=PATIENCE)
        await first.kill()
        one.begin()
        await one.reachable()
        await one.slack.click(ANN, GENERAL, card["ts"], "stop")
        await one.slack.wait_for_ephemeral(ANN, "If it did, it's stopped at once", within=PATIENCE)
        await one.devin.release(number)
        await one.slack.wait_for_message(GENERAL, "Stopped by ann. Reply in the thread", thread_ts=ts, within=PATIENCE)
        await one.quiet()
        await one.polled()
        (made,) = await one.devin.sessions()
        assert made["is_archived"]
        assert await one.on.thread(GENERAL, ts) == [stop_sentences.stopped("ann").text]


async def test_the_second_try_of_a_post_is_waited_for_as_the_first_was(tmp_path: Path, nursery: Nursery) -> None:
    """The first try is lost and not done; the second one is done late, after the death of its sender."""
    async with scene(tmp_path, nursery) as one:
        first = one.begin()
        await one.reachable()
        ts, session = await one.on.started()
        await one.quiet()
        await one.slack.fault("chat.postMessage", "drop_before", match="Hello.")
        await one.slack.fault("chat.postMessage", "slow", seconds=1.0, match="Hello.")
        await one.devin.say(session, "Hello.")
        await one.slack.wait("log", method="chat.postMessage", fault="slow", within=PATIENCE)
        await first.kill()
        one.begin()
        await one.reachable()
        await one.quiet()
        await one.polled()
        assert await one.on.thread(GENERAL, ts) == ["Hello."]


@pytest.mark.parametrize("when", [BEFORE, AFTER])
async def test_a_mention_that_is_fetched_when_the_bot_dies_starts_one_session(
    when: str, tmp_path: Path, nursery: Nursery
) -> None:
    async with scene(tmp_path, nursery) as one:
        first = one.begin()
        await one.reachable()
        await one.on.started("fix an earlier test")
        await one.quiet()
        await first.kill()
        await one.slack.pause("lose")
        await one.on.mention("fix the login test")
        await one.slack.resume()
        one.arm()
        code = await one.begin(Moment(FETCHING, when)).over()
        assert code == -signal.SIGKILL
        one.begin()
        await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE)
        await one.quiet()
        await one.polled()
        assert len(await one.devin.sessions(text="fix the login test")) == 1
