"""People who become guests, are deactivated or come back: what counts is what they are when something starts."""

import pytest

from bot.domain.session import DisplayState
from bot.views.answers import access as access_sentences
from bot.views.sentences import STATE_SENTENCES
from tests.scenarios.ahead import Ahead
from tests.scenarios.harness import ANN, BEN, GENERAL, WEB, Harness
from tests.scenarios.observations import card, creations, private_answers, settled, started_by_command
from tests.scenarios.short_waits import AWAY
from tests.waits import SHORT

pytestmark = pytest.mark.edge

A_MINUTE_LATER = 61.0


@pytest.mark.both_transports
async def test_slacks_event_about_a_person_counts_for_the_next_ack_without_a_call(on: Harness) -> None:
    """Later their address is asked for, which may be another one and is not stored: the session runs in their name."""
    await started_by_command(on, "fix the login test", ANN, GENERAL)
    asked = len(await on.slack.log("users.info"))
    await on.slack.put_person(ANN, is_restricted=True)
    await on.slack.wait_for_delivery(type="user_change", status="acked")
    answer = await on.slack.slash(ANN, GENERAL, "fix the logout test")
    assert answer["shown"]["rendered"] == access_sentences.GUEST_REFUSED.text
    assert len(await on.slack.log("users.info")) == asked
    await on.slack.put_person(ANN, is_restricted=False)
    await on.slack.wait_for_delivery(2, type="user_change", status="acked")
    answer = await on.slack.slash(ANN, GENERAL, "fix the logout test")
    assert answer["shown"] is None
    await on.session("fix the logout test")
    assert len(await on.slack.log("users.info")) == asked + 1


async def test_who_became_a_guest_a_minute_ago_starts_nothing_although_the_event_was_lost(
    on: Harness, clock: Ahead
) -> None:
    await started_by_command(on, "fix the login test", ANN, GENERAL)
    await on.slack.pause("lose")
    await on.slack.put_person(ANN, is_restricted=True)
    await on.slack.resume()
    clock.put(A_MINUTE_LATER)
    before = len(await private_answers(on, ANN))
    await on.slack.slash(ANN, GENERAL, "fix the logout test")
    await on.mention("fix the export", ANN, WEB)
    await on.slack.wait("ephemerals", 2, user=ANN, text=access_sentences.GUEST_REFUSED.text)
    await settled(on)
    assert await creations(on) == 1
    assert (await private_answers(on, ANN))[before:] == [access_sentences.GUEST_REFUSED.text] * 2, (
        "once in place of the ack"
    )


async def test_who_is_deactivated_while_slack_is_asked_starts_nothing(on: Harness) -> None:
    await on.slack.fault("users.info", "slow", seconds=60)
    answer = await on.slack.slash(BEN, GENERAL, "fix the login test")
    assert answer["shown"] is None
    await on.slack.wait("log", method="users.info")
    await on.slack.put_person(BEN, deleted=True)
    await on.slack.clear_faults()
    await on.slack.wait_for_ephemeral(BEN, access_sentences.DEACTIVATED_REFUSED.text)
    await settled(on)
    assert await private_answers(on, BEN) == [access_sentences.DEACTIVATED_REFUSED.text], (
        "it stands in place of the ack"
    )
    assert await creations(on) == 0


@pytest.mark.timing(**SHORT)
async def test_a_start_that_waited_for_devin_is_not_made_for_somebody_who_was_deactivated_meanwhile(
    on: Harness,
) -> None:
    await on.devin.fault("create_session", "503", **AWAY)
    ts = await on.mention("fix the login test")
    await on.devin.wait_for_calls("create_session", 1)
    await on.slack.put_person(ANN, deleted=True)
    await on.slack.wait_for_delivery(type="user_change", status="acked")
    await on.devin.clear_faults()
    await on.wait_for_post(GENERAL, ts, access_sentences.DEACTIVATED_REFUSED.text)
    await settled(on)
    assert await on.thread(GENERAL, ts) == [f"{access_sentences.DEACTIVATED_REFUSED.text}\nTry again"]
    assert STATE_SENTENCES[DisplayState.REFUSED] in (await card(on, ts))["rendered"]
    assert await on.devin.sessions() == []


async def test_a_stop_does_not_wait_for_slack_to_say_who_the_person_is_by_now(on: Harness, clock: Ahead) -> None:
    ts, _ = await on.started("fix the login test")
    pressed, _ = await on.started("fix the logout test", channel=WEB)
    clock.put(A_MINUTE_LATER)
    await on.slack.fault("users.info", "ratelimited", retry_after=300, times=0)
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.devin.wait_for_sessions("fix the login test", is_archived=True)
    await on.slack.click(ANN, WEB, (await card(on, pressed, WEB))["ts"], "stop")
    await on.devin.wait_for_sessions("fix the logout test", is_archived=True)
