"""Digests: what was spent and what came of it, by the clock, and which channels get them."""

from typing import Final

from bot.domain.commands.digest_commands import COMMANDS
from bot.flows.feature import Feature, Per, Tick
from bot.flows.kernel import Kernel
from bot.flows.money.digest.due import DueDigests
from bot.flows.money.digest.subscriptions import Subscriptions
from bot.flows.workspace import Workspace


def _ticks(kernel: Kernel) -> list[Tick]:
    digests = {one.team: DueDigests(kernel.services, one, kernel.shared_channels) for one in kernel.services.workspaces}

    async def post_due(workspace: Workspace) -> float:
        return await digests[workspace.team].tick()

    return [Tick("digest", Per.WORKSPACE, post_due)]


FEATURE: Final = Feature(
    "digest",
    commands=COMMANDS,
    handlers=lambda kernel: Subscriptions(kernel.services).handlers(),
    ticks=_ticks,
)
