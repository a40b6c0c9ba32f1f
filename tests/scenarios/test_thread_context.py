"""A mention in a thread that is there already: what was said before becomes context."""

import pytest

from tests import sentences
from tests.scenarios.harness import ANN, BEN, BOT, GENERAL, Harness
from tests.scenarios.observations import sent_to_devin, settled


@pytest.mark.both_transports
async def test_earlier_messages_become_context_oldest_first(on: Harness) -> None:
    root = await on.slack.say(BEN, GENERAL, "the login test fails since Monday")
    await on.slack.say(ANN, GENERAL, "<@U0BEN> only on Safari &amp; Chrome", thread_ts=root)
    asked = await on.mention("please fix it repo=acme/web", ANN, GENERAL, thread_ts=root)
    made = await on.session("please fix it")
    assert made["prompt"] == (
        "please fix it\n\n"
        "Earlier messages in the Slack thread, oldest first:\n"
        "ben: the login test fails since Monday\n"
        "ann: @ben only on Safari & Chrome\n\n"
        f"Asked in Slack by ann. Reference: slack-T0PLAY-{GENERAL}-{asked}"
    )
    card = await on.slack.wait_for_message(GENERAL, "please fix it", thread_ts=root)
    assert f"{sentences.asked_by('ann')} · acme/web" in card["rendered"]


async def test_a_bare_mention_in_a_thread_means_look_at_this(on: Harness) -> None:
    root = await on.slack.say(BEN, GENERAL, "the login test fails since Monday")
    await on.mention("", ANN, GENERAL, thread_ts=root)
    made = await on.session("fails since Monday")
    assert made["prompt"].startswith(
        "Look at this Slack thread and do what it asks for.\n\n"
        "Earlier messages in the Slack thread, oldest first:\n"
        "ben: the login test fails since Monday\n\n"
    )


async def test_the_newest_fifty_messages_are_context(on: Harness) -> None:
    root = await on.slack.say(BEN, GENERAL, "line 0 of the story")
    for number in range(1, 61):
        await on.slack.say(BEN, GENERAL, f"line {number} of the story", thread_ts=root)
    await on.mention("summarise this", ANN, GENERAL, thread_ts=root)
    made = await on.session("summarise this")
    lines = [line for line in made["prompt"].splitlines() if line.startswith("ben: line")]
    assert lines[-1] == "ben: line 60 of the story"
    assert lines == [f"ben: line {number} of the story" for number in range(61 - len(lines), 61)]
    assert 45 <= len(lines) <= 50


async def test_of_long_messages_the_end_is_context(on: Harness) -> None:
    root = await on.slack.say(BEN, GENERAL, "elder " + "x" * 5_000)
    await on.slack.say(BEN, GENERAL, "younger " + "y" * 5_000, thread_ts=root)
    await on.mention("summarise this", ANN, GENERAL, thread_ts=root)
    made = await on.session("summarise this")
    assert "…x" in made["prompt"]
    assert "ben: younger yyy" in made["prompt"]
    assert "elder" not in made["prompt"]
    assert len(made["prompt"]) < 8_500


async def test_replies_after_the_mention_reach_the_session(on: Harness) -> None:
    root = await on.slack.say(BEN, GENERAL, "the login test fails since Monday")
    await on.slack.say(ANN, GENERAL, "nobody has looked yet", thread_ts=root)
    await on.mention("please fix it", ANN, GENERAL, thread_ts=root)
    reply = await on.slack.say(BEN, GENERAL, "it is in tests/login.py", thread_ts=root)
    await on.devin.wait_for_messages("it is in tests/login.py")
    made = await on.session("please fix it")
    assert await sent_to_devin(on, made["session_id"]) == [f"[Slack {reply}] ben:\nit is in tests/login.py"]


async def test_a_mention_in_a_thread_of_ours_is_a_reply(on: Harness) -> None:
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, f"{BOT} please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest")
    await settled(on)
    assert await sent_to_devin(on, session) == [f"[Slack {reply}] ben:\nplease use pytest"]
    assert len(await on.devin.sessions()) == 1


async def test_a_mention_where_the_session_has_ended_starts_a_new_one_there(on: Harness) -> None:
    ts, first = await on.started("fix the login test")
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, sentences.IS_ARCHIVED, thread_ts=ts)
    await on.slack.say(ANN, GENERAL, f"{BOT} fix the logout test", thread_ts=ts)
    second = await on.session("fix the logout test")
    reply = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest")
    assert await sent_to_devin(on, first) == []
    assert await sent_to_devin(on, second["session_id"]) == [f"[Slack {reply}] ben:\nplease use pytest"]


async def test_talk_that_arrives_after_the_mention_it_precedes_is_context_only(on: Harness) -> None:
    root = await on.slack.say(BEN, GENERAL, "the login test fails since Monday")
    late = await on.slack.say(BEN, GENERAL, "only on Safari", thread_ts=root)
    await on.devin.fault("create_session", "slow", seconds=0.5)
    await on.mention("please fix it", ANN, GENERAL, thread_ts=root)
    await on.devin.wait_for_calls("create_session")
    assert (await on.slack.redeliver(ts=late))["status"] == "acked"
    made = await on.session("please fix it")
    reply = await on.slack.say(BEN, GENERAL, "thanks for looking", thread_ts=root)
    await on.devin.wait_for_messages("thanks for looking")
    await settled(on)
    assert "ben: only on Safari\n" in made["prompt"]
    assert await sent_to_devin(on, made["session_id"]) == [f"[Slack {reply}] ben:\nthanks for looking"]
