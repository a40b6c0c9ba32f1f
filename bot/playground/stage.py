"""The two simulators over one clock, and the settings with which the bot finds them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from bot.playground.child import Keeper
from bot.playground.clock import DIGEST_TIME, SimulatedClock
from bot.playground.devin import (
    ADMIN_PERMISSIONS,
    ALL_PERMISSIONS,
    BOT_PERMISSIONS,
    LIBRARY_PERMISSIONS,
    DevinControl,
    DevinSimulator,
)
from bot.playground.launch import PROJECT, Launch, launch
from bot.playground.script import ADA, OPS
from bot.playground.slack import SlackControl, SlackSimulator

OTHERS: Final = {"org-data": "Data Team", "org-shop": "Web Shop"}  # organisations beside that of the bot


REPOSITORIES: Final = ("api", "docs", "infra", "mobile", "web")  # that the form for a start offers


@dataclass(frozen=True, slots=True)
class Stage:
    """The simulators, the hands that move them, and the time there."""

    clock: SimulatedClock
    simulated_slack: SlackSimulator
    simulated_devin: DevinSimulator
    slack: SlackControl
    devin: DevinControl

    def settings(self, folder: Path, port: int) -> dict[str, str]:
        """What `.env` would hold."""
        slack, devin = self.simulated_slack, self.simulated_devin
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
            "BOT_DIGEST_TIME": f"{DIGEST_TIME:%H:%M}",
            "BOT_DIGEST_QUIET": "post",
            "BOT_TIMEZONE": "UTC",
        }

    @asynccontextmanager
    async def bot(self, folder: Path, port: int, launch: Launch = launch) -> AsyncIterator[Keeper]:
        """The keeper of the bot, which does not run yet; in the end it surely does not run any more."""
        keeper = Keeper(folder, self.settings(folder, port), self.clock, launch)
        try:
            yield keeper
        finally:
            await keeper.close()


@asynccontextmanager
async def stage(slack_port: int, devin_port: int, speed: float, *, enterprise: bool = False) -> AsyncIterator[Stage]:
    """Set the simulators up, and take them down; with `enterprise` the key for Devin has all rights."""
    clock = SimulatedClock()
    manifest = yaml.safe_load((PROJECT / "manifest.yml").read_text(encoding="utf-8"))
    permissions = ALL_PERMISSIONS if enterprise else BOT_PERMISSIONS | LIBRARY_PERMISSIONS | ADMIN_PERMISSIONS
    async with (
        # By their full names, as the page shows them.
        SlackSimulator(port=slack_port, manifest=manifest, wall=clock.now, display_names=False) as slack,
        DevinSimulator(port=devin_port, permissions=permissions, demo=speed, now=clock.now, others=OTHERS) as devin,
        SlackControl(slack.control_url) as people,
        DevinControl(devin.control_url) as work,
    ):
        devin.world.held.repositories = [f"github.com/acme/{name}" for name in REPOSITORIES]
        yield Stage(clock, slack, devin, people, work)
