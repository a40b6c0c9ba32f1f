"""Stopping: by button, by word, twice, before there is a session, and while Devin is away."""

import pytest

from tests.scenarios.looks import card, creations, ordered, posted, settled, told, whispered
from tests.scenarios.stage import ANN, BEN, GENERAL, Stage

STOPPED = (
    ":black_square_for_stop: Stopped by <@U0BEN>. Devin sleeps and nothing is lost; a reply in this thread wakes it."
)
CANCELLED = ":black_square_for_stop: Cancelled by <@U0BEN> before it began: nothing was started and nothing was spent."
AWAY = {"times": -1}


async def press_stop(on: Stage, ts: str, user: str = BEN) -> None:
    """Press the card's Stop button."""
    pressed = await on.slack.click(user, GENERAL, (await card(on, ts))["ts"], "stop")
    assert pressed["status"] == "acked"


@pytest.mark.both_transports
async def test_the_button_puts_devin_to_sleep(on: Stage) -> None:
    ts, session = await on.started()
    await press_stop(on, ts)
    await on.slack.wait_for_message(GENERAL, "Stopped by <@U0BEN>. It sleeps", thread_ts=ts)
    await settled(on)
    assert await on.thread(GENERAL, ts) == [STOPPED]
    assert (await on.devin.session(session))["is_archived"] is True
    shown = await card(on, ts)
    assert (
        "Stopped by <@U0BEN>. It sleeps and nothing is lost: reply in this thread and Devin goes on." in shown["text"]
    )
    assert "stop" not in [button["action_id"] for button in shown["blocks"][-1]["elements"]]


@pytest.mark.parametrize("word", ["!stop", "Sleep"])
async def test_a_word_does_the_same(on: Stage, word: str) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, word, thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, STOPPED, thread_ts=ts)
    assert (await on.devin.session(session))["is_archived"] is True
    assert await told(on, session) == []


async def test_a_second_stop_changes_nothing(on: Stage) -> None:
    ts, _ = await on.started()
    button = (await card(on, ts))["ts"]
    await on.slack.click(BEN, GENERAL, button, "stop")
    await on.slack.click(BEN, GENERAL, button, "stop")
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await settled(on)
    assert await on.thread(GENERAL, ts) == [STOPPED]
    again = "This session is asleep already; nothing was changed. A reply in its thread wakes it."
    assert await whispered(on, BEN) == [again]
    assert await whispered(on, ANN) == [again]
    assert len(await on.devin.log("archive")) == 1


async def test_a_reply_after_the_stop_wakes_the_session(on: Stage) -> None:
    ts, session = await on.started()
    await on.devin.switch(archived_messages_refused=True)
    await press_stop(on, ts)
    await on.slack.wait_for_message(GENERAL, "Stopped by <@U0BEN>. Devin sleeps", thread_ts=ts)
    reply = await on.slack.say(BEN, GENERAL, "go on", thread_ts=ts)
    await on.devin.wait_for_messages("go on")
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts)
    await settled(on)
    made = await on.devin.session(session)
    assert await told(on, session) == [f"[Slack {reply}] ben:\ngo on"]
    assert (made["is_archived"], made["status"]) == (False, "running")
    assert await on.thread(GENERAL, ts) == [STOPPED]


@pytest.mark.both_transports
async def test_a_stop_goes_before_the_replies_that_wait(on: Stage) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", "503", **AWAY)
    await on.slack.say(ANN, GENERAL, "please use pytest", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, "and be quick", thread_ts=ts)
    await on.devin.wait_for_calls("send_message")
    await on.slack.say(BEN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Stopped by", thread_ts=ts)
    await on.devin.clear_faults()
    await settled(on)
    assert await on.thread(GENERAL, ts) == [
        f"{STOPPED} 2 waiting replies were not sent to Devin, because the stop came first."
    ]
    assert await told(on, session) == []
    assert (await on.devin.session(session))["is_archived"] is True


async def test_a_stop_during_an_outage_is_done_when_devin_is_back(on: Stage) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", "503", **AWAY)
    await on.devin.fault("archive", "503", times=1)
    await on.slack.say(ANN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_calls("send_message")
    await press_stop(on, ts)
    await on.slack.wait_for_message(GENERAL, "Stopping: Devin is being put to sleep; nothing is lost.", thread_ts=ts)
    await on.devin.clear_faults()
    await on.slack.wait_for_message(GENERAL, "Stopped by", thread_ts=ts, within=20)
    await settled(on)
    assert await on.thread(GENERAL, ts) == [
        f"{STOPPED} 1 waiting reply was not sent to Devin, because the stop came first."
    ]
    assert await told(on, session) == []


async def test_a_lost_answer_to_the_stop_does_no_harm(on: Stage) -> None:
    ts, session = await on.started()
    await on.devin.fault("archive", "commit_then_drop")
    await press_stop(on, ts)
    await on.slack.wait_for_message(GENERAL, STOPPED, thread_ts=ts, within=20)
    assert (await on.devin.session(session))["is_archived"] is True


async def test_a_stop_before_the_create_call_cancels_the_start(on: Stage) -> None:
    await on.devin.fault("create_session", "503", **AWAY)
    ts = await on.mention("fix the login test")
    await on.devin.wait_for_calls("create_session")
    await on.slack.wait_for_message(GENERAL, "Asked by", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, "please use pytest", thread_ts=ts)
    await settled_deliveries(on)
    await press_stop(on, ts)
    await on.slack.wait_for_message(GENERAL, "Cancelled by <@U0BEN> before it began. Nothing was started", thread_ts=ts)
    await on.devin.clear_faults()
    await settled(on)
    assert await on.thread(GENERAL, ts) == [
        f"{CANCELLED} 1 waiting reply was not sent to Devin, because there is no session."
    ]
    assert await on.devin.sessions() == []


async def test_a_stop_while_the_session_is_being_created_stops_it_then(on: Stage) -> None:
    await on.devin.fault("create_session", "slow", seconds=2.0)
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, "Asked by", thread_ts=ts)
    await press_stop(on, ts)
    await on.slack.wait_for_message(GENERAL, STOPPED, thread_ts=ts)
    await settled(on)
    made = await on.session("fix the login test")
    assert made["is_archived"] is True
    assert await creations(on) == 1


async def test_a_stop_with_an_unknown_start_waits_for_the_look_up(on: Stage) -> None:
    await on.devin.fault("create_session", "commit_then_drop")
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, "Checking: Devin's answer got lost", thread_ts=ts)
    await press_stop(on, ts)
    await on.slack.wait_for_ephemeral(
        BEN,
        "Devin's answer to the start got lost and is being looked up. The session is stopped as soon as it is found; "
        "if there is none, nothing is started.",
    )
    await on.slack.wait_for_message(GENERAL, STOPPED, thread_ts=ts, within=20)
    made = await on.session("fix the login test")
    assert made["is_archived"] is True
    assert await creations(on) == 1


