"""Verbs in a session's thread: what people say to the bot itself, and what only looks like it."""

from typing import Any

import pytest

from bot.domain.admins import Admins
from bot.domain.commands.parser import UnknownVerb
from bot.domain.session import DisplayState, Snapshot
from bot.domain.settings_values import TurnTaking
from bot.features import COMMANDS
from bot.views.answers import access as access_sentences
from bot.views.answers import replies as reply_sentences
from bot.views.answers import sessions as session_sentences
from bot.views.answers import starts as start_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.help_texts import thread_help
from bot.views.sentences import STATE_SENTENCES
from tests.for_devin import as_sent
from tests.said import a_session
from tests.scenarios.ahead import recorded_changes
from tests.scenarios.harness import ADA, ANN, BEN, BOT, GENERAL, WEB, Harness
from tests.scenarios.observations import (
    card,
    card_of,
    creations,
    forge,
    is_card,
    press,
    private_answers,
    reactions,
    sent_to_devin,
    settled,
    what_became_of,
)

ONLY_ADMINS_HELP = "Only admins can see what admins can do. Ask <@U0ADA>."


@pytest.mark.both_transports
async def test_help_status_and_cost_are_answered_privately(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, "!help", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "!status", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "!cost", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, f"{BOT} help admin", thread_ts=ts)
    await settled(on)
    answers = await private_answers(on, BEN, thread_ts=ts, visible=True)
    assert thread_help(COMMANDS.specs).text in answers
    assert ONLY_ADMINS_HELP in answers
    assert session_sentences.cost(a_session()).text in answers
    status = next(answer for answer in answers if "*<" in answer)
    assert status.startswith(
        f"*<https://app.devin.ai/sessions/{session}|fix the login test>*\n:gear: Working.\nStarted by ann"
    )
    assert await sent_to_devin(on, session) == []
    assert await on.thread(GENERAL, ts) == []


