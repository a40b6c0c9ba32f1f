"""Slash commands: starts are stored and answered at once, questions are answered in the ack."""

import math
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_internals import send_async_response

from bot.domain.billing import billing_day
from bot.domain.cycle import calendar_month, month_before
from bot.features import COMMANDS
from bot.features.budgets import sentences as budgets
from bot.features.report import sentences as outcome_report
from bot.features.usage import figure_sentences as digest
from bot.store.database import priority_gate
from bot.store.inbox import InboxRow
from bot.store.inbox_writer import InboxWriter
from bot.timing import DAY
from bot.views.answers import access as access_sentences
from bot.views.answers import session_lists as session_list_sentences
from bot.views.answers import starts as start_sentences
from bot.views.dates import date_range, long_date, month_name
from bot.views.devin_answers import STILL_WORKING
from bot.views.help_texts import admin_help, all_help, slash_help
from tests.for_devin import as_sent, asked_in_slack
from tests.said import as_shown, in_doubt
from tests.scenarios.ahead import Ahead
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, GUEST, OPS, WEB, Harness, harness
from tests.scenarios.observations import (
    buttons,
    creations,
    forge,
    give_role,
    polled,
    posted,
    press,
    private_answers,
    sent_to_devin,
    settled,
    started_by_command,
    thread_address,
    what_became_of,
)


async def shown(on: Harness, user: str, channel: str, text: str) -> str:
    """What a command answers at once; nothing where the card or an answer follows."""
    answer = await on.slack.slash(user, channel, text)
    assert answer["status"] == "acked"
    return answer["shown"]["rendered"] if answer["shown"] else ""


@pytest.mark.both_transports
@pytest.mark.timing(gate_share=math.inf, gate_gapless=math.inf)
async def test_each_command_is_answered_while_all_other_work_waits(on: Harness) -> None:
    await started_by_command(on, "fix the login test", ANN, GENERAL)
    await settled(on)
    for text, answer in {
        "help": "*Devin Bridge* starts Devin sessions",
        "list": "You have 1 session:",
        "status": "You have 1 session:",
        "cost": "Your sessions in ",
        "usage": "Devin today, so far",
        "report": outcome_report.NO_PULL_REQUESTS,
        "stop": "Stopping “",
        "archive": "Archiving “",
    }.items():
        assert answer in await shown(on, ADA if text in {"usage", "report"} else ANN, GENERAL, text)
    assert not await shown(on, ANN, GENERAL, "fix the other test")  # last: with two, a stop asks which
    assert await shown(on, BEN, GENERAL, "budget list") == "No budget applies to you here."  # whom Slack is asked about


