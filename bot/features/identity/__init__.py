"""Identity: who somebody in Slack is at Devin, shown to them and set by admins."""

from typing import Final

from bot.features.identity.commands import IdentityCommands
from bot.features.identity.specs import COMMANDS
from bot.kernel.feature import Feature

FEATURE: Final = Feature(
    "identity",
    commands=COMMANDS,
    handlers=lambda kernel: IdentityCommands(kernel.services, kernel.access).handlers(),
)