async def test_cost_names_what_was_used(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.spend(session, 2.5)
    await on.slack.say(ANN, GENERAL, "!status", thread_ts=ts)
    await on.devin.set(session, title="Fix the login test")
    await on.slack.wait_for_message(GENERAL, "2.5 ACUs", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "!cost", thread_ts=ts)
    said = await on.slack.wait_for_ephemeral(BEN)
    assert said["rendered"] == session_sentences.cost(a_session(snapshot=Snapshot(acus=2.5))).text


async def test_replies_in_a_muted_thread_stay_between_people(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, "!mute", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN, reply_sentences.MUTED.text)
    await on.slack.say(BEN, GENERAL, "what do you think, ann?", thread_ts=ts)
    named = await on.slack.say(BEN, GENERAL, f"{BOT} please use pytest", thread_ts=ts)
    await on.devin.say(session, "Still at it.")
    await on.wait_for_post(GENERAL, ts, "Still at it.")
    await on.slack.say(BEN, GENERAL, "Unmute", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN, reply_sentences.unmuted(TurnTaking.ALL).text)
    last = await on.slack.say(BEN, GENERAL, "go on", thread_ts=ts)
    await on.devin.wait_for_messages("go on")
    await settled(on)
    assert await sent_to_devin(on, session) == [
        as_sent(named, "ben", "please use pytest"),
        as_sent(last, "ben", "go on"),
    ]
    assert await on.thread(GENERAL, ts) == ["Still at it."]
    assert await private_answers(on, BEN) == [reply_sentences.MUTED.text, reply_sentences.unmuted(TurnTaking.ALL).text]


async def test_who_replies_in_a_thread_that_somebody_else_muted_is_told_so_once_each_time(on: Harness) -> None:
    ts, session = await on.started()
    for _ in range(2):
        await on.slack.say(BEN, GENERAL, "!mute", thread_ts=ts)
        await settled(on)
        await on.slack.say(ANN, GENERAL, "use pytest", thread_ts=ts)
        await on.slack.say(ANN, GENERAL, "and mypy", thread_ts=ts)
        await on.slack.say(BEN, GENERAL, "what do you think, ann?", thread_ts=ts)
        await settled(on)
        await on.slack.say(BEN, GENERAL, "!unmute", thread_ts=ts)
        await settled(on)
    assert await private_answers(on, ANN) == [reply_sentences.THREAD_MUTED.text] * 2
    assert (
        await private_answers(on, BEN) == [reply_sentences.MUTED.text, reply_sentences.unmuted(TurnTaking.ALL).text] * 2
    )
    assert await sent_to_devin(on, session) == []


async def test_muting_twice_says_so_privately(on: Harness) -> None:
    ts, _ = await on.started()
    await on.slack.say(BEN, GENERAL, "!unmute", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN, reply_sentences.not_muted(TurnTaking.ALL).text)
    await on.slack.say(BEN, GENERAL, "!mute", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "mute", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN, reply_sentences.ALREADY_MUTED.text)
    await settled(on)
    assert await on.thread(GENERAL, ts) == []


async def test_asides_stay_between_people_also_as_later_context(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, "!aside it is slow today", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "(aside) very slow", thread_ts=ts)
    await on.slack.wait("ephemerals", 2, user=BEN, thread_ts=ts, text=reply_sentences.ASIDE.text)
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Archived by", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, f"{BOT} fix the logout test", thread_ts=ts)
    second = await on.session("fix the logout test")
    assert await sent_to_devin(on, session) == []
    assert "slow" not in second["prompt"]


async def test_archive_closes_the_thread(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, "archive", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(BEN, "Archive it?")
    await on.slack.click(BEN, GENERAL, asked["ts"], "choose:archive_confirmed")
    await on.slack.wait_for_message(GENERAL, "Archived by", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, "rename the flag", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, "and fix the typo", thread_ts=ts)
    await settled(on)
    assert await on.thread(GENERAL, ts) == [f"<@{ANN}> {stop_sentences.archived('ben').text}"]
    assert await reactions(on, ts) == []
    assert await private_answers(on, ANN) == [f"{reply_sentences.SESSION_ARCHIVED.text}\nStart a follow-up"] * 2
    await card_of(on, ts, STATE_SENTENCES[DisplayState.ARCHIVED].format(by=" by ben"))
    assert ": archived" in (await on.slack.slash(ANN, GENERAL, "list"))["shown"]["rendered"]
    assert (await on.devin.session(session))["is_archived"] is True
    assert await sent_to_devin(on, session) == []


async def test_new_starts_another_session_in_a_thread_of_its_own(on: Harness) -> None:
    ts, first = await on.started()
    await on.slack.say(BEN, GENERAL, "!new update the docs repo=acme/docs", thread_ts=ts)
    second = await on.session("update the docs")
    said = await on.slack.wait_for_ephemeral(BEN)
    card = next(one for one in await on.slack.messages(GENERAL) if is_card(one) and "docs" in one["rendered"])
    assert "thread_ts" not in card
    there = f"https://play.slack.com/archives/{GENERAL}/p{card['ts'].replace('.', '')}"
    linked = start_sentences.started_elsewhere(a_session(prompt="update the docs", url=None), there)
    assert (said["rendered"], said["thread_ts"]) == (linked.text, ts)
    assert "Started by ben · acme/docs" in card["rendered"]
    assert second["tags"][1] == f"slack-T0PLAY-{GENERAL}-{card['ts']}"
    reply = await on.slack.say(BEN, GENERAL, "in English", thread_ts=card["ts"])
    await on.devin.wait_for_messages("in English")
    assert await sent_to_devin(on, second["session_id"]) == [as_sent(reply, "ben", "in English")]
    assert await sent_to_devin(on, first) == []


async def test_new_without_a_task_starts_nothing(on: Harness) -> None:
    ts, _ = await on.started()
    await on.slack.say(BEN, GENERAL, "!new", thread_ts=ts)
    said = await on.slack.wait_for_ephemeral(BEN)
    await settled(on)
    assert said["rendered"].startswith("What should Devin do?")
    assert await creations(on) == 1


SENTENCES = (
    "stop retrying when the token is wrong",
    "sleep well, then fix it",
    "archive the old logs",
    "exit the loop when the queue is empty",
    "archive the reports of last week in S3 too",
)


async def test_a_sentence_is_never_a_verb(on: Harness) -> None:
    ts, session = await on.started()
    replies = [await on.slack.say(BEN, GENERAL, text, thread_ts=ts) for text in SENTENCES]
    await on.devin.wait_for_messages(SENTENCES[-1])
    await settled(on)
    expected = [as_sent(reply, "ben", f"{text}") for reply, text in zip(replies, SENTENCES, strict=True)]
    assert await sent_to_devin(on, session) == expected
    assert (await on.devin.session(session))["is_archived"] is False
    assert await private_answers(on, BEN) == []


async def test_exit_in_small_letters_ends_nothing_and_is_asked_about(on: Harness) -> None:
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, "exit", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(BEN, "Is “exit” for Devin? It hasn't been sent yet.")
    await settled(on)
    assert await sent_to_devin(on, session) == []
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:command:as_reply")
    await on.devin.wait_for_messages("exit")
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "exit")]
    assert (await on.devin.session(session))["is_archived"] is False


UNKNOWN = {
    "!stpo": reply_sentences.unknown_verb(UnknownVerb("!stpo", "!stop")).text,
    "!frobnicate now": reply_sentences.unknown_verb(UnknownVerb("!frobnicate")).text,
    "!stop the server": reply_sentences.unknown_verb(UnknownVerb("!stop", "!stop")).text,
}


async def test_an_unknown_verb_is_asked_about(on: Harness) -> None:
    ts, session = await on.started()
    for typed in UNKNOWN:
        await on.slack.say(BEN, GENERAL, typed, thread_ts=ts)
    await on.slack.wait("ephemerals", len(UNKNOWN), user=BEN)
    await settled(on)
    assert sorted(await private_answers(on, BEN)) == sorted(UNKNOWN.values())
    assert await sent_to_devin(on, session) == []
    assert (await on.devin.session(session))["is_archived"] is False


