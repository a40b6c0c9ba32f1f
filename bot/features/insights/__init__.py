"""`/devin insights`: what Devin itself says of a session: how it went, what got in its way, what would help."""

from typing import Final

from bot.features.insights.flow import Insights
from bot.features.insights.specs import COMMANDS
from bot.kernel.feature import Feature

FEATURE: Final = Feature(
    "insights",
    commands=COMMANDS,
    handlers=lambda kernel: Insights(kernel.services, kernel.access).handlers(),
)
