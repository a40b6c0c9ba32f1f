"""A whole bot between a simulated Slack and a simulated Devin, over real sockets."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from bot.config import Settings, load_settings
from bot.manifest import manifest_for
from bot.playground.devin import BOT_PERMISSIONS, LIBRARY_PERMISSIONS, DevinControl, DevinSimulator
from bot.playground.slack import SlackControl, SlackSimulator
from bot.process import ProcessKind
from bot.server import serve
from bot.store.database.connection import Database
from bot.timing import PRODUCTION, Timing
from bot.views.dead_ends import NEW_SESSION
from bot.views.turn_ends import BAD, GOOD
from tests.markup import with_markup
from tests.said import ASKED_BY
from tests.waits import QUICK

MANIFEST = yaml.safe_load((Path(__file__).parents[2] / "manifest.yml").read_text())

ANN, BEN, ADA, GUEST, EXTERNAL = "U0ANN", "U0BEN", "U0ADA", "U0GUEST", "U0EXT"
GENERAL, WEB, OPS = "C0GENERAL", "C0WEB", "C0OPS"
BOT = "<@U0BOT>"
TRANSPORTS = ("socket", "http")
QUICK_TIMING = replace(PRODUCTION, **QUICK)


@dataclass
class Harness:
    """What a scenario acts on: people in `slack`, the other side in `devin`, and the bot between them."""

    slack: SlackControl
    devin: DevinControl
    simulated_slack: SlackSimulator
    simulated_devin: DevinSimulator
    environment: dict[str, str]
    clock: Callable[[], float] = time.time
    timing: Timing = PRODUCTION
    process: ProcessKind = ProcessKind.RUN
    beside: Sequence[ProcessKind] = ()  # processes of the same bot that are started and stopped with it
    port: int = 0
    others: Sequence["Harness"] = ()  # without a bot of their own: the bot of this one works for them too
    _store: Database | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _running: asyncio.Task[None] | None = None
    _replicas: list["Harness"] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return load_settings(self.environment)

    @property
    def store(self) -> Database:
        """The bot's store, to look into. It stays open, because to open it takes much longer than to look."""
        if self._store is None:
            self._store = Database(self.environment["DATABASE_URL"])
        return self._store

    async def start(self) -> None:
        """Start the bot in this process and wait until Slack can reach it."""
        for kind in self.beside:
            self._replicas.append(self.replica(kind))
            await self._replicas[-1].start()
        self._stopping = asyncio.Event()
        started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        work = serve(
            self.settings,
            announce=started.set_result,
            stopping=self._stopping,
            clock=self.clock,
            timing=self.timing,
            others=[other.settings for other in self.others],
            process=self.process,
            steady=getattr(self.clock, "steady", time.monotonic),
        )
        self._running = asyncio.create_task(work)
        await asyncio.wait({self._running, started}, return_when=asyncio.FIRST_COMPLETED)
        if self._running.done():
            failed, self._running = self._running, None
            failed.result()
        self.port = started.result()
        if "SLACK_SIGNING_SECRET" in self.environment:
            for one in (self, *self.others) if self.process.receives_http else ():
                one.simulated_slack.request_url = f"http://127.0.0.1:{self.port}/slack/events"
        else:
            await self.slack.wait_for_sockets()

    def replica(self, process: ProcessKind) -> "Harness":
        """Another process of the same bot, of this kind, which is not started yet."""
        return Harness(
            self.slack,
            self.devin,
            self.simulated_slack,
            self.simulated_devin,
            self.environment,
            self.clock,
            self.timing,
            process,
            others=self.others,
        )

    async def stop(self) -> None:
        """Stop the bot as SIGTERM does."""
        if self._running is not None:
            self._stopping.set()
            await self._running
            self._running = None
        while self._replicas:
            await self._replicas.pop().close()

    async def close(self) -> None:
        """Stop the bot, and look into its store no more."""
        await self.stop()
        if self._store is not None:
            await self._store.close()

    async def mention(self, text: str, user: str = ANN, channel: str = GENERAL, **more: Any) -> str:
        """Mention the bot; answers the message's ts."""
        return await self.slack.say(user, channel, f"{BOT} {text}", **more)

    async def session(self, text: str) -> dict[str, Any]:
        """The session at Devin whose prompt holds a text, once it is there."""
        return (await self.devin.wait_for_sessions(text))[0]

    async def started(
        self, prompt: str = "fix the login test", user: str = ANN, channel: str = GENERAL
    ) -> tuple[str, str]:
        """A session under a mention, running; answers the thread's ts and Devin's session id."""
        ts = await self.mention(prompt, user, channel)
        made = await self.session(prompt)
        await self.devin.set(made["session_id"], status="running", status_detail="working")
        await self.slack.wait_for_message(channel, "Working", thread_ts=ts)
        return ts, made["session_id"]

    async def wait_for_post(
        self, channel: str, ts: str, text: str, count: int = 1, within: float = 30
    ) -> dict[str, Any]:
        """The bot's post in a thread that contains these words, once so many are there.

        Its card does not count. It shows Devin's last line too, and sooner or later than the post comes.
        """
        async with asyncio.timeout(within):
            while len(found := [post for post in await self.posts(channel, ts) if text in post["rendered"]]) < count:
                await asyncio.sleep(0.05)
        return found[-1]

    async def thread(self, channel: str, ts: str) -> list[str]:
        """What the bot says in a thread, as a person reads it, without its card."""
        return [post["rendered"] for post in await self.posts(channel, ts)]

    async def posts(self, channel: str, ts: str) -> list[dict[str, Any]]:
        """The bot's messages in a thread, without its card; the words of ends without the buttons below them."""
        found = await self.slack.messages(channel, thread_ts=ts)
        ours = [one for one in found if one["user"] == "U0BOT" and ASKED_BY not in one["rendered"]]
        words = (one["rendered"].removesuffix(f"\n{GOOD}\n{BAD}").removesuffix(f"\n{NEW_SESSION}") for one in ours)
        return [one | {"rendered": text} for one, text in zip(ours, words, strict=True)]


