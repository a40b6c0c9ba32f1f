"""Slash commands: starts are stored and answered at once, questions are answered in the ack."""

import math
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_internals import send_async_response

from bot.store.database import priority_gate
from bot.store.inbox import InboxRow
from bot.store.inbox_writer import InboxWriter
from tests.scenarios.ahead import Ahead
from tests.scenarios.looks import creations, forge, ordered, posted, press, settled, told, whispered
from tests.scenarios.stage import ADA, ANN, BEN, GENERAL, OPS, WEB, Stage, stage

HELP = (
    "*Devin Bridge* starts Devin sessions from Slack; each session lives in its own thread.\n"
    "• `/devin fix the flaky login test` starts one, and so does `@Devin Bridge fix …` in a channel or thread\n"
    "• `/devin list` · `/devin status [number]` · `/devin stop [number]` · `/devin archive [number]`\n"
    "• `/devin usage [today|yesterday|week]` shows admins what was spent\n"
    "• Options may stand anywhere in the task: `repo=acme/web` `playbook=…` `mode=fast` `acu=10` `tags=a,b` "
    '`title="…"`\n'
    "• In a session's thread, reply to steer Devin; `!help` lists what else works there"
)
EMPTY = (
    "There is no task in that, so nothing was started. Write what Devin should do, "
    "for example `/devin fix the flaky login test repo=acme/web`."
)
NONE_OPEN = "You have no open sessions. `/devin fix the flaky login test` would start one; `/devin help` shows more."


async def shown(on: Stage, user: str, channel: str, text: str) -> str:
    """What a command answers at once."""
    answer = await on.slack.slash(user, channel, text)
    assert answer["status"] == "acked"
    return answer["shown"]["rendered"]


