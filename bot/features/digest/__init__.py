"""Digests: what was spent and what came of it, by the clock, and which channels get them."""

from typing import Final

from bot.features.digest.due import DueDigests
from bot.features.digest.flow import Subscriptions
from bot.features.digest.rows import TABLES
from bot.features.digest.sentences import QUESTION, UNCHANGED
from bot.features.digest.specs import COMMANDS
from bot.kernel.feature import Feature, Per, Tick
from bot.kernel.tasks import Kernel
from bot.kernel.workspace import Workspace


def _ticks(kernel: Kernel) -> list[Tick]:
    digests = {
        workspace.team: DueDigests(kernel.services, workspace, kernel.shared_channels)
        for workspace in kernel.services.workspaces
    }

    async def post_due(workspace: Workspace) -> float:
        return await digests[workspace.team].tick()

    return [Tick("digest", Per.WORKSPACE, post_due)]


FEATURE: Final = Feature(
    "digest",
    commands=COMMANDS,
    handlers=lambda kernel: Subscriptions(kernel.services, kernel.access, kernel.shared_channels).handlers(),
    plain_questions={QUESTION: UNCHANGED},
    ticks=_ticks,
    tables=TABLES,
)
