"""Lost answers on either side: what was done is found again, what was not done is done once."""

import sqlite3
from collections.abc import AsyncIterator, Collection
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.session import DisplayState
from bot.timing import PRODUCTION
from bot.views.answers import stops as stop_sentences
from bot.views.sentences import STATE_SENTENCES
from tests.for_devin import as_sent
from tests.scenarios.harness import ANN, BEN, GENERAL, Harness, harness
from tests.waits import SHORT

pytestmark = pytest.mark.edge

WITHIN = 20.0
SLACK_LIMIT = 1.0  # below the time after which a search tells the truth, as the real one is

# What becomes of a call to Devin whose answer does not come, or is one of failure.
DEVIN_FAULTS: dict[str, dict[str, Any]] = {
    "done, no answer": {"kind": "commit_then_drop"},
    "not done, no answer": {"kind": "drop_before"},
    "done, answered 500": {"kind": "500", "commit": True},
    "not done, answered 500": {"kind": "500"},
    "done, no end": {"kind": "hang", "commit": True, "seconds": 8},
    "not done, no end": {"kind": "hang", "seconds": 8},
}
SLACK_FAULTS: dict[str, dict[str, Any]] = {
    "done, no answer": {"kind": "commit_then_drop"},
    "not done, no answer": {"kind": "drop_before"},
    "done, answered 500": {"kind": "commit_then_500"},
    "not done, answered 500": {"kind": "http_500"},
    "done, no end": {"kind": "commit_then_hang", "seconds": 8},
    "not done, no end": {"kind": "hang", "seconds": 8},
}


def each_of(faults: dict[str, dict[str, Any]], *, usual: Collection[str] = ()) -> pytest.MarkDecorator:
    """Tell a test with each of these faults; those that are not `usual` are for the long run, where any are named."""
    return pytest.mark.parametrize(
        "fault",
        [
            pytest.param(
                fault, id=name, marks=[] if not usual or name in usual else [pytest.mark.long, pytest.mark.sampled]
            )
            for name, fault in faults.items()
        ],
    )


# The first story of each side is told with every fault; the others, which find out in the same way, with the hardest.
NO_ANSWER = ("done, no answer", "not done, no answer")
every_devin_fault, devin_faults = each_of(DEVIN_FAULTS), each_of(DEVIN_FAULTS, usual=NO_ANSWER)
every_slack_fault, slack_faults = each_of(SLACK_FAULTS), each_of(SLACK_FAULTS, usual=NO_ANSWER)


@pytest.fixture
def unknown_after() -> float:
    """After how many seconds what was not found counts as not done."""
    return float(SHORT["unknown_after"])


@pytest.fixture
async def on(tmp_path: Path, unknown_after: float) -> AsyncIterator[Harness]:
    timing = replace(PRODUCTION, **SHORT | {"unknown_after": unknown_after, "slack_request": SLACK_LIMIT})
    async with harness(tmp_path, timing=timing, BOT_POLL_SECONDS="0.25") as everything:
        yield everything


async def asked(on: Harness, session_id: str) -> list[str]:
    """What people wrote to Devin, without the prompt."""
    messages = (await on.devin.session(session_id))["messages"]
    return [message["message"] for message in messages if message["source"] == "user"][1:]


async def polled(on: Harness) -> None:
    """Wait for two more polls."""
    count = (await on.devin.counters()).get("list_sessions", 0)
    await on.devin.wait_for_calls("list_sessions", count + 2, seconds=WITHIN)


# ---------------------------------------------------------------- Devin


@every_devin_fault
async def test_a_start_whose_answer_is_lost_makes_one_session(on: Harness, fault: dict[str, Any]) -> None:
    await on.devin.fault("create_session", **fault)
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, "Queued", thread_ts=ts, within=WITHIN)
    await polled(on)
    assert len(await on.devin.sessions()) == 1
    assert await on.thread(GENERAL, ts) == []


async def test_the_card_says_that_a_lost_start_is_being_looked_up(on: Harness) -> None:
    await on.devin.fault("create_session", "drop_before")
    ts = await on.mention("fix the login test")
    card = await on.slack.wait_for_message(GENERAL, "Checking whether your session", thread_ts=ts, within=WITHIN)
    assert STATE_SENTENCES[DisplayState.CHECKING] in card["rendered"]
    await on.devin.wait_for_sessions("fix the login test", seconds=WITHIN)


@pytest.mark.parametrize("unknown_after", [20.0])
async def test_a_session_that_appears_after_the_first_look_up_is_adopted(on: Harness) -> None:
    number = await on.devin.fault("create_session", "hang", commit="late")
    ts = await on.mention("fix the login test")
    await on.devin.wait_for_calls("list_sessions", contains=f"slack-T0PLAY-{GENERAL}-{ts}", seconds=WITHIN)
    assert await on.devin.sessions() == []
    await on.devin.release(number)
    await on.slack.wait_for_message(GENERAL, "Queued", thread_ts=ts, within=WITHIN)
    await polled(on)
    assert len(await on.devin.sessions()) == 1


@devin_faults
async def test_two_replies_that_are_the_same_both_arrive_when_the_second_ones_answer_is_lost(
    on: Harness, fault: dict[str, Any]
) -> None:
    ts, session = await on.started()
    first = await on.slack.say(BEN, GENERAL, "yes", thread_ts=ts)
    await on.devin.wait_for_messages(f"[Slack {first}]")
    await on.devin.fault("send_message", **fault)
    second = await on.slack.say(BEN, GENERAL, "yes", thread_ts=ts)
    third = await on.slack.say(BEN, GENERAL, "and no", thread_ts=ts)
    await on.devin.wait_for_messages(f"[Slack {third}]", seconds=WITHIN)
    assert await asked(on, session) == [
        as_sent(first, "ben", "yes"),
        as_sent(second, "ben", "yes"),
        as_sent(third, "ben", "and no"),
    ]


