"""Group direct messages work like channels: a mention starts a session in its thread, replies there steer it."""

import pytest

from bot.conversation.prompt import EARLIER
from bot.views.answers import access as access_sentences
from tests.for_devin import as_context, as_sent, author
from tests.scenarios.harness import ANN, BEN, GUEST, Harness
from tests.scenarios.observations import card, creations, private_answers, sent_to_devin, settled

GROUP = "C0GROUP"
FACTS = {"name": "mpdm-ann--ben--devin_bridge-1", "kind": "mpim", "members": [ANN, BEN, GUEST, "U0BOT"]}


@pytest.mark.both_transports
async def test_a_mention_starts_a_session_and_replies_steer_it(on: Harness) -> None:
    await on.slack.put_channel(GROUP, **FACTS)
    await on.slack.say(ANN, GROUP, "the login test fails again")
    ts, session = await on.started("fix the login test", ANN, GROUP)
    reply = await on.slack.say(BEN, GROUP, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest")
    await on.devin.say(session, "I do.")
    await on.wait_for_post(GROUP, ts, "I do.")
    await on.slack.click(ANN, GROUP, (await card(on, ts, GROUP))["ts"], "stop")
    await on.slack.wait_for_message(GROUP, "Stopped by ann. Devin sleeps", thread_ts=ts)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]
    assert (await on.devin.session(session))["is_archived"] is True
    assert await creations(on) == 1


async def test_a_mention_in_a_thread_there_reads_it_and_a_command_has_its_card_there(on: Harness) -> None:
    await on.slack.put_channel(GROUP, **FACTS)
    root = await on.slack.say(BEN, GROUP, "the login test fails since Monday")
    await on.mention("", ANN, GROUP, thread_ts=root)
    context = as_context(root, author("ben"), "the login test fails since Monday")
    assert f"{EARLIER.format(left_out='')}\n{context}\n" in (await on.session("fails since Monday"))["prompt"]
    await on.slack.slash(BEN, GROUP, "update the docs")
    await on.session("update the docs")
    await on.slack.wait_for_message(GROUP, "update the docs")


async def test_guests_and_groups_with_another_company_are_refused_there_too(on: Harness) -> None:
    await on.slack.put_channel(GROUP, **FACTS)
    await on.mention("fix the login test", GUEST, GROUP)
    await on.slack.wait_for_ephemeral(GUEST)
    await on.slack.put_channel(GROUP, is_ext_shared=True)
    await on.mention("fix the logout test", ANN, GROUP)
    await on.slack.wait_for_ephemeral(ANN)
    assert await private_answers(on, GUEST) == [access_sentences.GUEST_REFUSED.text]
    assert await private_answers(on, ANN) == [access_sentences.SHARED_CHANNEL_REFUSED.text]
    await settled(on)
    assert await creations(on) == 0
