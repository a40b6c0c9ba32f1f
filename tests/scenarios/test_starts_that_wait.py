"""A start or a reply for which a budget has no room is kept: an admin lets it go, once, or its text comes back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.settings_values import Scope, Setting
from bot.features.budgets import sentences as budgets
from bot.store import settings as setting_rows
from bot.timing import HOUR, PRODUCTION, Timing
from bot.views.answers import starts as start_sentences
from tests.scenarios.ahead import Ahead, rows
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, OPS, WEB, Harness, harness
from tests.scenarios.observations import (
    buttons,
    card_of,
    creations,
    forge,
    is_card,
    press,
    private_answers,
    sent_to_devin,
    set_budget,
    settled,
    thread_address,
)
from tests.scenarios.short_waits import waited
from tests.scenarios.test_budgets import read
from tests.scenarios.test_launch_form import opened, send

pytestmark = pytest.mark.timing(budgets=0.2)

ASK = "Request approval"
ASK_FOR_REPLY = "Request approval"
DM_OF_ANN, DM_OF_ADA = "D0ANN", "D0ADA"
TASK = "write the changelog\nin full sentences"


@pytest.fixture
async def on(
    tmp_path: Path, transport: str, database: dict[str, Any], clock: Ahead, timing: Timing
) -> AsyncIterator[Harness]:
    """A bot with an admin channel."""
    settings = {"BOT_ADMIN_CHANNEL": OPS} | database
    async with harness(tmp_path, transport, clock=clock, timing=timing, **settings) as everything:
        yield everything


async def used_up(on: Harness) -> None:
    """Ann has used 2.1 ACUs of the two that each person may use in a day."""
    await set_budget(on.slack, "each-person 2 a day")
    _, session = await on.started()
    await on.devin.set(session, acus_consumed=2.1)
    await on.slack.wait_for_message(OPS, "used up")


async def refused(on: Harness, text: str = f"{TASK} acu=3") -> dict[str, Any]:
    """What Ann reads whose mention finds no room."""
    await on.mention(text)
    return await on.slack.wait_for_ephemeral(ANN, "Nothing was started")


async def asked(on: Harness, question: dict[str, Any]) -> dict[str, Any]:
    """The request that admins get when Ann presses the button under the refusal."""
    await on.slack.click(ANN, GENERAL, question["ts"], "choose:ask_for_more")
    await on.slack.wait_for_ephemeral(ANN, "Request sent to your admins", ts=question["ts"])
    return await on.slack.wait_for_message(OPS, "asks for")


@pytest.mark.both_transports
async def test_a_start_without_room_begins_by_itself_once_an_admin_approves(on: Harness) -> None:
    await used_up(on)
    question = await refused(on)
    assert buttons(question) == [ASK, "Cancel"]
    request = await asked(on, question)
    # 2.1 used and three wanted, of two: 3.1 more are needed.
    assert request["rendered"].startswith("ann asks for more ACUs to start “write the changelog”: ")
    assert buttons(request) == ["Grant 4 ACUs", "Grant 6 ACUs", "Another amount…", "Deny"]
    assert await creations(on) == 1
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    made = await on.session("in full sentences")
    assert made["request"]["max_acu_limit"] == 3
    await on.slack.wait_for_message(DM_OF_ANN, "Trying to start your task now.")
    await settled(on)
    await on.slack.click(ANN, GENERAL, question["ts"], f"answer:{start_sentences.APPROVAL}:no")
    said = await on.slack.wait_for_ephemeral(ANN, "was started already. Nothing changed.")
    assert said["rendered"].startswith("“<https://")
    assert "|write the changelog>”" in said["rendered"]
    again = press(ANN, GENERAL, "choose:ask_for_more", _value(question, "choose:ask_for_more"))
    assert await forge(on, "interactive", again) == "acked"
    late = await on.slack.wait_for_ephemeral(ANN, "was started already. Nothing changed.", count=2)
    assert late["rendered"] == said["rendered"]
    assert await creations(on) == 2


async def test_what_an_admin_has_approved_is_not_asked_about_as_one_of_many(on: Harness) -> None:
    await used_up(on)
    request = await asked(on, await refused(on))
    async with on.store.write() as tx:
        await setting_rows.put(tx, "T0PLAY", Scope.CHANNEL, GENERAL, Setting.STARTS, 1, ADA, 0.0)
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    await on.session("in full sentences")
    await settled(on)
    assert not any("in the last hour" in said for said in await private_answers(on, ANN))
    assert await creations(on) == 2


async def test_of_two_admins_who_approve_at_once_one_starts_it(on: Harness) -> None:
    await used_up(on)
    request = await asked(on, await refused(on))
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    await on.slack.click(ADA, OPS, request["ts"], "grant_more", value=_value(request, "grant_more"))
    await on.session("in full sentences")
    await settled(on)
    assert await creations(on) == 2


async def test_who_cancels_gets_the_text_back_and_nothing_is_raised(on: Harness) -> None:
    await used_up(on)
    question = await refused(on)
    request = await asked(on, question)
    await on.slack.click(ANN, GENERAL, question["ts"], f"answer:{start_sentences.APPROVAL}:no")
    said = await on.slack.wait_for_ephemeral(ANN, "in full sentences")
    assert said["rendered"].startswith(start_sentences.START_CANCELLED.text)
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    await on.slack.wait_for_message(OPS, budgets.taken_back("ann").text, ts=request["ts"])
    await settled(on)
    assert await creations(on) == 1


async def test_who_cancels_at_once_gets_the_text_back_too(on: Harness) -> None:
    await used_up(on)
    question = await refused(on)
    await on.slack.click(ANN, GENERAL, question["ts"], f"answer:{start_sentences.ROOM}:no")
    await on.slack.wait_for_ephemeral(ANN, "in full sentences")
    await settled(on)
    assert await creations(on) == 1


async def test_a_refusal_gives_the_text_back(on: Harness) -> None:
    await used_up(on)
    request = await asked(on, await refused(on))
    await on.slack.click(ADA, OPS, request["ts"], "refuse_more")
    said = await on.slack.wait_for_message(DM_OF_ANN, "in full sentences")
    assert said["rendered"].startswith(budgets.start_not_approved("ada", False).text)
    await settled(on)
    assert await creations(on) == 1


async def test_what_nobody_approves_within_a_week_is_given_back(on: Harness, clock: Ahead) -> None:
    await used_up(on)
    await asked(on, await refused(on))
    await settled(on)
    clock.put(PRODUCTION.start_approval + 60)
    said = await on.slack.wait_for_message(DM_OF_ANN, "in full sentences")
    assert said["rendered"].startswith(start_sentences.not_approved(False).text)
    assert await creations(on) == 1


async def test_each_start_that_waits_has_a_request_of_its_own(on: Harness) -> None:
    await used_up(on)
    first = await asked(on, await refused(on))
    await on.slack.slash(ANN, GENERAL, "fix the footer test")
    question = await on.slack.wait_for_ephemeral(ANN, "Request approval", visible=True)
    await on.slack.click(ANN, GENERAL, question["ts"], "choose:ask_for_more")
    second = await on.slack.wait_for_message(OPS, "fix the footer test")
    # Ten are asked for where the task says nothing.
    assert buttons(second) == ["Grant 11 ACUs", "Grant 17 ACUs", "Another amount…", "Deny"]
    await on.slack.click(ADA, OPS, second["ts"], "grant_more")
    await on.session("fix the footer test")
    await settled(on)
    assert await creations(on) == 2
    await on.slack.click(ADA, OPS, first["ts"], "grant_more")
    await on.session("in full sentences")


async def test_somebody_else_asks_for_nothing_and_cancels_nothing(on: Harness) -> None:
    await used_up(on)
    question = await refused(on)
    value = _value(question, "choose:ask_for_more")
    await on.slack.act(
        "click", user=ANN, channel=GENERAL, ts=question["ts"], action_id="choose:ask_for_more", value=value
    )
    await on.slack.wait_for_message(OPS, "asks for")
    await settled(on)
    assert await private_answers(on, BEN) == []


def _value(message: dict[str, Any], action: str) -> str:
    elements = [part for block in message["blocks"] for part in block.get("elements", [])]
    return next(str(part["value"]) for part in elements if part.get("action_id") == action)


async def test_a_budget_that_is_used_up_before_devin_takes_the_start_refuses_it(on: Harness) -> None:
    _, session = await on.started()
    await on.devin.set(session, acus_consumed=2.1)
    await waited(on, "spend", acus=2.1)
    await on.devin.fault("create_session", 503, times=-1)
    ts = await on.mention("write the changelog")
    await on.devin.wait_for_calls("create_session", 2)
    await set_budget(on.slack, "each-person 2 a day")
    post = await on.wait_for_post(GENERAL, ts, start_sentences.NO_ROOM.text)
    assert buttons(post) == ["Try again"]
    assert ":no_entry: Not started. See the thread for the reason." in await card_of(on, ts, "Not started")
    await on.devin.clear_faults()
    await on.slack.click(ANN, GENERAL, post["ts"], "try_again")
    await settled(on)
    assert await private_answers(on, ANN)
    assert len(await on.devin.sessions()) == 1


# ---------------------------------------------------------------- replies


async def asleep(on: Harness, span: str = "day") -> tuple[str, str]:
    """A sleeping session of Ann, who has used up her budget; answers the thread's ts and its id at Devin."""
    ts, session = await on.started()  # before the budget, so that it has no limit
    await set_budget(on.slack, f"each-person 2 a {span}")
    await on.devin.set(session, acus_consumed=2.1)
    await on.slack.wait_for_message(OPS, "used up")
    await on.devin.set(session, status="suspended", status_detail="inactivity")
    await on.slack.wait_for_message(GENERAL, "Asleep", thread_ts=ts)
    return ts, session