@devin_faults
async def test_a_stop_whose_answer_is_lost_is_announced_once(on: Harness, fault: dict[str, Any]) -> None:
    ts, session = await on.started()
    await on.devin.fault("archive", **fault)
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Stopped by ann. Reply to resume", thread_ts=ts, within=WITHIN)
    await polled(on)
    assert (await on.devin.session(session))["is_archived"]
    assert await on.thread(GENERAL, ts) == [stop_sentences.stopped("ann").text]


@devin_faults
async def test_an_end_for_good_whose_answer_is_lost_is_announced_once(on: Harness, fault: dict[str, Any]) -> None:
    ts, session = await on.started()
    await on.slack.say(ANN, GENERAL, "EXIT", thread_ts=ts)
    question = await on.slack.wait_for_ephemeral(ANN, "permanently?", within=WITHIN)
    await on.devin.fault("terminate", **fault)
    await on.slack.click(ANN, GENERAL, question["ts"], "choose:exit_confirmed")
    await on.slack.wait_for_message(GENERAL, "Ended permanently", thread_ts=ts, within=WITHIN)
    other, _ = await on.started("fix another test")  # the poller looks on
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=other, within=WITHIN)
    assert (await on.devin.session(session))["terminated"]
    assert await on.thread(GENERAL, ts) == [stop_sentences.exited("ann").text]


# ---------------------------------------------------------------- Slack


@slack_faults
async def test_a_card_whose_answer_is_lost_stands_once_and_shows_the_newest_state(
    on: Harness, fault: dict[str, Any]
) -> None:
    await on.slack.fault("chat.postMessage", **fault)
    ts = await on.mention("fix the login test")
    session = await on.session("fix the login test")
    await on.devin.set(session["session_id"], status="running", status_detail="working")
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts, within=WITHIN)
    assert len(await on.slack.messages(GENERAL, thread_ts=ts, user="U0BOT")) == 1


@slack_faults
async def test_a_slash_card_whose_answer_is_lost_makes_one_thread_and_one_session(
    on: Harness, fault: dict[str, Any]
) -> None:
    await on.slack.fault("chat.postMessage", **fault)
    await on.slack.slash(ANN, GENERAL, "fix the login test")
    card = await on.slack.wait_for_message(GENERAL, "Queued", within=WITHIN)
    await polled(on)
    assert len(await on.slack.messages(GENERAL, user="U0BOT")) == 1
    (made,) = await on.devin.sessions()
    assert made["tags"] == ["devin-bridge", f"slack-T0PLAY-{GENERAL}-{card['ts']}"]


@every_slack_fault
async def test_what_devin_says_stands_once_and_in_order_when_an_answer_is_lost(
    on: Harness, fault: dict[str, Any]
) -> None:
    ts, session = await on.started()
    await on.slack.fault("chat.postMessage", **fault)
    for said in ("One.", "Two.", "Three."):
        await on.devin.say(session, said)
    await on.wait_for_post(GENERAL, ts, "Three.", within=WITHIN)
    await polled(on)
    assert await on.thread(GENERAL, ts) == ["One.", "Two.", "Three."]


@slack_faults
async def test_pictures_of_devins_stand_once_and_in_order_when_the_answer_is_lost(
    on: Harness, fault: dict[str, Any]
) -> None:
    ts, session = await on.started()
    await on.slack.fault("files.completeUploadExternal", **fault)
    await on.devin.attach(session, "login.png", "PNG", "image/png", say="One.")
    await on.devin.say(session, "Three.")
    await on.wait_for_post(GENERAL, ts, "Three.", within=WITHIN)
    await polled(on)
    said = (await on.slack.messages(GENERAL, thread_ts=ts, user="U0BOT"))[1:]
    assert [(one["text"], len(one.get("files", []))) for one in said] == [
        ("fix the login test: One.", 0),
        ("", 1),
        ("fix the login test: Three.", 0),
    ]


async def test_a_lost_post_does_not_hold_up_another_thread(on: Harness) -> None:
    ts, session = await on.started()
    other, other_session = await on.started("fix another test")
    await on.slack.fault("chat.postMessage", "hang", seconds=8, match="One.", times=20)
    await on.devin.say(session, "One.")
    await on.slack.wait("log", method="chat.postMessage", fault="hang")
    await on.devin.say(other_session, "Elsewhere.")
    await on.wait_for_post(GENERAL, other, "Elsewhere.", within=WITHIN)
    assert await on.thread(GENERAL, ts) == []
    await on.slack.clear_faults()
    await on.wait_for_post(GENERAL, ts, "One.", within=WITHIN)


# ---------------------------------------------------------------- older than the keys


async def test_a_conversation_older_than_the_keys_is_announced_no_second_time(on: Harness, tmp_path: Path) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest")
    for said in ("One.", "Two.", "Three."):
        await on.devin.say(session, said)
    await on.wait_for_post(GENERAL, ts, "Three.", within=WITHIN)
    await on.stop()
    with closing(sqlite3.connect(tmp_path / "bot.db")) as store, store:
        store.execute("DELETE FROM outbox WHERE kind <> 'card'")
        store.execute("DELETE FROM inbox")
    await on.start()
    await on.devin.say(session, "Four.")
    await on.wait_for_post(GENERAL, ts, "Four.", within=WITHIN)
    await polled(on)
    assert await on.thread(GENERAL, ts) == ["One.", "Two.", "Three.", "Four."]
    assert [text.split("\n> ")[1] for text in await asked(on, session)] == ["please use pytest"]
    assert len(await on.devin.sessions()) == 1
