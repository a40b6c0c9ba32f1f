"""Previews of links to sessions and to their pull requests, where `BOT_UNFURL` is on."""

from typing import Final

from bot.features.unfurl.shared import LinkShared
from bot.kernel.feature import Feature

FEATURE: Final = Feature("unfurl", events=(LinkShared,))
