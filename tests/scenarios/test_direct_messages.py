"""Direct messages: lines belong to one's last session there for two minutes; politeness starts nothing."""

from pathlib import Path

import pytest

from bot.domain.commands.parser import UnknownVerb
from bot.views.answers import replies as reply_sentences
from bot.views.answers import session_lists as session_list_sentences
from bot.views.answers import starts as start_sentences
from bot.views.help_texts import slash_help
from tests.for_devin import as_sent
from tests.said import ASKED_BY, as_shown, in_doubt, stopping
from tests.scenarios.ahead import Ahead, rows
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, Harness, harness
from tests.scenarios.observations import (
    buttons,
    card,
    creations,
    private_answers,
    sent_to_devin,
    settled,
    thread_address,
)

DM = "D0ANN"


async def running(on: Harness, prompt: str = "fix the login test") -> tuple[str, str]:
    """A session that a direct message has started; answers its thread's ts and Devin's session id."""
    ts = await on.slack.say(ANN, "im", prompt)
    made = await on.session(prompt)
    await on.devin.set(made["session_id"], status="running", status_detail="working")
    await on.slack.wait_for_message(DM, "Working", thread_ts=ts)
    return ts, made["session_id"]


async def test_a_question_after_thanks_is_answered_beside_it_and_not_in_the_thread_of_the_session(on: Harness) -> None:
    await on.slack.say(ANN, DM, "fix the login test")
    session = (await on.session("fix the login test"))["session_id"]
    await on.devin.say(session, "It is done.", status="running", status_detail="finished")
    await on.slack.wait_for_message(DM, "It is done.")
    await on.slack.say(ANN, DM, "thanks!")
    asked = await on.slack.say(ANN, DM, "why did my login session stop?")
    answer = await on.slack.wait_for_message(DM, "Done. Reply here for changes.", after=asked)
    assert answer.get("thread_ts") is None
    assert buttons(answer) == ["Send to Devin"]
    await settled(on)
    assert await sent_to_devin(on, session) == []
    await on.slack.click(ANN, DM, answer["ts"], "answer:command:as_reply")
    await on.devin.wait_for_messages("why did my login session stop?")


async def test_a_session_in_a_direct_message_is_given_to_nobody_who_cannot_see_it(on: Harness) -> None:
    ts, session = await running(on)
    await on.slack.say(ANN, DM, f"!give <@{BEN}>", thread_ts=ts)
    told = f"<@{BEN}> can't see this DM. Nothing was changed. To share work, start it in a channel."
    await on.slack.wait_for_message(DM, told)
    assert [row["requester"] for row in await rows(on, "sessions")] == [ANN]
    assert await sent_to_devin(on, session) == []


@pytest.mark.both_transports
async def test_a_line_starts_a_session_in_its_thread(on: Harness) -> None:
    ts = await on.slack.say(ANN, "im", "fix the login test repo=acme/web")
    made = await on.session("fix the login test")
    shown = await on.slack.wait_for_message(DM, ASKED_BY, thread_ts=ts)
    assert made["tags"][1] == f"slack-T0PLAY-{DM}-{ts}"
    assert made["request"]["repos"] == ["acme/web"]
    assert "Started by ann · acme/web" in shown["rendered"]


async def test_the_next_line_within_two_minutes_is_a_reply(on: Harness) -> None:
    _, session = await running(on)
    line = await on.slack.say(ANN, "im", "and please use pytest")
    await on.devin.wait_for_messages("use pytest")
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(line, "ann", "and please use pytest")]
    assert await creations(on) == 1


async def test_two_quick_lines_make_one_session(on: Harness) -> None:
    await on.slack.say(ANN, "im", "fix the login test")
    line = await on.slack.say(ANN, "im", "and please use pytest")
    await on.devin.wait_for_messages("use pytest")
    made = await on.session("fix the login test")
    await settled(on)
    assert await sent_to_devin(on, made["session_id"]) == [as_sent(line, "ann", "and please use pytest")]
    assert await creations(on) == 1


async def test_a_line_after_a_slash_command_there_is_a_reply_to_it(on: Harness) -> None:
    await on.slack.slash(ANN, "im", "fix the login test")
    line = await on.slack.say(ANN, "im", "and please use pytest")
    await on.devin.wait_for_messages("use pytest")
    made = await on.session("fix the login test")
    await settled(on)
    assert await sent_to_devin(on, made["session_id"]) == [as_sent(line, "ann", "and please use pytest")]
    assert await creations(on) == 1


