"""How fast the bot speaks: a second between the posts of a channel, and nobody waits for somebody else's trouble."""

import itertools
from typing import Any

import pytest

from bot.kernel.sending.send import AT_ONCE_IN_A_LANE
from bot.timing import PRODUCTION
from bot.views.announcements import LEFT_OUT_LINK
from tests.scenarios.ahead import rows, until
from tests.scenarios.harness import ANN, BEN, GENERAL, OPS, WEB, Harness
from tests.scenarios.short_waits import waited

# The pace is that of production.
pytestmark = [
    pytest.mark.edge,
    pytest.mark.timing(channel_interval=PRODUCTION.channel_interval, send_first_retry=PRODUCTION.send_first_retry),
]

SLACKS_OWN = 0.9  # Slack's second, less the lateness of a timer

# A fifth of production's: all that are to hang have begun long before the first of them is given up.
NO_ANSWER_SOON = pytest.mark.timing(channel_interval=0.2, slack_request=4.0, post_settle=4.5)


async def posts(on: Harness, channel: str) -> list[dict[str, Any]]:
    """The posts of a channel that Slack took, in the order in which they came."""
    return await on.slack.log("chat.postMessage", channel=channel, ok=True)


async def test_a_second_lies_between_the_posts_of_a_channel(on: Harness) -> None:
    ts, session = await on.started()
    for number in range(4):
        await on.devin.say(session, f"Line {number}.")
    await on.wait_for_post(GENERAL, ts, "Line 3.", within=20)
    times = [post["at"] for post in await posts(on, GENERAL)]
    assert min(after - before for before, after in itertools.pairwise(times)) >= SLACKS_OWN
    assert await on.thread(GENERAL, ts) == [f"Line {number}." for number in range(4)]
    assert not await on.slack.log("chat.postMessage", status=429)


