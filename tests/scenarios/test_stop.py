"""Stopping: by button, by word, twice, before there is a session, and while Devin is away."""

import pytest

from bot.domain.session import DisplayState
from bot.views.answers import access as access_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.sentences import STATE_SENTENCES, STOPPING
from tests.for_devin import as_sent
from tests.said import ASKED_BY, a_session, up_to_reference
from tests.scenarios.ahead import TEAM, rows
from tests.scenarios.harness import ANN, BEN, BOT, GENERAL, GUEST, OPS, Harness
from tests.scenarios.observations import (
    buttons,
    card,
    card_of,
    creations,
    forge,
    polled,
    posted,
    press,
    private_answers,
    reactions,
    sent_to_devin,
    settled,
    started_by_command,
    what_became_of,
)

STOPPED = f"<@{ANN}> {stop_sentences.stopped('ben').text}"
STOPPED_BY_ANN = stop_sentences.stopped("ann").text
CANCELLED = stop_sentences.cancelled("ann").text
DONE, DONE_HERE = stop_sentences.ALREADY_DONE.text, stop_sentences.ALREADY_DONE_HERE.text
STOPPED_HERE = stop_sentences.ALREADY_STOPPED_HERE.text
AWAY = {"times": -1}


async def press_stop(on: Harness, ts: str, user: str = ANN) -> None:
    """Press the card's Stop button."""
    pressed = await on.slack.click(user, GENERAL, (await card(on, ts))["ts"], "stop")
    assert pressed["status"] == "acked"


@pytest.mark.both_transports
async def test_the_button_puts_devin_to_sleep(on: Harness) -> None:
    ts, session = await on.started()
    await press_stop(on, ts)
    await on.slack.wait_for_message(GENERAL, "Stopped by ann. Reply in the thread to resume", thread_ts=ts)
    await settled(on)
    assert await on.thread(GENERAL, ts) == [STOPPED_BY_ANN]
    assert (await on.devin.session(session))["is_archived"] is True
    shown = await card(on, ts)
    assert STATE_SENTENCES[DisplayState.STOPPED].format(by=" by ann") in shown["rendered"]
    assert "stop" not in [button["action_id"] for button in shown["blocks"][-1]["elements"]]


async def test_a_stop_that_names_its_session_by_a_link_is_urgent_like_any_other(on: Harness) -> None:
    _, session = await on.started()
    ts = await on.mention(f"stop <https://app.devin.ai/sessions/{session}|Fix the login test>")
    await on.devin.wait_for_sessions("fix the login test", is_archived=True)
    await settled(on)
    [row] = await rows(on, "inbox", key=f"msg:{TEAM}:{GENERAL}:{ts}")
    assert row["urgent"]
    assert await creations(on) == 1


@pytest.mark.both_transports
async def test_the_button_asks_somebody_who_did_not_ask_for_the_session(on: Harness) -> None:
    ts, session = await on.started()
    await press_stop(on, ts, BEN)
    question = await on.slack.wait_for_ephemeral(BEN)
    assert question["text"] == stop_sentences.stop_confirm(a_session(requester_name="ann")).text
    assert buttons(question) == ["Stop it", "Keep running"]
    assert (await on.devin.session(session))["is_archived"] is False
    assert (await on.slack.click(BEN, GENERAL, question["ts"], "choose:stop_confirmed"))["status"] == "acked"
    await on.wait_for_post(GENERAL, ts, STOPPED)
    await settled(on)
    assert await what_became_of(on, question) == (stop_sentences.STOP_DONE.text, [])
    assert await on.thread(GENERAL, ts) == [STOPPED]
    assert (await on.devin.session(session))["is_archived"] is True


