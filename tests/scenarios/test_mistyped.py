"""Mistyped commands for admins start no session and steer none, wherever they are typed: each is answered or asked."""

import time
from typing import Any

import pytest

from bot.domain.commands.registry import START
from bot.features import COMMANDS
from bot.views.answers import handovers
from bot.views.answers import starts as start_sentences
from bot.views.answers.session_lists import NO_SESSIONS
from tests.for_devin import as_sent
from tests.markup import written
from tests.mistyped import AS_TYPED
from tests.scenarios.ahead import rows, until
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, WEB, Harness
from tests.scenarios.observations import (
    SOON,
    buttons,
    creations,
    forge,
    press,
    private_answers,
    sent_to_devin,
    settled,
    what_became_of,
)

DM = "D0ADA"
EXAMPLES = ["Show usage last month", "Show usage month by person", "Show usage last 30 days by channel"]
TASKS = (  # that begin with the word of a command and are longer than six words
    "report the flaky login test to the team as an issue",
    "usage figures on the settings page are wrong since Friday",
    "budget totals in the invoice module ignore refunds since May",
)


async def are_answered(on: Harness) -> None:
    """Each of them has its private answer, though not sent yet: Slack takes fewer than two a second."""

    async def dealt_with() -> bool:
        waiting = [row for row in await rows(on, "inbox", state="open") if row["ready_at"] < time.time() + SOON]
        return not waiting and not await on.slack.deliveries(status="pending")

    await until(dealt_with, seconds=200)
    private = {row["key"].split(":asked")[0].removeprefix("priv:") for row in await rows(on, "outbox")}
    messages = [row["key"] for row in await rows(on, "inbox") if row["key"].startswith("msg:")]
    assert len([key for key in messages if key in private]) == len(AS_TYPED)


def test_there_are_as_many_as_were_tried() -> None:
    assert len(set(AS_TYPED)) >= 214


@pytest.mark.edge
@pytest.mark.timeout(300)
async def test_none_of_them_starts_a_session_behind_a_slash(on: Harness) -> None:
    for text in AS_TYPED:
        answer = (await on.slack.slash(ADA, GENERAL, text))["shown"]
        if COMMANDS.parser.slash(text).spec is START:
            assert start_sentences.NOT_STARTED in answer["rendered"], text
    await settled(on)
    assert await creations(on) == 0


@pytest.mark.edge
@pytest.mark.timeout(300)
async def test_none_of_them_starts_a_session_in_a_channel(on: Harness) -> None:
    for text in AS_TYPED:
        await on.mention(text, ADA)
    await are_answered(on)
    assert await creations(on) == 0


@pytest.mark.edge
@pytest.mark.timeout(300)
async def test_none_of_them_steers_a_session_in_its_thread(on: Harness) -> None:
    ts, session = await on.started()
    for text in AS_TYPED:
        await on.mention(text, ADA, thread_ts=ts)
    await are_answered(on)
    assert await sent_to_devin(on, session) == []
    assert await creations(on) == 1


@pytest.mark.edge
@pytest.mark.timeout(300)
@pytest.mark.timing(dm_follow_up=3_600.0)
async def test_none_of_them_starts_or_steers_a_session_in_a_direct_message(on: Harness) -> None:
    await on.slack.say(ADA, "im", "fix the login test")
    session = (await on.session("fix the login test"))["session_id"]
    await settled(on)
    for text in AS_TYPED:
        await on.slack.say(ADA, "im", text)
    await are_answered(on)
    assert await sent_to_devin(on, session) == []
    assert await creations(on) == 1


async def asked(on: Harness, user: str = ADA, **where: Any) -> dict[str, Any]:
    """The newest private question, once all is settled."""
    await settled(on)
    return (await on.slack.ephemerals(user=user, **where))[-1]


@pytest.mark.both_transports
async def test_in_a_thread_the_nearest_command_is_offered_beside_devin(on: Harness) -> None:
    ts, session = await on.started()
    await on.mention("budget org 100", ADA, thread_ts=ts)
    question = await asked(on)
    assert written(question["blocks"]) == "`budget` doesn't take `org 100`. Nothing was sent to Devin."
    assert buttons(question) == ["Run budget set org 100", "Send to Devin"]
    await on.slack.click(ADA, GENERAL, question["ts"], "choose:budget_set")
    await settled(on)
    said, left = await what_became_of(on, question)
    assert "Set it" in left, "the budget's own question takes its place"
    assert "100" in said
    assert await sent_to_devin(on, session) == []


