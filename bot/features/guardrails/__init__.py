"""What Devin's guardrails stopped."""

from typing import Final

from bot.features.guardrails.flow import GuardrailWatch
from bot.features.guardrails.rows import TABLES
from bot.kernel.feature import Feature, Per, Tick

FEATURE: Final = Feature(
    "guardrails",
    ticks=lambda kernel: [Tick("guardrails", Per.ORGANISATION, GuardrailWatch(kernel.services).tick)],
    tables=TABLES,
)
