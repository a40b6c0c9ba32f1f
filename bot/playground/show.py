"""`python -m bot playground`: the bot between a simulated Slack and a simulated Devin, without any account.

A scripted conversation is played and printed as people see it; then everything stays up to be tried by hand.
"""

import asyncio
import math
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import yaml

from bot.playground.child import PROJECT, Child, TroubleError, bot_in
from bot.playground.devin import BOT_PERMISSIONS, LIBRARY_PERMISSIONS, DevinControl, DevinSimulator
from bot.playground.screen import Screen
from bot.playground.script import ADA, OPS, TASK, WEB, Cast, perform, prepare
from bot.playground.slack import SlackControl, SlackSimulator

LEAD_SECONDS: Final = 28.0  # the digest belongs after the other scenes, and must be due after the bot's first start
MINUTE: Final = 60
HIGHEST_PORT: Final = 65_535
STOPS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

INTRODUCTION: Final = """\
Devin Bridge between a simulated Slack and a simulated Devin, on this machine: no account needed.
The bot is the real one. This is what people see of it in Slack:"""
AFTERWARDS: Final = """
Everything stays up, and what happens goes on to appear here.

  The simulated Slack   {slack}
  The simulated Devin   {devin}
  The bot               {bot}
  Its log               {log}

Act in a second terminal; what comes of it appears here.

As Ann, mention the bot, type a command, and reply in the thread of her first session:
  curl -so /dev/null {slack}say -d user=U0ANN -d channel=C0WEB -d 'text=<@U0BOT> write a changelog for the release'
  curl -so /dev/null {slack}slash -d user=U0ANN -d channel=C0WEB -d 'text=list'
  curl -so /dev/null {slack}say -d user=U0ANN -d channel=C0WEB -d thread_ts={thread} -d 'text=Thank you. Merge it.'

As Devin, say something in that session:
  curl -so /dev/null {devin}/sessions/{session}/say -d '{{"text": "The pull request has two approvals."}}'

People, channels and all that can be done: curl {slack} and curl {devin}

Ctrl-C stops everything."""


@dataclass(frozen=True, slots=True)
class Theatre:
    """The two simulators and the hands that move them."""

    simulated_slack: SlackSimulator
    simulated_devin: DevinSimulator
    slack: SlackControl
    devin: DevinControl


async def play(*, once: bool, port: int | None = None) -> int:
    """Play the show; answers the exit code. `port` is the first of three in a row, by default any free ones."""
    stopping = asyncio.Event()
    for number in STOPS:
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    try:
        ports = _ports(port)
        with TemporaryDirectory(prefix="devin-bridge-") as folder:
            await _evening(Path(folder), ports, stopping, once=once)
    except TroubleError as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    _write("\nEverything is stopped.")
    return 0


async def _evening(folder: Path, ports: tuple[int, int, int], stopping: asyncio.Event, *, once: bool) -> None:
    _write(INTRODUCTION)
    digest_at = next_minute(time.time() + LEAD_SECONDS)
    async with _theatre(*ports[:2]) as theatre:
        settings = _settings(theatre, folder, ports[2], digest_at)
        async with bot_in(folder, settings) as child:
            screen = Screen(theatre.slack, _write)
            cast = Cast(theatre.slack, theatre.devin, screen, digest_at)
            show = _show(theatre, cast, child, once=once)
            await _first_of(child.died(), show, screen.follow(), _wait(stopping))


@asynccontextmanager
async def _theatre(slack_port: int, devin_port: int) -> AsyncIterator[Theatre]:
    manifest = yaml.safe_load((PROJECT / "manifest.yml").read_text(encoding="utf-8"))
    permissions = BOT_PERMISSIONS | LIBRARY_PERMISSIONS
    async with (
        SlackSimulator(port=slack_port, manifest=manifest) as slack,
        DevinSimulator(port=devin_port, permissions=permissions, demo=1.0) as devin,
        SlackControl(slack.control_url) as people,
        DevinControl(devin.control_url) as work,
    ):
        yield Theatre(slack, devin, people, work)


def _settings(theatre: Theatre, folder: Path, port: int, digest_at: float) -> dict[str, str]:
    """What `.env` would hold."""
    slack, devin = theatre.simulated_slack, theatre.simulated_devin
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.base_url,
        "DEVIN_API_KEY": devin.world.api_key,
        "DEVIN_ORG_ID": devin.world.org_id,
        "DEVIN_API_URL": devin.base_url,
        "DATABASE_URL": f"sqlite:///{folder / 'bot.db'}",
        "PORT": str(port),
        "BOT_HOST": "127.0.0.1",
        "BOT_POLL_SECONDS": "0.3",
        "BOT_SLOW_POLL_SECONDS": "1",
        "BOT_ADMIN_CHANNEL": OPS,
        "BOT_ADMIN_USERS": ADA,
        "BOT_DIGEST_TIME": f"{datetime.fromtimestamp(digest_at, UTC):%H:%M}",
        "BOT_TIMEZONE": "UTC",
    }


async def _show(theatre: Theatre, cast: Cast, child: Child, *, once: bool) -> None:
    await prepare(theatre.devin, cast.digest_at)
    health = await child.started()
    try:
        await perform(cast)
    except TimeoutError as error:
        # What was waited for is told to whoever mends it; the script itself knows no failures.
        raise TroubleError(child.told(f"The show came to a halt: {error}")) from error
    if once:
        return
    session = (await theatre.devin.sessions(text=TASK))[0]["session_id"]
    slack, devin = theatre.simulated_slack.control_url, theatre.simulated_devin.control_url
    [card, *_] = await theatre.slack.messages(WEB, text="Asked by")
    where = {"slack": slack, "devin": devin, "bot": health, "log": child.log}
    _write(AFTERWARDS.format(**where, session=session, thread=card["ts"]))
    await asyncio.Event().wait()


async def _wait(stopping: asyncio.Event) -> None:
    await stopping.wait()


async def _first_of(*work: Coroutine[Any, Any, None]) -> None:
    """Do all at once until one is done; when several are, the failure of an earlier one counts."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in [task for task in tasks if task.done()]:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def next_minute(at: float) -> float:
    """The first full minute from then on."""
    return math.ceil(at / MINUTE) * MINUTE


def _ports(first: int | None) -> tuple[int, int, int]:
    """Ports for Slack, Devin and the bot; 0 is any free one."""
    if first is None:
        return 0, 0, 0
    if not 0 < first <= HIGHEST_PORT - 2:
        raise TroubleError(f"--port must be a number from 1 to {HIGHEST_PORT - 2}, because three in a row are used.")
    for port in (first, first + 1, first + 2):
        _check_free(port)
    return first, first + 1, first + 2


def _check_free(port: int) -> None:
    try:
        with socket.socket() as probe:
            # A port whose last connections are still closing is free for a server.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError as error:
        raise TroubleError(
            f"Port {port} cannot be used: something else listens there, or it is not allowed. Nothing was started. "
            "Choose another with --port (three in a row are used), or leave --port out for any free ones."
        ) from error


def _write(text: str) -> None:
    print(text, flush=True)
