"""Odd things from outside, and rows of our own that fail: one of them costs only itself."""

import time
from dataclasses import replace
from typing import Any

import pytest

from bot.conversation.prompt import EARLIER
from bot.domain.lane import channel_lane
from bot.kernel.sending import failures
from bot.store import outbox
from bot.store.outbox import OutboxRow
from bot.views.answers import failures as failure_sentences
from tests.for_devin import as_context, as_sent, author
from tests.scenarios.ahead import TEAM, rows, write
from tests.scenarios.harness import ANN, BEN, BOT, GENERAL, WEB, Harness
from tests.scenarios.observations import sent_to_devin, settled
from tests.scenarios.short_waits import WITHIN, waited
from tests.waits import SHORT

pytestmark = [pytest.mark.edge, pytest.mark.timing(**SHORT, catch_up_retry=0.2)]

NOBODY = "<@U0NOBODY1>"


async def read(on: Harness, ts: str) -> None:
    """Wait until catch-up has done with a thread."""
    await waited(on, "threads", ts=ts, unread_from=None)


# ---------------------------------------------------------------- people Slack does not show


async def test_somebody_slack_does_not_know_does_not_cost_a_start(on: Harness) -> None:
    ts = await on.mention(f"ask {NOBODY} why the login test fails")
    made = await on.session("why the login test fails")
    assert made["prompt"].startswith("ask @U0NOBODY1 why the login test fails\n\nAsked in Slack by ann (U0ANN).")
    await settled(on)
    assert await on.thread(GENERAL, ts) == []


async def test_somebody_slack_does_not_know_does_not_cost_a_reply(on: Harness) -> None:
    ts, session = await on.started()
    said = await on.slack.say(BEN, GENERAL, f"ask {NOBODY} for the log and fix the test", thread_ts=ts)
    await on.devin.wait_for_messages("for the log and fix the test", seconds=WITHIN)
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(said, "ben", "ask @U0NOBODY1 for the log and fix the test")]
    assert await on.thread(GENERAL, ts) == []


async def test_somebody_slack_does_not_know_does_not_cost_the_context_of_a_thread(on: Harness) -> None:
    ts = await on.slack.say(BEN, GENERAL, f"{NOBODY} says the login test fails")
    await on.slack.say(ANN, GENERAL, f"{BOT} fix it", thread_ts=ts)
    made = await on.session("says the login test fails")
    quoted = as_context(ts, author("ben"), "@U0NOBODY1 says the login test fails")
    assert f"{EARLIER.format(left_out='')}\n{quoted}" in made["prompt"]


# ---------------------------------------------------------------- catch-up


@pytest.mark.both_transports
async def test_a_thread_that_could_not_be_read_at_the_start_is_read_again(on: Harness) -> None:
    ts, session = await on.started()
    await read(on, ts)
    await on.stop()
    await on.slack.pause("lose")
    missed = await on.slack.say(BEN, GENERAL, "also fix the logout test", thread_ts=ts)
    await on.slack.resume()
    await on.slack.fault("conversations.replies", "http_500", times=2)
    await on.start()
    await on.devin.wait_for_messages("also fix the logout test", seconds=WITHIN)
    assert await sent_to_devin(on, session) == [as_sent(missed, "ben", "also fix the logout test")]


async def test_a_thread_that_can_never_be_read_is_asked_for_once(on: Harness) -> None:
    await on.slack.fault("conversations.replies", "error", error="channel_not_found", times=0)
    first, _ = await on.started()
    await read(on, first)
    second, _ = await on.started("fix the logout test", BEN, WEB)
    await read(on, second)
    asked = [call["args"]["ts"] for call in await on.slack.log("conversations.replies")]
    assert asked == [first, second]


# ---------------------------------------------------------------- odd rows


@pytest.mark.parametrize("odd", [{"is_archived": None}, {"status": None}, {"url": None}], ids=str)
async def test_one_odd_row_of_devins_does_not_keep_the_others_unannounced(on: Harness, odd: dict[str, Any]) -> None:
    _, first = await on.started()
    ts, second = await on.started("fix the logout test", BEN, WEB)
    await on.devin.set(first, **odd)
    await on.devin.say(second, "I have a question.")
    await on.wait_for_post(WEB, ts, "I have a question.", within=WITHIN)


async def test_a_flag_that_is_null_is_none(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.set(session, is_archived=None, status_detail="waiting_for_approval")
    await on.slack.wait_for_message(GENERAL, "approval", thread_ts=ts, within=WITHIN)


async def test_a_post_that_trips_us_is_marked_dead_announced_and_holds_up_nothing(
    on: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "MOST_ATTEMPTS", 2)
    ts, session = await on.started()
    await settled(on)
    (known,) = await rows(on, "sessions")
    now = time.time()
    lane = channel_lane(TEAM, GENERAL)
    broken = OutboxRow("say:broken", lane, "post", TEAM, GENERAL, ts, "r-broken", {}, now, now, thread_ts=ts)
    await write(on, lambda tx: outbox.add(tx, [replace(broken, session_id=known["id"])]))
    await on.devin.say(session, "I have a question.")
    await on.wait_for_post(GENERAL, ts, "I have a question.", within=WITHIN)
    await settled(on)
    assert [row["key"] for row in await rows(on, "outbox", state="dead")] == ["say:broken"]
    lost = failure_sentences.post_lost("r-broken", f"https://app.devin.ai/sessions/{session}").text
    assert sorted(await on.thread(GENERAL, ts)) == sorted(["I have a question.", lost])
