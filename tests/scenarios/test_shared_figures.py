"""What was spent is no business of another company: a shared channel gets no figures, and the admins read them."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.domain.billing import billing_day, bounds
from bot.features.alarms import sentences as alarm_sentences
from bot.timing import HOUR, Timing
from tests.scenarios.ahead import Ahead, rows, until
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, OPS, WEB, Harness, harness
from tests.scenarios.observations import buttons, set_budget, settled

DIRECT = ("D0ADA", "D0BEN")

pytestmark = pytest.mark.timing(alarm_watch=0.2, budgets=0.3, digest_tick=0.3, figures_interval=0.0)


@pytest.fixture
async def on(
    tmp_path: Path, transport: str, database: dict[str, Any], clock: Ahead, timing: Timing
) -> AsyncIterator[Harness]:
    """A bot with a channel for its two admins."""
    settings = {"BOT_ADMIN_CHANNEL": OPS, "BOT_ADMIN_USERS": f"{ADA},{BEN}", "BOT_DIGEST_QUIET": "post"} | database
    async with harness(tmp_path, transport, clock=clock, timing=timing, **settings) as everything:
        yield everything


async def said(on: Harness, channel: str) -> list[str]:
    return [one["rendered"] for one in await on.slack.messages(channel, user="U0BOT")]


async def shared_without_an_event(on: Harness, channel: str) -> None:
    """Another company shares a channel by now, and nobody has said so."""
    await on.slack.put_channel(channel, is_ext_shared=True)


async def has_digest(on: Harness, channel: str) -> bool:
    """Whether a digest is there with the five replies in its thread, of which the last one is a file."""
    found = await on.slack.messages(channel, user="U0BOT")
    return len({one.get("thread_ts") for one in found}) == 1 and len(found) == 1 + 5


async def spends(on: Harness, acus: float = 6.2, channel: str = GENERAL) -> str:
    _, session = await on.started(user=ANN, channel=channel)
    await on.devin.set(session, acus_consumed=acus)
    return session


async def test_a_budgets_levels_and_alarms_go_to_each_admin_and_not_into_a_shared_admin_channel(on: Harness) -> None:
    await set_budget(on.slack, "each-person 2 a day")
    await shared_without_an_event(on, OPS)
    await spends(on)
    for channel in DIRECT:
        await on.slack.wait_for_message(channel, "budget is used up: 6.2 of 2 ACUs today")
        alarm = await on.slack.wait_for_message(channel, "has spent 6.2 ACUs since its last message")
        assert buttons(alarm) == []  # it is not edited, so that nothing can be decided there
    await settled(on)
    assert await said(on, OPS) == []
    assert [len(await said(on, channel)) for channel in DIRECT] == [2, 2]


async def test_more_is_granted_in_the_direct_message(on: Harness) -> None:
    await set_budget(on.slack, "each-person 2 a day")
    await spends(on)
    await on.slack.wait_for_message(OPS, "used up")
    await shared_without_an_event(on, OPS)
    await on.slack.slash(ANN, GENERAL, "fix the logout test")
    refusal = await on.slack.wait_for_ephemeral(ANN, "Nothing was started")
    await on.slack.click(ANN, GENERAL, refusal["ts"], "choose:ask_for_more")
    request = await on.slack.wait_for_message("D0BEN", "asks for more")
    await on.slack.click(BEN, "D0BEN", request["ts"], "grant_more")
    await on.slack.wait_for_message("D0ANN", "raised your budget")
    assert all("asks for more" not in text for text in await said(on, OPS))


async def test_what_waits_for_a_channel_when_it_becomes_shared_is_dropped_by_the_event(on: Harness) -> None:
    await set_budget(on.slack, f"<#{WEB}> 2 a day")
    await on.slack.fault("chat.postMessage", "ratelimited", retry_after=4, match="is used up", times=2)
    await spends(on, channel=WEB)

    async def waits() -> bool:
        return [row["reason"] for row in await rows(on, "outbox", channel=WEB, state="open")] == ["rate limited"]

    await until(waits)
    await on.slack.share(WEB)

    async def is_dropped() -> bool:
        dead = [row["key"] for row in await rows(on, "outbox", channel=WEB, state="dead")]
        return any(key.startswith("budget:") for key in dead)

    await until(is_dropped, seconds=2)
    await on.slack.wait_for_message(OPS, "is used up")


async def test_it_is_looked_at_right_before_a_post_is_made(on: Harness) -> None:
    await set_budget(on.slack, f"<#{WEB}> 2 a day")
    _, session = await on.started(channel=WEB)  # its card was posted a moment ago, when the channel was not shared
    await shared_without_an_event(on, WEB)
    await on.devin.set(session, acus_consumed=6.2)
    await on.slack.wait_for_message(OPS, "is used up")
    await settled(on)
    assert all("used up" not in text for text in await said(on, WEB))


async def test_an_alarm_that_stands_says_nothing_once_its_channel_is_shared(on: Harness) -> None:
    session = await spends(on)
    post = await on.slack.wait_for_message(OPS, "has spent 6.2 ACUs")
    await on.slack.share(OPS)
    await on.devin.set(session, acus_consumed=7.5)
    shown = await on.slack.wait_for_message(OPS, alarm_sentences.WITHHELD.text)
    assert shown["ts"] == post["ts"]
    assert "6.2" not in str(shown)


async def test_the_digest_of_a_shared_admin_channel_is_read_directly_with_its_thread_and_only_once(
    on: Harness, clock: Ahead
) -> None:
    await spends(on)
    await on.slack.wait_for_message(OPS, "6.2")
    await shared_without_an_event(on, OPS)
    before = len(await said(on, OPS))
    clock.put(bounds(billing_day(on.clock()))[1] + 1.5 * HOUR - on.clock())  # after nine, when the day is over
    for channel in DIRECT:
        await until(partial(has_digest, on, channel), seconds=60)
    await settled(on)
    assert len(await said(on, OPS)) == before
    first, *waiting = sorted(
        (row["key"], row["state"]) for row in await rows(on, "outbox", channel=OPS) if row["key"].startswith("digest:")
    )
    assert first[1] == "sent", "it stands in one digest, which the next one does not repeat"
    assert {state for _, state in waiting} == {"dead"}


async def test_a_post_waits_while_slack_limits_how_often_it_says_whether_a_channel_is_shared(on: Harness) -> None:
    await set_budget(on.slack, f"<#{WEB}> 2 a day")
    _, session = await on.started(channel=WEB)
    await shared_without_an_event(on, WEB)
    await on.slack.fault("conversations.info", "ratelimited", retry_after=2, times=2, match=WEB)
    await on.devin.set(session, acus_consumed=6.2)
    await on.slack.wait_for_message(OPS, "is used up")
    await settled(on)
    assert [text for text in await said(on, WEB) if "used up" in text] == []
