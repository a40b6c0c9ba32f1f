"""The clock is set while people write: nothing is lost, nothing is doubled, and nothing waits for the old time."""

import asyncio
import time

import pytest

from bot.timing import DAY, HOUR
from tests.scenarios.ahead import Ahead, rows, until
from tests.scenarios.harness import ANN, BEN, GENERAL, OPS, WEB, Harness
from tests.scenarios.observations import creations, reactions, sent_to_devin

LATE = 10.0  # seconds: a busy machine is slower than a clock is noticed


async def written(on: Harness, ts: str, count: int, begin: int = 0) -> list[str]:
    """So many replies in a thread, one after the other; answers their texts."""
    texts = [f"fix part {number}." for number in range(begin, begin + count)]
    for text in texts:
        await on.slack.say(BEN, GENERAL, text, thread_ts=ts)
        await asyncio.sleep(0.02)
    return texts


async def arrived(on: Harness, session: str, texts: list[str]) -> list[str]:
    """Which of the texts Devin was sent, in order, once all are there or the time is over."""
    found: list[str] = []

    async def all_there() -> bool:
        found[:] = [text for sent in await sent_to_devin(on, session) for text in texts if text in sent]
        return len(found) >= len(texts)

    await until(all_there, LATE)
    return found


@pytest.mark.timing(lane_sweep=5.0)
@pytest.mark.parametrize("step", [HOUR, -HOUR, DAY, -DAY], ids=["hour on", "hour back", "day on", "day back"])
async def test_people_notice_nothing_of_a_clock_that_is_set_while_they_write(
    on: Harness, clock: Ahead, step: float
) -> None:
    ts, session = await on.started()
    before = await written(on, ts, 5)
    others = [await on.mention(f"fix login test {number}", ANN, channel) for number, channel in enumerate((WEB, OPS))]
    clock.set(step)
    after = await written(on, ts, 5, 5)
    more = [await on.mention(f"fix logout test {number}", BEN, channel) for number, channel in enumerate((WEB, OPS))]
    assert await arrived(on, session, before + after) == before + after
    for number, (channel, one, other) in enumerate(zip((WEB, OPS), others, more, strict=True)):
        for text, root in ((f"fix login test {number}", one), (f"fix logout test {number}", other)):
            await on.slack.wait_for_message(channel, text, thread_ts=root)
            assert len(await on.devin.wait_for_sessions(text)) == 1
    assert await creations(on) == 5


@pytest.mark.timing(lane_sweep=5.0)
async def test_a_clock_that_was_an_hour_ahead_holds_up_nothing_when_it_is_right_also_after_a_restart(
    on: Harness, clock: Ahead
) -> None:
    clock.set(HOUR)
    ts, session = await on.started()
    first = await written(on, ts, 3)
    assert await arrived(on, session, first) == first
    await on.stop()
    clock.set(-HOUR)
    begun = time.monotonic()
    await on.start()
    second = await written(on, ts, 3, 3)
    assert await arrived(on, session, first + second) == first + second
    await on.devin.say(session, "Here is what I found.")
    await on.wait_for_post(GENERAL, ts, "Here is what I found.", within=LATE)
    assert time.monotonic() - begun < 2 * LATE
    assert not [row for row in await rows(on, "rate_limits") if row["next_at"] > clock() + LATE]


async def test_eyes_that_wait_while_the_clock_is_put_on_by_a_day_are_still_made(on: Harness, clock: Ahead) -> None:
    await on.slack.fault("reactions.add", "ratelimited", retry_after=2)
    ts = await on.mention("fix the login test")
    await on.session("fix the login test")
    clock.set(DAY)

    async def seen() -> bool:
        return "eyes" in await reactions(on, ts)

    await until(seen, LATE)


@pytest.mark.timing(post_look_up=0.5, post_settle=11.0)
async def test_a_post_whose_answer_is_lost_is_found_by_slacks_clock_where_ours_is_an_hour_ahead(
    on: Harness, clock: Ahead
) -> None:
    clock.set(HOUR)
    on.simulated_slack.date_ahead = -HOUR
    ts, session = await on.started()
    await on.slack.fault("chat.postMessage", "commit_then_drop")
    await on.devin.say(session, "Here is what I found.")
    await on.wait_for_post(GENERAL, ts, "Here is what I found.", within=LATE)

    async def sent() -> bool:
        return not [row for row in await rows(on, "outbox") if row["state"] in {"open", "sending"}]

    await until(sent)
    assert len([one for one in await on.thread(GENERAL, ts) if "Here is what I found." in one]) == 1
