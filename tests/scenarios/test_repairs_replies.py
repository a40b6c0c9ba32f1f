"""Replies that go wrong: none is lost, doubled, or said to be what it is not, and none holds up another."""

import asyncio
import sqlite3
from typing import Any

import pytest

from bot.conversation.prompt import PromptBuilder
from bot.conversation.receive.conversation import Conversation
from bot.conversation.steer.reply import NewMessage
from bot.domain.session import DisplayState
from bot.kernel import dispatch
from bot.kernel.workspace import Workspace
from bot.views.answers import files as file_sentences
from bot.views.answers import replies as reply_sentences
from bot.views.answers import starts as start_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.sentences import STATE_SENTENCES
from tests.for_devin import as_sent
from tests.said import up_to_reference
from tests.scenarios.ahead import Ahead, rows
from tests.scenarios.harness import ANN, BEN, BOT, GENERAL, Harness
from tests.scenarios.observations import card, creations, private_answers, sent_to_devin, settled
from tests.scenarios.short_waits import AWAY, WITHIN, waited
from tests.waits import SHORT

pytestmark = [pytest.mark.edge, pytest.mark.timing(**SHORT)]

LOG = {"name": "login.log", "content": "login failed"}
STOPPED = stop_sentences.stopped("ann").text
UNCERTAIN = up_to_reference(reply_sentences.reply_uncertain("", "drop the table"))


# ---------------------------------------------------------------- faults of our own