async def test_a_line_from_before_the_card_waits_for_a_start_that_devin_refuses_at_first(on: Harness) -> None:
    await on.slack.fault("chat.postMessage", "slow", seconds=0.5)
    await on.devin.fault("create_session", "503", times=2)
    await on.slack.slash(ANN, "im", "fix the login test")
    first = await on.slack.say(ANN, "im", "and please use pytest")
    second = await on.slack.say(ANN, "im", "and fix the footer too")
    await on.devin.wait_for_messages("fix the footer too")
    made = await on.session("fix the login test")
    asked = [as_sent(first, "ann", "and please use pytest"), as_sent(second, "ann", "and fix the footer too")]
    assert await sent_to_devin(on, made["session_id"]) == asked
    assert await creations(on) == 3


async def test_a_line_after_two_minutes_starts_another_session(tmp_path: Path, transport: str) -> None:
    clock = Ahead()
    async with harness(tmp_path, transport, clock=clock) as on:
        _, session = await running(on)
        clock.put(121.0)
        second = await on.slack.say(ANN, "im", "update the docs")
        made = await on.session("update the docs")
        assert made["tags"][1] == f"slack-T0PLAY-{DM}-{second}"
        assert await sent_to_devin(on, session) == []


async def test_a_line_after_the_session_has_ended_starts_another_one(on: Harness) -> None:
    ts, _ = await running(on)
    await on.slack.say(ANN, "im", "!archive")
    await on.slack.wait_for_message(DM, "Archived by ann", thread_ts=ts)
    await on.slack.say(ANN, "im", "update the docs")
    await on.session("update the docs")
    assert await creations(on) == 2


async def test_thanks_and_greetings_start_nothing_and_the_first_is_answered_with_one_line(on: Harness) -> None:
    for line in ("hi!", "Thanks a lot :pray:", "good morning", ":+1:"):
        await on.slack.say(ANN, "im", line)
    await on.slack.wait_for_message(DM, start_sentences.GREETED.text)
    await settled(on)
    assert await creations(on) == 0
    assert await said_by_the_bot(on) == [start_sentences.GREETED.text]


async def test_a_greeting_is_answered_again_after_an_hour_and_each_question_with_the_help(
    tmp_path: Path, transport: str
) -> None:
    clock = Ahead()
    async with harness(tmp_path, transport, clock=clock) as on:
        await on.slack.say(ANN, "im", "hola")
        await on.slack.wait_for_message(DM, start_sentences.GREETED.text)
        clock.put(3601.0)
        await on.slack.say(ANN, "im", "good morning")
        await on.slack.wait_for_messages(DM, 2)
        for number, question in enumerate(("Hi, what can you do?", "who are you?"), 3):
            await on.slack.say(ANN, "im", question)
            await on.slack.wait_for_messages(DM, number)
        greeted = [start_sentences.GREETED.text] * 2
        assert await said_by_the_bot(on) == [*greeted, *[as_shown(slash_help())] * 2]
        assert await creations(on) == 0


async def test_thanks_after_a_while_are_for_the_last_session_and_start_nothing(tmp_path: Path, transport: str) -> None:
    clock = Ahead()
    async with harness(tmp_path, transport, clock=clock) as on:
        _, session = await running(on)
        clock.put(121.0)
        thanks = await on.slack.say(ANN, "im", "Perfect!")
        await on.slack.wait_for_call("reactions.add", 2)  # the other one is the mark of the state
        given = (await on.slack.message(DM, thanks))["reactions"]
        assert [one["name"] for one in given] == ["pray"]
        assert await sent_to_devin(on, session) == []
        assert await creations(on) == 1


async def said_by_the_bot(on: Harness) -> list[str]:
    """What the bot says in the direct message outside threads."""
    return [one["rendered"] for one in await on.slack.messages(DM) if one["user"] == "U0BOT" and "thread_ts" not in one]


async def test_a_command_alone_is_a_command_here_too(on: Harness) -> None:
    _, session = await running(on)
    for line, answer in (
        ("Help?", "*Devin Bridge* starts Devin sessions"),
        ("list", "You have 1 session:"),
        ("status", session_list_sentences.HINT),
        ("cost", "Your sessions in "),
        ("usage", "Only admins can see usage figures"),
    ):
        await on.slack.say(ANN, "im", line)
        await on.slack.wait_for_message(DM, answer)
    await settled(on)
    assert await creations(on) == 1
    assert await sent_to_devin(on, session) == []


