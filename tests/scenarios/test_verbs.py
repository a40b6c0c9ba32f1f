"""Verbs in a session's thread: what people say to the bot itself, and what only looks like it."""

import pytest

from tests.scenarios.looks import card, creations, forge, is_card, press, settled, told, whispered
from tests.scenarios.stage import ADA, ANN, BEN, BOT, GENERAL, WEB, Stage

MUTED = (
    ":mute: Muted: replies in this thread are not sent to Devin until somebody writes `!unmute`. "
    "What Devin says still appears here."
)
UNMUTED = ":speaker: Unmuted: replies in this thread are sent to Devin again. Those written while muted were not sent."
HELP = (
    "Every reply in this thread goes to Devin, except these, each as the whole message:\n"
    "• `!status` where it stands · `!cost` what it has used\n"
    "• `!stop` (or `sleep`) puts Devin to sleep; a reply wakes it\n"
    "• `!mute` / `!unmute` (or `mute` / `unmute`): replies are not sent to Devin / are sent again\n"
    "• `!aside …` (or `(aside) …`) is for the people here and not sent to Devin\n"
    "• `!archive` (or `archive`) puts Devin to sleep and closes this thread\n"
    "• `!new …` starts another session\n"
    "• `EXIT` ends the session for good, after a question"
)
NO_SESSION = (
    "There is no session in this thread, so nothing was changed. "
    "Mention Devin Bridge with a task to start one, or use `/devin list` to see yours."
)


@pytest.mark.both_transports
async def test_help_status_and_cost_are_answered_privately(on: Stage) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, "!help", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "!status", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "!cost", thread_ts=ts)
    await settled(on)
    answers = await whispered(on, BEN, thread_ts=ts, visible=True)
    assert HELP in answers
    assert "Devin reports no ACUs for this session so far; on some plans it never does." in answers
    status = next(answer for answer in answers if "*<" in answer)
    assert status.startswith(
        f"*<https://app.devin.ai/sessions/{session}|fix the login test>*\n"
        ":gear: Working. Reply in this thread to steer it.\nAsked by <@U0ANN>"
    )
    assert await told(on, session) == []
    assert await on.thread(GENERAL, ts) == []


async def test_cost_names_what_was_used(on: Stage) -> None:
    ts, session = await on.started()
    await on.devin.spend(session, 2.5)
    await on.slack.say(ANN, GENERAL, "!status", thread_ts=ts)
    await on.devin.set(session, title="Fix the login test")
    await on.slack.wait_for_message(GENERAL, "2.5 ACUs", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "!cost", thread_ts=ts)
    said = await on.slack.wait_for_ephemeral(BEN)
    assert said["rendered"] == (
        "This session has used 2.5 ACUs so far. The figure comes from Devin and may be minutes old."
    )


