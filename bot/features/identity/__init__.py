"""Identity: who somebody in Slack is at Devin, shown to them and set by admins."""

from typing import Final

from bot.features.identity.flow import IdentityCommands
from bot.features.identity.specs import COMMANDS
from bot.kernel.feature import Feature, Per, Tick
from bot.kernel.identities import Identities

FEATURE: Final = Feature(
    "identity",
    commands=COMMANDS,
    handlers=lambda kernel: IdentityCommands(kernel.services, kernel.access).handlers(),
    ticks=lambda kernel: [Tick("identities", Per.WORKSPACE, Identities(kernel.services).check)],
)
