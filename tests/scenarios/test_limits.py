"""Two hundred running sessions: one list page a look, and never more card edits than Slack allows."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.timing import PRODUCTION
from tests.scenarios.ahead import Ahead, Running, running
from tests.scenarios.harness import GENERAL, OPS, WEB, Harness, harness

pytestmark = pytest.mark.edge

COUNT = 200
CHANNELS = (GENERAL, WEB, OPS, "C0PRIVATE")
BURST, INTERVAL = 4, 60 / 36  # any minute holds at most 4 + 36 edits
LATE = 1.0  # how late a call may reach Slack after its token was taken, on a busy machine
WINDOW = 10.0


@dataclass(frozen=True)
class Crowd:
    """The bot with its two hundred sessions."""

    on: Harness
    clock: Ahead
    sessions: list[Running]


@pytest.fixture
async def crowd(tmp_path: Path, transport: str) -> AsyncIterator[Crowd]:
    """Two hundred running sessions, and the bot that follows them."""
    clock = Ahead()
    async with harness(tmp_path, transport, clock=clock, timing=PRODUCTION, start=False, BOT_POLL_SECONDS="0.5") as on:
        sessions = await running(on, COUNT, CHANNELS)
        await on.start()
        await on.devin.wait_for_calls("list_sessions", 2)
        yield Crowd(on, clock, sessions)


async def all_change(crowd: Crowd, **facts: Any) -> None:
    """Something happens in each session."""
    for one in crowd.sessions:
        await crowd.on.devin.set(one.devin_id, **facts)


async def edits(crowd: Crowd) -> list[float]:
    """When Slack got each edit."""
    return [call["at"] for call in await crowd.on.slack.log("chat.update")]


def most_in_any_minute(times: list[float]) -> None:
    """Check every window there is: as many edits as the budget gives for its length, and so 40 a minute at most."""
    for first, last in itertools.combinations(range(len(times)), 2):
        allowed = BURST + (times[last] - times[first] + LATE) / INTERVAL
        assert last - first + 1 <= allowed, (first, last)


async def test_a_change_in_each_of_200_sessions_keeps_to_the_edits_a_minute(crowd: Crowd) -> None:
    await all_change(crowd, title="Renamed")
    await asyncio.sleep(WINDOW)  # the window that is counted
    times = await edits(crowd)
    most_in_any_minute(times)
    assert BURST < len(times) <= BURST + (WINDOW + 5) / INTERVAL  # and they are used
    assert not await crowd.on.slack.log("chat.update", status=429)


async def test_each_look_at_200_sessions_is_one_page_with_bounded_reads(crowd: Crowd) -> None:
    on = crowd.on
    ends = time.monotonic() + 4
    while time.monotonic() < ends:
        await all_change(crowd, acus_consumed=time.monotonic() % 100)
    polls = await on.devin.log("list_sessions")
    assert not [poll for poll in polls if any(name == "after" for name, _ in poll["query"])]  # never a second page
    calls = [call for call in await on.devin.log() if call["number"] >= polls[1]["number"]]
    for poll, after in itertools.pairwise([call for call in calls if call["route"] == "list_sessions"]):
        between = [call["route"] for call in calls if poll["number"] < call["number"] < after["number"]]
        assert between.count("list_messages") <= 30
        assert between.count("list_insights") <= 2


async def test_words_in_many_sessions_are_each_read_once(crowd: Crowd) -> None:
    on, speakers = crowd.on, crowd.sessions[::10]
    before = len(await on.devin.log("list_messages"))
    for one in speakers:
        await on.devin.say(one.devin_id, f"I am {one.id}.")
    for one in speakers:
        await on.slack.wait_for_message(one.channel, f"I am {one.id}.", thread_ts=one.ts, within=20)
    await on.devin.wait_for_calls("list_sessions", len(await on.devin.log("list_sessions")) + 6)
    read = len(await on.devin.log("list_messages")) - before
    assert len(speakers) <= read <= len(speakers) + 3  # and the first few, if a poll found only those


@pytest.mark.edge
async def test_words_are_posted_where_devin_fails_to_count_them(crowd: Crowd) -> None:
    on, speakers = crowd.on, crowd.sessions[::20]
    await on.devin.fault("list_insights", 500, times=999)
    for one in speakers:
        await on.devin.say(one.devin_id, f"Nobody counts {one.id}.")
    for one in speakers:
        await on.slack.wait_for_message(one.channel, f"Nobody counts {one.id}.", thread_ts=one.ts, within=20)


@pytest.mark.long
async def test_words_in_a_few_of_200_changing_sessions_are_found_by_their_counts(crowd: Crowd) -> None:
    on = crowd.on
    speakers = crowd.sessions[::50]
    await all_change(crowd, acus_consumed=1.25)
    for one in speakers:
        await on.devin.say(one.devin_id, f"I am {one.id}.")
    for one in speakers:
        await on.slack.wait_for_message(one.channel, f"I am {one.id}.", thread_ts=one.ts, within=20)


@pytest.mark.long
async def test_without_insights_all_200_are_read_in_turn(crowd: Crowd) -> None:
    on = crowd.on
    await on.devin.switch(insights_status=403)
    speakers = crowd.sessions[::50]
    await all_change(crowd, acus_consumed=1.25)
    for one in speakers:
        await on.devin.say(one.devin_id, f"I am {one.id}.")
    for one in speakers:
        await on.slack.wait_for_message(one.channel, f"I am {one.id}.", thread_ts=one.ts, within=40)


@pytest.mark.long
async def test_figures_of_all_wait_for_the_state_of_one(crowd: Crowd) -> None:
    on, one = crowd.on, crowd.sessions[-1]
    await all_change(crowd, acus_consumed=3.0)
    await on.slack.wait_for_call("chat.update", BURST + 1, text="3 ACUs", within=20)
    waiting = COUNT - len(await edits(crowd))
    await on.devin.set(one.devin_id, status_detail="waiting_for_approval")
    await on.slack.wait_for_message(one.channel, "approval", thread_ts=one.ts, within=15)
    assert waiting > 100
    assert len(await edits(crowd)) < COUNT - waiting + 12
