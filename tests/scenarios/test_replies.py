"""Replies in a session's thread: each reaches Devin once, in order, with its sender."""

from typing import Any

import pytest

from bot.domain.session import DisplayState
from bot.views import dead_ends
from bot.views.announcements import ANSWERED
from bot.views.answers import replies as reply_sentences
from bot.views.help_texts import slash_help
from bot.views.sentences import DETAIL_SENTENCES, STATE_SENTENCES
from tests.for_devin import as_corrected, as_sent
from tests.said import a_session, as_shown, up_to_reference
from tests.scenarios.harness import ANN, BEN, BOT, GENERAL, WEB, Harness
from tests.scenarios.observations import (
    buttons,
    card,
    card_of,
    creations,
    private_answers,
    reactions,
    sent_to_devin,
    settled,
    started_by_command,
)

ENDED = f"{reply_sentences.SESSION_ENDED.text}\n{dead_ends.NEW_SESSION}"


async def test_two_identical_replies_both_arrive(on: Harness) -> None:
    ts, session = await on.started()
    first = await on.slack.say(BEN, GENERAL, "yes", thread_ts=ts)
    second = await on.slack.say(BEN, GENERAL, "yes", thread_ts=ts)
    await on.devin.wait_for_messages("(U0BEN):\n> yes", 2)
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(one, "ben", "yes") for one in (first, second)]


async def test_two_identical_replies_both_arrive_when_the_second_answer_is_lost(on: Harness) -> None:
    ts, session = await on.started()
    first = await on.slack.say(BEN, GENERAL, "yes", thread_ts=ts)
    await on.devin.wait_for_messages("(U0BEN):\n> yes")
    await on.devin.fault("send_message", "commit_then_drop")
    second = await on.slack.say(BEN, GENERAL, "yes", thread_ts=ts)
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(one, "ben", "yes") for one in (first, second)]


async def test_a_burst_keeps_its_order(on: Harness) -> None:
    ts, session = await on.started()
    burst = [await on.slack.say(ANN if n % 2 else BEN, GENERAL, f"part {n}", thread_ts=ts) for n in range(4)]
    await on.devin.wait_for_messages("part 3")
    await settled(on)
    assert await sent_to_devin(on, session) == [
        as_sent(burst[n], "ann" if n % 2 else "ben", f"part {n}") for n in range(4)
    ]


@pytest.mark.both_transports
async def test_a_burst_that_slack_delivers_backwards_is_sorted(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.pause("lose")
    burst = [await on.slack.say(BEN, GENERAL, f"part {n}", thread_ts=ts) for n in range(3)]
    await on.slack.resume()
    for reply in reversed(burst):
        await on.slack.redeliver(ts=reply)
    await on.devin.wait_for_messages("part 2")
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(burst[n], "ben", f"part {n}") for n in range(3)]


@pytest.mark.both_transports
async def test_a_second_delivery_of_an_event_does_nothing(on: Harness) -> None:
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest")
    assert (await on.slack.redeliver(ts=reply))["status"] == "acked"
    assert (await on.slack.redeliver(ts=ts, type="app_mention"))["status"] == "acked"
    await settled(on)
    assert len(await sent_to_devin(on, session)) == 1
    assert await creations(on) == 1


@pytest.mark.both_transports
async def test_mention_and_message_of_one_ts_are_one(on: Harness) -> None:
    ts = await on.mention("fix the login test")
    await on.session("fix the login test")
    await settled(on)
    delivered = await on.slack.deliveries(ts=ts)
    assert sorted(one["type"] for one in delivered) == ["app_mention", "message"]
    assert {one["status"] for one in delivered} == {"acked"}
    assert await creations(on) == 1


@pytest.mark.both_transports
async def test_an_edited_mention_does_not_start_again(on: Harness) -> None:
    ts, session = await on.started()
    changed = await on.slack.edit(ANN, GENERAL, ts, f"{BOT} fix the login test, please")
    await on.slack.wait_for_delivery(2, ts=ts, type="app_mention", status="acked")
    await settled(on)
    assert await creations(on) == 1
    at = changed["message"]["edited"]["ts"]
    assert await sent_to_devin(on, session) == [as_corrected(ts, at, "ann", "fix the login test, please")]