@pytest.mark.both_transports
async def test_slack_goes_first_until_it_has_its_answer(
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

    async def sends(*sent_to_devin: Any) -> None:
        happened.append("sent")
        await send_async_response(*sent_to_devin)

    # Where it may wait for a connection.
    monkeypatch.setattr("bot.server.socket_mode.send_async_response", sends)
    monkeypatch.setattr("bot.store.database.connection.PriorityGate", Watched)
    monkeypatch.setattr(InboxWriter, "put", stores)
    async with harness(tmp_path, transport) as on:
        happened.clear()
        await shown(on, ANN, GENERAL, "fix the login test")
        assert happened == ["asked", "stored", "answered", *(["sent"] if transport == "socket" else [])]


def linked(task: str, ts: str) -> str:
    """What takes the place of a question about a task, once its card is posted as the message `ts`."""
    return start_sentences.started_in_thread(task, thread_address(GENERAL, ts)).text


# ------------------------------------------------------------ starting


@pytest.mark.both_transports
async def test_the_card_is_posted_first_and_the_session_starts_in_its_thread(on: Harness) -> None:
    assert not await shown(on, ANN, GENERAL, "fix the login test repo=acme/web")
    made = await on.session("fix the login test")
    card = await posted(on, GENERAL, "fix the login test")
    await settled(on)
    assert await private_answers(on, ANN) == [], "Slack keeps what is said privately, and the card says it all"
    assert "thread_ts" not in card
    assert "Started by ann · acme/web" in card["rendered"]
    assert made["tags"] == ["devin-bridge", f"slack-T0PLAY-{GENERAL}-{card['ts']}"]
    assert made["prompt"] == (f"fix the login test\n\n{asked_in_slack('ann', f'slack-T0PLAY-{GENERAL}-' + card['ts'])}")
    assert made["request"]["repos"] == ["acme/web"]


@pytest.mark.both_transports
@pytest.mark.timing(command_silence=0.2)
async def test_what_takes_a_while_says_so_once_and_what_comes_of_it_stands_below(on: Harness) -> None:
    await on.slack.fault("users.info", "slow", seconds=1.0)
    assert not await shown(on, ANN, GENERAL, "fix the login test")
    line = await on.slack.wait_for_ephemeral(ANN, "Still checking")
    await posted(on, GENERAL, "fix the login test")
    await on.devin.fault("list_playbooks", "hang", commit="late")
    await on.slack.slash(ADA, GENERAL, "playbook list")
    asking = await on.slack.wait_for_ephemeral(ADA, "Still working")
    await on.devin.release()
    answer = await on.slack.wait_for_ephemeral(ADA, "playbook")
    await settled(on)
    assert await private_answers(on, ANN) == [start_sentences.still_checking("fix the login test").text]
    assert await private_answers(on, ADA) == [STILL_WORKING.text, answer["rendered"]]
    [card] = [one["ts"] for one in await on.slack.messages(GENERAL) if "thread_ts" not in one]
    assert line["ts"] < card < asking["ts"] < answer["ts"]


@pytest.mark.timing(command_silence=0.2)
async def test_a_card_that_slack_keeps_waiting_is_said_to_come(on: Harness) -> None:
    await on.slack.fault("chat.postMessage", "slow", seconds=1.0)
    await on.slack.slash(ANN, GENERAL, "fix the login test")
    await on.slack.wait_for_ephemeral(ANN, "Still checking")
    await on.session("fix the login test")
    await settled(on)
    assert await private_answers(on, ANN) == [start_sentences.still_checking("fix the login test").text]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("not_in_channel", access_sentences.not_in_channel().text),
        ("restricted_action", access_sentences.CHANNEL_RESTRICTED.text),
    ],
)
async def test_no_card_no_session(on: Harness, error: str, sentence: str) -> None:
    await on.slack.fault("chat.postMessage", "error", error=error)
    await on.slack.slash(ANN, GENERAL, "fix the login test")
    await on.slack.wait_for_ephemeral(ANN, sentence)
    await settled(on)
    assert await private_answers(on, ANN) == [sentence], "and nothing above it"
    assert await creations(on) == 0


async def test_devins_words_appear_under_the_card(on: Harness) -> None:
    ts, session = await started_by_command(on, "fix the login test", ANN, GENERAL)
    await on.devin.say(session, "I looked at the test.")
    await on.wait_for_post(GENERAL, ts, "I looked")
    assert await on.thread(GENERAL, ts) == ["I looked at the test."]


async def test_two_commands_in_a_row_start_two_sessions(on: Harness) -> None:
    await on.slack.slash(ANN, GENERAL, "fix the login test")
    await on.slack.slash(ANN, GENERAL, "fix the logout test")
    await on.session("fix the login test")
    await on.session("fix the logout test")
    assert await creations(on) == 2


async def test_start_may_be_said(on: Harness) -> None:
    assert not await shown(on, ANN, GENERAL, "start fix the login test")
    made = await on.session("fix the login test")
    assert made["prompt"].startswith("fix the login test\n\n")


async def test_a_task_that_begins_like_a_command_is_a_task(on: Harness) -> None:
    for text in ("stop the flaky test from failing", "list all users in the admin page"):
        assert not await shown(on, ANN, GENERAL, text)
        await on.session(text)