async def test_somebody_who_was_asked_may_leave_the_session_running(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", "503", times=1)
    await on.slack.say(ANN, GENERAL, "please use pytest", thread_ts=ts)
    await press_stop(on, ts, BEN)
    question = await on.slack.wait_for_ephemeral(BEN)
    await on.slack.click(BEN, GENERAL, question["ts"], "answer:session:no")
    await on.devin.wait_for_messages("please use pytest")
    await settled(on)
    assert await what_became_of(on, question) == (stop_sentences.SESSION_KEPT.text, [])
    assert await on.thread(GENERAL, ts) == []
    assert (await on.devin.session(session))["is_archived"] is False


async def test_a_start_is_not_canceled_before_somebody_else_has_confirmed_that(on: Harness) -> None:
    await on.devin.fault("create_session", "503", **AWAY)
    ts = await on.mention("fix the login test")
    await on.devin.wait_for_calls("create_session")
    await on.slack.wait_for_message(GENERAL, ASKED_BY, thread_ts=ts)
    await press_stop(on, ts, BEN)
    question = await on.slack.wait_for_ephemeral(BEN)
    assert await on.thread(GENERAL, ts) == []
    await on.slack.click(BEN, GENERAL, question["ts"], "choose:stop_confirmed")
    await on.wait_for_post(GENERAL, ts, f"<@{ANN}> {stop_sentences.cancelled('ben').text}")
    await settled(on)
    assert await what_became_of(on, question) == (stop_sentences.STOP_DONE.text, [])
    assert await on.devin.sessions() == []


@pytest.mark.parametrize("word", ["!stop", "Sleep"])
async def test_a_word_does_the_same(on: Harness, word: str) -> None:
    ts, session = await on.started()
    await on.slack.say(ANN, GENERAL, word, thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, STOPPED_BY_ANN, thread_ts=ts)
    assert (await on.devin.session(session))["is_archived"] is True
    assert await sent_to_devin(on, session) == []


@pytest.mark.parametrize("word", ["!stop", "Sleep", f"{BOT} stop"])
async def test_a_word_asks_somebody_who_did_not_ask_for_the_session(on: Harness, word: str) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, word, thread_ts=ts)
    question = await on.slack.wait_for_ephemeral(BEN)
    assert question["text"] == stop_sentences.stop_confirm(a_session(requester_name="ann")).text
    assert await on.devin.log("archive") == []
    await on.slack.click(BEN, GENERAL, question["ts"], "choose:stop_confirmed")
    await on.wait_for_post(GENERAL, ts, STOPPED)
    await settled(on)
    assert await what_became_of(on, question) == (stop_sentences.STOP_DONE.text, [])
    assert await on.thread(GENERAL, ts) == [STOPPED]
    assert await sent_to_devin(on, session) == []


async def test_who_asked_for_the_session_is_not_told_of_a_stop_if_they_chose_that(on: Harness) -> None:
    ts, _ = await on.started()
    await on.slack.say(ANN, GENERAL, "!notify off", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN)
    await press_stop(on, ts, BEN)
    question = await on.slack.wait_for_ephemeral(BEN)
    await on.slack.click(BEN, GENERAL, question["ts"], "choose:stop_confirmed")
    await on.wait_for_post(GENERAL, ts, stop_sentences.stopped("ben").text)
    assert await on.thread(GENERAL, ts) == [stop_sentences.stopped("ben").text]


async def test_a_second_stop_changes_nothing(on: Harness) -> None:
    ts, _ = await on.started()
    button = (await card(on, ts))["ts"]
    await on.slack.click(ANN, GENERAL, button, "stop")
    await on.slack.click(ANN, GENERAL, button, "stop")
    await on.slack.say(BEN, GENERAL, "!stop", thread_ts=ts)
    await settled(on)
    assert await on.thread(GENERAL, ts) == [STOPPED_BY_ANN]
    again = STOPPED_HERE
    assert await private_answers(on, BEN) == [again]
    assert await private_answers(on, ANN) == [again]
    assert len(await on.devin.log("archive")) == 1


async def test_a_list_that_was_read_before_a_stop_of_the_same_second_does_not_undo_it(on: Harness) -> None:
    """Devin's times are whole seconds, so such a list looks as new as the stop."""
    ts, session = await on.started()
    await press_stop(on, ts)
    await settled(on)
    await on.devin.set(session, moves=False, is_archived=False, status="running", status_detail="working")
    await polled(on)
    await on.slack.say(BEN, GENERAL, "!stop", thread_ts=ts)
    await settled(on)
    assert await on.thread(GENERAL, ts) == [STOPPED_BY_ANN]
    assert await private_answers(on, BEN) == [STOPPED_HERE]


async def test_a_reply_after_the_stop_wakes_the_session(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.switch(archived_messages_refused=True)
    await press_stop(on, ts)
    await on.slack.wait_for_message(GENERAL, "Stopped by ann. Reply to resume", thread_ts=ts)
    reply = await on.slack.say(BEN, GENERAL, "go on", thread_ts=ts)
    await on.devin.wait_for_messages("go on")
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts)
    await settled(on)
    made = await on.devin.session(session)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "go on")]
    assert (made["is_archived"], made["status"]) == (False, "running")
    assert await on.thread(GENERAL, ts) == [STOPPED_BY_ANN]


