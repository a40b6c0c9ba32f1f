"""`SIGKILL` at the steps of what happens seldom: a command a second time, a stop by command, the digest, a twin."""

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
    running,
    sessions_with_cards,
    stopped,
    typed,
)
from tests.scenarios.stage import ANN, GENERAL, OPS


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


STORIES = [
    Story(
        "a command again and yes",
        ordered_once,
        order_again,
        ordered_twice,
        each=("Inbox",),
        own=("Inbox", "in Order", "in Control", "in Create._create", "priv Send._whisper"),
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
    Story("a twin is ended", watched, twin, younger_ended, own=("Twins", "Watch", "out Send._post", "out Send._sent")),
]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("story", named(STORIES))
async def test_a_kill_at_any_step_loses_and_doubles_nothing(story: Story, tmp_path: Path, nursery: Nursery) -> None:
    await killed_everywhere(story, tmp_path, nursery)