async def test_without_a_task_nothing_starts(on: Harness) -> None:
    assert await shown(on, ANN, GENERAL, "help") == as_shown(slash_help())
    assert await shown(on, ANN, GENERAL, "start") == start_sentences.EMPTY_PROMPT.text
    assert await shown(on, ANN, GENERAL, "repo=acme/web") == start_sentences.EMPTY_PROMPT.text
    assert await shown(on, ANN, GENERAL, "acu=10ACUs") == start_sentences.EMPTY_PROMPT.text
    await settled(on)
    assert await creations(on) == 0


@pytest.mark.parametrize(
    ("text", "leads_to"),
    [
        (
            "help",
            {
                "Start a session": "New Devin session",
                "My sessions": session_list_sentences.NO_SESSIONS.text,
                "Settings": "Settings",
                "All commands": "• `/devin fix the flaky login test`",
            },
        ),
        (
            "help admin",
            {
                "Usage": "Devin today, so far",
                "Report": "results",
                "Budgets": budgets.NONE_SET,
                "All commands": "• `/devin fix the flaky login test`",
            },
        ),
    ],
)
async def test_each_button_of_the_help_does_what_it_says(on: Harness, text: str, leads_to: dict[str, str]) -> None:
    for number, (label, words) in enumerate(leads_to.items()):
        helped = (await on.slack.slash(ADA, GENERAL, text))["shown"]
        assert buttons(helped) == [*leads_to]
        pressed = helped["blocks"][-1]["elements"][number]
        await on.slack.click(ADA, GENERAL, helped["ts"], pressed["action_id"])
        await settled(on)
        opened = [view["title"]["text"] for view in await on.slack.views(user=ADA, open=True)]
        said, _ = await what_became_of(on, helped)
        assert any(words in one for one in [*opened, said]), label


async def test_a_link_with_a_title_names_its_session(on: Harness) -> None:
    _, session = await started_by_command(on, "fix the login test", ANN, GENERAL)
    link = f"<https://app.devin.ai/sessions/{session}|Fix the login test>"
    assert ":gear: Working." in await shown(on, ANN, GENERAL, f"status {link}")
    await settled(on)
    assert await creations(on) == 1


async def test_a_task_has_the_names_of_those_who_were_picked_and_the_titles_of_links(on: Harness) -> None:
    await on.slack.slash(ANN, GENERAL, f"start ask <@{BEN}> in <#{WEB}> about <https://acme.test/7|Login &amp; more>")
    made = await on.session("ask @ben in #web about Login & more (https://acme.test/7)")
    assert made["prompt"].startswith("ask @ben in #web about Login & more (https://acme.test/7)\n\n")


async def test_a_command_that_is_not_ours_is_answered_with_help(on: Harness) -> None:
    payload = {"command": "/devon", "text": "fix it", "user_id": ANN, "channel_id": GENERAL, "team_id": "T0PLAY"}
    assert await forge(on, "slash_commands", {**payload, "trigger_id": "1.2.x", "token": "v"}) == "acked"


# ------------------------------------------------------------ a command that is mistyped


async def question(on: Harness, text: str) -> dict[str, Any]:
    """What the person is shown right away for a command that may be mistyped."""
    await on.slack.slash(ANN, GENERAL, text)
    return await on.slack.wait_for_ephemeral(ANN, "Nothing was st")


@pytest.mark.both_transports
async def test_a_mistyped_command_asks_and_starts_nothing(on: Harness) -> None:
    await started_by_command(on, "fix the login test", ANN, GENERAL)
    await on.slack.slash(ANN, GENERAL, "list")
    asked = await question(on, "stattus 1")
    assert asked["rendered"].startswith(in_doubt("stattus 1"))
    assert buttons(asked) == ["Show status 1", "Start a session"]
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:status")
    await on.slack.wait_for_ephemeral(ANN, ":gear: Working.")
    await settled(on)
    assert not await on.slack.ephemerals(user=ANN, text="looks like"), "the question stands no longer"
    assert await creations(on) == 1