@pytest.mark.both_transports
async def test_a_stop_goes_before_the_replies_that_wait(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", "503", **AWAY)
    await on.slack.say(ANN, GENERAL, "please use pytest", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, "also fix the signup test", thread_ts=ts)
    await on.devin.wait_for_calls("send_message")
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Stopped by", thread_ts=ts)
    await on.devin.clear_faults()
    await settled(on)
    assert await on.thread(GENERAL, ts) == [stop_sentences.stopped("ann", 2).text]
    assert await sent_to_devin(on, session) == []
    assert (await on.devin.session(session))["is_archived"] is True


async def test_a_stop_during_an_outage_is_done_when_devin_is_back(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", "503", **AWAY)
    await on.devin.fault("archive", "503", times=1)
    await on.slack.say(ANN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_calls("send_message")
    await press_stop(on, ts)
    await on.slack.wait_for_message(GENERAL, STOPPING, thread_ts=ts)
    await on.devin.clear_faults()
    await on.slack.wait_for_message(GENERAL, "Stopped by", thread_ts=ts, within=20)
    await settled(on)
    assert await on.thread(GENERAL, ts) == [stop_sentences.stopped("ann", 1).text]
    assert await sent_to_devin(on, session) == []


async def test_a_lost_answer_to_the_stop_does_no_harm(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("archive", "commit_then_drop")
    await press_stop(on, ts)
    await on.slack.wait_for_message(GENERAL, STOPPED_BY_ANN, thread_ts=ts, within=20)
    assert (await on.devin.session(session))["is_archived"] is True


async def test_a_stop_before_the_create_call_cancels_the_start(on: Harness) -> None:
    await on.devin.fault("create_session", "503", **AWAY)
    ts = await on.mention("fix the login test")
    await on.devin.wait_for_calls("create_session")
    await on.slack.wait_for_message(GENERAL, ASKED_BY, thread_ts=ts)
    await on.slack.say(ANN, GENERAL, "please use pytest", thread_ts=ts)
    await settled_deliveries(on)
    await press_stop(on, ts)
    await on.slack.wait_for_message(GENERAL, STATE_SENTENCES[DisplayState.CANCELLED].format(by=" by ann"), thread_ts=ts)
    await on.devin.clear_faults()
    await settled(on)
    assert await on.thread(GENERAL, ts) == [stop_sentences.cancelled("ann", 1).text]
    assert await reactions(on, ts) == []
    assert await on.devin.sessions() == []


async def test_a_stop_while_the_session_is_being_created_stops_it_then(on: Harness) -> None:
    await on.devin.fault("create_session", "slow", seconds=2.0)
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, ASKED_BY, thread_ts=ts)
    await press_stop(on, ts)
    await on.slack.wait_for_message(GENERAL, STOPPED_BY_ANN, thread_ts=ts)
    await settled(on)
    made = await on.session("fix the login test")
    assert made["is_archived"] is True
    assert await creations(on) == 1


async def test_a_stop_with_an_unknown_start_waits_for_the_look_up(on: Harness) -> None:
    await on.devin.fault("create_session", "commit_then_drop")
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, "Checking whether your session started", thread_ts=ts)
    await press_stop(on, ts)
    await on.slack.wait_for_ephemeral(ANN, stop_sentences.STOP_AFTER_CHECK.text)
    await on.slack.wait_for_message(GENERAL, STOPPED_BY_ANN, thread_ts=ts, within=20)
    made = await on.session("fix the login test")
    assert made["is_archived"] is True
    assert await creations(on) == 1


async def test_a_stop_before_the_session_of_a_slash_command_exists(on: Harness) -> None:
    await on.devin.fault("create_session", "slow", seconds=1.5)
    await on.slack.slash(ANN, GENERAL, "fix the login test")
    ts = (await posted(on, GENERAL, "fix the login test"))["ts"]
    await on.devin.wait_for_calls("create_session")
    await press_stop(on, ts)
    await on.slack.wait_for_message(GENERAL, STOPPED_BY_ANN, thread_ts=ts)
    assert (await on.session("fix the login test"))["is_archived"] is True


async def test_a_slash_stop_before_the_card_stands_cancels_the_start(on: Harness) -> None:
    await on.slack.fault("chat.postMessage", "slow", seconds=1.5)
    await on.slack.slash(BEN, GENERAL, "fix the login test")
    said = "None of your sessions is running"
    while said.startswith("None of your sessions is running"):  # until the order is recorded; its card is on its way
        said = (await on.slack.slash(BEN, GENERAL, "stop"))["shown"]["rendered"]
    assert said == stop_sentences.stopping(a_session(url=None), None).text
    ts = (await posted(on, GENERAL, "fix the login test"))["ts"]
    await on.slack.wait_for_message(GENERAL, stop_sentences.cancelled("ben").text, thread_ts=ts)
    await settled(on)
    assert await on.devin.sessions() == []


async def test_a_stop_that_devin_refuses_says_that_the_session_still_runs(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.permissions(revoke=["ManageOrgSessions"])
    for number, stop in enumerate((press_stop(on, ts), on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)), start=1):
        await stop
        said = await on.slack.wait_for_messages(GENERAL, number, thread_ts=ts, text="rejected the stop")
        assert said[-1]["rendered"].startswith(
            up_to_reference(stop_sentences.stop_failed(f"https://app.devin.ai/sessions/{session}", ""))
        )
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts)
    shown = await card(on, ts)
    assert "stop" in [button["action_id"] for button in shown["blocks"][-1]["elements"]]


async def test_a_stop_of_an_ended_session_says_so(on: Harness) -> None:
    ts, _ = await started_by_command(on, "fix the login test", ANN, GENERAL)
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Archived by", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "!stop", thread_ts=ts)
    said = await on.slack.wait_for_ephemeral(BEN)
    assert said["rendered"] == stop_sentences.ALREADY_ARCHIVED.text


PULL_REQUEST = {"pr_url": "https://github.com/acme/web/pull/12", "pr_state": "open"}


async def done_with_a_pull_request(on: Harness) -> tuple[str, str]:
    """A session of ann's that is done, and whose card says so."""
    ts, session = await on.started()
    await on.devin.set(session, status="running", status_detail="finished", pull_requests=[PULL_REQUEST])
    await card_of(on, ts, "Done")
    return ts, session


@pytest.mark.both_transports
async def test_a_stop_of_a_done_session_says_that_it_is_done_and_changes_nothing(on: Harness) -> None:
    ts, _ = await done_with_a_pull_request(on)
    before = await card(on, ts)
    await on.slack.slash(ANN, OPS, "list")
    assert (await on.slack.slash(ANN, OPS, "stop 1")).get("shown") is None
    await on.slack.wait_for_ephemeral(ANN, DONE, channel=OPS)
    await on.slack.say(BEN, GENERAL, "!stop", thread_ts=ts)
    await on.mention("stop", BEN, thread_ts=ts)
    await settled(on)
    assert await private_answers(on, BEN) == [DONE_HERE, DONE_HERE]
    await on.slack.say(ANN, GENERAL, "sleep", thread_ts=ts)
    [row] = await rows(on, "sessions")
    pressed = press(ANN, GENERAL, "stop", row["id"])
    assert await forge(on, "interactive", pressed) == "acked"
    await settled(on)
    assert await private_answers(on, ANN, channel=GENERAL, thread_ts=ts) == [DONE_HERE, DONE_HERE]
    assert await card(on, ts) == before
    assert "Review PR" in buttons(before)
    assert await on.devin.log("archive") == []


async def test_a_stop_of_a_done_session_keeps_back_the_replies_that_would_set_it_to_work(on: Harness) -> None:
    ts, session = await done_with_a_pull_request(on)
    await on.devin.fault("send_message", "503", **AWAY)
    await on.slack.say(ANN, GENERAL, "rename the flag too", thread_ts=ts)
    await on.devin.wait_for_calls("send_message")
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.wait_for_post(GENERAL, ts, stop_sentences.none_sent(1).text)
    await on.devin.clear_faults()
    await settled(on)
    assert await sent_to_devin(on, session) == []
    assert await private_answers(on, ANN) == [DONE_HERE]


async def test_a_stop_of_a_failed_session_leaves_it_failed(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status="suspended", status_detail="error")
    failed = await card_of(on, ts, "Devin paused this session after an error")
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, stop_sentences.ALREADY_FAILED.text)
    await settled(on)
    assert (await card(on, ts))["rendered"] == failed
    assert await on.devin.log("archive") == []