async def reply_refused(on: Harness, ts: str, text: str = "and run mypy on the tests") -> dict[str, Any]:
    """What Ann reads whose reply may not wake the session."""
    await on.slack.say(ANN, GENERAL, text, thread_ts=ts)
    return await on.slack.wait_for_ephemeral(ANN, "Your reply wasn't sent", visible=True)


@pytest.mark.both_transports
async def test_a_reply_without_room_is_sent_by_itself_once_an_admin_approves(on: Harness) -> None:
    ts, session = await asleep(on)
    question = await reply_refused(on, ts)
    assert buttons(question) == [ASK_FOR_REPLY, "Cancel"]
    request = await asked(on, question)
    assert request["rendered"].startswith("ann asks for more ACUs to send “and run mypy on the tests”: ")
    await settled(on)
    assert await sent_to_devin(on, session) == []
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    await on.devin.wait_for_messages("and run mypy on the tests")
    await on.slack.wait_for_message(DM_OF_ANN, "Trying to send your reply now.")
    await settled(on)
    await on.slack.click(ANN, GENERAL, question["ts"], f"answer:{start_sentences.APPROVAL}:no")
    await on.slack.wait_for_ephemeral(ANN, start_sentences.SENT_ALREADY.text)
    assert len(await sent_to_devin(on, session)) == 1


