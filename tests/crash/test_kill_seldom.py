"""`SIGKILL` at the steps of what happens seldom: a second yes, the digest, an archived channel, no tags, a twin."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.crash.scene import PATIENCE, Nursery, Scene
from tests.crash.story import (
    Story,
    killed_everywhere,
    named,
    one_session,
    running,
    sessions_with_cards,
    stopped,
    typed,
)
from tests.scenarios.stage import ANN, GENERAL, OPS

DM = "D0ANN"


async def ordered_once(one: Scene) -> None:
    """A session by a command, with all its work done."""
    await typed(one, "fix the login test")
    await one.slack.wait_for_message(GENERAL, "Queued", within=PATIENCE)
    await one.quiet()


async def order_again(one: Scene, _: None) -> None:
    await typed(one, "fix the login test", 2)
    for _ in range(10):
        question = await one.slack.wait_for_ephemeral(ANN, "a second time?", within=PATIENCE)
        if (await one.slack.click(ANN, GENERAL, question["ts"], "start_again"))["status"] == "acked":
            break
        await one.slack.wait_for_sockets(within=PATIENCE)
    await one.devin.wait_for_sessions("fix the login test", 2, seconds=PATIENCE)


async def ordered_twice(one: Scene, _: None) -> None:
    made = await sessions_with_cards(one, 2)
    cards = await one.slack.messages(GENERAL, user="U0BOT")
    assert {row["tags"][1] for row in made} == {f"slack-T0PLAY-{GENERAL}-{card['ts']}" for card in cards}


async def stop_by_command(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await typed(one, "stop")
    await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE, is_archived=True)
    await one.slack.wait_for_message(GENERAL, "Stopped by <@U0ANN>. Devin sleeps", thread_ts=begun[0], within=PATIENCE)
    return begun


def digest_half_an_hour_ago() -> dict[str, str]:
    """Settings: the bot's first start was an hour ago by its clock, and the digest's time has come since then."""
    at = datetime.now(UTC) - timedelta(minutes=30)
    return {"BOT_ADMIN_CHANNEL": OPS, "BOT_DIGEST_TIME": f"{at:%H:%M}", "BOT_TIMEZONE": "UTC", "BEHIND": "3600"}


async def first_start_noted(one: Scene) -> None:
    """A session with all its work done, and the note from when on digests are wanted."""
    await running(one)
    async with asyncio.timeout(PATIENCE):
        while not one.rows("SELECT name FROM due WHERE name = 'digest'"):
            await asyncio.sleep(0.05)  # the store has no event for it


async def time_comes(one: Scene, _: None) -> None:
    await one.slack.wait_for_message(OPS, "Devin on", within=PATIENCE)


async def one_digest(one: Scene, _: None) -> None:
    said = [message["rendered"] for message in await one.slack.messages(OPS, user="U0BOT")]
    assert len(said) == 1, said
    assert one.rows("SELECT state FROM outbox WHERE key LIKE 'digest:%'") == [("sent",)]


async def watched(one: Scene) -> tuple[str, str]:
    """A running session that the poller has seen since its last change."""
    begun = await running(one)
    await one.looked()
    await one.quiet()
    return begun


async def twin(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """A second session with the reference of the first, as a worker makes it that was frozen in its call."""
    ours = await one.devin.session(begun[1])
    facts: dict[str, Any] = {"prompt": ours["prompt"], "tags": ours["tags"], "created_at": ours["created_at"] + 5}
    await one.devin.create_sessions(**facts, status="running")
    await one.slack.wait_for_message(GENERAL, "had started this task twice", thread_ts=begun[0], within=PATIENCE)
    return begun


async def younger_ended(one: Scene, begun: tuple[str, str]) -> None:
    older, younger = await one.devin.sessions()
    assert (older["session_id"], older["terminated"], younger["terminated"]) == (begun[1], False, True)
    (said,) = await one.on.thread(GENERAL, begun[0])
    assert said.startswith(":information_source: After a lost answer Devin had started this task twice. ")


async def archive(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.archive(GENERAL)
    await one.slack.wait_for_message(DM, "can no longer post", within=PATIENCE)
    return begun


async def told_once(one: Scene, begun: tuple[str, str]) -> None:
    """The requester knows that the thread has fallen silent; the session goes on."""
    (said,) = await one.slack.messages(DM, user="U0BOT")
    assert said["rendered"].startswith(f":warning: Devin Bridge can no longer post in <#{GENERAL}>")
    (made,) = await one.devin.sessions()
    assert (made["session_id"], made["is_archived"]) == (begun[1], False)


async def tags_refused(one: Scene) -> None:
    """A Devin that takes no tags, which the bot does not know yet."""
    await one.devin.switch(tags_refused=True)


async def mention(one: Scene, _: None) -> str:
    ts = await one.on.mention("fix the login test")
    await one.slack.wait_for_message(GENERAL, "Queued", thread_ts=ts, within=PATIENCE)
    return ts


async def begun_without_tags(one: Scene, ts: str) -> None:
    made = await one_session(one)
    assert made["tags"] == []
    assert f"Reference: slack-T0PLAY-{GENERAL}-{ts}" in made["prompt"]
    assert await one.on.thread(GENERAL, ts) == []


STORIES = [
    Story(
        "a command again and yes",
        ordered_once,
        order_again,
        ordered_twice,
        each=("Inbox",),
        own=("Inbox", "in Order", "in Control", "in NewSession.call", "priv Send._whisper"),
    ),
    Story("a stop by command", running, stop_by_command, stopped, own=("Inbox", "in Control", "out Send._post")),
    Story(
        "the digest",
        first_start_noted,
        time_comes,
        one_digest,
        own=("Digest", "Ledger", "out Send._"),
        settings=digest_half_an_hour_ago,
    ),
    Story(
        "a channel is archived",
        running,
        archive,
        told_once,
        own=("Inbox", "in ChannelGone", "out Send._post", "out Send._sent"),
    ),
    Story(
        "a start without tags",
        tags_refused,
        mention,
        begun_without_tags,
        each=("in NewSession", "in ExactlyOnce"),
        own=("in Create", "in NewSession", "in ExactlyOnce", "in Finder"),
    ),
    Story("a twin is ended", watched, twin, younger_ended, own=("Twins", "Watch", "out Send._post", "out Send._sent")),
]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("story", named(STORIES))
async def test_a_kill_at_any_step_loses_and_doubles_nothing(story: Story, tmp_path: Path, nursery: Nursery) -> None:
    await killed_everywhere(story, tmp_path, nursery)