async def test_a_verb_where_there_is_no_session_changes_nothing(on: Harness) -> None:
    await on.mention("!stop", BEN)
    said = await on.slack.wait_for_ephemeral(BEN)
    assert said["rendered"] == session_sentences.NO_SESSION_HERE.text
    await settled(on)
    assert await creations(on) == 0


# ------------------------------------------------------------ EXIT


async def _question(on: Harness, user: str, ts: str) -> dict[str, Any]:
    await on.slack.say(user, GENERAL, "EXIT", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(user, "permanently?")
    assert asked["text"] == stop_sentences.exit_confirm(a_session()).text
    return asked


@pytest.mark.both_transports
async def test_exit_ends_for_good_after_a_question(on: Harness) -> None:
    ts, session = await on.started()
    question = await _question(on, ANN, ts)
    assert (await on.devin.session(session))["terminated"] is False
    await on.slack.click(ANN, GENERAL, question["ts"], "choose:exit_confirmed")
    await on.slack.wait_for_message(GENERAL, "Ended permanently", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, "wait", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, reply_sentences.SESSION_ENDED.text)
    await settled(on)
    assert await what_became_of(on, question) == (stop_sentences.EXIT_DONE.text, [])
    assert (await on.devin.session(session))["terminated"] is True
    assert await sent_to_devin(on, session) == []
    assert await on.thread(GENERAL, ts) == [stop_sentences.exited("ann").text]
    assert await reactions(on, ts) == []


async def test_exit_can_be_declined(on: Harness) -> None:
    ts, session = await on.started()
    question = await _question(on, ANN, ts)
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:session:no")
    await on.slack.wait_for_ephemeral(ANN, "OK, ")
    assert await what_became_of(on, question) == (stop_sentences.SESSION_KEPT.text, [])
    assert (await on.devin.session(session))["terminated"] is False


async def test_only_the_requester_or_an_admin_may_exit(on: Harness) -> None:
    ts, session = await on.started(user=ANN)
    refusal = access_sentences.not_yours(ANN, Admins(frozenset({ADA}))).text
    await on.slack.say(BEN, GENERAL, "EXIT", thread_ts=ts)
    assert (await on.slack.wait_for_ephemeral(BEN))["rendered"] == refusal
    question = await _question(on, ADA, ts)
    value = question["blocks"][1]["elements"][0]["value"]
    assert await forge(on, "interactive", press(BEN, GENERAL, "choose:exit_confirmed", value)) == "acked"
    await on.slack.wait("ephemerals", 2, user=BEN, text=refusal)
    await settled(on)
    assert (await on.devin.session(session))["terminated"] is False
    assert await recorded_changes(on) == []
    await on.slack.click(ADA, GENERAL, question["ts"], "choose:exit_confirmed")
    await on.slack.wait_for_message(GENERAL, "Ended permanently by ada", thread_ts=ts)
    (recorded,) = await recorded_changes(on)
    assert [recorded[name] for name in ("user", "action", "target", "channel")] == [ADA, "exit", session, GENERAL]
    assert recorded["before"] == {"lifecycle": "open", "status": "running"}
    assert (recorded["after"], recorded["outcome"]) == ({"lifecycle": "ended"}, "done")


async def test_of_a_session_that_has_ended_everybody_learns_just_that(on: Harness) -> None:
    ts, _ = await on.started(user=ANN)
    await on.slack.click(ANN, GENERAL, (await _question(on, ANN, ts))["ts"], "choose:exit_confirmed")
    await on.slack.wait_for_message(GENERAL, "Ended permanently", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "EXIT", thread_ts=ts)
    assert (await on.slack.wait_for_ephemeral(BEN))["rendered"] == stop_sentences.ALREADY_ENDED.text


async def test_a_button_whose_value_belongs_to_another_channel_does_nothing(on: Harness) -> None:
    ts, session = await on.started(user=ANN, channel=GENERAL)
    buttons = (await card(on, ts))["blocks"][-1]["elements"]
    value = next(button["value"] for button in buttons if button["action_id"] == "stop")
    for action in ("stop", "choose:exit_confirmed"):
        assert await forge(on, "interactive", press(ANN, WEB, action, value)) == "acked"
    await on.slack.wait("ephemerals", 2, user=ANN)
    await settled(on)
    assert await private_answers(on, ANN) == [
        session_sentences.NO_SESSION_HERE.text,
        session_sentences.NO_SESSION_HERE.text,
    ]
    made = await on.devin.session(session)
    assert (made["is_archived"], made["terminated"]) == (False, False)


async def test_a_button_whose_value_is_nonsense_does_nothing(on: Harness) -> None:
    _, session = await on.started()
    assert await forge(on, "interactive", press(ANN, GENERAL, "stop", "nonsense")) == "acked"
    assert (await on.slack.wait_for_ephemeral(ANN))["rendered"] == session_sentences.NO_SESSION_HERE.text
    assert (await on.devin.session(session))["is_archived"] is False