async def test_a_mention_that_an_edit_adds_starts_a_session(on: Harness) -> None:
    ts = await on.slack.say(ANN, GENERAL, "fix the login test")
    await on.slack.edit(ANN, GENERAL, ts, f"{BOT} fix the login test")
    made = await on.session("fix the login test")
    assert made["tags"][1] == f"slack-T0PLAY-{GENERAL}-{ts}"
    await settled(on)
    assert await sent_to_devin(on, made["session_id"]) == []


def _event(ts: str, number: int, **facts: Any) -> dict[str, Any]:
    stamp = f"{float(ts) + number:.6f}"
    place = {"channel": GENERAL, "channel_type": "channel", "thread_ts": ts, "ts": stamp, "event_ts": stamp}
    return {"type": "message", "text": f"event {number}", **place, **facts}


async def test_bots_joins_and_unknown_kinds_of_messages_are_ignored(on: Harness) -> None:
    ts, session = await on.started()
    for number, facts in enumerate(
        (
            {"subtype": "bot_message", "bot_id": "B0OTHER", "username": "ci"},
            {"user": "U0CI", "bot_id": "B0OTHER"},
            {"user": BEN, "subtype": "channel_join"},
            {"user": BEN, "subtype": "reminder_add"},
            {"user": BEN, "subtype": "thread_broadcast_of_tomorrow"},
            {"user": "U0BOT", "bot_id": "B0BOT"},
            {"user": "U0BOT"},
        ),
        start=1,
    ):
        await on.slack.emit(_event(ts, number, **facts), subscription="message.channels")
    last = await on.slack.say(BEN, GENERAL, "go on", thread_ts=ts)
    await on.devin.wait_for_messages("go on")
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(last, "ben", "go on")]


async def test_our_own_posts_are_not_sent_back_to_devin(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "I looked at the test.")
    await on.wait_for_post(GENERAL, ts, "I looked")
    await settled(on)
    assert await sent_to_devin(on, session) == []


async def test_a_reply_that_is_also_sent_to_the_channel_arrives_once(on: Harness) -> None:
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts, broadcast=True)
    await on.devin.wait_for_messages("please use pytest")
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]


@pytest.mark.both_transports
async def test_replies_before_the_session_exists_reach_it_in_order(on: Harness) -> None:
    await on.devin.fault("create_session", "slow", seconds=1.5)
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_delivery(ts=ts, status="acked")
    first = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    second = await on.slack.say(ANN, GENERAL, "also fix the signup test", thread_ts=ts)
    await on.devin.wait_for_messages("also fix the signup test")
    made = await on.session("fix the login test")
    await settled(on)
    assert await sent_to_devin(on, made["session_id"]) == [
        as_sent(first, "ben", "please use pytest"),
        as_sent(second, "ann", "also fix the signup test"),
    ]


@pytest.mark.both_transports
async def test_a_reply_that_was_lost_before_the_thread_was_known_is_fetched(on: Harness) -> None:
    await on.devin.fault("create_session", "slow", seconds=1.5)
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_delivery(ts=ts, status="acked")
    await on.slack.pause("lose")
    first = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.slack.resume()
    second = await on.slack.say(ANN, GENERAL, "also fix the signup test", thread_ts=ts)
    await on.devin.wait_for_messages("also fix the signup test")
    await on.devin.wait_for_messages("please use pytest")
    made = await on.session("fix the login test")
    await settled(on)
    assert sorted(await sent_to_devin(on, made["session_id"])) == [
        as_sent(first, "ben", "please use pytest"),
        as_sent(second, "ann", "also fix the signup test"),
    ]


async def test_a_reply_under_a_slash_commands_card_reaches_its_session(on: Harness) -> None:
    await on.devin.fault("create_session", "slow", seconds=1.0)
    await on.slack.slash(ANN, GENERAL, "fix the login test")
    ts = (await on.slack.wait_for_message(GENERAL, "Started by ann"))["ts"]
    reply = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest")
    made = await on.session("fix the login test")
    assert await sent_to_devin(on, made["session_id"]) == [as_sent(reply, "ben", "please use pytest")]