@pytest.mark.timing(row_longest_retry=0.1)
async def test_a_failure_of_the_store_after_a_long_outage_does_not_mark_a_reply_dead(
    on: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, failures = NewMessage.write_created, [sqlite3.OperationalError("database is locked")]

    async def once(*args: Any) -> None:
        if failures:
            raise failures.pop()
        await done(*args)

    monkeypatch.setattr(NewMessage, "write_created", once)
    ts, session = await on.started()
    await on.devin.fault("send_message", "503", times=dispatch.MAX_FAILURES)
    said = await on.slack.say(ANN, GENERAL, "drop the table", thread_ts=ts)
    row = await waited(on, "inbox", ts=said, state="done")
    assert (row["failures"], row["attempts"]) == (1, dispatch.MAX_FAILURES + 1)
    assert await sent_to_devin(on, session) == [as_sent(said, "ann", "drop the table")]
    assert await on.thread(GENERAL, ts) == []


@pytest.mark.timing(unknown_thread=0.0)
async def test_a_reply_under_a_card_whose_answer_got_lost_reaches_the_session_when_the_card_is_found(
    on: Harness,
) -> None:
    await on.slack.fault("chat.postMessage", "commit_then_drop")
    await on.slack.slash(ANN, GENERAL, "fix the login test")
    ts = (await on.slack.wait_for_message(GENERAL, "Started by ann"))["ts"]
    said = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.slack.wait_for_delivery(ts=said, status="acked")
    await on.devin.wait_for_messages("please use pytest", seconds=WITHIN)
    made = await on.session("fix the login test")
    await settled(on)
    assert await sent_to_devin(on, made["session_id"]) == [as_sent(said, "ben", "please use pytest")]


@pytest.mark.timing(row_longest_retry=0.1)
async def test_of_a_reply_that_may_have_arrived_it_is_not_said_that_it_was_not_sent(
    on: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> None:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(NewMessage, "write_created", never)
    ts, _ = await on.started()
    await on.slack.say(ANN, GENERAL, "drop the table", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, UNCERTAIN, thread_ts=ts, within=WITHIN)
    (row,) = await rows(on, "inbox", state="dead")
    assert row["failures"] == dispatch.MAX_FAILURES - 1
    assert len(await on.thread(GENERAL, ts)) == 1


@pytest.mark.timing(row_longest_retry=0.1)
async def test_a_row_whose_loss_cannot_even_be_announced_ends_and_holds_up_nothing(
    on: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    readable = PromptBuilder.readable

    async def trips(self: PromptBuilder, workspace: Workspace, text: str) -> str:
        if "poison" in text:
            raise ValueError(text)
        return await readable(self, workspace, text)

    async def fails(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(PromptBuilder, "readable", trips)
    monkeypatch.setattr(Conversation, "on_dead", fails)
    ts, session = await on.started()
    poison = await on.slack.say(ANN, GENERAL, "fix the poison test", thread_ts=ts)
    said = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest", seconds=WITHIN)
    assert [row["ts"] for row in await rows(on, "inbox", state="dead")] == [poison]
    assert await sent_to_devin(on, session) == [as_sent(said, "ben", "please use pytest")]


# ---------------------------------------------------------------- lost answers


@pytest.mark.long
async def test_a_reply_is_searched_for_from_where_it_was_sent_although_the_conversation_has_moved_on(
    on: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookup, moved = NewMessage.lookup, asyncio.Event()

    async def after_the_poll(*args: Any) -> Any:
        await moved.wait()
        return await lookup(*args)

    monkeypatch.setattr(NewMessage, "lookup", after_the_poll)
    ts, session = await on.started()
    await on.devin.fault("send_message", "commit_then_drop")
    said = await on.slack.say(ANN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest")
    for number in range(210):  # more than a page
        await on.devin.write(session, f"from the web {number}")
    await on.devin.say(session, "I am at it.")
    await on.wait_for_post(GENERAL, ts, "I am at it.", within=WITHIN)
    (row,) = await rows(on, "inbox", ts=said)
    (watched,) = await rows(on, "sessions")
    assert watched["page_cursor"] is not None  # the reply stands before it
    assert row["payload"]["search_start"]["cursor"] is None
    moved.set()
    await waited(on, "inbox", ts=said, state="done")
    assert len([text for text in await sent_to_devin(on, session) if "please use pytest" in text]) == 1
    assert len(await on.devin.log("send_message")) == 1


@pytest.mark.timing(lookup_interval=20.0)
async def test_a_stop_says_of_a_reply_with_an_unknown_outcome_that_it_may_have_arrived(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("list_messages", "503", **AWAY)
    await on.devin.fault("send_message", "commit_then_drop")
    said = await on.slack.say(ANN, GENERAL, "drop the table", thread_ts=ts)
    await waited(on, "inbox", ts=said, reason="outcome unknown")
    await on.slack.say(BEN, GENERAL, "!mute", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, STOPPED, thread_ts=ts, within=WITHIN)
    await on.devin.clear_faults()
    await settled(on)
    uncertain, stopped = await on.thread(GENERAL, ts)
    assert uncertain.startswith(UNCERTAIN)
    assert stopped == STOPPED  # neither the reply nor the verb is one that was not sent
    assert await sent_to_devin(on, session) == [as_sent(said, "ann", "drop the table")]


# ---------------------------------------------------------------- stop


@pytest.mark.both_transports
async def test_a_stop_button_ends_the_replies_before_it_although_our_clock_is_behind_slacks(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", "503", **AWAY)
    await on.slack.say(ANN, GENERAL, "drop the table", thread_ts=ts)
    await on.devin.wait_for_calls("send_message")
    await on.slack.click(ANN, GENERAL, (await card(on, ts))["ts"], "stop")
    await on.slack.wait_for_message(GENERAL, STOPPED, thread_ts=ts, within=WITHIN)
    await on.devin.clear_faults()
    await settled(on)
    assert await on.thread(GENERAL, ts) == [stop_sentences.stopped("ann", 1).text]
    assert await sent_to_devin(on, session) == []
    assert (await on.devin.session(session))["is_archived"] is True


async def test_a_stop_that_devin_refuses_says_which_replies_were_not_sent(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", "503", **AWAY)
    await on.slack.say(ANN, GENERAL, "drop the table", thread_ts=ts)
    await on.devin.wait_for_calls("send_message")
    await on.devin.permissions(revoke=["ManageOrgSessions"])
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "rejected the stop", thread_ts=ts, within=WITHIN)
    await on.devin.clear_faults()
    await settled(on)
    (said,) = await on.thread(GENERAL, ts)
    assert said.startswith(
        up_to_reference(stop_sentences.stop_failed(f"https://app.devin.ai/sessions/{session}", "", 1))
    )
    assert await sent_to_devin(on, session) == []


@pytest.mark.timing(not_found_lasts=0.5)
async def test_a_stop_of_a_session_that_is_over_at_devin_says_so_and_ends_the_card(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("list_sessions", "503", **AWAY)  # nobody has seen its end yet
    on.simulated_devin.world.held.sessions.pop(session)
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, within=WITHIN)
    await settled(on)
    assert await private_answers(on, ANN) == [stop_sentences.ALREADY_ENDED.text]
    assert STATE_SENTENCES[DisplayState.ENDED] in (await card(on, ts))["rendered"]
    assert await on.thread(GENERAL, ts) == []


# ---------------------------------------------------------------- sessions that take no more, sessions that sleep


async def test_after_a_session_that_takes_no_more_messages_a_mention_starts_a_new_one(on: Harness) -> None:
    await on.devin.switch(ended_messages_refused=True)
    ts, session = await on.started()
    await on.devin.set(session, status="exit", status_detail=None)
    await on.slack.wait_for_message(GENERAL, ", done", thread_ts=ts, within=WITHIN)
    await on.slack.say(BEN, GENERAL, f"{BOT} now fix the logout test", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, reply_sentences.SESSION_ENDED.text, thread_ts=ts, within=WITHIN)
    await settled(on)
    assert await creations(on) == 1
    second = await on.slack.say(BEN, GENERAL, f"{BOT} and now fix the logout test", thread_ts=ts)
    made = await on.session("and now fix the logout test")
    await settled(on)
    assert f"slack-T0PLAY-{GENERAL}-{second}" in made["tags"]
    said = await on.thread(GENERAL, ts)
    assert said.count(reply_sentences.SESSION_ENDED.text) == 1
    assert reply_sentences.SESSION_ENDED.text == reply_sentences.SESSION_ENDED.text


async def test_a_sleeping_session_is_woken_before_the_intent_to_send(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, STOPPED, thread_ts=ts, within=WITHIN)
    held = await on.devin.fault("unarchive", "hang", commit="late")
    said = await on.slack.say(ANN, GENERAL, "please go on", thread_ts=ts)
    await on.devin.wait_for_calls("unarchive")
    assert [row["intent_at"] for row in await rows(on, "inbox", ts=said)] == [None]
    await on.devin.release(held)
    await on.devin.wait_for_messages("please go on", seconds=WITHIN)
    await waited(on, "inbox", ts=said, state="done")
    assert await sent_to_devin(on, session) == [as_sent(said, "ann", "please go on")]


# ---------------------------------------------------------------- waiting


async def test_however_long_devin_asks_to_wait_a_reply_is_tried_again_in_five_minutes(
    on: Harness, clock: Ahead
) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", "429", retry_after=86_400)
    said = await on.slack.say(ANN, GENERAL, "please use pytest", thread_ts=ts)
    row = await waited(on, "inbox", ts=said, reason="rate limited")
    assert 290 < row["ready_at"] - clock() <= 300
    clock.put(301)
    await on.devin.wait_for_messages("please use pytest", seconds=WITHIN)
    assert await sent_to_devin(on, session) == [as_sent(said, "ann", "please use pytest")]


@pytest.mark.timing(dm_follow_up=0.0, dm_earlier_line=600.0)
async def test_a_reply_that_waits_in_one_thread_of_a_dm_does_not_hold_up_a_new_task(on: Harness) -> None:
    ts = await on.slack.say(ANN, "im", "fix the login test")
    await on.session("fix the login test")
    await settled(on)
    await on.devin.fault("send_message", "503", **AWAY)
    stuck = await on.slack.say(ANN, "im", "please use pytest", thread_ts=ts)
    await on.devin.wait_for_calls("send_message")
    await on.slack.say(ANN, "im", "fix the logout test")
    await on.devin.wait_for_sessions("fix the logout test", seconds=WITHIN)
    assert [row["state"] for row in await rows(on, "inbox", ts=stuck)] == ["open"]


@pytest.mark.long
async def test_a_file_whose_upload_keeps_failing_is_left_out_and_the_text_is_sent(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("upload_attachment", "500", **AWAY)
    first = await on.slack.say(ANN, GENERAL, "see the log", thread_ts=ts, files=[LOG])
    second = await on.slack.say(BEN, GENERAL, "also fix the signup test", thread_ts=ts)
    await on.devin.wait_for_messages("also fix the signup test", seconds=WITHIN)
    await settled(on)
    assert await sent_to_devin(on, session) == [
        as_sent(first, "ann", "see the log"),
        as_sent(second, "ben", "also fix the signup test"),
    ]
    (left_out,) = await on.thread(GENERAL, ts)
    assert left_out == file_sentences.file_refused("login.log").text


async def test_thanks_in_a_thread_of_a_dm_without_a_session_start_nothing(on: Harness) -> None:
    ts = await on.slack.say(ANN, "im", "hi there")
    await on.slack.say(ANN, "im", "thanks!", thread_ts=ts)
    await settled(on)
    assert len(await rows(on, "inbox", state="done")) == 2
    assert await creations(on) == 0
    said = await on.slack.messages("D0ANN", user="U0BOT")
    assert [one["rendered"] for one in said] == [start_sentences.GREETED.text]