async def test_replies_in_a_muted_thread_stay_between_people(on: Stage) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, "!mute", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Muted:", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "what do you think, ann?", thread_ts=ts)
    named = await on.slack.say(BEN, GENERAL, f"{BOT} please use pytest", thread_ts=ts)
    await on.devin.say(session, "Still at it.")
    await on.slack.wait_for_message(GENERAL, "Still at it.", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "Unmute", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Unmuted:", thread_ts=ts)
    last = await on.slack.say(BEN, GENERAL, "go on", thread_ts=ts)
    await on.devin.wait_for_messages("go on")
    await settled(on)
    assert await told(on, session) == [f"[Slack {named}] ben:\nplease use pytest", f"[Slack {last}] ben:\ngo on"]
    assert await on.thread(GENERAL, ts) == [MUTED, "Still at it.", UNMUTED]


async def test_muting_twice_says_so_privately(on: Stage) -> None:
    ts, _ = await on.started()
    await on.slack.say(BEN, GENERAL, "!unmute", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN, "This thread is not muted: every reply is sent to Devin.")
    await on.slack.say(BEN, GENERAL, "!mute", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "mute", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN, "This thread is muted already; `!unmute` ends that.")
    await settled(on)
    assert await on.thread(GENERAL, ts) == [MUTED]


async def test_asides_stay_between_people_also_as_later_context(on: Stage) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, "!aside it is slow today", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "(aside) very slow", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Archived by", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, f"{BOT} fix the logout test", thread_ts=ts)
    second = await on.session("fix the logout test")
    assert await told(on, session) == []
    assert "slow" not in second["prompt"]


async def test_archive_closes_the_thread(on: Stage) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, "archive", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Archived by", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, "one more thing", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, "and another", thread_ts=ts)
    await settled(on)
    assert await on.thread(GENERAL, ts) == [
        (
            ":file_cabinet: Archived by <@U0BEN>. Devin sleeps, and replies in this thread are no longer sent to it. "
            "Use `/devin` or mention Devin Bridge to start a new session."
        )
    ]
    assert await whispered(on, ANN) == [
        (
            "This thread was closed, so your reply was not sent to Devin. "
            "Use `/devin` or mention Devin Bridge with a task to start a new session."
        )
    ]
    assert (await on.devin.session(session))["is_archived"] is True
    assert await told(on, session) == []


async def test_new_starts_another_session_in_a_thread_of_its_own(on: Stage) -> None:
    ts, first = await on.started()
    await on.slack.say(BEN, GENERAL, "!new update the docs repo=acme/docs", thread_ts=ts)
    second = await on.session("update the docs")
    card = next(one for one in await on.slack.messages(GENERAL) if is_card(one) and "docs" in one["rendered"])
    assert "thread_ts" not in card
    assert "Asked by <@U0BEN> · repo acme/docs" in card["rendered"]
    assert second["tags"][1] == f"slack-T0PLAY-{GENERAL}-{card['ts']}"
    reply = await on.slack.say(BEN, GENERAL, "in English", thread_ts=card["ts"])
    await on.devin.wait_for_messages("in English")
    assert await told(on, second["session_id"]) == [f"[Slack {reply}] ben:\nin English"]
    assert await told(on, first) == []


async def test_new_without_a_task_starts_nothing(on: Stage) -> None:
    ts, _ = await on.started()
    await on.slack.say(BEN, GENERAL, "!new", thread_ts=ts)
    said = await on.slack.wait_for_ephemeral(BEN)
    await settled(on)
    assert said["rendered"].startswith("There is no task in that, so nothing was started.")
    assert await creations(on) == 1


SENTENCES = ("please don't stop", "stop", "sleep well, then fix it", "archive the old logs", "exit", "Stop!")


async def test_a_sentence_is_never_a_verb(on: Stage) -> None:
    ts, session = await on.started()
    replies = [await on.slack.say(BEN, GENERAL, text, thread_ts=ts) for text in SENTENCES]
    await on.devin.wait_for_messages(SENTENCES[-1])
    await settled(on)
    expected = [f"[Slack {reply}] ben:\n{text}" for reply, text in zip(replies, SENTENCES, strict=True)]
    assert await told(on, session) == expected
    assert (await on.devin.session(session))["is_archived"] is False
    assert await whispered(on, BEN) == []


UNKNOWN = {
    "!stpo": (
        "There is no `!stpo`, so nothing was done and nothing sent to Devin. Did you mean `!stop`? "
        "`!help` lists what works here; without the `!` the message goes to Devin."
    ),
    "!frobnicate now": (
        "There is no `!frobnicate`, so nothing was done and nothing sent to Devin. "
        "`!help` lists what works here; without the `!` the message goes to Devin."
    ),
    "!stop the server": (
        "`!stop` works only as the whole message, so nothing was done and nothing sent to Devin. "
        "Write `!stop` alone, or the sentence without the `!`."
    ),
}


async def test_an_unknown_verb_is_asked_about(on: Stage) -> None:
    ts, session = await on.started()
    for typed in UNKNOWN:
        await on.slack.say(BEN, GENERAL, typed, thread_ts=ts)
    await on.slack.wait("ephemerals", len(UNKNOWN), user=BEN)
    await settled(on)
    assert sorted(await whispered(on, BEN)) == sorted(UNKNOWN.values())
    assert await told(on, session) == []
    assert (await on.devin.session(session))["is_archived"] is False


async def test_a_verb_where_there_is_no_session_changes_nothing(on: Stage) -> None:
    await on.mention("!stop", BEN)
    said = await on.slack.wait_for_ephemeral(BEN)
    assert said["rendered"] == NO_SESSION
    await settled(on)
    assert await creations(on) == 0


# ------------------------------------------------------------ EXIT


async def _question(on: Stage, user: str, ts: str) -> str:
    await on.slack.say(user, GENERAL, "EXIT", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(user, "for good?")
    assert asked["text"] == (
        "End “fix the login test” for good? It cannot be woken again; `!stop` only puts it to sleep. "
        "Nothing was changed yet."
    )
    return asked["ts"]


@pytest.mark.both_transports
async def test_exit_ends_for_good_after_a_question(on: Stage) -> None:
    ts, session = await on.started()
    question = await _question(on, ANN, ts)
    assert (await on.devin.session(session))["terminated"] is False
    await on.slack.click(ANN, GENERAL, question, "exit_confirmed")
    await on.slack.wait_for_message(GENERAL, "Ended for good", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, "wait", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, "was not sent to Devin")
    await settled(on)
    assert (await on.devin.session(session))["terminated"] is True
    assert await told(on, session) == []
    assert await on.thread(GENERAL, ts) == [
        (
            ":checkered_flag: Ended for good by <@U0ANN>. Replies in this thread no longer reach Devin. "
            "Use `/devin` or mention Devin Bridge to start a new session."
        )
    ]


async def test_exit_can_be_declined(on: Stage) -> None:
    ts, session = await on.started()
    question = await _question(on, ANN, ts)
    await on.slack.click(ANN, GENERAL, question, "exit_declined")
    said = await on.slack.wait_for_ephemeral(ANN, "Fine")
    assert said["rendered"] == "Fine, the session was kept as it is."
    assert (await on.devin.session(session))["terminated"] is False


async def test_only_the_requester_or_an_admin_may_exit(on: Stage) -> None:
    ts, session = await on.started(user=ANN)
    refusal = "Only <@U0ANN>, who asked for this session, or an admin of Devin Bridge may do that. Nothing was changed."
    await on.slack.say(BEN, GENERAL, "EXIT", thread_ts=ts)
    assert (await on.slack.wait_for_ephemeral(BEN))["rendered"] == refusal
    question = await _question(on, ADA, ts)
    asked = next(one for one in await on.slack.ephemerals(user=ADA) if one["ts"] == question)
    value = asked["blocks"][1]["elements"][0]["value"]
    assert await forge(on, "interactive", press(BEN, GENERAL, "exit_confirmed", value)) == "acked"
    await on.slack.wait("ephemerals", 2, user=BEN, text=refusal)
    await settled(on)
    assert (await on.devin.session(session))["terminated"] is False
    await on.slack.click(ADA, GENERAL, question, "exit_confirmed")
    await on.slack.wait_for_message(GENERAL, "Ended for good by <@U0ADA>", thread_ts=ts)


async def test_of_a_session_that_has_ended_everybody_learns_just_that(on: Stage) -> None:
    ts, _ = await on.started(user=ANN)
    await on.slack.click(ANN, GENERAL, await _question(on, ANN, ts), "exit_confirmed")
    await on.slack.wait_for_message(GENERAL, "Ended for good", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "EXIT", thread_ts=ts)
    assert (await on.slack.wait_for_ephemeral(BEN))["rendered"] == (
        "This session has ended already; nothing was changed. Use `/devin` or mention Devin Bridge to start a new one."
    )


async def test_a_button_whose_value_belongs_to_another_channel_does_nothing(on: Stage) -> None:
    ts, session = await on.started(user=ANN, channel=GENERAL)
    buttons = (await card(on, ts))["blocks"][-1]["elements"]
    value = next(button["value"] for button in buttons if button["action_id"] == "stop")
    for action in ("stop", "exit_confirmed"):
        assert await forge(on, "interactive", press(ANN, WEB, action, value)) == "acked"
    await on.slack.wait("ephemerals", 2, user=ANN)
    await settled(on)
    assert await whispered(on, ANN) == [NO_SESSION, NO_SESSION]
    made = await on.devin.session(session)
    assert (made["is_archived"], made["terminated"]) == (False, False)


async def test_a_button_whose_value_is_nonsense_does_nothing(on: Stage) -> None:
    _, session = await on.started()
    assert await forge(on, "interactive", press(ANN, GENERAL, "stop", "nonsense")) == "acked"
    assert (await on.slack.wait_for_ephemeral(ANN))["rendered"] == NO_SESSION
    assert (await on.devin.session(session))["is_archived"] is False
