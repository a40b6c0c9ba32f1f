"""Words that people try in a session's thread: alone they are for the bot, and none of them reaches or wakes Devin."""

import pytest

from bot.features import COMMANDS
from bot.views.answers import replies as reply_sentences
from bot.views.answers import session_lists as session_list_sentences
from bot.views.answers import sessions as session_sentences
from bot.views.answers import starts as start_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.help_texts import thread_help
from tests.for_devin import as_sent
from tests.markup import written
from tests.said import a_session
from tests.scenarios.ahead import Ahead
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, WEB, Harness
from tests.scenarios.observations import (
    buttons,
    card,
    creations,
    private_answers,
    sent_to_devin,
    settled,
    what_became_of,
)

OPEN_QUESTION = "Devin has a question. Is this your answer?"


async def with_a_question(on: Harness) -> tuple[str, str]:
    """A session in which Devin asks something."""
    ts, session = await on.started()
    await on.devin.say(session, "Should I stop the old server first?", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Should I stop the old server first?", thread_ts=ts)
    await settled(on)
    return ts, session


@pytest.mark.both_transports
@pytest.mark.parametrize("word", ["stop", "cancel", "Please stop!", "stop it"])
async def test_a_stop_alone_stops_the_session(on: Harness, word: str) -> None:
    ts, session = await on.started()
    await on.slack.say(ANN, GENERAL, word, thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Stopped by ann. Reply to resume", thread_ts=ts)
    await settled(on)
    assert (await on.devin.session(session))["is_archived"] is True
    assert await sent_to_devin(on, session) == []


async def test_what_asks_about_the_session_or_the_bot_is_answered_privately(on: Harness) -> None:
    ts, session = await on.started()
    for word in ("status", "list", "help", "cost", "settings"):
        await on.slack.say(BEN, GENERAL, word, thread_ts=ts)
    await settled(on)
    answers = await private_answers(on, BEN, thread_ts=ts)
    assert len(answers) == 5
    assert thread_help(COMMANDS.specs).text in answers
    assert session_list_sentences.NO_SESSIONS.text in answers
    assert session_sentences.cost(a_session()).text in answers
    assert any("Open the form" in answer for answer in answers)
    assert any("Started by ann" in answer for answer in answers)
    assert await sent_to_devin(on, session) == []
    assert await on.thread(GENERAL, ts) == []


async def test_none_of_them_wakes_a_session(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.say(ANN, GENERAL, "stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Stopped by ann", thread_ts=ts)
    for word in ("status", "list", "help", "cost", "settings", "stop", "cancel"):
        await on.slack.say(BEN, GENERAL, word, thread_ts=ts)
    await settled(on)
    assert stop_sentences.ALREADY_STOPPED_HERE.text in await private_answers(on, BEN, thread_ts=ts)
    assert (await on.devin.session(session))["is_archived"] is True
    assert await sent_to_devin(on, session) == []


async def test_behind_other_words_they_are_for_devin(on: Harness) -> None:
    ts, session = await on.started()
    said = [
        (text, await on.slack.say(BEN, GENERAL, text, thread_ts=ts)) for text in ("stop the old server", "list them")
    ]
    await on.devin.wait_for_messages("> list them")
    assert await sent_to_devin(on, session) == [as_sent(at, "ben", text) for text, at in said]


async def test_while_devin_asks_it_may_be_the_answer(on: Harness) -> None:
    ts, session = await with_a_question(on)
    said = await on.slack.say(BEN, GENERAL, "stop it", thread_ts=ts)
    question = await on.slack.wait_for_ephemeral(BEN, OPEN_QUESTION)
    assert written(question["blocks"]) == OPEN_QUESTION
    assert buttons(question) == ["Stop Devin", "Send as answer"]
    await on.slack.click(BEN, GENERAL, question["ts"], "answer:command:as_reply")
    await on.devin.wait_for_messages("stop it")
    await settled(on)
    assert await what_became_of(on, question) == (start_sentences.SENT_ON.text, [])
    assert await sent_to_devin(on, session) == [as_sent(said, "ben", "stop it")]
    assert (await on.devin.session(session))["is_archived"] is False


async def test_while_devin_asks_it_may_be_a_stop(on: Harness) -> None:
    ts, session = await with_a_question(on)
    await on.slack.say(ANN, GENERAL, "cancel", thread_ts=ts)
    question = await on.slack.wait_for_ephemeral(ANN, OPEN_QUESTION)
    await on.slack.click(ANN, GENERAL, question["ts"], "choose:stop")
    await on.slack.wait_for_message(GENERAL, "Stopped by ann", thread_ts=ts)
    await settled(on)
    assert await sent_to_devin(on, session) == []
    assert (await on.devin.session(session))["is_archived"] is True


@pytest.mark.parametrize(
    ("word", "label", "done"),
    [("archive", "Archive", "archived"), ("mute", "Mute", "muted"), ("Sleep", "Stop Devin", "stopped")],
)
async def test_while_devin_asks_each_word_that_does_something_may_be_the_answer(
    on: Harness, word: str, label: str, done: str
) -> None:
    ts, session = await with_a_question(on)
    said = await on.slack.say(BEN, GENERAL, word, thread_ts=ts)
    question = await on.slack.wait_for_ephemeral(BEN, OPEN_QUESTION.replace("stopped", done))
    assert buttons(question) == [label, "Send as answer"]
    await on.slack.click(BEN, GENERAL, question["ts"], "answer:command:as_reply")
    await on.devin.wait_for_messages(word)
    await settled(on)
    assert await what_became_of(on, question) == (start_sentences.SENT_ON.text, [])
    assert await sent_to_devin(on, session) == [as_sent(said, "ben", word)]
    assert (await on.devin.session(session))["is_archived"] is False


async def test_a_late_press_that_it_is_the_answer_says_that_nothing_was_sent(on: Harness, clock: Ahead) -> None:
    ts, session = await with_a_question(on)
    await on.slack.say(BEN, GENERAL, "stop", thread_ts=ts)
    question = await on.slack.wait_for_ephemeral(BEN, OPEN_QUESTION)
    clock.put(601)
    await on.slack.click(BEN, GENERAL, question["ts"], "answer:command:as_reply")
    await on.slack.wait_for_ephemeral(BEN, start_sentences.ANSWER_EXPIRED.text)
    assert await sent_to_devin(on, session) == []


async def test_while_devin_asks_archive_may_be_the_command(on: Harness) -> None:
    ts, session = await with_a_question(on)
    await on.slack.say(ANN, GENERAL, "archive", thread_ts=ts)
    question = await on.slack.wait_for_ephemeral(ANN, OPEN_QUESTION.replace("stopped", "archived"))
    await on.slack.click(ANN, GENERAL, question["ts"], "choose:archive")
    await on.slack.wait_for_message(GENERAL, "Archived by ann", thread_ts=ts)
    await settled(on)
    assert await sent_to_devin(on, session) == []
    assert (await on.devin.session(session))["is_archived"] is True


async def test_while_devin_asks_mute_may_be_the_command(on: Harness) -> None:
    ts, session = await with_a_question(on)
    await on.slack.say(ANN, GENERAL, "mute", thread_ts=ts)
    question = await on.slack.wait_for_ephemeral(ANN, OPEN_QUESTION.replace("stopped", "muted"))
    await on.slack.click(ANN, GENERAL, question["ts"], "choose:mute")
    await settled(on)
    assert await what_became_of(on, question) == (reply_sentences.MUTED.text, [])
    assert await sent_to_devin(on, session) == []


async def test_while_devin_asks_what_begins_with_an_exclamation_mark_is_the_command(on: Harness) -> None:
    ts, _ = await with_a_question(on)
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Archived by ann", thread_ts=ts)


async def test_in_the_thread_of_a_direct_message_a_stop_may_be_the_answer_too(on: Harness) -> None:
    ts = await on.slack.say(ADA, "im", "fix the login test")
    session = (await on.session("fix the login test"))["session_id"]
    await on.devin.say(session, "Should I stop the old server first?", status_detail="waiting_for_user")
    await on.slack.wait_for_message("D0ADA", "Should I stop the old server first?", thread_ts=ts)
    await settled(on)
    await on.slack.say(ADA, "im", "stop", thread_ts=ts)
    question = await on.slack.wait_for_message("D0ADA", OPEN_QUESTION, thread_ts=ts)
    await on.slack.click(ADA, "D0ADA", question["ts"], "answer:command:as_reply")
    await on.devin.wait_for_messages("stop")
    assert (await on.devin.session(session))["is_archived"] is False


async def test_while_devin_works_a_stop_stops_at_once_although_its_words_end_in_a_question(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "Why does this fail? Looking at the logs now.")
    await on.wait_for_post(GENERAL, ts, "Looking at the logs now.")
    await on.slack.say(ANN, GENERAL, "stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Stopped by ann", thread_ts=ts)
    assert (await on.devin.session(session))["is_archived"] is True
    assert await private_answers(on, ANN, thread_ts=ts) == []


async def test_while_devin_asks_the_others_are_answered_and_nothing_is_sent(on: Harness) -> None:
    ts, session = await with_a_question(on)
    await on.slack.say(BEN, GENERAL, "status", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN, "Started by ann")
    await settled(on)
    assert await sent_to_devin(on, session) == []


async def test_a_stop_alone_stops_a_session_that_is_being_created(on: Harness) -> None:
    await on.devin.fault("create_session", "slow", seconds=1.5)
    ts = await on.mention("fix the login test")
    await on.devin.wait_for_calls("create_session")
    await on.slack.say(ANN, GENERAL, "stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Stopped by ann", thread_ts=ts)
    assert (await on.session("fix the login test"))["is_archived"] is True


async def test_in_a_thread_of_people_they_are_none_of_our_business(on: Harness) -> None:
    ts = await on.slack.say(BEN, WEB, "the deploy is red")
    for word in ("stop", "help", "list"):
        await on.slack.say(ADA, WEB, word, thread_ts=ts)
    await settled(on)
    assert await private_answers(on, ADA) == []
    assert await creations(on) == 0


async def test_in_the_thread_of_a_direct_message_a_stop_alone_stops(on: Harness) -> None:
    ts = await on.slack.say(ADA, "im", "fix the login test")
    session = (await on.session("fix the login test"))["session_id"]
    await settled(on)
    await on.slack.say(ADA, "im", "cancel", thread_ts=ts)
    await on.slack.wait_for_message("D0ADA", "Stopped by ada", thread_ts=ts)
    assert (await on.devin.session(session))["is_archived"] is True
    assert "stop" not in [button["action_id"] for button in (await card(on, ts, "D0ADA"))["blocks"][-1]["elements"]]


@pytest.mark.parametrize(
    ("word", "meant", "label"),
    [("hlep", "help", "Show help"), ("stpo", "stop", "Stop"), ("statsu", "status", "Show status")],
)
async def test_a_slip_of_one_word_asks_and_is_sent_only_if_it_is_for_devin(
    on: Harness, word: str, meant: str, label: str
) -> None:
    ts, session = await on.started()
    said = await on.slack.say(BEN, GENERAL, word, thread_ts=ts)
    question = await on.slack.wait_for_ephemeral(BEN, "Nothing was sent to Devin.")
    assert written(question["blocks"]) == f"Did you mean `{meant}`? Nothing was sent to Devin."
    assert buttons(question) == [label, "Send to Devin"]
    assert await sent_to_devin(on, session) == []
    await on.slack.click(BEN, GENERAL, question["ts"], "answer:command:as_reply")
    await on.devin.wait_for_messages(word)
    await settled(on)
    assert await what_became_of(on, question) == (start_sentences.SENT_ON.text, [])
    assert await sent_to_devin(on, session) == [as_sent(said, "ben", word)]


async def test_a_word_that_needs_its_mark_is_offered_with_it(on: Harness) -> None:
    ts, session = await on.started()
    for word in ("follow", "unfollow", "remind"):
        await on.slack.say(BEN, GENERAL, word, thread_ts=ts)
        asked = await on.slack.wait_for_ephemeral(BEN, f"`!{word}`")
        assert written(asked["blocks"]) == f"Did you mean `!{word}`? Nothing was sent to Devin."
        assert buttons(asked) == ["Send to Devin"]
    assert await sent_to_devin(on, session) == []


async def test_a_slip_of_stop_may_be_the_stop(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.say(ANN, GENERAL, "stpo", thread_ts=ts)
    question = await on.slack.wait_for_ephemeral(ANN, "Nothing was sent to Devin.")
    await on.slack.click(ANN, GENERAL, question["ts"], "choose:stop")
    await on.slack.wait_for_message(GENERAL, "Stopped by ann", thread_ts=ts)
    await settled(on)
    assert await sent_to_devin(on, session) == []


async def test_while_devin_asks_a_slip_is_the_answer(on: Harness) -> None:
    ts, session = await with_a_question(on)
    said = await on.slack.say(BEN, GENERAL, "stpo", thread_ts=ts)
    await on.devin.wait_for_messages("stpo")
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(said, "ben", "stpo")]
    assert await private_answers(on, BEN, thread_ts=ts) == []
