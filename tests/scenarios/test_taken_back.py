"""What Devin may take back: a session goes on until Devin says that it is over, and a stop until it sleeps."""

import pytest

from bot.domain.session import DisplayState
from bot.views.answers import replies as reply_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.sentences import STATE_SENTENCES
from tests.for_devin import as_sent
from tests.said import up_to_reference
from tests.scenarios.ahead import rows, until
from tests.scenarios.harness import ANN, BEN, GENERAL, Harness
from tests.scenarios.observations import card, private_answers, sent_to_devin, settled
from tests.scenarios.short_waits import AWAY, WITHIN, waited
from tests.waits import SHORT

pytestmark = [pytest.mark.edge, pytest.mark.timing(**SHORT)]

STOPPED = stop_sentences.stopped("ann").text
SOON_GONE = pytest.mark.timing(not_found_lasts=0.5)


async def goes_on(on: Harness, ts: str, session: str) -> None:
    """See that the session is followed, and that its card has its Stop button."""
    await on.devin.say(session, "I am still here.")
    await on.wait_for_post(GENERAL, ts, "I am still here.", within=WITHIN)
    shown = await card(on, ts)
    assert "stop" in [button["action_id"] for button in shown["blocks"][-1]["elements"]]
    assert await on.thread(GENERAL, ts) == ["I am still here."]


# ---------------------------------------------------------------- replies


@pytest.mark.both_transports
@pytest.mark.parametrize(("refusal", "times"), [(409, 2), (404, 2)])  # a 404 is asked for in both forms of the path
async def test_a_reply_that_devin_refuses_for_now_is_sent_later_and_the_session_goes_on(
    on: Harness, refusal: int, times: int
) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", refusal, times=times)
    said = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest", seconds=WITHIN)
    await waited(on, "inbox", ts=said, state="done")
    assert await sent_to_devin(on, session) == [as_sent(said, "ben", "please use pytest")]
    await goes_on(on, ts, session)


async def test_a_session_that_devin_does_not_find_for_a_moment_goes_on(on: Harness) -> None:
    ts, session = await on.started()
    for route in ("send_message", "get_session"):
        await on.devin.fault(route, 404, times=2)
    said = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest", seconds=WITHIN)
    await waited(on, "inbox", ts=said, state="done")
    assert [row["not_found_since"] for row in await rows(on, "sessions")] == [None]
    await goes_on(on, ts, session)


@SOON_GONE
async def test_a_session_that_devin_does_not_find_for_long_has_ended(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("list_sessions", "503", **AWAY)
    on.simulated_devin.world.held.sessions.pop(session)
    await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, reply_sentences.SESSION_ENDED.text, thread_ts=ts, within=WITHIN)
    await settled(on)
    assert len(await on.devin.log("send_message")) > 2
    assert STATE_SENTENCES[DisplayState.ENDED] in (await card(on, ts))["rendered"]


@pytest.mark.timing(late_notice=0.2, row_longest_retry=0.2, row_outage=1.5)
async def test_a_reply_that_devin_never_takes_is_announced_as_not_sent_and_the_session_goes_on(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", 409, **AWAY)
    await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "*wasn't sent*", thread_ts=ts, within=WITHIN)
    held, lost = await on.thread(GENERAL, ts)
    assert held == reply_sentences.REPLY_NOT_TAKEN_YET.text
    why = "Devin couldn't take messages in this session for too long"
    assert lost.startswith(up_to_reference(reply_sentences.reply_not_sent(why, "", "please use pytest")))
    assert await sent_to_devin(on, session) == []
    await on.devin.say(session, "I am still here.")
    await on.wait_for_post(GENERAL, ts, "I am still here.", within=WITHIN)
    assert [row["lifecycle"] for row in await rows(on, "sessions")] == ["open"]


@pytest.mark.parametrize(
    ("status", "detail", "why"),
    [
        (403, "IP 203.0.113.7 is not on the <access> list", "Devin doesn't allow it"),
        (403, "permission denied by guardrail policy", "Devin doesn't allow it"),
        (400, "Message must be at most 50000 characters", "Devin rejected it"),
        (413, "Message must be at most 50000 characters", "it's too long for Devin"),
    ],
)
async def test_what_devin_says_against_a_reply_is_told_as_it_is_and_the_session_goes_on(
    on: Harness, status: int, detail: str, why: str
) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", status, detail=detail)
    await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    lost = await on.slack.wait_for_message(GENERAL, "*wasn't sent*", thread_ts=ts, within=WITHIN)
    said = reply_sentences.reply_not_sent(why, "", "please use pytest", detail)
    assert lost["rendered"].startswith(up_to_reference(said))
    await settled(on)
    assert await sent_to_devin(on, session) == []
    await on.devin.say(session, "I am still here.")
    await on.wait_for_post(GENERAL, ts, "I am still here.", within=WITHIN)
    assert [row["lifecycle"] for row in await rows(on, "sessions")] == ["open"]


async def test_a_reply_that_is_refused_because_the_session_has_ended_says_so_and_ends_it(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("list_sessions", "503", **AWAY)  # nobody has seen that it is over
    await on.devin.terminate(session)
    await on.devin.fault("send_message", 400, detail="Session has ended")
    await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, reply_sentences.SESSION_ENDED.text, thread_ts=ts, within=WITHIN)
    await settled(on)
    assert [row["lifecycle"] for row in await rows(on, "sessions")] == ["ended"]
    assert STATE_SENTENCES[DisplayState.ENDED] in (await card(on, ts))["rendered"]


