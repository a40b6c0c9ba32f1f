"""What people do in the stories about forms until it works: the process may die while Slack waits for its answer."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from tests.crash.scene import Scene
from tests.scenarios.harness import ADA, GENERAL


async def opened(one: Scene, text: str) -> str:
    """Type a command until its form is there with its fields, as a person does who sees none; the id of the form."""
    return await _opened(one, lambda: one.slack.slash(ADA, GENERAL, text))


async def opened_on(one: Scene, callback_id: str, ts: str) -> str:
    """The same with a shortcut on the message `ts`."""
    return await _opened(one, lambda: one.slack.shortcut(ADA, callback_id, channel=GENERAL, ts=ts))


async def opened_under(one: Scene, channel: str, ts: str) -> str:
    """The same with the button for it under the message `ts`."""
    return await _opened(one, lambda: one.slack.click(ADA, channel, ts, "open_form"))


async def _opened(one: Scene, ask: Callable[[], Awaitable[Any]]) -> str:
    for _ in range(10):
        await ask()
        with suppress(TimeoutError):
            async with asyncio.timeout(3.0):
                while True:
                    for view in reversed(await one.slack.views(user=ADA, open=True)):
                        if "submit" in view:
                            return str(view["id"])
                    await asyncio.sleep(0.05)  # a form that is filled later is no event
        await one.reachable()
    raise AssertionError("no form ever opened")


async def sent(one: Scene, view_id: str, **fields: str) -> None:
    """Send a form until Slack takes it away, as a person does who is told that there was trouble."""
    values = {name: {name: value} for name, value in fields.items()}
    for _ in range(10):
        if (await one.slack.submit_view(ADA, view_id, values)).get("closed"):
            return
        await one.reachable()
    raise AssertionError("the form was never taken")


async def answered(one: Scene, text: str, words: str) -> dict[str, Any]:
    """Type a command until see its answer: one that is shown privately may be lost with the process."""
    for _ in range(10):
        await one.slack.slash(ADA, GENERAL, text)
        with suppress(TimeoutError):
            return await one.slack.wait_for_ephemeral(ADA, words, within=3.0, visible=True)
        await one.reachable()
    raise AssertionError(f"/devin {text} was never answered")
