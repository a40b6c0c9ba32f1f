"""The playground as a process of its own: as `make playground` starts it, or with bots that start sooner."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from bot.playground.devin import DevinControl
from bot.playground.slack import SlackControl

PROJECT: Final = Path(__file__).parents[2]
START_SECONDS: Final = 40.0
AS_MADE: Final = ("bot", "playground")
FORKING: Final = ("tests.page.forking_playground",)  # the same, but for how each process of the bot begins
CHANNELS: Final = {
    "general": "C0GENERAL",
    "web": "C0WEB",
    "private": "C0PRIVATE",
    "shared": "C0SHARED",
    "nobot": "C0NOBOT",
    "ops": "C0OPS",
}
PEOPLE: Final = {"Ann": "U0ANN", "Ben": "U0BEN", "Ada": "U0ADA", "Gus": "U0GUEST", "Eve": "U0EXT"}
SPEAKERS: Final = ("U0ANN", "U0BEN", "U0ADA")
FROM_THE_PAGE: Final = {"X-Playground": "page"}


@dataclass
class Playground:
    """A running one. What it prints, and what a person without a browser can ask of it."""

    process: subprocess.Popen[bytes]
    output: Path
    url: str = ""

    @property
    def text(self) -> str:
        """Everything it printed."""
        return self.output.read_text(encoding="utf-8")

    @property
    def port(self) -> int:
        """Where the page is."""
        return int(self.url.rsplit(":", 1)[1])

    async def started(self) -> None:
        """Wait until it prints where the page is."""
        async with asyncio.timeout(START_SECONDS):
            while (found := re.search(r"http://127\.0\.0\.1:\d+(?=/?\s)", self.text)) is None:
                assert self.process.poll() is None, self.text
                await asyncio.sleep(0.05)
        self.url = found[0]

    async def get(self, path: str, **query: Any) -> Any:
        """Read something as the page does."""
        async with _client(self.url) as client:
            return (await client.get(path, params=query)).raise_for_status().json()

    async def post(self, path: str, **body: Any) -> Any:
        """Do something as the page does."""
        async with _client(self.url) as client:
            return (await client.post(path, json=body, headers=FROM_THE_PAGE)).raise_for_status().json()

    async def reset(self) -> None:
        """Everything as in the beginning, with the bot up."""
        await self.post("/api/bench/reset")
        async with asyncio.timeout(START_SECONDS):
            while (await self.get("/api/workspace"))["bot"]["state"] != "running":
                await asyncio.sleep(0.05)

    @property
    def slack_url(self) -> str:
        """The simulated Slack's control API."""
        return self._printed("Slack") + "/"

    @property
    def devin_url(self) -> str:
        """The simulated Devin's control API."""
        return self._printed("Devin")

    def _printed(self, service: str) -> str:
        found = re.search(rf"simulated {service}\s+(http://\S+/control)", self.text)
        assert found, self.text
        return found[1]

    async def say(self, name: str, channel: str, text: str, **more: Any) -> str:
        """Somebody writes in Slack; answers the message's ts."""
        said = await self.post("/api/slack/say", user=PEOPLE[name], channel=CHANNELS[channel], text=text, **more)
        return str(said["ts"])

    async def crowd(self, channel: str, messages: int, sessions: int) -> None:
        """A busy workspace. The bot isn't in the channel, so none of it is work for it."""
        async with SlackControl(self.slack_url) as slack, DevinControl(self.devin_url) as devin:
            for number in range(1, messages + 1):
                await slack.say(SPEAKERS[number % len(SPEAKERS)], CHANNELS[channel], f"Message number {number}.")
            await devin.create_sessions(sessions, prompt="A task of the crowd", every=60, status="suspended")

    async def end(self) -> int:
        """Stop it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        return await asyncio.to_thread(self.process.wait, 30)


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, trust_env=False, timeout=30)


def start(folder: Path, *options: str, command: Sequence[str] = AS_MADE) -> Playground:
    """Start one, without waiting for it; its files lie in the folder."""
    output = folder / "output"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, *options],
            cwd=PROJECT,
            env={**os.environ, "TMPDIR": str(folder)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    return Playground(process, output)


@asynccontextmanager
async def playground(folder: Path, *options: str, command: Sequence[str] = AS_MADE) -> AsyncIterator[Playground]:
    """Have one up and running."""
    one = start(folder, *options, command=command)
    try:
        await one.started()
        yield one
    finally:
        if one.process.poll() is None:
            await one.end()