async def test_what_is_meant_for_devin_is_sent_once_and_as_it_was_written(on: Harness) -> None:
    ts, session = await on.started()
    said = await on.mention("report the result here", BEN, thread_ts=ts)
    question = await asked(on, BEN)
    await on.slack.click(BEN, GENERAL, question["ts"], "answer:command:as_reply")
    await on.devin.wait_for_messages("report the result here")
    await settled(on)
    assert await what_became_of(on, question) == (start_sentences.SENT_ON.text, [])
    assert await sent_to_devin(on, session) == [as_sent(said, "ben", "report the result here")]
    assert await creations(on) == 1


async def test_only_who_wrote_it_says_what_it_means_and_only_once(on: Harness) -> None:
    ts, session = await on.started()
    said = await on.mention("report the result here", BEN, thread_ts=ts)
    await asked(on, BEN)
    (waiting,) = await rows(on, "inbox", state="open")
    button = ("answer:command:as_reply", waiting["key"])
    await forge(on, "interactive", press(ADA, GENERAL, *button))
    assert (await on.slack.wait_for_ephemeral(ADA))["rendered"] == start_sentences.ANSWER_EXPIRED.text
    await settled(on)
    assert await sent_to_devin(on, session) == []
    for _ in range(2):
        await forge(on, "interactive", press(BEN, GENERAL, *button))
        await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(said, "ben", "report the result here")]


async def test_what_was_meant_for_a_session_that_has_ended_meanwhile_starts_none(on: Harness) -> None:
    ts, session = await on.started()
    await on.mention("usage by weekday", ADA, thread_ts=ts)
    question = await asked(on)
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Archived by ann", thread_ts=ts)
    await on.slack.click(ADA, GENERAL, question["ts"], "answer:command:as_reply")
    await on.slack.wait_for_ephemeral(ADA, "This session is archived")
    await settled(on)
    assert await sent_to_devin(on, session) == []
    assert await creations(on) == 1


async def test_a_command_about_a_session_is_about_the_one_of_the_thread(on: Harness) -> None:
    await on.started("update the docs", ADA, WEB)
    ts, session = await on.started()
    await on.mention("stop it please", ADA, thread_ts=ts)
    question = await asked(on)
    assert buttons(question) == ["Stop", "Send to Devin"]
    await on.slack.click(ADA, GENERAL, question["ts"], "choose:stop")
    await on.slack.wait_for_ephemeral(ADA, "ann started “fix the login test”. Stop it?")
    await on.slack.click(ADA, GENERAL, question["ts"], "choose:stop_confirmed")
    await on.slack.wait_for_message(GENERAL, "Stopped by ada", thread_ts=ts)
    assert [one["session_id"] for one in await on.devin.wait_for_sessions("", is_archived=True)] == [session]


async def test_a_reply_without_a_mention_stays_one_and_so_does_a_long_one(on: Harness) -> None:
    ts, session = await on.started()
    plain = await on.slack.say(BEN, GENERAL, "usage totals go on the settings page", thread_ts=ts)
    await on.devin.wait_for_messages("usage totals go on the settings page")
    long = await on.mention(TASKS[0], BEN, thread_ts=ts)
    await on.devin.wait_for_messages(TASKS[0])
    await settled(on)
    assert await sent_to_devin(on, session) == [
        as_sent(plain, "ben", "usage totals go on the settings page"),
        as_sent(long, "ben", TASKS[0]),
    ]
    assert await private_answers(on, BEN) == []


async def test_in_a_thread_without_a_session_it_asks_and_starts_with_what_the_thread_says(on: Harness) -> None:
    ts = await on.slack.say(BEN, GENERAL, "the login test fails since Monday")
    await on.mention("report the bug", ANN, thread_ts=ts)
    question = await asked(on, ANN)
    assert written(question["blocks"]) == "Only admins can see outcome reports. Ask <@U0ADA>."
    assert buttons(question) == ["Start a session"], "reports are for admins"
    assert await creations(on) == 0
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:command:as_task")
    made = await on.session("report the bug")
    await settled(on)
    assert "the login test fails since Monday" in made["prompt"]
    assert (await what_became_of(on, question))[0] == start_sentences.received_in_thread("report the bug").text
    assert await creations(on) == 1


async def test_a_line_of_a_direct_message_asks_where_it_would_be_a_reply(on: Harness) -> None:
    ts = await on.slack.say(ADA, "im", "fix the login test")
    session = (await on.session("fix the login test"))["session_id"]
    await settled(on)
    line = await on.slack.say(ADA, "im", "usage by weekday")
    question = await on.slack.wait_for_message(DM, "Nothing was sent to Devin.")
    assert question.get("thread_ts") is None, "where it was written"
    assert buttons(question) == [*EXAMPLES, "Send to Devin"]
    await on.slack.click(ADA, DM, question["ts"], "answer:command:as_reply")
    await on.devin.wait_for_messages("usage by weekday")
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(line, "ada", "usage by weekday")]
    assert await creations(on) == 1
    assert ts < line


