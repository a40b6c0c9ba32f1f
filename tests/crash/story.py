"""A story: what people and Devin do, told again with a death at each of its steps, and what is true at its end."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.crash.scene import PATIENCE, Nursery, Scene, scene
from tests.scenarios.stage import ANN, GENERAL

AT_ONCE = 6
ALL = 9  # occurrences of one step


@dataclass(frozen=True)
class Story:
    """What people and Devin do, and what has to be true at the end."""

    name: str
    setting: Callable[[Scene], Awaitable[Any]]
    act: Callable[[Scene, Any], Awaitable[Any]]
    check: Callable[[Scene, Any], Awaitable[None]]
    reactions: bool = False  # they are the same in all stories, so one has their steps
    each: tuple[str, ...] = ()  # steps of which every occurrence is another; of the others the first is enough
    own: tuple[str, ...] = ("",)  # how the steps begin that tell something new here
    settings: Callable[[], dict[str, str]] = dict

    def wants(self, step: str) -> bool:
        """Whether a death at this step tells something new."""
        if step.startswith("react ") and not self.reactions:
            return False
        if not step.startswith(self.own):
            return False
        name, number = step.rsplit(" #", 1)
        return int(number) <= (ALL if self.each and name.startswith(self.each) else 1)


async def told(story: Story, folder: Path, nursery: Nursery, strike: str | None) -> tuple[list[str], int]:
    """Tell one story, with a death at a step; answers the steps and the deaths."""
    async with scene(folder, nursery, strike, **story.settings()) as one:
        await one.keep()
        await one.guarded(_whole(story, one))
        return one.steps(), one.deaths


async def _whole(story: Story, one: Scene) -> None:
    set_up = await story.setting(one)
    one.arm()
    facts = await story.act(one, set_up)
    await one.settled()
    await story.check(one, facts)


async def killed_everywhere(story: Story, folder: Path, nursery: Nursery) -> None:
    """Tell a story without a death, then again with one at each of its steps."""
    steps, _ = await told(story, folder / "whole", nursery, None)
    steps = [step for step in dict.fromkeys(steps) if story.wants(step)]
    seats, problems, missed = asyncio.Semaphore(AT_ONCE), [], []

    async def once(number: int, step: str) -> None:
        async with seats:
            try:
                _, deaths = await told(story, folder / str(number), nursery, step)
            except (AssertionError, TimeoutError, ValueError, LookupError) as problem:
                log = (folder / str(number) / "log").read_text()[-3000:]
                problems.append(f"killed at '{step}' ({number}):\n{type(problem).__name__}: {problem}\n{log}")
            else:
                if not deaths:
                    missed.append(step)

    await asyncio.gather(*(once(number, step) for number, step in enumerate(steps)))
    print(f"{story.name}: {len(steps)} steps, not reached again: {missed}")  # noqa: T201
    assert not problems, f"{len(problems)} of {len(steps)} steps:\n\n" + "\n\n".join(problems)
    assert len(missed) <= len(steps) // 5, missed


def named(stories: list[Story]) -> list[Any]:
    """The stories as parameters of a test."""
    return [pytest.param(story, id=story.name.replace(" ", "-")) for story in stories]


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
    cards = [message for message in messages if message["user"] == "U0BOT" and "Asked by" in message["rendered"]]
    assert len(cards) == count, [card["rendered"] for card in cards]
    return made


async def asked(session: dict[str, Any]) -> list[str]:
    """What people wrote to Devin, without the prompt and the marks."""
    said = [message["message"] for message in session["messages"] if message["source"] == "user"]
    return [text.split("\n", 1)[1] for text in said[1:]]


# ---------------------------------------------------------------- what many stories begin with, or end with


async def nothing(_one: Scene) -> None:
    """No setting."""


async def running(one: Scene) -> tuple[str, str]:
    """A session under a mention, running, with all its work done."""
    ts, devin_id = await one.on.started()
    await one.quiet()
    return ts, devin_id


async def press(one: Scene, ts: str, action: str, user: str = ANN) -> None:
    """Press a button of the card until it is acknowledged, as a person does."""
    for _ in range(10):
        card = await one.slack.wait_for_message(GENERAL, "Asked by", thread_ts=ts, within=PATIENCE)
        if (await one.slack.click(user, GENERAL, card["ts"], action))["status"] == "acked":
            return
        await one.slack.wait_for_sockets(within=PATIENCE)
    raise AssertionError(f"{action} was never acknowledged")


async def typed(one: Scene, text: str, count: int = 1) -> None:
    """Type a command until the store has that many, as a person does who is told that nothing happened."""
    for _ in range(10):
        if (await one.slack.slash(ANN, GENERAL, text))["status"] == "acked":
            return
        await one.slack.wait_for_sockets(within=PATIENCE)
        with suppress(TimeoutError):
            async with asyncio.timeout(3.0):  # what is stored without an ack is stored by then, or dropped
                while len(one.rows("SELECT key FROM inbox WHERE key LIKE 'cmd:%'")) < count:
                    await asyncio.sleep(0.05)  # the store has no event for it
                return
    raise AssertionError(f"/devin {text} was never acknowledged")


async def stop(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await press(one, begun[0], "stop")
    await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE, is_archived=True)
    await one.slack.wait_for_message(GENERAL, "Stopped by <@U0ANN>. Devin sleeps", thread_ts=begun[0], within=PATIENCE)
    await one.slack.wait_for_message(GENERAL, "Stopped by <@U0ANN>. It sleeps", thread_ts=begun[0], within=PATIENCE)
    return begun


STOPPED = (
    ":black_square_for_stop: Stopped by <@U0ANN>. Devin sleeps and nothing is lost; a reply in this thread wakes it."
)


async def stopped(one: Scene, begun: tuple[str, str]) -> None:
    made = await one_session(one)
    assert (made["is_archived"], made["status"]) == (True, "suspended")
    assert await one.on.thread(GENERAL, begun[0]) == [STOPPED]
