"""How soon the form for a start opens: `python -m bench.forms`, fifty a second over the simulated Slack.

Bot, Slack and Devin share this process, so the figures are those of a machine that does the work of all three. Measured
is from the command until that person, of whom the bot knows nothing yet, sees the form.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

import yaml

from bot.config import load_settings
from bot.playground.devin import DevinSimulator
from bot.playground.slack import SlackControl, SlackSimulator
from bot.server import serve

RATE: Final = 50  # a second
SECONDS: Final = 4
CHANNEL: Final = "C0GENERAL"
MANIFEST: Final = Path(__file__).parents[1] / "manifest.yml"


async def opened(slack: SlackSimulator, user: str) -> float:
    """Type `/devin` alone, and return the milliseconds until that person has a form."""
    began = time.perf_counter()
    typed = asyncio.create_task(
        slack.perform("slash", {"user": user, "channel": CHANNEL, "command": "/devin", "text": ""})
    )
    while not any(view.user == user for view in reversed(slack.state.views.values())):  # noqa: ASYNC110 - no event says so
        await asyncio.sleep(0.002)
    taken = time.perf_counter() - began
    await typed
    return taken * 1000


async def measured(slack: SlackSimulator) -> list[float]:
    """Open the forms at an even rate, whatever each of them takes."""
    begun, tasks = time.perf_counter(), []
    for number in range(RATE * SECONDS):
        await asyncio.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
        tasks.append(asyncio.create_task(opened(slack, f"U0BENCH{number}")))
    return sorted(await asyncio.gather(*tasks))


async def run(folder: Path) -> None:
    """Set everything up, measure, and print the figures."""
    async with (
        SlackSimulator(manifest=yaml.safe_load(MANIFEST.read_text()), transport="socket") as slack,
        DevinSimulator() as devin,
        SlackControl(slack.control_url) as people,
    ):
        await people.act("limits", enabled=False)  # Slack's own of `views.open` is a hundred a minute
        for number in range(RATE * SECONDS):
            await people.act("person", id=f"U0BENCH{number}", name=f"bench{number}", real_name=f"Bench {number}")
            await people.act("invite", channel=CHANNEL, who=f"U0BENCH{number}")
        settings = load_settings(
            {
                "SLACK_BOT_TOKEN": slack.bot_token,
                "SLACK_APP_TOKEN": slack.app_token,
                "SLACK_API_URL": slack.base_url,
                "DEVIN_API_KEY": "cog_play",
                "DEVIN_ORG_ID": devin.world.org_id,
                "DEVIN_API_URL": devin.base_url,
                "DATABASE_URL": f"sqlite:///{folder / 'bot.db'}",
                "PORT": "0",
                "BOT_LOG_LEVEL": "WARNING",
            }
        )
        stopping = asyncio.Event()
        bot = asyncio.create_task(serve(settings, stopping=stopping))
        await people.wait_for_sockets()
        times = await measured(slack)
        stopping.set()
        await bot
    print(f"{len(times)} forms at {RATE} a second: p50 {median(times):.0f} ms, worst {times[-1]:.0f} ms")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        sys.exit(asyncio.run(run(Path(name))))