async def test_a_reply_that_was_approved_wakes_a_session_after_a_long_sleep_without_another_question(
    on: Harness, clock: Ahead
) -> None:
    ts, _ = await asleep(on, "month")
    await settled(on)
    clock.put(73 * HOUR)
    request = await asked(on, await reply_refused(on, ts))
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    await on.devin.wait_for_messages("and run mypy on the tests")
    await settled(on)
    assert not [text for text in await private_answers(on, ANN) if "Wake it" in text]


async def test_who_asks_for_more_of_a_budget_that_is_gone_has_the_reply_sent(on: Harness) -> None:
    ts, session = await asleep(on)
    question = await reply_refused(on, ts)
    (number,) = [row["seq"] for row in await rows(on, "budgets")]
    await on.slack.slash(ADA, GENERAL, f"budget remove {number}")
    await on.slack.click(ANN, GENERAL, question["ts"], "choose:ask_for_more")
    await on.slack.wait_for_ephemeral(ANN, budgets.gone_for(reply=True).text)
    await on.devin.wait_for_messages("and run mypy on the tests")
    await settled(on)
    assert len(await sent_to_devin(on, session)) == 1


async def test_who_cancels_a_reply_sends_nothing_and_nothing_is_raised(on: Harness) -> None:
    ts, session = await asleep(on)
    question = await reply_refused(on, ts)
    request = await asked(on, question)
    await on.slack.click(ANN, GENERAL, question["ts"], f"answer:{start_sentences.APPROVAL}:no")
    await on.slack.wait_for_ephemeral(ANN, start_sentences.REPLY_CANCELLED.text)
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    await on.slack.wait_for_message(OPS, budgets.taken_back("ann").text, ts=request["ts"])
    await settled(on)
    assert await sent_to_devin(on, session) == []


async def test_a_reply_that_an_admin_refuses_is_given_back(on: Harness) -> None:
    ts, session = await asleep(on)
    request = await asked(on, await reply_refused(on, ts))
    await on.slack.click(ADA, OPS, request["ts"], "refuse_more")
    said = await on.slack.wait_for_message(DM_OF_ANN, "and run mypy on the tests")
    assert said["rendered"].startswith(budgets.start_not_approved("ada", True).text)
    await settled(on)
    assert await sent_to_devin(on, session) == []