async def test_a_reply_to_a_session_that_is_over_at_devin_is_announced_in_the_thread(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.terminate(session)
    await on.slack.wait_for_message(GENERAL, ", done", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "add one more test", thread_ts=ts)
    lost = await on.slack.wait_for_message(GENERAL, reply_sentences.SESSION_ENDED.text, thread_ts=ts)
    assert buttons(lost) == [dead_ends.NEW_SESSION]
    await on.slack.say(ANN, GENERAL, "and fix the typo", thread_ts=ts)
    assert (await on.slack.wait_for_ephemeral(ANN))["rendered"] == ENDED
    await on.slack.say(BEN, GENERAL, f"{BOT} fix the logout test", thread_ts=ts)
    await on.session("fix the logout test")
    await settled(on)
    assert await sent_to_devin(on, session) == []


async def test_a_reply_that_devin_refuses_is_announced_in_the_thread(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.permissions(revoke=["ManageOrgSessions"])
    await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    lost = await on.slack.wait_for_message(GENERAL, "*wasn't sent*", thread_ts=ts)
    assert lost["rendered"].startswith(
        up_to_reference(
            reply_sentences.reply_not_sent(
                "Devin Bridge's key lacks the permission `ManageOrgSessions`, which a Devin admin can grant",
                "",
                "please use pytest",
            )
        )
    )
    await settled(on)
    assert await sent_to_devin(on, session) == []


async def test_a_reply_while_devin_is_away_is_sent_later(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", "503")
    reply = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest", seconds=20)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]


async def test_talk_in_other_threads_stays_there(on: Harness) -> None:
    _, session = await on.started()
    root = await on.slack.say(BEN, GENERAL, "lunch?")
    await on.slack.say(ANN, GENERAL, "yes, at noon", thread_ts=root)
    await on.slack.say(ANN, WEB, "anybody here?")
    await settled(on)
    assert await sent_to_devin(on, session) == []
    assert await creations(on) == 1
    assert await private_answers(on, ANN) == []


async def test_replies_in_two_threads_reach_their_own_sessions(on: Harness) -> None:
    (one, first), (two, second) = await on.started(), await started_by_command(on, "update the docs", BEN, WEB)
    await on.slack.say(BEN, GENERAL, "for the first", thread_ts=one)
    await on.slack.say(ANN, WEB, "for the second", thread_ts=two)
    await on.devin.wait_for_messages("for the first")
    await on.devin.wait_for_messages("for the second")
    assert ["for the first" in text for text in await sent_to_devin(on, first)] == [True]
    assert ["for the second" in text for text in await sent_to_devin(on, second)] == [True]


# ---------------------------------------------------------------- thanks


async def test_thanks_to_a_session_that_waits_for_no_answer_are_not_sent(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status="suspended", status_detail="inactivity")
    await on.slack.wait_for_message(GENERAL, "Asleep", thread_ts=ts)
    lines = ("Thanks a lot! :pray:", "Great job, that worked!", "ok")
    thanks = [await on.slack.say(BEN, GENERAL, line, thread_ts=ts) for line in lines]
    await settled(on)
    assert [await reactions(on, one) for one in thanks] == [["pray"]] * 3
    assert await sent_to_devin(on, session) == []
    assert (await on.devin.session(session))["status"] == "suspended"


async def test_thanks_with_a_request_are_sent(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status="suspended", status_detail="inactivity")
    await on.slack.wait_for_message(GENERAL, "Asleep", thread_ts=ts)
    reply = await on.slack.say(BEN, GENERAL, "thanks, now add a test", thread_ts=ts)
    await on.devin.wait_for_messages("now add a test")
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "thanks, now add a test")]


async def test_a_thumb_is_no_approval_and_is_answered_with_where_to_approve(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status_detail="waiting_for_approval")
    await on.wait_for_post(GENERAL, ts, "approval")
    thumb = await on.slack.say(BEN, GENERAL, ":+1:", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN)
    await settled(on)
    elements = [part for block in (await card(on, ts))["blocks"] for part in block.get("elements", [])]
    url = next(part["url"] for part in elements if "url" in part)
    assert await private_answers(on, BEN) == [reply_sentences.approve_in_devin(a_session(url=url)).text]
    assert await reactions(on, thumb) == []
    assert await sent_to_devin(on, session) == []


async def test_small_talk_behind_a_mention_starts_no_second_session_where_the_first_has_ended(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    await on.wait_for_post(GENERAL, ts, "Archived by ann")
    thanks = await on.mention("thanks!", user=BEN, thread_ts=ts)
    hello = await on.mention("hi, how are you?", user=ANN, thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, text="*Devin Bridge* starts Devin sessions")
    await settled(on)
    assert (await reactions(on, thanks), await reactions(on, hello)) == (["pray"], ["wave"])
    assert (await private_answers(on, ANN), await private_answers(on, BEN)) == ([as_shown(slash_help())], [])
    assert await creations(on) == 1
    assert await sent_to_devin(on, session) == []


async def test_thanks_to_a_session_that_has_answered_are_not_sent_and_a_question_is(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "The nightly job takes **40 minutes**.", status_detail="waiting_for_user")
    post = await on.wait_for_post(GENERAL, ts, STATE_SENTENCES[DisplayState.ANSWERED])
    assert post["text"] == "fix the login test: The nightly job takes 40 minutes."
    assert post["rendered"] == f"{ANSWERED.format(who='<@U0ANN>')}\nThe nightly job takes **40 minutes**."
    await card_of(on, ts, f":speech_balloon: {STATE_SENTENCES[DisplayState.ANSWERED]}")
    thanks = await on.slack.say(ANN, GENERAL, "thanks!", thread_ts=ts)
    asked = await on.slack.say(ANN, GENERAL, "And the other one?", thread_ts=ts)
    await on.devin.wait_for_messages("And the other one?")
    assert await sent_to_devin(on, session) == [as_sent(asked, "ann", "And the other one?")]
    assert await reactions(on, thanks) == ["pray"]
    assert len(await on.thread(GENERAL, ts)) == 1


async def test_a_short_answer_to_devins_question_is_sent(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "Shall I merge it?")
    await on.devin.set(session, status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    answer = await on.slack.say(ANN, GENERAL, ":+1:", thread_ts=ts)
    await on.devin.wait_for_messages("(U0ANN):\n> :+1:")
    assert await sent_to_devin(on, session) == [as_sent(answer, "ann", ":+1:")]


# ---------------------------------------------------------------- at a limit


async def test_a_reply_to_a_session_at_its_limit_is_answered_once_to_each_person(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status="suspended", status_detail="out_of_credits")
    await on.wait_for_post(GENERAL, ts, DETAIL_SENTENCES["out_of_credits"])
    for user, text in (
        (ANN, "please use pytest"),
        (ANN, "please freeze the clock in the test"),
        (BEN, "please use tox"),
    ):
        await on.slack.say(user, GENERAL, text, thread_ts=ts)
    await on.devin.wait_for_messages("please use tox")
    await settled(on)
    assert len(await sent_to_devin(on, session)) == 3
    answer = reply_sentences.REPLY_AT_LIMIT.text
    assert (await private_answers(on, ANN), await private_answers(on, BEN)) == ([answer], [answer])


async def test_a_reply_to_a_session_that_failed_says_that_devin_may_stay_silent_with_a_way_on(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status="error", status_detail=None)
    await on.wait_for_post(GENERAL, ts, "Failed: ")
    await on.slack.say(ANN, GENERAL, "please use pytest", thread_ts=ts)
    answer = await on.slack.wait_for_ephemeral(ANN, reply_sentences.REPLY_AFTER_FAILURE.text)
    assert answer["rendered"] == "Devin has your reply, but this session failed and might stay silent.\nTry again"
    assert len(await sent_to_devin(on, session)) == 1