async def test_an_argument_that_does_not_fit_asks_too(on: Harness) -> None:
    for text, offered in {
        "stop foo": ["Stop", "Start a session"],
        "list everything": ["Show list"],
        "stop 1 please": ["Stop 1"],
        "kill it": ["Stop"],
        "mute": ["My sessions"],
    }.items():
        await on.slack.slash(ANN, GENERAL, text)
        asked = await on.slack.wait_for_ephemeral(ANN, in_doubt(text))
        assert (asked["text"], buttons(asked)) == (in_doubt(text), offered)
    await settled(on)
    assert await creations(on) == 0


@pytest.mark.both_transports
async def test_what_admins_mistype_starts_nothing_wherever_it_is_written(on: Harness) -> None:
    offered = {
        "budget org 100": "Run budget set org 100",
        "usage month as csv": "Show usage month csv",
        "bill": "Show usage",
        "alarm off": "Show help",
        "last week usage": "Show usage last week",
    }
    for text, label in offered.items():
        answer = (await on.slack.slash(ADA, GENERAL, text))["shown"]
        start = [] if text == "bill" else ["Start a session"]
        assert (answer["text"], buttons(answer)) == (in_doubt(text), [label, *start])
        await on.mention(text, ADA, OPS)
        await on.slack.wait_for_ephemeral(ADA, in_doubt(text), channel=OPS)
        await on.slack.say(ADA, "im", text)
        await on.slack.wait_for_message("D0ADA", in_doubt(text))
    await settled(on)
    assert await creations(on) == 0
    await on.slack.slash(ADA, GENERAL, "report the flaky test in login to the team as an issue please and then fix it")
    await on.session("report the flaky test in login")


@pytest.mark.parametrize(
    ("typed", "label", "shown"),
    [
        ("report {last} by team", "Show report last month", "Devin in {month}: results\n"),
        ("report {iso} by team", "Show report {iso}", "Devin in {month}: results\n"),
        ("report {days} by team", "Show report {days}", "Devin, {named}: results\n"),
        ("usage {last} by authors", "Show usage last month", "Devin in {month}\n"),
        ("usage {days} by authors", "Show usage {days}", "Devin, {named}\n"),
    ],
)
async def test_a_press_keeps_the_period_that_was_typed(
    on: Harness, clock: Ahead, typed: str, label: str, shown: str
) -> None:
    # In the middle of a month: the bills of thirty days are read at the start, so that a part of the month before is.
    clock.put((14 - billing_day(clock()).day) % 30 * DAY)
    today = billing_day(clock())
    month = month_before(calendar_month(today))
    first, last = (today - timedelta(back) for back in (5, 2))
    facts = {
        "last": "last month",
        "iso": f"{month.first:%Y-%m}",
        "days": f"{first}..{last}",
        "month": f"{month_name(month.first)} {month.first.year}",
        "named": date_range(first, last),
    }
    await on.slack.slash(ADA, GENERAL, typed.format(**facts))
    asked = await on.slack.wait_for_ephemeral(ADA, "Nothing was started.")
    assert buttons(asked)[0] == label.format(**facts)
    await on.slack.click(ADA, GENERAL, asked["ts"], f"choose:{typed.split(maxsplit=1)[0]}")
    answer = await on.slack.wait_for_ephemeral(ADA, "billing day")
    assert answer["rendered"].startswith(shown.format(**facts))


async def test_a_greeting_and_thanks_get_one_line_a_question_the_help_and_none_starts_anything(on: Harness) -> None:
    said = [await shown(on, ANN, GENERAL, text) for text in ("hi", "thanks a lot!", "ok", "what can you do?")]
    assert said == [
        *(start_sentences.GREETED.text, start_sentences.THANKED.text, start_sentences.NO_TASK.text),
        as_shown(slash_help()),
    ]
    await settled(on)
    assert await creations(on) == 0