async def test_a_reply_that_nobody_approves_within_a_week_is_given_back(on: Harness, clock: Ahead) -> None:
    ts, session = await asleep(on)
    await asked(on, await reply_refused(on, ts))
    await settled(on)
    clock.put(PRODUCTION.start_approval + 60)
    said = await on.slack.wait_for_message(DM_OF_ANN, "and run mypy on the tests")
    assert said["rendered"].startswith(start_sentences.not_approved(True).text)
    assert await sent_to_devin(on, session) == []


async def test_the_new_text_of_a_reply_that_waits_is_what_is_sent(on: Harness) -> None:
    ts, session = await asleep(on)
    said = await on.slack.say(ANN, GENERAL, "and run mypy on the tests", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, "Your reply wasn't sent")
    await on.slack.edit(ANN, GENERAL, said, "and run ruff on the tests")
    await settled(on)
    question = await on.slack.wait_for_ephemeral(ANN, "Your reply wasn't sent", visible=True)
    request = await asked(on, question)
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    await on.devin.wait_for_messages("and run ruff on the tests")
    await settled(on)
    assert len(await sent_to_devin(on, session)) == 1


async def test_admins_read_all_that_they_let_through(on: Harness) -> None:
    await used_up(on)
    lines = [f"{number}. Rename the field `a{number}` in each of the tests of the login" for number in range(200)]
    text = "\n".join(["fix the typo acu=3", *lines])
    await on.mention(text, files=[{"name": "spec.md", "content": "spec"}])
    request = await asked(on, await on.slack.wait_for_ephemeral(ANN, "Nothing was started"))
    said, *task, besides, _buttons = request["blocks"]
    assert said["text"]["text"].startswith("ann asks for more ACUs to start “fix the typo”: ")
    assert task[0]["text"]["text"].startswith(f"*Task*\n```fix the typo acu=3\n{lines[0]}\n{lines[1]}\n")
    shown = "".join(one["text"]["text"] for one in task)
    read = sum(line in shown for line in lines)
    assert 100 < read < 200
    assert besides["elements"][0]["text"] == f"+{200 - read} lines · 1 file: spec.md"


async def test_of_a_task_from_a_form_admins_read_its_options_and_of_a_private_one_nothing(on: Harness) -> None:
    await used_up(on)
    await on.slack.slash(ANN, GENERAL, "")
    form = await opened(on)
    fields = {"task": "fix the typo", "repos": ["acme/web"], "mode": "fast", "limit": "3 ACUs"}
    await send(on, form, **fields)
    question = await on.slack.wait_for_message(DM_OF_ANN, "Nothing was started")
    await on.slack.click(ANN, DM_OF_ANN, question["ts"], "choose:ask_for_more")
    request = await on.slack.wait_for_message(OPS, "to start “fix the typo”")
    assert [one["type"] for one in request["blocks"]] == ["section", "context", "actions"]
    assert request["blocks"][1]["elements"][0]["text"] == "repo acme/web · mode fast · up to 3 ACUs"
    await on.slack.say(ANN, DM_OF_ANN, "sum the salaries\nand send them to me")
    question = await on.slack.wait_for_message(DM_OF_ANN, "Nothing was started", after=question["ts"])
    await on.slack.click(ANN, DM_OF_ANN, question["ts"], "choose:ask_for_more")
    request = await on.slack.wait_for_message(OPS, "to start a session in a DM")
    assert [one["type"] for one in request["blocks"]] == ["section", "actions"]


@pytest.mark.both_transports
async def test_a_grant_is_for_the_words_that_were_asked_about_and_not_for_an_edit_of_them(on: Harness) -> None:
    await used_up(on)
    said = await on.mention(f"{TASK} acu=3")
    request = await asked(on, await on.slack.wait_for_ephemeral(ANN, "Nothing was started"))
    await on.slack.edit(ANN, GENERAL, said, "<@U0BOT> dump the table of all customers acu=3")
    withdrawn = await on.slack.wait_for_message(OPS, budgets.edited("ann").text, ts=request["ts"])
    assert buttons(withdrawn) == []
    await settled(on)
    question = await on.slack.wait_for_ephemeral(ANN, "Nothing was started", visible=True)
    again = await asked(on, question)
    assert await creations(on) == 1
    assert again["rendered"].startswith("ann asks for more ACUs to start “dump the table of all customers”: ")
    await on.slack.click(ADA, OPS, again["ts"], "grant_more")
    await on.session("dump the table of all customers")
    await settled(on)
    assert await creations(on) == 2


