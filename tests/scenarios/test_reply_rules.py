"""Replies that are not for Devin: each is answered, asked about or gets a reaction, and none is paid for or lost."""

import pytest

from bot.domain.commands.intent import Topic
from bot.domain.session import DisplayState
from bot.views import dead_ends
from bot.views.answers import replies as reply_sentences
from bot.views.answers import starts as start_sentences
from bot.views.sentences import STATE_SENTENCES
from tests.for_devin import as_sent
from tests.markup import written
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, Harness
from tests.scenarios.observations import (
    buttons,
    card,
    card_of,
    creations,
    give_role,
    polled,
    private_answers,
    reactions,
    sent_to_devin,
    settled,
    what_became_of,
)

IS_IT = "Is “{}” for Devin? It hasn't been sent, because new work uses ACUs."
NOT_YET = "Is “{}” for Devin? It hasn't been sent yet."
SEND = "Send to Devin"
ASKED = [SEND, "Show help"]
GO_ON = "Continue with 2 more ACUs"


async def asleep(on: Harness) -> tuple[str, str]:
    ts, session = await on.started()
    await on.devin.spend(session, 2.5)
    await on.devin.set(session, status="suspended", status_detail="inactivity")
    await on.slack.wait_for_message(GENERAL, "Asleep", thread_ts=ts)
    return ts, session


async def test_what_asks_nothing_of_devin_wakes_no_session(on: Harness) -> None:
    ts, session = await asleep(on)
    said = ("?", "hello?", f"<@{ANN}> can you check?", "nice, the build is green", "I'll merge it after lunch")
    for text in said:
        await on.slack.say(BEN, GENERAL, text, thread_ts=ts)
    await settled(on)
    assert await sent_to_devin(on, session) == []
    assert (await on.devin.session(session))["status"] == "suspended"
    answers = await private_answers(on, BEN)
    asked = {f"{IS_IT.format(text)}\n{SEND}\nShow help" for text in said[:2]}
    assert set(answers) == asked | {reply_sentences.NOT_FOR_DEVIN["addressed"].text}


async def test_a_time_before_what_is_asked_of_the_bot_wakes_no_session(on: Harness) -> None:
    ts, session = await asleep(on)
    said = (
        *("in 10 minutes, remind me", "In 10 min, ping me again", "tomorrow at 9, notify me please"),
        *("after the tests pass, ping me", "wenn die Tests durch sind, sag mir Bescheid"),
        *("rappelle-moi de vérifier la PR demain matin", "avvisami quando la build è verde"),
    )
    for text in said:
        await on.slack.say(BEN, GENERAL, text, thread_ts=ts)
    await settled(on)
    assert await sent_to_devin(on, session) == []
    assert await private_answers(on, BEN) == [f"{IS_IT.format(text)}\n{SEND}\nShow help" for text in said]
    await on.slack.say(BEN, GENERAL, "after the tests pass, squash the commits", thread_ts=ts)
    await on.devin.wait_for_messages("squash the commits")
    await on.slack.say(BEN, GENERAL, "in 10 minutes, rebase the branch on main", thread_ts=ts)
    await on.devin.wait_for_messages("rebase the branch on main")


