"""Group direct messages work like private channels: a mention starts a session in its thread, replies steer it.

Slack gives new ones an id with C, and older ones have one with G.
"""

import pytest

from bot.conversation.prompt import EARLIER
from bot.views.answers import access as access_sentences
from bot.views.sentences import IN_PRIVATE_CHANNEL
from tests.for_devin import as_context, as_sent, author
from tests.scenarios.harness import ADA, ANN, BEN, GUEST, OPS, Harness
from tests.scenarios.observations import card, creations, private_answers, sent_to_devin, settled

GROUPS = pytest.mark.parametrize("group", ["C0GROUP", "G0GROUP"])
FACTS = {"name": "mpdm-ann--ben--devin_bridge-1", "kind": "mpim", "members": [ANN, BEN, GUEST, "U0BOT"]}


@pytest.mark.both_transports
@GROUPS
async def test_a_mention_starts_a_session_and_replies_steer_it(on: Harness, group: str) -> None:
    await on.slack.put_channel(group, **FACTS)
    await on.slack.say(ANN, group, "the login test fails again")
    ts, session = await on.started("fix the login test", ANN, group)
    reply = await on.slack.say(BEN, group, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest")
    await on.devin.say(session, "I do.")
    await on.wait_for_post(group, ts, "I do.")
    await on.slack.click(ANN, group, (await card(on, ts, group))["ts"], "stop")
    await on.slack.wait_for_message(group, "Stopped by ann. Reply to resume", thread_ts=ts)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]
    assert (await on.devin.session(session))["is_archived"] is True
    assert await creations(on) == 1


@GROUPS
async def test_a_mention_in_a_thread_there_reads_it_and_a_command_has_its_card_there(on: Harness, group: str) -> None:
    await on.slack.put_channel(group, **FACTS)
    root = await on.slack.say(BEN, group, "the login test fails since Monday")
    await on.mention("", ANN, group, thread_ts=root)
    context = as_context(root, author("ben"), "the login test fails since Monday")
    assert f"{EARLIER.format(left_out='')}\n{context}\n" in (await on.session("fails since Monday"))["prompt"]
    await on.slack.slash(BEN, group, "update the docs")
    await on.session("update the docs")
    await on.slack.wait_for_message(group, "update the docs")


@GROUPS
async def test_guests_and_groups_with_another_company_are_refused_there_too(on: Harness, group: str) -> None:
    await on.slack.put_channel(group, **FACTS)
    await on.mention("fix the login test", GUEST, group)
    await on.slack.wait_for_ephemeral(GUEST)
    await on.slack.put_channel(group, is_ext_shared=True)
    await on.mention("fix the logout test", ANN, group)
    await on.slack.wait_for_ephemeral(ANN)
    assert await private_answers(on, GUEST) == [access_sentences.GUEST_REFUSED.text]
    assert await private_answers(on, ANN) == [access_sentences.SHARED_CHANNEL_REFUSED.text]
    await settled(on)
    assert await creations(on) == 0


async def test_its_sessions_keep_their_titles_from_others_as_those_of_private_channels_do(on: Harness) -> None:
    group = await on.slack.open_group(ANN, BEN, "U0BOT")
    await on.started("prepare the secret launch page", ANN, group)
    await on.slack.slash(ADA, OPS, "list all")
    listed = await on.slack.wait_for_ephemeral(ADA, "in this workspace")
    assert "secret launch" not in str(listed)
    assert group not in str(listed)
    assert IN_PRIVATE_CHANNEL in str(listed)
