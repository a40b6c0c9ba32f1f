"""The Bolt app of the gallery between a simulated Slack and the page, without Devin Bridge."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.devin import DevinSimulator
from bot.playground.news import News
from bot.playground.page import BenchError, PageServer
from bot.playground.slack import SlackControl, SlackSimulator
from tests.page.gallery_app import MANIFEST, running

Json = dict[str, Any]

# One message or more for each block of Slack, by name.
MESSAGES: Final[dict[str, Json]] = json.loads(Path(__file__).with_name("gallery.json").read_text("utf-8"))["messages"]


class StillBench:
    """A bench where nothing ever happens: there is no bot whose process could be killed."""

    def __init__(self) -> None:
        self._news = News()

    async def do(self, act: str, order: Json) -> NoReturn:
        raise BenchError("There's no bot here.")

    def bot(self) -> Json:
        return {"state": "running", "pid": None, "port": None, "starts": 1, "said": None}

    def clock(self) -> Json:
        now = time.time()
        return {"now": now, "ahead": 0, "digest_at": now, "billing_day_ends": now, "timezone": "UTC"}

    def counters(self) -> Json:
        none = {"made": 0, "failed": 0, "retried": 0}
        return {"slack": none, "devin": none, "saved": 0, "lost": 0, "doubled": 0, "saved_says": ""}

    def speed(self) -> float:
        return 1.0

    def example(self) -> Json:
        return {"state": "none"}

    def opened(self) -> None: ...

    def changes(self) -> News:
        return self._news


@dataclass(frozen=True, slots=True)
class Gallery:
    """Where the page is, the people's hands, and the app's client."""

    url: str
    slack: SlackControl
    client: AsyncWebClient

    async def post(self, blocks: list[Json], text: str) -> str:
        """The app posts blocks; answers the message's ts."""
        told = await self.client.chat_postMessage(channel="C0GENERAL", text=text, blocks=blocks)
        return str(told["ts"])


@asynccontextmanager
async def gallery_stage() -> AsyncIterator[Gallery]:
    """Set everything up, and take it down."""
    async with (
        SlackSimulator(manifest=MANIFEST, limits=False) as slack,
        DevinSimulator() as devin,
        SlackControl(slack.control_url) as people,
        PageServer(slack, devin, StillBench(), port=0) as page,
        running(slack),
    ):
        await people.wait_for_sockets()
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url, retry_handlers=[])
        yield Gallery(page.url, people, client)