async def test_an_ok_that_tells_devin_to_go_on_is_for_devin(on: Harness) -> None:
    ts, session = await on.started()
    at_work = await on.slack.say(ANN, GENERAL, "ok go ahead", thread_ts=ts)
    await on.devin.wait_for_messages("ok go ahead")
    await on.devin.set(session, status="suspended", status_detail="inactivity")
    await on.slack.wait_for_message(GENERAL, "Asleep", thread_ts=ts)
    asleep_then = await on.slack.say(ANN, GENERAL, "keep going, you have my ok", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(ANN, IS_IT.format("keep going, you have my ok"))
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:command:as_reply")
    await on.devin.wait_for_messages("you have my ok")
    assert await sent_to_devin(on, session) == [
        as_sent(at_work, "ann", "ok go ahead"),
        as_sent(asleep_then, "ann", "keep going, you have my ok"),
    ]


async def test_who_hands_a_session_over_in_words_is_shown_the_command(on: Harness) -> None:
    ts, session = await asleep(on)
    for text in ("give this to ben", "hand over my session to ben"):
        said = "To hand this session over, write `!give @` and pick the person from Slack's list."
        assert await became(on, ANN, ts, text) == (f"{said} Nothing was sent to Devin.", [SEND], []), text
    assert await sent_to_devin(on, session) == []


@pytest.mark.parametrize("text", ["keep going, you have my ok", "give it 10 more acus"])
async def test_at_its_limit_what_lets_devin_go_on_is_offered_the_session_that_continues_it(
    on: Harness, text: str
) -> None:
    ts = await on.mention("fix the login test acu=2")
    session = (await on.session("fix the login test"))["session_id"]
    await on.devin.set(session, status="suspended", status_detail="usage_limit_exceeded", acus_consumed=2.1)
    await on.slack.wait_for_message(GENERAL, "Out of ACUs", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, text, thread_ts=ts)
    told = await on.slack.wait_for_ephemeral(ANN, "Your reply wasn't sent")
    assert (written(told["blocks"]), buttons(told)) == (reply_sentences.OUT_OF_ACUS.text, [GO_ON])
    assert await sent_to_devin(on, session) == []


async def test_a_reply_that_was_asked_about_is_sent_by_one_press(on: Harness) -> None:
    ts, session = await asleep(on)
    reply = await on.slack.say(BEN, GENERAL, "one sec", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(BEN, IS_IT.format("one sec"))
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:command:as_reply")
    await on.devin.wait_for_messages("one sec")
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "one sec")]
    assert await what_became_of(on, asked) == (start_sentences.SENT_ON.text, [])


async def test_questions_about_the_session_are_answered_from_its_rows(on: Harness) -> None:
    ts, session = await asleep(on)
    asked = {
        "how much did that cost?": "This session has used 2.5 ACUs so far. Devin reports ACUs with a delay.",
        "¿quién empezó esto?": "Started by ann",
        "are you there?": STATE_SENTENCES[DisplayState.ASLEEP],
    }
    for text, answer in asked.items():
        await on.slack.say(BEN, GENERAL, text, thread_ts=ts)
        told = await on.slack.wait_for_ephemeral(BEN, answer)
        assert buttons(told) == [SEND], text
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    await on.wait_for_post(GENERAL, ts, "Archived by ann")
    await on.mention("who started this?", ANN, GENERAL, thread_ts=ts)
    told = await on.slack.wait_for_ephemeral(ANN, "Started by ann")
    await settled(on)
    assert buttons(told) == [dead_ends.NEW_SESSION], "nothing can be sent any more"
    assert await sent_to_devin(on, session) == []
    assert await creations(on) == 1


async def test_at_work_a_short_order_is_sent_at_once(on: Harness) -> None:
    ts, session = await on.started()
    said = (
        "run mypy",
        "use pytest",
        "plan the secret launch",
        "be quick",
        "it's urgent, hurry",
        "try again with python 3.12",
    )
    replies = [(await on.slack.say(BEN, GENERAL, text, thread_ts=ts), text) for text in said]
    await on.devin.wait_for_messages(said[-1])
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(ts, "ben", text) for ts, text in replies]
    assert await private_answers(on, BEN) == []