async def test_a_guest_gets_one_sentence_in_place_of_the_help(on: Harness) -> None:
    for text in ("help", "help admin", ""):
        assert await shown(on, GUEST, GENERAL, text) == access_sentences.GUESTS.text


async def test_the_help_shows_each_person_what_they_may_use(on: Harness) -> None:
    assert await shown(on, ANN, GENERAL, "help admin") == "Only admins can see what admins can do. Ask <@U0ADA>."
    assert await shown(on, ADA, GENERAL, "help") == as_shown(slash_help(admin=True))
    assert await shown(on, ADA, GENERAL, "help admin") == as_shown(admin_help(COMMANDS.specs))


async def test_the_help_leads_on_by_its_buttons_and_answers_about_one_command(on: Harness) -> None:
    await on.slack.slash(ANN, GENERAL, "?")
    helped = await on.slack.wait_for_ephemeral(ANN, "All commands")
    await on.slack.click(ANN, GENERAL, helped["ts"], "choose:help")
    everything = all_help(COMMANDS.specs, "all")
    assert everything is not None
    shown_then = await on.slack.wait_for_ephemeral(ANN, "lists knowledge notes")
    assert (shown_then["ts"], shown_then["rendered"]) == (helped["ts"], everything.text)
    await on.slack.slash(ADA, GENERAL, "-h")
    helped = await on.slack.wait_for_ephemeral(ADA, "All commands")
    await on.slack.click(ADA, GENERAL, helped["ts"], "choose:list")
    assert (await on.slack.wait_for_ephemeral(ADA, "no open sessions"))["ts"] == helped["ts"]
    assert await shown(on, ANN, GENERAL, "help budget?") == (
        "• `/devin budget list` shows the budgets that apply to you here"
    )
    assert await shown(on, ANN, GENERAL, "help usage") == as_shown(slash_help()), "which is for admins"
    assert (await shown(on, ANN, GENERAL, "status?")) == (await shown(on, ANN, GENERAL, "status"))
    assert await creations(on) == 0


async def test_it_starts_as_a_task_when_the_person_says_so(on: Harness) -> None:
    asked = await question(on, "stop flaking")
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:start")
    made = await on.session("stop flaking")
    ts = (await posted(on, GENERAL, "stop flaking"))["ts"]
    await on.slack.wait_for_ephemeral(ANN, "Got it: “stop flaking”.")
    assert made["prompt"].startswith("stop flaking\n\n")
    confirmed = linked("stop flaking", ts)
    assert await private_answers(on, ANN) == [confirmed], "the question stands no longer"
    assert await creations(on) == 1


async def test_the_stop_that_was_meant_stops(on: Harness) -> None:
    _, session = await started_by_command(on, "fix the login test", ANN, GENERAL)
    await on.slack.slash(ANN, GENERAL, "list")
    asked = await question(on, "stopp 1")
    assert buttons(asked) == ["Stop 1", "Start a session"]
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:stop")
    await on.slack.wait_for_ephemeral(ANN, "Stopping “")
    await on.devin.wait_for_sessions("fix the login test", is_archived=True)
    assert (await on.devin.session(session))["is_archived"] is True
    assert await creations(on) == 1


async def test_the_button_starts_nothing_for_one_who_may_not_start(on: Harness) -> None:
    asked = (await on.slack.slash(BEN, GENERAL, "stop flaking"))["shown"]
    await give_role(on.slack, f"start <@{ADA}>")
    await on.slack.click(BEN, GENERAL, asked["ts"], "choose:start")
    refused = await on.slack.wait_for_ephemeral(BEN, "You can't start sessions here. Nothing was started.")
    await settled(on)
    assert await private_answers(on, BEN) == [refused["rendered"]], "it stands in place of the question"
    assert await creations(on) == 0