@pytest.mark.parametrize("changed", ["files", "options", "files of a reply"])
async def test_a_grant_is_not_for_the_same_words_with_other_files_or_options(on: Harness, changed: str) -> None:
    files = [{"name": "spec.md", "content": "Rename it."}, {"name": "salaries.csv", "content": "ada,250000"}]
    if of_reply := changed == "files of a reply":
        thread, _ = await asleep(on)
        said = await on.slack.say(ANN, GENERAL, "do as it says", thread_ts=thread, files=files[:1])
        question = await on.slack.wait_for_ephemeral(ANN, "Your reply wasn't sent")
    else:
        await used_up(on)
        said = await on.mention("do as it says acu=3", files=files[:1])
        question = await on.slack.wait_for_ephemeral(ANN, "Nothing was started")
    request = await asked(on, question)
    assert "1 file: spec.md" in str(request["blocks"])
    before = await creations(on)
    if changed == "options":
        await on.slack.edit(ANN, GENERAL, said, "<@U0BOT> do as it says acu=400")
    else:
        other = await on.slack.say(ANN, WEB, "not for Devin", files=files[1:])
        timelines = on.simulated_slack.state.timelines
        message, shared = timelines[GENERAL].get(said), timelines[WEB].get(other)
        assert message is not None
        assert shared is not None
        before_it, message.files = message.shown(), list(shared.files)
        changed_to = {"message": message.shown(), "previous_message": before_it}
        place = {"channel": GENERAL, "channel_type": "channel", "ts": other, "event_ts": other}
        await on.slack.emit(
            {"type": "message", "subtype": "message_changed", "hidden": True, **place, **changed_to},
            subscription="message.channels",
        )
    withdrawn = await on.slack.wait_for_message(OPS, budgets.edited("ann").text, ts=request["ts"])
    assert buttons(withdrawn) == []
    # A press that was on its way starts and sends nothing.
    grant = request["blocks"][-1]["elements"][0]["value"]
    await forge(on, "interactive", press(ADA, OPS, "grant_more", grant))
    await settled(on)
    assert await creations(on) == before
    assert await on.devin.log("send_message") == []
    again = await asked(on, await on.slack.wait_for_ephemeral(ANN, question["text"][:20], after=question["ts"]))
    expected = "acu=400" if changed == "options" else "1 file: salaries.csv"
    assert expected in str(again["blocks"])
    await on.slack.click(ADA, OPS, again["ts"], "grant_more")
    if of_reply:
        assert "salaries.csv" in (await on.devin.wait_for_messages("do as it says"))[0]["message"]
    else:
        made = await on.session("do as it says")
        assert made["attachments"] == [files[0 if changed == "options" else 1]["name"]]


async def test_a_grant_is_not_for_an_edited_reply(on: Harness) -> None:
    ts, session = await asleep(on)
    said = await on.slack.say(ANN, GENERAL, "and run mypy on the tests", thread_ts=ts)
    request = await asked(on, await on.slack.wait_for_ephemeral(ANN, "Your reply wasn't sent"))
    # Where Slack refuses to edit the request, its button is still there, and says so.
    await on.slack.fault("chat.update", "error", error="edit_window_closed", match="edited the text")
    await on.slack.edit(ANN, GENERAL, said, "and dump the table of all customers")
    await settled(on)
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    assert buttons(await on.slack.wait_for_message(OPS, budgets.edited("ann").text, ts=request["ts"])) == []
    await settled(on)
    assert await sent_to_devin(on, session) == []


async def test_a_request_in_direct_messages_is_withdrawn_at_the_edit_too(
    tmp_path: Path, database: dict[str, Any], clock: Ahead, timing: Timing
) -> None:
    async with harness(tmp_path, clock=clock, timing=timing, **database) as on:
        await set_budget(on.slack, "each-person 2 a day")
        _, session = await on.started()
        await on.devin.set(session, acus_consumed=2.1)
        await on.slack.wait_for_message(DM_OF_ADA, "used up")
        said = await on.mention(f"{TASK} acu=3")
        question = await on.slack.wait_for_ephemeral(ANN, "Nothing was started")
        await on.slack.click(ANN, GENERAL, question["ts"], "choose:ask_for_more")
        request = await on.slack.wait_for_message(DM_OF_ADA, "asks for")
        await on.slack.edit(ANN, GENERAL, said, "<@U0BOT> dump the table of all customers acu=3")
        withdrawn = await on.slack.wait_for_message(DM_OF_ADA, budgets.edited("ann").text, ts=request["ts"])
        assert buttons(withdrawn) == []


