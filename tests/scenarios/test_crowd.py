"""Many messages of one person, and files that take long: the others are served as ever."""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import pytest

from bot.app import FLOWS_AT_ONCE, FLOWS_OF_A_PERSON
from bot.kernel.sending.file_transfers import AT_ONCE
from tests.scenarios.ahead import running, until
from tests.scenarios.harness import ANN, BEN, GENERAL, OPS, QUICK_TIMING, WEB, Harness, harness
from tests.scenarios.observations import settled

pytestmark = pytest.mark.edge

LOG = {"name": "login.log", "content": "login failed"}
SOON = 10
# Nothing that hangs ends by itself, however long a busy machine takes: the simulated Devin also counts as hanging what
# the bot has ceased to wait for.
PATIENT = replace(QUICK_TIMING, devin_write=600.0, unknown_after=610.0)
PART = 200  # replies, so many of which a busy machine sends in two minutes


@pytest.fixture
async def unstarted(tmp_path: Path, transport: str, sqlite_template: Path) -> AsyncIterator[Harness]:
    """Everything but the bot, with Slack's own waits: a busy machine acknowledges some of so many messages late."""
    how = {"empty_store": sqlite_template, "start": False, "timing": PATIENT, "speed": 1.0}
    async with harness(tmp_path, transport, **how) as everything:
        yield everything


async def held(on: Harness, fault: int) -> int:
    """How many calls hang at Devin."""
    return next(int(one["holding"]) for one in await on.devin.faults() if one["number"] == fault)


async def holds(on: Harness, fault: int, count: int) -> None:
    async def as_many() -> bool:
        return await held(on, fault) == count

    await until(as_many)


@pytest.mark.long
@pytest.mark.parametrize(
    "replies", [FLOWS_AT_ONCE + 4, pytest.param(800, marks=[pytest.mark.early, pytest.mark.timeout(600)])]
)
async def test_many_replies_of_one_person_leave_the_start_of_another_at_its_usual_time(
    unstarted: Harness, replies: int
) -> None:
    on = unstarted
    threads = await running(on, FLOWS_AT_ONCE + 4, [GENERAL, WEB, OPS])
    await on.slack.limits(enabled=False)
    await on.start()
    slow = await on.devin.fault("send_message", "hang", times=-1, commit="late")
    for one in islice(cycle(threads), replies):
        await on.slack.say(ANN, one.channel, "and the tests", thread_ts=one.ts)
    await holds(on, slow, FLOWS_OF_A_PERSON)
    await on.mention("fix the login test", BEN)
    await on.devin.wait_for_sessions("fix the login test", seconds=SOON)
    assert await held(on, slow) == FLOWS_OF_A_PERSON
    await on.devin.clear_faults()
    for count in (*range(PART, replies, PART), replies):
        sent = await on.devin.wait_for_messages("and the tests", count, seconds=120)
    assert len(sent) == replies


@pytest.mark.long
async def test_files_that_take_long_go_two_at_a_time_and_hold_up_no_start_without_any(on: Harness) -> None:
    slow = await on.devin.fault("upload_attachment", "hang", times=-1, commit="late")
    for number, channel in enumerate((GENERAL, WEB, OPS, GENERAL)):
        await on.mention(f"task {number} with a file", ANN, channel, files=[LOG])
    await holds(on, slow, AT_ONCE)
    await on.mention("fix the login test", BEN)
    await on.devin.wait_for_sessions("fix the login test", seconds=SOON)
    assert await held(on, slow) == AT_ONCE
    await on.devin.clear_faults()
    for number in range(4):
        assert (await on.session(f"task {number} with a file"))["attachments"] == ["login.log"]
    await settled(on)