@pytest.mark.long
async def test_after_a_post_that_slack_took_late_the_next_comes_a_second_later_all_the_same(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.fault("chat.postMessage", "slow", seconds=0.9, match="Line 0.")
    for number in range(2):
        await on.devin.say(session, f"Line {number}.")
    await on.wait_for_post(GENERAL, ts, "Line 1.", within=20)
    late, after = (await on.slack.messages(GENERAL, thread_ts=ts, user="U0BOT"))[-2:]
    assert float(after["ts"]) - float(late["ts"]) >= SLACKS_OWN
    assert not await on.slack.log("chat.postMessage", status=429)


async def test_channels_do_not_wait_for_each_other(on: Harness) -> None:
    ts, session = await on.started()
    other, second = await on.started("fix another one", channel=WEB)
    for number in range(5):
        await on.devin.say(session, f"Line {number}.")
    await on.devin.say(second, "My only line.")
    await on.wait_for_post(WEB, other, "My only line.")
    assert await on.thread(GENERAL, ts) != [f"Line {number}." for number in range(5)]


@pytest.mark.long
async def test_twenty_parts_in_one_thread_hold_up_no_other_thread(on: Harness) -> None:
    ts, session = await on.started()
    other, second = await on.started("fix another one")
    long_text = "\n\n".join(f"Paragraph {number}: " + "word " * 200 for number in range(52))
    for _ in range(4):
        await on.devin.say(session, long_text)
    await on.slack.wait_for_messages(GENERAL, 2, thread_ts=ts, text="Paragraph", within=20)
    await on.devin.say(second, "I have but one line.")
    said_at = (await on.devin.session(second))["messages"][-1]["created_at"]
    line = await on.wait_for_post(GENERAL, other, "but one line")
    # Until it is read, then the post under way and the pace: far from twenty seconds.
    assert float(line["ts"]) - said_at < 6
    assert len(await on.slack.messages(GENERAL, thread_ts=ts, text="Paragraph")) < 12


async def test_parts_of_a_long_answer_keep_their_order_and_end_with_the_link(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "\n\n".join(f"Paragraph {number}: " + "word " * 200 for number in range(80)))
    await on.slack.wait_for_message(GENERAL, "too long for Slack", thread_ts=ts, within=20)
    parts = await on.thread(GENERAL, ts)
    assert len(parts) == 5
    firsts = [int(part.split(":", 1)[0].removeprefix("Paragraph ")) for part in parts]
    assert firsts == sorted(firsts)
    assert firsts[0] == 0
    link = f"<https://app.devin.ai/sessions/{session}|{LEFT_OUT_LINK}>"
    assert parts[-1].endswith(f"The rest is too long for Slack. {link}")


@pytest.mark.long
async def test_a_post_that_fails_again_and_again_holds_up_no_other_thread(on: Harness) -> None:
    ts, session = await on.started()
    other, second = await on.started("fix another one")
    await on.slack.fault("chat.postMessage", "error", error="service_unavailable", times=0, match="Trouble")
    await on.devin.say(session, "Trouble ahead.")
    await on.devin.say(session, "And after it.")
    await on.slack.wait_for_call("chat.postMessage", text="Trouble")
    await on.devin.say(second, "No trouble here.")
    line = await on.wait_for_post(GENERAL, other, "No trouble here.")
    said_at = (await on.devin.session(second))["messages"][-1]["created_at"]
    assert float(line["ts"]) - said_at < 5
    await on.slack.clear_faults()
    await on.wait_for_post(GENERAL, ts, "And after it.", within=30)
    assert await on.thread(GENERAL, ts) == ["Trouble ahead.", "And after it."]


@NO_ANSWER_SOON
async def test_a_post_that_hangs_holds_up_its_own_thread_and_no_other(on: Harness) -> None:
    ts, session = await on.started()
    other, second = await on.started("fix another one")
    await on.slack.fault("chat.postMessage", "hang", match="Trouble")
    await on.devin.say(session, "Trouble ahead.")
    await on.devin.say(session, "And after it.")
    hangs = await waited(on, "outbox", state="sending", thread=ts)
    for number in range(3):
        await on.devin.say(second, f"Line {number}.")
    await on.wait_for_post(GENERAL, other, "Line 2.")
    (still,) = await rows(on, "outbox", key=hangs["key"])
    assert still["owner"] is not None, "Slack has not answered yet"
    assert await on.thread(GENERAL, ts) == []
    # Afterwards it is looked for, not found, and posted before what follows it.
    await on.wait_for_post(GENERAL, ts, "And after it.", within=60)
    assert await on.thread(GENERAL, ts) == ["Trouble ahead.", "And after it."]


@pytest.mark.long
@NO_ANSWER_SOON
async def test_a_channel_in_which_many_posts_hang_leaves_slots_to_the_others(on: Harness) -> None:
    places = [await on.started(f"fix test {number}") for number in range(AT_ONCE_IN_A_LANE + 2)]
    other, second = await on.started("fix another one", channel=WEB)
    await on.slack.fault("chat.postMessage", "hang", times=0, match="Trouble")
    for _, session in places:
        await on.devin.say(session, "Trouble ahead.")

    most = 0

    async def one_is_given_back() -> bool:  # by when a post a second would have begun with all
        nonlocal most
        sending = await rows(on, "outbox", state="sending")
        in_hand = [row for row in sending if row["owner"] is not None]
        most = max(most, len(in_hand))
        return len(in_hand) < len(sending)

    await until(one_is_given_back)
    assert most == AT_ONCE_IN_A_LANE
    await on.devin.say(second, "No trouble here.")
    await on.wait_for_post(WEB, other, "No trouble here.")
    await on.slack.clear_faults()
    for ts, _ in places:
        await on.wait_for_post(GENERAL, ts, "Trouble ahead.", within=60)


async def test_a_429_on_a_post_makes_its_channel_wait_and_no_other(on: Harness) -> None:
    ts, session = await on.started()
    other, second = await on.started("fix another one", channel=WEB)
    await on.slack.fault("chat.postMessage", "ratelimited", retry_after=4, match="Wait for me")
    await on.devin.say(session, "Wait for me.")
    (refused,) = await on.slack.wait_for_call("chat.postMessage", status=429)
    await on.devin.say(second, "I go on.")
    there = await on.wait_for_post(WEB, other, "I go on.")
    here = await on.wait_for_post(GENERAL, ts, "Wait for me.")
    assert float(there["ts"]) < refused["at"] + 4
    assert float(here["ts"]) >= refused["at"] + 4
    assert await on.thread(GENERAL, ts) == ["Wait for me."]


async def test_while_many_channels_wait_for_slack_others_are_served(on: Harness) -> None:
    """A wait holds no worker: there are more waiting channels than workers."""
    names = [f"C0WAIT{number}" for number in range(34)]
    for name in names:
        await on.slack.put_channel(name, name=name.lower(), members=[ANN, BEN, "U0BOT"])
    ts, session = await on.started(channel=OPS)
    await on.slack.fault("chat.postMessage", "ratelimited", times=34, retry_after=60, match="C0WAIT")
    for name, user in zip(names, itertools.cycle((ANN, BEN)), strict=False):  # who starts more in an hour is asked
        await on.mention("fix the test here", user, name)
    refused = await on.slack.wait_for_call("chat.postMessage", 34, status=429, within=30)
    await on.devin.say(session, "Nothing keeps me.")
    line = await on.wait_for_post(OPS, ts, "Nothing keeps me.")
    assert float(line["ts"]) < refused[0]["at"] + 60  # before the first wait is over


@pytest.mark.long
async def test_a_429_on_an_edit_makes_edits_wait_and_posts_go_on(on: Harness) -> None:
    ts, session = await on.started()
    _, second = await on.started("fix another one", channel=WEB)
    await on.slack.fault("chat.update", "ratelimited", retry_after=4)
    await on.devin.set(session, title="A new title")
    (refused,) = await on.slack.wait_for_call("chat.update", status=429)
    await on.devin.set(second, title="Another title")
    await on.devin.say(session, "Posts go on.")
    line = await on.wait_for_post(GENERAL, ts, "Posts go on.")
    await on.slack.wait_for_message(GENERAL, "A new title", thread_ts=ts)
    await on.slack.wait_for_message(WEB, "Another title")
    edits = [call for call in await on.slack.log("chat.update") if call["n"] > refused["n"]]
    assert float(line["ts"]) < refused["at"] + 4
    assert min(edit["at"] for edit in edits) >= refused["at"] + 4