async def test_stop_alone_stops_the_session_that_runs_and_starts_none(on: Harness) -> None:
    ts, session = await running(on)
    await on.slack.say(ANN, "im", "Stop!")
    await on.slack.wait_for_message(DM, "Stopped by ann. Reply to resume", thread_ts=ts)
    await settled(on)
    assert (await on.devin.session(session))["is_archived"] is True
    assert await said_by_the_bot(on) == [stopping("fix the login test", thread_address(DM, ts), session)]
    assert await creations(on) == 1


async def test_stop_right_after_the_task_waits_for_its_session(on: Harness) -> None:
    ts = await on.slack.say(ANN, "im", "fix the login test")
    await on.slack.say(ANN, "im", "stop")
    await on.slack.wait_for_message(DM, " by ann", thread_ts=ts, user="U0BOT")
    await settled(on)
    assert all(made["is_archived"] for made in await on.devin.sessions())
    assert await creations(on) <= 1


async def test_a_mistyped_command_asks_here_too(on: Harness) -> None:
    await on.slack.say(ANN, "im", "stattus 1")
    asked = await on.slack.wait_for_message(DM, in_doubt("stattus 1"))
    await settled(on)
    assert await creations(on) == 0
    await on.slack.click(ANN, "im", asked["ts"], "choose:start")
    await on.session("stattus 1")
    assert await creations(on) == 1


async def test_a_sentence_that_begins_like_a_command_is_a_task(on: Harness) -> None:
    await on.slack.say(ANN, "im", "stop the flaky test from failing")
    await on.session("stop the flaky test from failing")
    await settled(on)
    assert "Is this" not in str(await on.slack.messages(DM))
    assert await creations(on) == 1


async def test_a_thread_is_a_thread_here_too(on: Harness) -> None:
    ts, session = await running(on)
    reply = await on.slack.say(ANN, "im", "and please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("use pytest")
    await on.devin.say(session, "I do.")
    await on.wait_for_post(DM, ts, "I do.")
    assert await sent_to_devin(on, session) == [as_sent(reply, "ann", "and please use pytest")]


async def test_verbs_work_without_a_thread(on: Harness) -> None:
    ts, session = await running(on)
    await on.slack.say(ANN, "im", "!stop")
    await on.slack.wait_for_message(DM, "Stopped by ann. Reply to resume", thread_ts=ts)
    assert (await on.devin.session(session))["is_archived"] is True
    assert await sent_to_devin(on, session) == []


async def test_answers_are_ordinary_messages_here(on: Harness) -> None:
    ts, _ = await running(on)
    await on.slack.say(ANN, "im", "!frobnicate")
    said = await on.slack.wait_for_message(DM, reply_sentences.unknown_verb(UnknownVerb("!frobnicate")).text)
    assert said["rendered"].endswith("drop the `!`.")
    await on.slack.say(ANN, "im", "!status", thread_ts=ts)
    status = await on.slack.wait_for_message(DM, ":gear: Working.", thread_ts=ts, user="U0BOT")
    assert status
    assert await private_answers(on, ANN) == []


@pytest.mark.both_transports
async def test_a_stop_button_here_stops(on: Harness) -> None:
    ts, session = await running(on)
    await on.slack.click(ANN, "im", (await card(on, ts, DM))["ts"], "stop")
    await on.slack.wait_for_message(DM, "Stopped by ann. Reply to resume", thread_ts=ts)
    assert (await on.devin.session(session))["is_archived"] is True


async def test_sessions_elsewhere_do_not_take_lines_from_here(on: Harness) -> None:
    _, elsewhere = await on.started("update the docs", ANN, GENERAL)
    await on.slack.say(BEN, "im", "fix the logout test")
    await on.slack.say(ANN, "im", "fix the login test")
    await on.session("fix the login test")
    await on.session("fix the logout test")
    await settled(on)
    assert await sent_to_devin(on, elsewhere) == []
    assert await creations(on) == 3


@pytest.mark.parametrize("user", [ADA, BEN])
async def test_resume_wakes_the_session_that_was_stopped(on: Harness, user: str) -> None:
    await on.slack.say(user, "im", "fix the login test")
    session = (await on.session("fix the login test"))["session_id"]
    await settled(on)
    await on.slack.say(user, "im", "stop")
    await on.slack.wait_for_message(f"D{user[1:]}", "Stopped by")
    await on.slack.say(user, "im", "resume")
    await on.devin.wait_for_messages("resume")
    await settled(on)
    assert len(await sent_to_devin(on, session)) == 1
    assert await private_answers(on, user) == []