async def test_a_reply_that_is_deleted_while_it_waits_is_not_sent(on: Harness) -> None:
    ts, session = await asleep(on)
    said = await on.slack.say(ANN, GENERAL, "and run mypy on the tests", thread_ts=ts)
    request = await asked(on, await on.slack.wait_for_ephemeral(ANN, "Your reply wasn't sent"))
    await on.slack.delete(ANN, GENERAL, said)
    assert buttons(await on.slack.wait_for_message(OPS, budgets.taken_back("ann").text, ts=request["ts"])) == []
    await settled(on)
    assert await sent_to_devin(on, session) == []


async def test_a_reply_to_somebody_elses_session_is_kept_too(on: Harness) -> None:
    await used_up(on)
    ts, session = await on.started("fix the cart of Ben", user=BEN)
    question = await reply_refused(on, ts)
    assert buttons(question) == [ASK_FOR_REPLY, "Cancel"]
    request = await asked(on, question)
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    await on.devin.wait_for_messages("and run mypy on the tests")
    await settled(on)
    assert len(await sent_to_devin(on, session)) == 1


# ---------------------------------------------------------------- buttons that start a session


@pytest.mark.parametrize(
    ("ends", "label", "grants"),
    [
        ({"status": "error", "status_detail": None}, "try_again", "Grant 11 ACUs"),
        ({"status": "suspended", "status_detail": "usage_limit_exceeded"}, "continue_session", "Grant 3 ACUs"),
    ],
    ids=["try again", "continue"],
)
async def test_a_press_without_room_begins_by_itself_once_an_admin_approves(
    on: Harness, ends: dict[str, Any], label: str, grants: str
) -> None:
    await set_budget(on.slack, "each-person 2 a day")
    ts, session = await on.started("fix the login test")
    await on.devin.set(session, acus_consumed=2.1, **ends)
    await on.slack.wait_for_message(OPS, "used up")
    await settled(on)
    (shown,) = [one for one in await on.slack.messages(GENERAL, thread_ts=ts) if is_card(one)]
    await on.slack.click(ANN, GENERAL, shown["ts"], label)
    question = await on.slack.wait_for_ephemeral(ANN, "Nothing was started")
    assert question["rendered"].startswith("You're over budget, ")
    assert "Send it again" not in question["rendered"]
    assert buttons(question) == [ASK, "Cancel"]
    request = await asked(on, question)
    assert request["rendered"].startswith("ann asks for more ACUs to start “fix the login test”: ")
    assert (buttons(request)[0], buttons(request)[-1]) == (grants, "Deny")
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    await on.devin.wait_for_sessions("fix the login test", 2)
    await on.slack.wait_for_message(DM_OF_ANN, "Trying to start your task now.")
    await settled(on)
    await on.slack.click(ANN, GENERAL, question["ts"], f"answer:{start_sentences.APPROVAL}:no")
    late = await on.slack.wait_for_ephemeral(ANN, "answered already")
    thread = f"<{thread_address(GENERAL, ts)}|this thread>"
    assert late["rendered"] == f"That was answered already. The result is in {thread}. Nothing changed."
    assert await creations(on) == 2


async def test_who_cancels_a_press_can_press_again(on: Harness) -> None:
    await set_budget(on.slack, "each-person 2 a day")
    ts, session = await on.started("fix the login test")
    await on.devin.set(session, acus_consumed=2.1, status="error", status_detail=None)
    await on.slack.wait_for_message(OPS, "used up")
    await settled(on)
    (shown,) = [one for one in await on.slack.messages(GENERAL, thread_ts=ts) if is_card(one)]
    await on.slack.click(ANN, GENERAL, shown["ts"], "try_again")
    question = await on.slack.wait_for_ephemeral(ANN, "Nothing was started")
    await on.slack.click(ANN, GENERAL, question["ts"], f"answer:{start_sentences.ROOM}:no")
    await on.slack.wait_for_ephemeral(ANN, start_sentences.START_CANCELLED.text)
    await on.slack.slash(ADA, GENERAL, f"budget grant <@{ANN}> 5")
    await on.slack.click(ANN, GENERAL, shown["ts"], "try_again")
    await on.devin.wait_for_sessions("fix the login test", 2)
    await settled(on)
    assert await creations(on) == 2


