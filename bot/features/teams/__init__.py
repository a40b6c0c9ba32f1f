"""Teams: the cost centres that usage and digests are divided by."""

from typing import Final

from bot.features.teams.flow import TeamCommands
from bot.features.teams.rows import TABLES
from bot.features.teams.specs import COMMANDS
from bot.kernel.feature import Feature

FEATURE: Final = Feature(
    "teams",
    commands=COMMANDS,
    handlers=lambda kernel: TeamCommands(kernel.services).handlers(),
    tables=TABLES,
)