async def test_a_stop_before_the_session_of_a_slash_command_exists(on: Stage) -> None:
    await on.devin.fault("create_session", "slow", seconds=1.5)
    await on.slack.slash(ANN, GENERAL, "fix the login test")
    ts = (await posted(on, GENERAL, "fix the login test"))["ts"]
    await on.devin.wait_for_calls("create_session")
    await press_stop(on, ts)
    await on.slack.wait_for_message(GENERAL, STOPPED, thread_ts=ts)
    assert (await on.session("fix the login test"))["is_archived"] is True


async def test_a_slash_stop_before_the_card_stands_cancels_the_start(on: Stage) -> None:
    await on.slack.fault("chat.postMessage", "slow", seconds=1.5)
    await on.slack.slash(BEN, GENERAL, "fix the login test")
    said = "Nothing of yours is running"
    while said.startswith("Nothing of yours is running"):  # until the order is recorded; its card is on its way
        said = (await on.slack.slash(BEN, GENERAL, "stop"))["shown"]["rendered"]
    assert said == "Stopping: Devin is put to sleep in a moment. Nothing is lost."
    ts = (await posted(on, GENERAL, "fix the login test"))["ts"]
    await on.slack.wait_for_message(GENERAL, CANCELLED, thread_ts=ts)
    await settled(on)
    assert await on.devin.sessions() == []


async def test_a_stop_that_devin_refuses_says_that_the_session_still_runs(on: Stage) -> None:
    ts, session = await on.started()
    await on.devin.permissions(revoke=["ManageOrgSessions"])
    for number, stop in enumerate((press_stop(on, ts), on.slack.say(BEN, GENERAL, "!stop", thread_ts=ts)), start=1):
        await stop
        said = await on.slack.wait_for_messages(GENERAL, number, thread_ts=ts, text="could not be told")
        assert said[-1]["rendered"].startswith(
            ":warning: Devin could not be told to stop, so *the session is still running*. Stop it in "
            f"<https://app.devin.ai/sessions/{session}|Devin>, or try `!stop` again in a minute. Reference `"
        )
    await on.slack.wait_for_message(GENERAL, "Working. Reply in this thread to steer it.", thread_ts=ts)
    shown = await card(on, ts)
    assert "stop" in [button["action_id"] for button in shown["blocks"][-1]["elements"]]


async def test_a_stop_of_an_ended_session_says_so(on: Stage) -> None:
    ts, _ = await ordered(on, "fix the login test", ANN, GENERAL)
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Archived by", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "!stop", thread_ts=ts)
    said = await on.slack.wait_for_ephemeral(BEN)
    assert said["rendered"] == (
        "This session has ended already; nothing was changed. Use `/devin` or mention Devin Bridge to start a new one."
    )


async def test_exit_ends_the_replies_that_wait(on: Stage) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", "503", **AWAY)
    await on.slack.say(ANN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_calls("send_message")
    await on.slack.say(ANN, GENERAL, "EXIT", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(ANN, "for good?")
    await on.slack.click(ANN, GENERAL, asked["ts"], "exit_confirmed")
    await on.slack.wait_for_message(GENERAL, "Ended for good", thread_ts=ts)
    await on.devin.clear_faults()
    await settled(on)
    assert await on.thread(GENERAL, ts) == [
        (
            ":checkered_flag: Ended for good by <@U0ANN>. Replies in this thread no longer reach Devin. "
            "1 waiting reply was not sent to Devin, because the session was ended first. "
            "Use `/devin` or mention Devin Bridge to start a new session."
        )
    ]
    assert (await on.devin.session(session))["terminated"] is True


async def settled_deliveries(on: Stage) -> None:
    """Wait until the bot has stored what people wrote so far."""
    last = (await on.slack.deliveries())[-1]["n"]
    await on.slack.wait("deliveries", n=last, status="acked")
