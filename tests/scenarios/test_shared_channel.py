"""A channel becomes shared with another company: Devin's words stay out, its asker is told, people may still stop."""

import pytest

from bot.views import shared_card
from bot.views.answers import access as access_sentences
from bot.views.answers import failures as failure_sentences
from bot.views.answers import stops as stop_sentences
from tests.said import a_session
from tests.scenarios.harness import ANN, BEN, EXTERNAL, WEB, Harness
from tests.scenarios.observations import card, card_of, polled, private_answers, sent_to_devin, settled

DM = "D0ANN"


async def direct_messages(on: Harness) -> list[str]:
    """What the asker is told directly."""
    return [one["rendered"] for one in await on.slack.messages(DM, user="U0BOT")]


@pytest.mark.both_transports
async def test_devin_falls_silent_in_a_channel_that_becomes_shared_until_it_is_shared_no_longer(on: Harness) -> None:
    ts, session = await on.started(channel=WEB)
    await on.devin.set(session, title="Secret plans")
    await card_of(on, ts, "Secret plans", WEB)
    await on.slack.share(WEB)
    said = await on.slack.wait_for_message(DM)
    known = a_session(channel=WEB, prompt="Secret plans", url=f"https://app.devin.ai/sessions/{session}")
    assert said["rendered"] == failure_sentences.channel_shared(known).text
    shown = await card_of(on, ts, shared_card.WITHHELD, WEB)
    assert "Secret" not in shown
    assert "Secret" not in (await card(on, ts, WEB))["text"]
    await on.devin.say(session, "The secret plan is ready.")
    await on.devin.set(session, pull_requests=[{"pr_url": "https://github.com/acme/web/pull/7", "pr_state": "open"}])
    await on.devin.set(session, status_detail="waiting_for_user")
    await card_of(on, ts, ":white_check_mark: Done.", WEB)
    await polled(on)
    await settled(on)
    assert await on.thread(WEB, ts) == []
    assert "acme" not in (await card(on, ts, WEB))["rendered"]
    assert len(await direct_messages(on)) == 1
    await on.slack.unshare(WEB)
    await card_of(on, ts, "Secret plans", WEB)
    await on.devin.say(session, "Now for your eyes only.")
    await on.wait_for_post(WEB, ts, "Now for your eyes only.")
    assert "The secret plan is ready." not in str(await on.thread(WEB, ts))


@pytest.mark.timing(channel_known=0.0)
async def test_a_shared_channel_without_an_event_gets_none_of_devins_words(on: Harness) -> None:
    ts, session = await on.started(channel=WEB)
    await on.slack.put_channel(WEB, is_ext_shared=True)
    await on.devin.say(session, "The secret plan is ready.")
    await on.slack.wait_for_message(DM, "is now shared with another company")
    await settled(on)
    assert await on.thread(WEB, ts) == []
    assert len(await direct_messages(on)) == 1


async def test_words_that_wait_when_the_channel_becomes_shared_are_dropped_in_silence(on: Harness) -> None:
    ts, session = await on.started(channel=WEB)
    await on.slack.fault("chat.postMessage", "ratelimited", retry_after=3, match=ts)
    await on.devin.say(session, "The secret plan is ready.")
    await on.slack.wait_for_call("chat.postMessage", status=429)
    await on.slack.share(WEB)
    await on.slack.wait_for_message(DM, "is now shared with another company")
    await settled(on)
    assert await on.thread(WEB, ts) == []


async def test_only_people_of_the_home_workspace_may_stop_there_and_do_nothing_else(on: Harness) -> None:
    await on.slack.put_channel(WEB, members=["U0BOT", ANN, BEN, EXTERNAL])
    ts, session = await on.started(channel=WEB)
    await on.slack.share(WEB)
    await card_of(on, ts, shared_card.WITHHELD, WEB)
    await on.slack.say(EXTERNAL, WEB, "!stop", thread_ts=ts)
    await on.slack.wait_for_ephemeral(EXTERNAL, access_sentences.OTHER_COMPANY_REFUSED.text)
    await on.slack.say(BEN, WEB, "use pytest", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN)
    assert await private_answers(on, BEN) == [access_sentences.SHARED_CHANNEL_REFUSED.text]
    assert (await on.devin.session(session))["is_archived"] is False
    await on.slack.say(BEN, WEB, "!stop", thread_ts=ts)
    question = await on.slack.wait_for_ephemeral(BEN, "Stop it?")
    await on.slack.click(BEN, WEB, question["ts"], "choose:stop_confirmed")
    await on.wait_for_post(WEB, ts, "Stopped by ben")
    assert (await on.devin.session(session))["is_archived"] is True
    assert await sent_to_devin(on, session) == []


async def test_the_stop_button_works_there(on: Harness) -> None:
    ts, session = await on.started(channel=WEB)
    await on.slack.share(WEB)
    await card_of(on, ts, shared_card.WITHHELD, WEB)
    await on.slack.click(ANN, WEB, (await card(on, ts, WEB))["ts"], "stop")
    await on.wait_for_post(WEB, ts, stop_sentences.stopped("ann", shared=True).text)
    assert (await on.devin.session(session))["is_archived"] is True
