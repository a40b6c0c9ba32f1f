"""What people set for themselves and for channels, in a form; a file goes before it."""

from typing import Final

from bot.features.settings.flow import SettingsCommands, SettingsForm
from bot.features.settings.specs import COMMANDS, SETTINGS
from bot.kernel.feature import Feature

FEATURE: Final = Feature(
    "settings",
    commands=COMMANDS,
    handlers=lambda kernel: SettingsCommands(kernel.services, kernel.access).handlers(),
    forms=lambda kernel: {SETTINGS.name: SettingsForm(kernel.services, kernel.access)},
)