async def test_at_work_thanks_are_not_sent_and_who_wants_a_pause_is_asked_whether_to_stop(on: Harness) -> None:
    ts, session = await on.started()
    thanks = [await on.slack.say(ANN, GENERAL, text, thread_ts=ts) for text in ("nice progress, thanks", "thx :tada:")]
    await on.slack.say(ANN, GENERAL, "hold on", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(ANN, NOT_YET.format("hold on"))
    assert buttons(asked) == [SEND, "Stop Devin", "Show help"]
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:stop")
    await on.wait_for_post(GENERAL, ts, "Stopped by ann")
    await settled(on)
    assert [await reactions(on, one) for one in thanks] == [["pray"]] * 2
    assert await sent_to_devin(on, session) == []


@pytest.mark.parametrize("answer", ["option 2", "use postgres", "yes", "the first one", "good question, hm"])
async def test_whatever_may_be_the_answer_that_devin_waits_for_is_sent(on: Harness, answer: str) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "Which database?", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    reply = await on.slack.say(ANN, GENERAL, answer, thread_ts=ts)
    await on.devin.wait_for_messages(answer)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ann", answer)]


async def test_a_session_that_exited_has_its_way_on_at_once_and_for_each_reply(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "All done.", status="exit", status_detail=None)
    await on.wait_for_post(GENERAL, ts, "All done.")
    await settled(on)
    assert dead_ends.NEW_SESSION in buttons(await card(on, ts))
    for text in ("rename the flag", "and fix the typo in the readme"):
        await on.slack.say(BEN, GENERAL, text, thread_ts=ts)
    await on.devin.wait_for_messages("fix the typo")
    await settled(on)
    shown = f"{reply_sentences.REPLY_AFTER_END.text}\n{dead_ends.NEW_SESSION}"
    assert await private_answers(on, BEN) == [shown] * 2


# How Devin's session gets into each state, and what shows it; then what is said of a reply that is not sent, and the
# buttons below that and below an answer.
ENDS = {
    "failed": (
        {"status": "error", "status_detail": None},
        "Failed",
        *(reply_sentences.FAILED_BEFORE.text, ["Try again"], ["Try again"]),
    ),
    "exited": (
        {"status": "exit", "status_detail": None},
        "Done",
        *(reply_sentences.SESSION_ENDED.text, [dead_ends.NEW_SESSION], [dead_ends.NEW_SESSION]),
    ),
    "archived": (
        {},
        "Archived",
        *(reply_sentences.SESSION_ARCHIVED.text, [dead_ends.NEW_SESSION], [dead_ends.NEW_SESSION]),
    ),
    "at its limit": (
        {"status": "suspended", "status_detail": "usage_limit_exceeded"},
        "Out of ACUs",
        *(reply_sentences.OUT_OF_ACUS.text, ["Continue with 20 more ACUs"], ["Continue with 20 more ACUs"]),
    ),
    "finished": ({"status": "running", "status_detail": "finished"}, "Done", IS_IT, ASKED, [SEND]),
    "asleep": ({"status": "suspended", "status_detail": "inactivity"}, "Asleep", IS_IT, ASKED, [SEND]),
    "at work": ({}, "Working", NOT_YET, [SEND, "Stop Devin", "Show help"], [SEND]),
    "waiting": ({"status": "running", "status_detail": "waiting_for_user"}, "Waiting", NOT_YET, ASKED, [SEND]),
}


@pytest.mark.parametrize("state", ENDS)
async def test_no_short_word_leads_nowhere(on: Harness, state: str) -> None:
    """What a reply can do nothing about has its way on, what asks has its answer, and the rest a reaction."""
    fields, shown, said, below, below_answer = ENDS[state]
    ts, session = await on.started()
    await on.devin.spend(session, 2.5)
    await polled(on)
    if state == "archived":
        await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    elif state == "waiting":
        await on.devin.say(session, "Which database?", **fields)
    elif fields:
        await on.devin.set(session, **fields)
    await card_of(on, ts, shown)
    await give_role(on.slack, f"steer <@{ADA}|ada>")
    cost = "This session has used 2.5 ACUs so far. Devin reports ACUs with a delay."
    is_open = state == "waiting"  # so that any word may be the answer
    for user, text in [(ANN, "wait"), (ADA, "hold on"), *([] if is_open else [(ANN, "?"), (ADA, "hello?")])]:
        assert await became(on, user, ts, text) == (said.format(text), below, []), text
    told = await became(on, ANN, ts, "how much did that cost")
    assert told == (cost, below_answer, [])
    state_told, below_state, _ = await became(on, ADA, ts, "are you there?")
    assert (shown in state_told or is_open, below_state) == (True, below_answer)
    for user, text in () if is_open else ((ANN, "thanks!"), (ADA, "lol")):
        assert await became(on, user, ts, text) == ("", [], ["pray"]), text
    if not is_open:
        runs = state == "at work"
        for user, text in ((ANN, "nevermind"), (ADA, "ach, vergiss es")):
            taken_back = (said.format(text), below, []) if runs else ("", [], ["pray"])
            assert await became(on, user, ts, text) == taken_back, text
    refused = "You can't write to Devin here. Nothing was sent. Ask <@U0ADA>."
    assert await became(on, BEN, ts, "?") == (refused, [], [])
    assert await sent_to_devin(on, session) == []
    assert await creations(on) == 1


async def became(on: Harness, user: str, ts: str, text: str) -> tuple[str, list[str], list[str]]:
    """What a reply is answered, with the buttons below it, and the reactions to it."""
    so_far = len(await on.slack.ephemerals(user=user))
    reply = await on.slack.say(user, GENERAL, text, thread_ts=ts)
    await settled(on)
    answers = (await on.slack.ephemerals(user=user))[so_far:]
    said = [written(one.get("blocks") or []) or one["text"] for one in answers]
    return " ".join(said), [label for one in answers for label in buttons(one)], await reactions(on, reply)


async def test_a_question_about_the_spending_of_a_period_is_not_about_the_session(on: Harness) -> None:
    ts, session = await on.started(user=ANN)
    for user, text, command, label in (
        (ANN, "what did I use last month?", "cost", "Show cost"),
        (ADA, "how much did we spend in november", "usage in november", "Show usage in november"),
    ):
        said = f"`/devin {command}` might answer that. Nothing was sent to Devin."
        assert await became(on, user, ts, text) == (said, [label, "Send to Devin"], []), text
    assert await sent_to_devin(on, session) == []


async def test_a_request_about_all_sessions_is_not_about_the_one_of_the_thread(on: Harness) -> None:
    ts, session = await on.started(user=ANN)
    for text, meant, label in (
        ("list my sessions", "Did you mean `list`?", "Show list"),
        ("show my sessions", "`/devin list` might answer that.", "Show list"),
        ("which other sessions are running?", "`/devin list` might answer that.", "Show list"),
        ("can you stop all my sessions?", "Did you mean `stop`?", "Stop all my sessions"),
        ("reopen", start_sentences.ANSWERS[Topic.REOPEN], "Show help"),
        ("remind me less often", start_sentences.ANSWERS[Topic.REMINDERS], "Show settings"),
    ):
        said = f"{meant} Nothing was sent to Devin."
        assert await became(on, ANN, ts, text) == (said, [label, "Send to Devin"], []), text
    await on.slack.say(ANN, GENERAL, "list the tests that fail", thread_ts=ts)
    await on.devin.wait_for_messages("list the tests that fail")
    assert len(await sent_to_devin(on, session)) == 1


@pytest.mark.parametrize(
    "text",
    ["we take it from here", "the second one for me, but ask ada", "what did ada think of this?"],
)
async def test_what_people_say_of_each_other_is_no_answer_and_wakes_nobody(on: Harness, text: str) -> None:
    ts, session = await on.started()
    assert (await became(on, BEN, ts, text))[:2] == (NOT_YET.format(text), [SEND, "Stop Devin", "Show help"])
    await on.devin.say(session, "The first or the second?", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    assert (await became(on, BEN, ts, text))[:2] == (NOT_YET.format(text), ASKED)
    await on.devin.set(session, status="suspended", status_detail="inactivity")
    await on.slack.wait_for_message(GENERAL, "Asleep", thread_ts=ts)
    assert (await became(on, BEN, ts, text))[:2] == (NOT_YET.format(text), ASKED)
    assert await sent_to_devin(on, session) == []


async def test_what_leaves_nothing_to_do_wakes_no_session(on: Harness) -> None:
    ts, session = await asleep(on)
    for text in ("halt please, wrong project", "leave this, ben will finish it", "no further edits please"):
        assert await became(on, BEN, ts, text) == ("", [], ["pray"]), text
    assert await sent_to_devin(on, session) == []
    said = "leave this, and rename the flag"
    await on.slack.say(BEN, GENERAL, said, thread_ts=ts)
    await on.devin.wait_for_messages(said)


async def test_what_is_asked_of_the_bot_in_a_thread_is_not_sent(on: Harness) -> None:
    ts, session = await asleep(on)
    for text in (
        *("cap this one at 4 ACUs", "remind us tomorrow at 8 about this", "notify me when we reach 90 ACUs"),
        *("who lowered the budget?", "turn off the weekly digest", "ping me when the rollback is done"),
        *("only leads should be able to start", "undo the budget change", "close #web for visitors"),
    ):
        said, labels, _ = await became(on, BEN, ts, text)
        assert SEND in labels, (text, said)
    assert await sent_to_devin(on, session) == []


async def test_a_mention_that_says_whose_words_to_follow_is_an_instruction(on: Harness) -> None:
    ts, session = await asleep(on)
    await on.mention("do what Ben proposed", ADA, GENERAL, thread_ts=ts)
    await on.devin.wait_for_messages("do what Ben proposed")
    assert len(await sent_to_devin(on, session)) == 1
    assert await private_answers(on, ADA) == []