def texts_beside_blocks(slack: SlackSimulator) -> list[str]:
    """The texts of all that the bot sent with blocks."""
    sent = [*(call.args for call in slack.state.calls), *(answer["payload"] for answer in slack.state.responses)]
    return [str(one["text"]) for one in sent if isinstance(one, dict) and one.get("blocks") and "text" in one]


@asynccontextmanager
async def harness(
    folder: Path,
    transport: str = "socket",
    *,
    clock: Callable[[], float] = time.time,
    timing: Timing = QUICK_TIMING,
    start: bool = True,
    empty_store: Path | None = None,
    speed: float | None = None,
    workspace: Mapping[str, Any] | None = None,
    organisation: Mapping[str, Any] | None = None,
    beside: Sequence[ProcessKind] = (),
    process: ProcessKind = ProcessKind.RUN,
    **settings: str,
) -> AsyncIterator[Harness]:
    """Set everything up, with the bot running unless told otherwise; take everything down.

    `workspace` and `organisation` are more facts of the simulated Slack and the simulated Devin. `speed` is how fast
    Slack's limits and retries pass, by default so that they fit `timing`; what Devin does is driven by hand.
    `empty_store` is an SQLite store to begin with, whose schema the bot then need not bring up.
    """
    store = folder / "bot.db"
    if empty_store is not None:
        shutil.copyfile(empty_store, store)
    # As much faster as the bot: to the bot a channel takes a post each second, as ever.
    speed = speed or PRODUCTION.channel_interval / timing.channel_interval
    app: dict[str, Any] = {"manifest": manifest_for(unfurls=settings.get("BOT_UNFURL") == "on")}
    async with (
        SlackSimulator(**app | dict(workspace or {}), transport=transport, speed=speed) as slack,
        DevinSimulator(permissions=BOT_PERMISSIONS | LIBRARY_PERMISSIONS, **organisation or {}) as devin,
        SlackControl(slack.control_url) as people,
        DevinControl(devin.control_url) as work,
    ):
        environment = {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_API_URL": slack.base_url,
            "DEVIN_API_KEY": "cog_play",
            "DEVIN_ORG_ID": devin.world.org_id,
            "DEVIN_API_URL": devin.base_url,
            "DATABASE_URL": f"sqlite:///{store}",
            "PORT": "0",
            "BOT_HOST": "127.0.0.1",
            "BOT_POLL_SECONDS": "0.1",
            "BOT_SLOW_POLL_SECONDS": "0.2",
            "BOT_ADMIN_USERS": ADA,
            **({"SLACK_APP_TOKEN": slack.app_token} if transport == "socket" else {}),
            **({"SLACK_SIGNING_SECRET": slack.signing_secret} if transport == "http" else {}),
            **settings,
        }
        one = Harness(people, work, slack, devin, environment, clock, timing, process, beside)
        if start:
            await one.start()
        try:
            yield one
        finally:
            await one.close()
        assert with_markup(texts_beside_blocks(slack)) == []