async def test_start_before_it_is_a_task_without_a_question(on: Harness) -> None:
    await on.slack.slash(ANN, GENERAL, "start stop the old cron job")
    await on.session("stop the old cron job")
    await settled(on)
    assert [buttons(one) for one in await on.slack.ephemerals(user=ANN) if buttons(one)] == []


# ------------------------------------------------------------ the same text again


async def test_texts_that_only_begin_alike_are_not_the_same(on: Harness) -> None:
    for line in ("the login page is red", "the export is slow"):
        await on.slack.slash(ANN, GENERAL, f"Fix this bug:\n{line}")
        await on.session(line)
    assert await creations(on) == 2


async def test_a_minute_later_the_same_text_starts_another_session(tmp_path: Path, transport: str) -> None:
    clock = Ahead()
    async with harness(tmp_path, transport, clock=clock) as on:
        await started_by_command(on, "fix the login test", ANN, GENERAL)
        clock.put(61)
        await on.slack.slash(ANN, GENERAL, "fix the login test")
        await on.devin.wait_for_calls("create_session", 2)
        await settled(on)
        assert await creations(on) == 2


async def _asked_again(on: Harness) -> dict[str, Any]:
    """The same command twice; answers the question, which the ack asks."""
    await started_by_command(on, "fix the login test", ANN, GENERAL)
    asked = (await on.slack.slash(ANN, GENERAL, "fix the login test"))["shown"]
    assert asked["text"].startswith("You started “fix the login test” ")
    assert asked["text"].endswith(" ago. Run it a second time?")
    assert buttons(asked) == ["Start it again", "Cancel"]
    return dict(asked)


@pytest.mark.both_transports
async def test_the_same_text_within_a_minute_asks_first_and_yes_starts_it(on: Harness) -> None:
    asked = await _asked_again(on)
    assert await creations(on) == 1
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:start_again:again")
    await on.devin.wait_for_sessions("fix the login test", 2)
    await settled(on)
    [_, second] = [one["ts"] for one in await on.slack.messages(GENERAL) if "thread_ts" not in one]
    assert second > asked["ts"]
    assert await private_answers(on, ANN) == [linked("fix the login test", second)], "in place of the question"
    assert await creations(on) == 2


async def test_a_second_yes_starts_nothing_more(on: Harness) -> None:
    asked = await _asked_again(on)
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:start_again:again")
    await on.devin.wait_for_sessions("fix the login test", 2)
    await settled(on)
    again = press(ANN, GENERAL, "answer:start_again:again", asked["blocks"][1]["elements"][0]["value"])
    assert await forge(on, "interactive", again) == "acked"
    said = await on.slack.wait_for_ephemeral(ANN, "was started already. Nothing changed.")
    await settled(on)
    [_, second] = [one["ts"] for one in await on.slack.messages(GENERAL) if "thread_ts" not in one]
    assert await private_answers(on, ANN) == [linked("fix the login test", second), said["rendered"]]
    assert await creations(on) == 2


async def test_the_same_text_is_asked_about_as_well_where_the_ack_knows_nothing_yet(on: Harness) -> None:
    await on.slack.fault("users.info", "slow", seconds=1.0)
    for _ in range(2):  # the second one comes while nothing is known of the first
        assert not await shown(on, ANN, GENERAL, "fix the login test")
    await on.slack.wait_for_ephemeral(ANN, "a second time?")
    await settled(on)
    [second] = await private_answers(on, ANN)
    assert " ago. Run it a second time?" in second
    assert await creations(on) == 1


async def test_no_starts_nothing_more(on: Harness) -> None:
    asked = await _asked_again(on)
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:start_again:no")
    await on.slack.wait_for_ephemeral(ANN, "OK, ")
    await settled(on)
    assert await what_became_of(on, asked) == (start_sentences.START_DECLINED.text, [])
    assert await creations(on) == 1