@pytest.mark.both_transports
async def test_each_command_is_answered_while_all_other_work_waits(on: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await on.started()
    await settled(on)
    for rate_limits in ("SHARE_SECONDS", "GAPLESS_SECONDS"):
        monkeypatch.setattr(priority_gate, rate_limits, math.inf)
    for text, answer in {
        "": "*Devin Bridge* starts Devin sessions",
        "help": "*Devin Bridge* starts Devin sessions",
        "list": "You have 1 session:",
        "status": "Working. Reply in this thread to steer it.",
        "usage": "Devin today, so far",
        "fix the other test": "Got it: “fix the other test”.",
        "stop": "Stopping: Devin is put to sleep in a moment.",
        "archive": "Stopping: Devin is put to sleep in a moment.",
    }.items():
        assert answer in await shown(on, ADA if text == "usage" else ANN, GENERAL, text)


@pytest.mark.both_transports
async def test_slack_has_the_right_of_way_until_it_has_its_answer(
    tmp_path: Path, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []

    class Watched(priority_gate.PriorityGate):
        def __enter__(self) -> None:
            happened.append("asked")
            super().__enter__()

        def __exit__(self, *error: object) -> None:
            happened.append("answered")
            super().__exit__(*error)

    put = InboxWriter.put

    async def stores(writer: InboxWriter, row: InboxRow) -> None:
        await put(writer, row)
        happened.append("stored")

    async def sends(*told: Any) -> None:
        happened.append("sent")
        await send_async_response(*told)

    # Where it may wait for a connection.
    monkeypatch.setattr("bot.server.socket_mode.send_async_response", sends)
    monkeypatch.setattr("bot.store.database.connection.PriorityGate", Watched)
    monkeypatch.setattr(InboxWriter, "put", stores)
    async with stage(tmp_path, transport) as on:
        happened.clear()
        await shown(on, ANN, GENERAL, "fix the login test")
        assert happened == ["asked", "stored", "answered", *(["sent"] if transport == "socket" else [])]


# ------------------------------------------------------------ starting


@pytest.mark.both_transports
async def test_the_card_is_posted_first_and_the_session_starts_in_its_thread(on: Stage) -> None:
    assert await shown(on, ANN, GENERAL, "fix the login test repo=acme/web") == (
        "Got it: “fix the login test”. The session's thread appears here in a moment."
    )
    made = await on.session("fix the login test")
    card = await posted(on, GENERAL, "fix the login test")
    assert "thread_ts" not in card
    assert "Asked by <@U0ANN> · repo acme/web" in card["rendered"]
    assert made["tags"] == ["devin-bridge", f"slack-T0PLAY-{GENERAL}-{card['ts']}"]
    assert made["prompt"] == (
        f"fix the login test\n\nAsked in Slack by ann. Reference: slack-T0PLAY-{GENERAL}-{card['ts']}"
    )
    assert made["request"]["repos"] == ["acme/web"]


async def test_no_card_no_session(on: Stage) -> None:
    await on.slack.fault("chat.postMessage", "error", error="restricted_action")
    await on.slack.slash(ANN, GENERAL, "fix the login test")
    said = await on.slack.wait_for_ephemeral(ANN, "nothing was started")
    await settled(on)
    assert said["rendered"] == (
        "Devin Bridge is not a member of this channel, so nothing was started. "
        "Type `/invite @Devin Bridge` there, then try again."
    )
    assert await creations(on) == 0


async def test_devins_words_appear_under_the_card(on: Stage) -> None:
    ts, session = await ordered(on, "fix the login test", ANN, GENERAL)
    await on.devin.say(session, "I looked at the test.")
    await on.slack.wait_for_message(GENERAL, "I looked", thread_ts=ts)
    assert await on.thread(GENERAL, ts) == ["I looked at the test."]


async def test_two_commands_in_a_row_start_two_sessions(on: Stage) -> None:
    await on.slack.slash(ANN, GENERAL, "fix the login test")
    await on.slack.slash(ANN, GENERAL, "fix the logout test")
    await on.session("fix the login test")
    await on.session("fix the logout test")
    assert await creations(on) == 2


async def test_start_may_be_said(on: Stage) -> None:
    assert (await shown(on, ANN, GENERAL, "start fix the login test")).startswith("Got it: “fix the login test”.")
    made = await on.session("fix the login test")
    assert made["prompt"].startswith("fix the login test\n\n")


async def test_a_task_that_begins_like_a_command_is_a_task(on: Stage) -> None:
    for text in ("stop the flaky test from failing", "list all users in the admin page"):
        assert (await shown(on, ANN, GENERAL, text)).startswith(f"Got it: “{text}”.")
        await on.session(text)


async def test_without_a_task_there_is_help_and_nothing_starts(on: Stage) -> None:
    assert await shown(on, ANN, GENERAL, "") == HELP
    assert await shown(on, ANN, GENERAL, "help") == HELP
    assert await shown(on, ANN, GENERAL, "start") == EMPTY
    assert await shown(on, ANN, GENERAL, "repo=acme/web") == EMPTY
    await settled(on)
    assert await creations(on) == 0


async def test_a_command_that_is_not_ours_is_answered_with_help(on: Stage) -> None:
    payload = {"command": "/devon", "text": "fix it", "user_id": ANN, "channel_id": GENERAL, "team_id": "T0PLAY"}
    assert await forge(on, "slash_commands", {**payload, "trigger_id": "1.2.x", "token": "v"}) == "acked"


# ------------------------------------------------------------ the same text again


async def test_texts_that_only_begin_alike_are_not_the_same(on: Stage) -> None:
    for line in ("the login page is red", "the export is slow"):
        await on.slack.slash(ANN, GENERAL, f"Fix this bug:\n{line}")
        await on.session(line)
    assert await creations(on) == 2


async def test_a_minute_later_the_same_text_starts_another_session(tmp_path: Path, transport: str) -> None:
    clock = Ahead()
    async with stage(tmp_path, transport, clock=clock) as on:
        await ordered(on, "fix the login test", ANN, GENERAL)
        clock.put(61)
        await on.slack.slash(ANN, GENERAL, "fix the login test")
        await on.devin.wait_for_calls("create_session", 2)
        await settled(on)
        assert await creations(on) == 2


async def _asked_again(on: Stage) -> str:
    """The same command twice; answers the ts of the question."""
    await on.slack.slash(ANN, GENERAL, "fix the login test")
    await on.session("fix the login test")
    await on.slack.slash(ANN, GENERAL, "fix the login test")
    asked = await on.slack.wait_for_ephemeral(ANN, "a second time?")
    assert asked["text"].startswith("You started “fix the login test” ")
    assert asked["text"].endswith(" ago. Nothing more was started yet: should it really run a second time?")
    return asked["ts"]


@pytest.mark.both_transports
async def test_the_same_text_within_a_minute_asks_first_and_yes_starts_it(on: Stage) -> None:
    question = await _asked_again(on)
    assert await creations(on) == 1
    await on.slack.click(ANN, GENERAL, question, "start_again")
    await on.devin.wait_for_sessions("fix the login test", 2)
    await on.slack.click(ANN, GENERAL, question, "start_again")
    said = await on.slack.wait_for_ephemeral(ANN, "too old")
    await settled(on)
    assert said["rendered"] == (
        "That question is too old to answer, so nothing was started. Type the command again if it is still needed."
    )
    assert await creations(on) == 2


async def test_no_starts_nothing_more(on: Stage) -> None:
    question = await _asked_again(on)
    await on.slack.click(ANN, GENERAL, question, "start_declined")
    said = await on.slack.wait_for_ephemeral(ANN, "Fine")
    await settled(on)
    assert said["rendered"] == "Fine, nothing more was started."
    assert await creations(on) == 1


async def test_nobody_else_can_answer_the_question(on: Stage) -> None:
    question = await _asked_again(on)
    asked = next(one for one in await on.slack.ephemerals(user=ANN) if one["ts"] == question)
    key = asked["blocks"][1]["elements"][0]["value"]
    assert await forge(on, "interactive", press(BEN, GENERAL, "start_again", key)) == "acked"
    said = await on.slack.wait_for_ephemeral(BEN)
    await settled(on)
    assert said["rendered"] == (
        "That question is too old to answer, so nothing was started. Type the command again if it is still needed."
    )
    assert await creations(on) == 1


async def test_other_people_other_texts_and_other_options_are_not_asked_about(on: Stage) -> None:
    await on.slack.slash(ANN, GENERAL, "fix the login test")
    await on.slack.slash(BEN, WEB, "fix the login test")
    await on.slack.slash(ANN, OPS, "fix the login test repo=acme/api")
    await on.devin.wait_for_sessions("fix the login test", 3)
    await settled(on)
    assert not [text for text in await whispered(on, ANN) if "second time" in text]


# ------------------------------------------------------------ list, status, stop, archive


async def test_without_sessions_there_is_nothing_to_list_or_stop(on: Stage) -> None:
    assert await shown(on, ANN, GENERAL, "list") == NONE_OPEN
    assert await shown(on, ANN, GENERAL, "status") == NONE_OPEN
    assert await shown(on, ANN, GENERAL, "stop") == (
        "Nothing of yours is running, so nothing was stopped. `/devin list` shows your sessions."
    )
    assert await shown(on, ANN, GENERAL, "status 3") == (
        "You have no open session `3`, so nothing was done. `/devin list` shows your sessions with their numbers."
    )


@pytest.mark.both_transports
async def test_list_and_status_show_ones_own_sessions(on: Stage) -> None:
    first, one = await on.started("fix the login test", ANN, GENERAL)
    second, two = await on.started("fix the logout test", ANN, WEB)
    await on.started("update the docs", BEN, OPS)

    def row(number: int, session: str, title: str, channel: str, ts: str) -> str:
        thread = f"<https://play.slack.com/archives/{channel}/p{ts.replace('.', '')}|thread>"
        return f"{number}. :gear: <https://app.devin.ai/sessions/{session}|{title}>: working · {thread}"

    assert await shown(on, ANN, OPS, "list") == (
        "You have 2 sessions:\n"
        f"{row(1, two, 'fix the logout test', WEB, second)}\n"
        f"{row(2, one, 'fix the login test', GENERAL, first)}"
    )
    assert (await shown(on, ANN, OPS, "status")).startswith(
        "You have 2 open sessions, so nothing was done yet. Say which one is meant, for example `/devin status 1`:\n1. "
    )
    status = await shown(on, ANN, OPS, "status 2")
    thread = f"<https://play.slack.com/archives/{GENERAL}/p{first.replace('.', '')}|thread>"
    assert status.startswith(
        f"*<https://app.devin.ai/sessions/{one}|fix the login test>* · {thread}\n"
        ":gear: Working. Reply in this thread to steer it.\nAsked by <@U0ANN>"
    )
    here = await shown(on, ANN, WEB, "status")
    assert here.startswith(f"*<https://app.devin.ai/sessions/{two}|fix the logout test>*")


async def test_stop_and_archive_take_a_number_an_id_and_an_address(on: Stage) -> None:
    one, first = await on.started("fix the login test", ANN, GENERAL)
    two, second = await on.started("fix the logout test", ANN, WEB)
    three, third = await on.started("update the docs", ANN, OPS)
    said = "Stopping: Devin is put to sleep in a moment. Nothing is lost."
    assert await shown(on, ANN, GENERAL, "stop 3") == said
    await on.slack.wait_for_message(GENERAL, "Stopped by <@U0ANN>", thread_ts=one)
    assert await shown(on, ANN, GENERAL, f"stop devin-{second}") == said
    await on.slack.wait_for_message(WEB, "Stopped by <@U0ANN>", thread_ts=two)
    await shown(on, ANN, GENERAL, f"archive https://app.devin.ai/sessions/{third}")
    await on.slack.wait_for_message(OPS, "Archived by <@U0ANN>", thread_ts=three)
    assert [(await on.devin.session(key))["is_archived"] for key in (first, second, third)] == [True] * 3
    assert await on.thread(OPS, three) == [
        (
            ":file_cabinet: Archived by <@U0ANN>. Devin sleeps, and replies in this thread are no longer sent to it. "
            "Use `/devin` or mention Devin Bridge to start a new session."
        )
    ]


async def test_other_peoples_sessions_can_not_be_stopped_by_their_id(on: Stage) -> None:
    _, session = await on.started("fix the login test", ANN, GENERAL)
    assert await shown(on, BEN, GENERAL, f"stop {session}") == (
        f"You have no open session `{session}`, so nothing was done. "
        "`/devin list` shows your sessions with their numbers."
    )
    await settled(on)
    assert (await on.devin.session(session))["is_archived"] is False


async def test_a_stopped_session_wakes_by_a_reply(on: Stage) -> None:
    ts, session = await ordered(on, "fix the login test", ANN, GENERAL)
    await on.slack.slash(ANN, GENERAL, "stop")
    await on.slack.wait_for_message(GENERAL, "Stopped by <@U0ANN>", thread_ts=ts)
    reply = await on.slack.say(ANN, GENERAL, "go on", thread_ts=ts)
    await on.devin.wait_for_messages("go on")
    assert await told(on, session) == [f"[Slack {reply}] ann:\ngo on"]


# ------------------------------------------------------------ usage


async def test_usage_is_for_admins(on: Stage) -> None:
    assert await shown(on, ANN, GENERAL, "usage") == (
        "Usage figures are for the admins of Devin Bridge. Ask one of them: <@U0ADA>."
    )
    _, session = await on.started("fix the login test", ANN, GENERAL)
    await on.devin.spend(session, 2.5)
    for period in ("usage", "usage today", "usage yesterday", "usage week"):
        assert "ACU" in await shown(on, ADA, GENERAL, period)
    await settled(on)
    assert await creations(on) == 1