async def test_a_stop_that_is_refused_because_the_session_has_ended_is_done(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("list_sessions", "503", **AWAY)
    await on.devin.terminate(session)
    await on.devin.fault("archive", 400, detail="Session has ended")
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await waited(on, "sessions", lifecycle="ended")
    await settled(on)
    assert STATE_SENTENCES[DisplayState.ENDED] in (await card(on, ts))["rendered"]
    assert len(await on.devin.log("archive")) == 1


async def test_a_reply_that_is_refused_because_the_session_was_archived_elsewhere_wakes_it(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.switch(archived_messages_refused=True)
    await on.devin.fault("list_sessions", "503", **AWAY)  # nobody has seen that it sleeps
    await on.devin.archive(session)
    said = await on.slack.say(BEN, GENERAL, "please go on", thread_ts=ts)
    await on.devin.wait_for_messages("please go on", seconds=WITHIN)
    await on.devin.clear_faults()
    await waited(on, "inbox", ts=said, state="done")
    assert (await on.devin.session(session))["is_archived"] is False
    assert await sent_to_devin(on, session) == [as_sent(said, "ben", "please go on")]
    assert await on.thread(GENERAL, ts) == []


async def test_a_reply_with_an_unknown_outcome_waits_while_its_conversation_is_not_found(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", "commit_then_drop")
    await on.devin.fault("list_messages", 404, times=12)
    said = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await waited(on, "inbox", ts=said, state="done")
    assert await sent_to_devin(on, session) == [as_sent(said, "ben", "please use pytest")]
    assert await on.thread(GENERAL, ts) == []


# ---------------------------------------------------------------- stops


@pytest.mark.parametrize("refusal", [409, 404])
async def test_a_stop_that_devin_refuses_for_now_is_repeated(on: Harness, refusal: int) -> None:
    ts, session = await on.started()
    await on.devin.fault("archive", refusal, times=2)
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, STOPPED, thread_ts=ts, within=WITHIN)
    await settled(on)
    assert (await on.devin.session(session))["is_archived"] is True
    assert await on.thread(GENERAL, ts) == [STOPPED]
    assert await private_answers(on, ANN) == []


async def test_a_stop_is_repeated_until_devin_says_that_the_session_sleeps(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("archive", "odd", times=2, fields={"status": "running", "is_archived": False})
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.devin.wait_for_calls("archive", 2, seconds=WITHIN)
    assert await on.thread(GENERAL, ts) == []
    await on.slack.wait_for_message(GENERAL, STOPPED, thread_ts=ts, within=WITHIN)
    await settled(on)
    assert len(await on.devin.log("archive")) == 3
    assert await on.thread(GENERAL, ts) == [STOPPED]
    assert (await on.devin.session(session))["is_archived"] is True


async def test_a_stop_that_is_refused_because_the_session_sleeps_already_is_done(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("list_sessions", "503", **AWAY)  # nobody has seen that it sleeps
    await on.devin.archive(session)
    await on.devin.fault("archive", 409, **AWAY)
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, STOPPED, thread_ts=ts, within=WITHIN)
    assert len(await on.devin.log("archive")) == 1


@pytest.mark.timing(row_longest_retry=0.2, row_outage=1.0)
async def test_a_stop_that_devin_never_takes_says_that_the_session_still_runs(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("archive", 409, **AWAY)
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "rejected the stop", thread_ts=ts, within=WITHIN)
    (said,) = await on.thread(GENERAL, ts)
    assert said.startswith(up_to_reference(stop_sentences.stop_failed(f"https://app.devin.ai/sessions/{session}", "")))
    await until(lambda: _has_stop_button(on, ts))


async def _has_stop_button(on: Harness, ts: str) -> bool:
    return "stop" in str((await card(on, ts))["blocks"][-1]["elements"])


async def test_an_end_for_good_that_devin_refuses_for_now_is_repeated(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("terminate", 409, times=2)
    await on.slack.say(ANN, GENERAL, "EXIT", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(ANN, "permanently?")
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:exit_confirmed")
    await on.slack.wait_for_message(GENERAL, "Ended permanently", thread_ts=ts, within=WITHIN)
    await settled(on)
    assert (await on.devin.session(session))["terminated"] is True
    assert len(await on.devin.log("terminate")) == 3


async def test_of_two_sessions_with_one_reference_the_younger_is_ended_although_devin_refuses_for_now(
    on: Harness,
) -> None:
    ts, session = await on.started()
    ours = await on.devin.session(session)
    await on.devin.fault("terminate", 409)
    facts = {"prompt": ours["prompt"], "tags": ours["tags"], "created_at": ours["created_at"] + 5}
    (duplicate,) = await on.devin.create_sessions(**facts, status="running")
    await on.slack.wait_for_message(GENERAL, "started this task twice", thread_ts=ts, within=WITHIN)
    assert (await on.devin.session(duplicate))["terminated"] is True
    assert len(await on.devin.log("terminate")) == 2
    assert len(await on.thread(GENERAL, ts)) == 1
