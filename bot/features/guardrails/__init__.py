"""What Devin's guardrails stopped."""

from typing import Final

from bot.features.guardrails.tables import TABLES
from bot.features.guardrails.watch import GuardrailWatch
from bot.kernel.feature import Feature, Per, Tick

FEATURE: Final = Feature(
    "guardrails",
    ticks=lambda kernel: [Tick("guardrails", Per.ORGANISATION, GuardrailWatch(kernel.services).tick)],
    tables=TABLES,
)