@pytest.mark.parametrize("task", TASKS)
async def test_a_task_with_such_a_word_and_more_than_six_starts_at_once(on: Harness, task: str) -> None:
    thread = await on.slack.say(BEN, GENERAL, "look at this")
    await on.mention(task, ADA)
    await on.mention(f"{task} in web", ADA, thread_ts=thread)
    await on.slack.slash(ADA, WEB, f"{task} in docs")
    await on.devin.wait_for_sessions(task, 3)


async def test_commands_are_commands_in_the_thread_of_a_session_too(on: Harness) -> None:
    ts, session = await on.started()
    for text, said in (("usage", "ACU"), ("budget list", "No budgets are set"), ("Usage month.", "ACU")):
        so_far = len(await on.slack.ephemerals(user=ADA))
        await on.mention(text, ADA, thread_ts=ts)
        await on.slack.wait("ephemerals", so_far + 1, user=ADA)
        assert said in (await on.slack.ephemerals(user=ADA))[-1]["rendered"]
    await settled(on)
    assert await sent_to_devin(on, session) == []
    assert await rows(on, "inbox", state="open") == []


async def test_what_is_not_read_is_answered_with_examples_that_run(on: Harness) -> None:
    for text, answered in {
        "usage by weekday": "Devin in ",
        "budget set org 20 a year": "Set a budget of 500 ACUs a month for the organization",
    }.items():
        shown = (await on.slack.slash(ADA, GENERAL, text))["shown"]
        first = next(label for label in buttons(shown) if "month" in label)
        command = "usage" if text.startswith("usage") else "budget_set"
        await on.slack.click(ADA, GENERAL, shown["ts"], f"choose:{command}")
        assert first in {"Show usage last month", "Run budget set org 500 a month"}
        assert (await on.slack.wait_for_ephemeral(ADA, answered))["rendered"].startswith(answered)
    member = (await on.slack.slash(ANN, GENERAL, "usage by weekday"))["shown"]
    assert member["text"] == "Only admins can see usage figures. Ask <@U0ADA>. `/devin cost` shows your own."
    assert buttons(member) == ["Show cost", "Start a session"]
    assert await creations(on) == 0


NOT_PICKED = "`@ben` isn't known. Pick the name from Slack's list as you type `@`. Nothing was started."


async def test_what_people_type_about_money_is_read(on: Harness) -> None:
    of_ben = f"Only sessions started by <@{BEN}>."  # who has no session yet, so that no name is stored
    for text, said in {
        f"usage <@{BEN}|ben>": f"Devin today, so far\nBilling day {{}} still running. {of_ben}",
        f"usage <#{WEB}|web> per user": "Devin today, so far, by person",
        "usage november 2024": "There are no figures from before",
        "usage last week": "Devin, ",
        "report last 30 days": "Devin, ",
        **dict.fromkeys(("usage @ben", "usage @ben last month", "cost of @ben", "report @ben smith"), NOT_PICKED),
    }.items():
        shown = (await on.slack.slash(ADA, GENERAL, text))["shown"]["rendered"]
        first, _, last = said.partition("{}")
        assert shown.startswith(first), shown
        assert last in shown
    cost = (await on.slack.slash(ADA, GENERAL, "cost @ben"))["shown"]
    assert buttons(cost) == [f"Show usage {of}" for of in ("last month", "month by person", "last 30 days by channel")]
    ts, _ = await on.started()
    await on.slack.say(ANN, GENERAL, "!give @ben", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, handovers.WHO.text)
    await on.slack.slash(ADA, GENERAL, "budget set everyone 20")
    assert "Set a budget of 20 ACUs a cycle for each person" in (await asked(on))["rendered"]


async def test_short_forms_are_read_as_what_they_mean(on: Harness) -> None:
    async def typed(user: str, text: str) -> str:
        return str((await on.slack.slash(user, GENERAL, text))["shown"]["rendered"])

    await on.slack.slash(ADA, GENERAL, f"digest <#{WEB}|web>")
    asked = await on.slack.wait_for_ephemeral(ADA, f"<#{WEB}>")
    assert "digest_add_confirmed" in str(asked["blocks"])
    assert await typed(BEN, "list running") == NO_SESSIONS.text
    assert await typed(ADA, f"role add manager <@{BEN}|ben>") == (
        "Nothing was changed. Name one role: `start`, `steer`, `stop`, `cost`, `administer`. "
        "For example: `/devin role add start #web @ann`"
    )
    figures = await typed(ADA, "usage")
    assert "No active sessions." in figures
    assert "used anything" not in figures