async def test_of_two_who_were_approved_the_first_one_begins_it(on: Harness) -> None:
    await set_budget(on.slack, "org 2 a day")
    ts, session = await on.started("fix the login test")
    await on.devin.set(session, acus_consumed=2.1, status="error", status_detail=None)
    await on.slack.wait_for_message(OPS, "used up")
    await settled(on)
    (shown,) = [one for one in await on.slack.messages(GENERAL, thread_ts=ts) if is_card(one)]
    requests = []
    for user, name in ((ANN, "ann"), (BEN, "ben")):
        await on.slack.click(user, GENERAL, shown["ts"], "try_again")
        question = await on.slack.wait_for_ephemeral(user, "Nothing was started")
        await on.slack.click(user, GENERAL, question["ts"], "choose:ask_for_more")
        requests.append(await on.slack.wait_for_message(OPS, f"{name} asks for"))
    await on.slack.click(ADA, OPS, requests[0]["ts"], "grant_more")
    await on.devin.wait_for_sessions("fix the login test", 2)
    await on.slack.click(ADA, OPS, requests[1]["ts"], "grant_more")
    await on.slack.wait_for_ephemeral(BEN, "ann has already tried this again.")
    await settled(on)
    assert await creations(on) == 2


async def test_what_an_admin_grants_beside_a_session_without_a_limit_starts_the_task(on: Harness) -> None:
    _, session = await on.started("fix the login test")
    await set_budget(on.slack, "each-person 2 a day")
    await on.devin.set(session, acus_consumed=2.1)
    await on.slack.wait_for_message(OPS, "used up")
    request = await asked(on, await refused(on))
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    await on.session("write the changelog")
    await settled(on)
    assert await creations(on) == 2


async def test_a_start_that_another_session_leaves_no_room_begins_once_an_admin_grants_it(on: Harness) -> None:
    await on.started("fix the login test")
    await set_budget(on.slack, "each-person 10 a day")
    await on.mention("write the changelog")
    kept = await on.slack.wait_for_ephemeral(ANN, "1 session without a limit might go over it")
    assert kept["rendered"].startswith("Nothing was started: your budget has less than 1 ACU left")
    request = await asked(on, kept)
    assert buttons(request) == ["Grant 10 ACUs", "Grant 15 ACUs", "Another amount…", "Deny"]
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    await on.session("write the changelog")
    assert await creations(on) == 2


async def test_an_admin_can_grant_half_as_much_again_for_what_comes_next(on: Harness) -> None:
    await used_up(on)
    request = await asked(on, await refused(on))
    more = next(one.removeprefix("Grant ") for one in buttons(request)[1:])
    await on.slack.click(ADA, OPS, request["ts"], "grant_half_more")
    await on.slack.wait_for_message(OPS, f"ada raised ann's budget by {more}: 2.1 of ")
    await on.session("write the changelog")
    (granted,) = await rows(on, "grants")
    assert (granted["state"], f"{granted['acus']} ACUs") == ("granted", more)


async def test_what_waits_begins_when_an_admin_raises_the_budget_with_a_command(on: Harness) -> None:
    await used_up(on)
    request = await asked(on, await refused(on))
    await settled(on)
    await on.slack.slash(ADA, OPS, "budget grant each-person 20")
    await on.session("write the changelog")
    said = await on.slack.wait_for_message(OPS, "was raised in the meantime")
    assert (said["ts"], said["rendered"]) == (
        request["ts"],
        "The budget was raised in the meantime, so ann isn't waiting for this.",
    )
    await settled(on)
    assert await creations(on) == 2


async def form_of(on: Harness, request: dict[str, Any]) -> dict[str, Any]:
    """The form that Ada sees who presses *Another amount…* under a request."""
    await on.slack.click(ADA, OPS, request["ts"], "open_form")
    (shown,) = await on.slack.wait("views", user=ADA, open=True)
    return shown


async def granted(on: Harness, form: dict[str, Any], acus: str) -> dict[str, Any]:
    """What comes of the form with an amount."""
    return dict(await on.slack.submit_view(ADA, form["id"], {"acus": {"acus": acus}}))