async def test_exit_ends_the_replies_that_wait(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", "503", **AWAY)
    await on.slack.say(ANN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_calls("send_message")
    await on.slack.say(ANN, GENERAL, "EXIT", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(ANN, "permanently?")
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:exit_confirmed")
    await on.slack.wait_for_message(GENERAL, "Ended permanently", thread_ts=ts)
    await on.devin.clear_faults()
    await settled(on)
    assert await on.thread(GENERAL, ts) == [stop_sentences.exited("ann", 1).text]
    assert (await on.devin.session(session))["terminated"] is True


async def settled_deliveries(on: Harness) -> None:
    """Wait until the bot has stored what people wrote so far."""
    last = (await on.slack.deliveries())[-1]["n"]
    await on.slack.wait("deliveries", n=last, status="acked")


async def test_a_cross_on_the_card_stops_the_session(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.react(ANN, GENERAL, (await card(on, ts))["ts"], "x")
    await on.wait_for_post(GENERAL, ts, STOPPED_BY_ANN)
    await settled(on)
    assert (await on.devin.session(session))["is_archived"] is True
    assert await on.thread(GENERAL, ts) == [STOPPED_BY_ANN]
    assert await private_answers(on, ANN) == []


@pytest.mark.both_transports
async def test_a_cross_on_the_message_that_began_the_thread_stops_the_session(on: Harness) -> None:
    ts, _ = await on.started()
    await on.slack.react(ANN, GENERAL, ts, "x")
    await on.wait_for_post(GENERAL, ts, STOPPED_BY_ANN)


async def test_a_cross_on_what_devin_said_stops_the_session(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "I look at the tests first.")
    said = await on.wait_for_post(GENERAL, ts, "I look at the tests first.")
    await settled(on)  # nobody reacts before it is stored where the post stands
    await on.slack.react(ANN, GENERAL, said["ts"], "x")
    await on.wait_for_post(GENERAL, ts, STOPPED_BY_ANN)


async def test_a_cross_goes_before_the_replies_that_wait(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", "503", **AWAY)
    await on.slack.say(ANN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_calls("send_message")
    await on.slack.react(ANN, GENERAL, ts, "x")
    await on.wait_for_post(GENERAL, ts, stop_sentences.stopped("ann", 1).text)
    await on.devin.clear_faults()
    await settled(on)
    assert await sent_to_devin(on, session) == []


async def test_a_cross_by_somebody_else_asks_privately_as_the_button_does(on: Harness) -> None:
    ts, _ = await on.started()
    await on.slack.react(BEN, GENERAL, ts, "x")
    question = await on.slack.wait_for_ephemeral(BEN)
    assert question["thread_ts"] == ts
    assert question["text"] == stop_sentences.stop_confirm(a_session(requester_name="ann")).text
    assert await on.thread(GENERAL, ts) == []
    await on.slack.click(BEN, GENERAL, question["ts"], "choose:stop_confirmed")
    await on.wait_for_post(GENERAL, ts, STOPPED)


async def test_a_cross_by_who_may_stop_nothing_does_nothing_and_says_so(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.react(GUEST, GENERAL, ts, "x")
    refused = await on.slack.wait_for_ephemeral(GUEST)
    await settled(on)
    assert (refused["text"], refused["thread_ts"]) == (access_sentences.GUEST_REFUSED.text, ts)
    assert (await on.devin.session(session))["is_archived"] is False
    assert await on.thread(GENERAL, ts) == []


async def test_a_cross_of_another_app_does_nothing_and_asks_nobody(on: Harness) -> None:
    await on.slack.put_person("U0CI", is_bot=True)
    await on.slack.invite(GENERAL, "U0CI")
    ts, session = await on.started()
    await on.slack.react("U0CI", GENERAL, ts, "x")
    await settled(on)
    assert await private_answers(on, "U0CI") == []
    assert (await on.devin.session(session))["is_archived"] is False
    assert await on.thread(GENERAL, ts) == []


async def test_a_cross_elsewhere_stops_nothing(on: Harness) -> None:
    """On a person's reply, as another emoji, or without a session it is what somebody thinks of a message."""
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, "use pytest", thread_ts=ts)
    other = await on.slack.say(BEN, GENERAL, "lunch?")
    for message, name in ((reply, "x"), (other, "x"), (ts, "tada")):
        await on.slack.react(ANN, GENERAL, message, name)
    await on.devin.wait_for_messages("use pytest")
    await settled(on)
    assert (await on.devin.session(session))["is_archived"] is False
    assert await private_answers(on, ANN) == []


async def test_a_cross_on_a_session_that_sleeps_says_so(on: Harness) -> None:
    ts, _ = await on.started()
    await press_stop(on, ts)
    await on.wait_for_post(GENERAL, ts, STOPPED_BY_ANN)
    await on.slack.react(ANN, GENERAL, ts, "x")
    await on.slack.wait_for_ephemeral(ANN, STOPPED_HERE)
    assert await on.thread(GENERAL, ts) == [STOPPED_BY_ANN]
