"""Devin says yes in an odd way: what it has done is never asked for again."""

import pytest

from tests import sentences
from tests.scenarios.ahead import rows, until
from tests.scenarios.harness import BEN, GENERAL, WEB, Harness
from tests.scenarios.observations import card, creations, sent_to_devin, settled
from tests.scenarios.short_waits import AWAY, WITHIN, waited
from tests.waits import SHORT

pytestmark = pytest.mark.timing(**SHORT)

UNKNOWN_AFTER = SHORT["unknown_after"]
SOON_LOST = {"row_outage": UNKNOWN_AFTER + 2.0}


async def time_is_over(on: Harness, ts: str) -> None:
    """Wait until a row is put back after the time in which what is not found may still come."""

    async def over() -> bool:
        (row,) = await rows(on, "inbox", ts=ts)
        return bool(row["ready_at"] - row["created_at"] > UNKNOWN_AFTER + 1.0)

    await until(over)


# ---------------------------------------------------------------- sessions


async def test_a_session_whose_id_the_answer_does_not_give_is_found_and_not_made_again(on: Harness) -> None:
    await on.devin.fault("create_session", "odd", fields={"session_id": None})
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, sentences.IS_QUEUED, thread_ts=ts, within=WITHIN)
    await settled(on)
    (made,) = await on.devin.sessions()
    assert f"https://app.devin.ai/sessions/{made['session_id']}" in str((await card(on, ts))["blocks"])
    assert await creations(on) == 1
    assert await on.thread(GENERAL, ts) == []


@pytest.mark.timing(**SOON_LOST)
async def test_a_session_that_devin_has_accepted_and_lists_nowhere_is_not_made_again(on: Harness) -> None:
    await on.devin.fault("create_session", "odd", fields={"session_id": None})
    await on.devin.fault("list_sessions", "odd", fields={"tags": []}, **AWAY)
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, sentences.CHECKING_BEGINS, thread_ts=ts, within=WITHIN)
    await on.slack.wait_for_message(GENERAL, sentences.NOT_KNOWN_WHETHER, thread_ts=ts, within=WITHIN)
    assert await creations(on) == 1
    assert [row["lifecycle"] for row in await rows(on, "sessions")] == ["uncertain"]
    await on.devin.clear_faults()
    made = (await on.session("fix the login test"))["session_id"]
    await on.devin.set(made, status="running", status_detail="working")
    await on.slack.wait_for_message(GENERAL, sentences.IS_WORKING, thread_ts=ts, within=WITHIN)
    assert await creations(on) == 1
    assert len(await on.thread(GENERAL, ts)) == 1


async def test_where_devin_refuses_tags_a_row_that_cannot_be_read_among_others_keeps_a_session_from_being_made_again(
    on: Harness,
) -> None:
    await on.devin.switch(tags_refused=True)
    await on.started("another task", channel=WEB)
    before = await creations(on)
    await on.devin.switch(new_without_time=True)
    await on.devin.fault("create_session", "commit_then_drop")
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, sentences.CHECKING_BEGINS, thread_ts=ts, within=WITHIN)
    await time_is_over(on, ts)
    made = (await on.session("fix the login test"))["session_id"]
    await on.devin.set(made, status="running", status_detail="working")
    await on.slack.wait_for_message(GENERAL, sentences.IS_WORKING, thread_ts=ts, within=WITHIN)
    await settled(on)
    assert await creations(on) == before + 1
    assert await on.thread(GENERAL, ts) == []


@pytest.mark.timing(**SOON_LOST)
async def test_a_session_whose_row_can_never_be_read_ends_as_not_known(on: Harness) -> None:
    await on.devin.fault("create_session", "commit_then_drop")
    await on.devin.fault("list_sessions", "odd", fields={"status": None}, **AWAY)
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, sentences.NOT_KNOWN_WHETHER, thread_ts=ts, within=WITHIN)
    await settled(on)
    assert [row["lifecycle"] for row in await rows(on, "sessions")] == ["uncertain"]
    (said,) = await on.thread(GENERAL, ts)
    assert said.startswith(sentences.start_uncertain(f"slack-T0PLAY-{GENERAL}-{ts}") + " Reference `")
    assert await creations(on) == 1


# ---------------------------------------------------------------- replies


async def test_a_reply_is_sent_once_however_odd_the_answer_to_it(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", "odd", fields={"session_id": None, "status": None})
    said = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    row = await waited(on, "inbox", ts=said, state="done")
    assert row["attempts"] == 0
    assert await sent_to_devin(on, session) == [f"[Slack {said}] ben:\nplease use pytest"]
    assert await on.thread(GENERAL, ts) == []


async def test_a_reply_is_not_sent_again_while_a_message_of_the_conversation_cannot_be_read(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("list_messages", "odd", fields={"created_at": "today"}, **AWAY)
    await on.devin.fault("send_message", "commit_then_drop")
    said = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest", seconds=WITHIN)
    await time_is_over(on, said)
    await on.devin.clear_faults()
    await waited(on, "inbox", ts=said, state="done")
    assert await sent_to_devin(on, session) == [f"[Slack {said}] ben:\nplease use pytest"]
    assert len(await on.devin.log("send_message")) == 1
    assert await on.thread(GENERAL, ts) == []