async def test_nobody_else_can_answer_the_question(on: Harness) -> None:
    asked = await _asked_again(on)
    key = asked["blocks"][1]["elements"][0]["value"]
    assert await forge(on, "interactive", press(BEN, GENERAL, "answer:start_again:again", key)) == "acked"
    said = await on.slack.wait_for_ephemeral(BEN)
    await settled(on)
    assert said["rendered"] == start_sentences.START_EXPIRED.text
    assert await creations(on) == 1


async def test_other_people_other_texts_and_other_options_are_not_asked_about(on: Harness) -> None:
    await on.slack.slash(ANN, GENERAL, "fix the login test")
    await on.slack.slash(BEN, WEB, "fix the login test")
    await on.slack.slash(ANN, OPS, "fix the login test repo=acme/api")
    await on.devin.wait_for_sessions("fix the login test", 3)
    await settled(on)
    assert not [text for text in await private_answers(on, ANN) if "a second time?" in text]


# ------------------------------------------------------------ list, status, stop, archive


async def test_other_peoples_sessions_can_not_be_stopped_by_their_id(on: Harness) -> None:
    _, session = await on.started("fix the login test", ANN, GENERAL)
    assert await shown(on, BEN, GENERAL, f"stop {session}") == session_list_sentences.no_such_session(session).text
    await settled(on)
    assert (await on.devin.session(session))["is_archived"] is False


async def test_a_stopped_session_wakes_by_a_reply(on: Harness) -> None:
    ts, session = await started_by_command(on, "fix the login test", ANN, GENERAL)
    await on.slack.slash(ANN, GENERAL, "stop")
    await on.slack.wait_for_message(GENERAL, "Stopped by ann", thread_ts=ts)
    reply = await on.slack.say(ANN, GENERAL, "go on", thread_ts=ts)
    await on.devin.wait_for_messages("go on")
    assert await sent_to_devin(on, session) == [as_sent(reply, "ann", "go on")]


# ------------------------------------------------------------ usage


async def test_usage_is_for_admins(on: Harness) -> None:
    refused = (await on.slack.slash(ANN, GENERAL, "usage"))["shown"]
    assert refused["rendered"].splitlines() == [
        "Only admins can see usage figures. Ask <@U0ADA>. `/devin cost` shows your own.",
        "Show cost",
    ]
    await on.slack.click(ANN, GENERAL, refused["ts"], "choose:cost")
    await settled(on)
    assert (await what_became_of(on, refused))[0].startswith("None of your sessions was active in")
    assert "Only admins can see outcome reports" in await shown(on, ANN, GENERAL, "report")
    _, session = await on.started("fix the login test", ANN, GENERAL)
    await on.devin.spend(session, 2.5)
    await polled(on)
    day = _named(billing_day(time.time()))
    for text in ("usage", "usage today"):
        # What Devin billed was read at the start of the bot, before it had billed anything for this day.
        assert (await shown(on, ADA, GENERAL, text)).splitlines()[:5] == [
            "Devin today, so far",
            f"Billing day {day}, 8:00 AM to 8:00 AM UTC, still running.",
            "*2.5 ACUs* through Slack",
            digest.NOT_IN_YET.format(day=day),
            "1 session: running.",
        ]
    for text, title in {
        "usage yesterday": "Devin yesterday",
        "usage week": "Devin in the last seven days",
        "usage by person": "Devin today, so far, by person",
        "report week by repo": "Devin in the last seven days: results, by repo",
        "usage 2026-02-30": (
            "`2026-02-30` isn't a valid date. Write a month such as `2026-10`, a day such as "
            "`2026-11-26`, or two days such as `2026-11-01..2026-11-15`."
        ),
    }.items():
        assert (await shown(on, ADA, GENERAL, text)).splitlines()[0] == title
    await settled(on)
    assert await creations(on) == 1


def _named(day: date) -> str:
    return long_date(day)
