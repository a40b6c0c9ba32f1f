"""A story: what people and Devin do, played again with a death at each of its steps, and what is true at its end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from bot.views.answers import stops as stop_sentences
from tests.crash.scene import PATIENCE, Scene
from tests.said import ASKED_BY
from tests.scenarios.harness import ANN, GENERAL, TRANSPORTS

TITLE: Final = "A title from Devin"


@dataclass(frozen=True)
class Story:
    """What people and Devin do, and what has to be true at the end; `make steps` records by which steps.

    Over `transports` the story can be played.
    """

    name: str
    setting: Callable[[Scene], Awaitable[Any]]
    act: Callable[[Scene, Any], Awaitable[Any]]
    check: Callable[[Scene, Any], Awaitable[None]]
    transports: Sequence[str] = TRANSPORTS
    settings: Callable[[], dict[str, str]] = dict
    from_the_start: bool = False  # whether the steps of the bot's own start count as well


def all_stories() -> dict[str, Story]:
    """The stories of all files of tests, by their names in the list of steps."""
    files = [path.stem for path in Path(__file__).parent.glob("test_kill*.py")]
    stories = {file: getattr(import_module(f"tests.crash.{file}"), "STORIES", []) for file in files}
    return {f"{file}: {story.name}": story for file in files for story in stories[file]}


# ---------------------------------------------------------------- what is true in every story


async def one_session(one: Scene, text: str = "fix the login test", channel: str = GENERAL) -> dict[str, Any]:
    """There is exactly one session for the task, and one card for it."""
    (made,) = await sessions_with_cards(one, 1, text, channel)
    return made


async def sessions_with_cards(
    one: Scene, count: int, text: str = "fix the login test", channel: str = GENERAL
) -> list[dict[str, Any]]:
    """There are exactly so many sessions for the task, and as many cards."""
    made = await one.devin.sessions(text=text)
    assert len(made) == count, [row["session_id"] for row in made]
    messages = await one.slack.messages(channel)
    cards = [message for message in messages if message["user"] == "U0BOT" and ASKED_BY in message["rendered"]]
    assert len(cards) == count, [card["rendered"] for card in cards]
    return made


async def asked(session: dict[str, Any]) -> list[str]:
    """What people wrote to Devin, without the prompt and the marks."""
    said = [message["message"] for message in session["messages"] if message["source"] == "user"]
    return [text.split("\n> ", 1)[1] for text in said[1:]]


# ---------------------------------------------------------------- what many stories begin with, or end with


async def nothing(_one: Scene) -> None:
    """No setting."""


async def running(one: Scene) -> tuple[str, str]:
    """A session under a mention, running, with all its work done."""
    ts, devin_id = await one.on.started()
    await one.quiet()
    return ts, devin_id


async def titled(one: Scene, devin_id: str, channel: str = GENERAL) -> None:
    """Devin gives the session a title, and its card shows it: something a poll finds, whatever else there is to find.

    At the end of a story, so that what it is about comes first, it makes sure that a poll and an edit occur in it.
    """
    await one.devin.set(devin_id, title=TITLE)
    await one.slack.wait_for_message(channel, TITLE, within=PATIENCE)


async def press(one: Scene, ts: str, action: str, user: str = ANN) -> None:
    """Press a button of the card until it is acknowledged, as a person does."""
    for _ in range(10):
        card = await one.slack.wait_for_message(GENERAL, ASKED_BY, thread_ts=ts, within=PATIENCE)
        if (await one.slack.click(user, GENERAL, card["ts"], action))["status"] == "acked":
            return
        await one.reachable()
    raise AssertionError(f"{action} was never acknowledged")


async def typed(one: Scene, text: str, count: int = 1, channel: str = GENERAL) -> None:
    """Type a command until the store has that many, as a person does who is told that nothing happened."""
    for _ in range(10):
        if (await one.slack.slash(ANN, channel, text))["status"] == "acked":
            return
        await one.reachable()
        with suppress(TimeoutError):
            async with asyncio.timeout(3.0):  # what is stored without an ack is stored by then, or dropped
                while len(await one.rows("SELECT key FROM inbox WHERE key LIKE 'cmd:%' OR key LIKE 'op:%'")) < count:
                    await asyncio.sleep(0.05)  # the store has no event for it
                return
    raise AssertionError(f"/devin {text} was never acknowledged")


async def stop(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await press(one, begun[0], "stop")
    await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE, is_archived=True)
    await one.slack.wait_for_message(GENERAL, "Stopped by ann. Reply to resume", thread_ts=begun[0], within=PATIENCE)
    await one.slack.wait_for_message(
        GENERAL, "Stopped by ann. Reply in the thread", thread_ts=begun[0], within=PATIENCE
    )
    return begun


STOPPED = stop_sentences.stopped("ann").text


async def stopped(one: Scene, begun: tuple[str, str]) -> None:
    made = await one_session(one)
    assert (made["is_archived"], made["status"]) == (True, "suspended")
    assert await one.on.thread(GENERAL, begun[0]) == [STOPPED]