async def test_an_admin_can_grant_another_amount(on: Harness) -> None:
    await used_up(on)
    request = await asked(on, await refused(on))
    form = await form_of(on, request)
    said, field = form["blocks"]
    assert said["text"]["text"] == "Ann's budget: 2.1 of 2 ACUs today. To unblock this request, grant at least 4 ACUs."
    assert field["element"]["initial_value"] == "4"  # what was asked for
    for wrong in ("some", "0", "-3"):
        assert "Write a number of ACUs above zero, such as 20 or 7.5." in str(await granted(on, form, wrong))
    assert (await granted(on, form, "7.5 ACUs"))["closed"] is True
    await on.session("write the changelog")
    await on.slack.wait_for_message(DM_OF_ADA, "ada raised ann's budget by 7.5 ACUs: 2.1 of 9.5 ACUs today")
    said = await on.slack.wait_for_message(OPS, "granted ann", ts=request["ts"])
    assert (said["rendered"], buttons(said)) == ("ada granted ann 7.5 ACUs.", [])
    await settled(on)
    assert await creations(on) == 2


async def test_who_is_granted_too_little_hears_why_nothing_starts(on: Harness) -> None:
    await used_up(on)
    request = await asked(on, await refused(on))
    form = await form_of(on, request)
    await granted(on, form, "1")
    raised = "budget by 1 ACU: 2.1 of 3 ACUs today. It resets DATE."
    said = read(await on.slack.wait_for_message(DM_OF_ADA, "ada raised"))
    assert said == f"ada raised ann's {raised} Not enough to start: about 3 more are needed."
    told = read(await on.slack.wait_for_message(DM_OF_ANN, "ada raised"))
    assert told == f"ada raised your {raised} That's not enough to start your task."
    again = await on.slack.wait_for_ephemeral(ANN, "has less than 1 ACU left")
    assert again["rendered"].startswith("Nothing was started: your budget has less than 1 ACU left (2.1 of 3 ACUs used")
    assert buttons(again) == [ASK, "Cancel"]
    second = await asked(on, again)
    assert buttons(second)[0] == "Grant 3 ACUs"
    await on.slack.click(ADA, OPS, second["ts"], "grant_more")
    await on.session("write the changelog")
    await settled(on)
    assert await creations(on) == 2


async def test_a_form_that_comes_after_another_admin_grants_nothing(on: Harness) -> None:
    await used_up(on)
    request = await asked(on, await refused(on))
    form = await form_of(on, request)
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    await on.session("write the changelog")
    await granted(on, form, "50")
    await on.slack.wait_for_message(DM_OF_ADA, budgets.ANSWERED_ALREADY.text)
    assert [row["acus"] for row in await rows(on, "grants")] == [4]
    await settled(on)
    assert await creations(on) == 2


async def test_while_the_bot_is_paused_nobody_is_asked_for_a_grant_that_would_not_help(on: Harness) -> None:
    await used_up(on)
    question = await refused(on)
    await on.slack.slash(ADA, OPS, "pause all")
    await on.slack.click(ANN, GENERAL, question["ts"], "choose:ask_for_more")
    said = await on.slack.wait_for_ephemeral(ANN, "paused Devin Bridge")
    assert (said["ts"], buttons(said)) == (question["ts"], ["Try again", "Cancel"])
    await settled(on)
    assert await rows(on, "grants") == []
    await on.slack.slash(ADA, OPS, "resume")
    await on.slack.slash(ADA, OPS, "budget grant each-person 20")
    await on.slack.click(ANN, GENERAL, question["ts"], f"answer:{start_sentences.PAUSED}:again")
    await on.session("write the changelog")
    await settled(on)
    assert await creations(on) == 2


async def test_no_more_is_asked_for_than_a_session_may_ever_use(
    tmp_path: Path, transport: str, database: dict[str, Any], clock: Ahead, timing: Timing
) -> None:
    settings = {"BOT_ADMIN_CHANNEL": OPS, "BOT_SESSION_ACUS_MAX": "2"} | database
    async with harness(tmp_path, transport, clock=clock, timing=timing, **settings) as on:
        await used_up(on)
        request = await asked(on, await refused(on, f"{TASK} acu=50"))
        assert buttons(request)[:2] == ["Grant 3 ACUs", "Grant 5 ACUs"]
        await on.slack.click(ADA, OPS, request["ts"], "grant_more")
        made = await on.session("write the changelog")
        assert made["request"]["max_acu_limit"] == 2
