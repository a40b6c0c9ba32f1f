"""What Devin's guardrails stopped."""

from typing import Final

from bot.flows.feature import Feature, Per, Tick
from bot.flows.money.alarms.guardrails import GuardrailWatch

FEATURE: Final = Feature(
    "guardrails",
    ticks=lambda kernel: [Tick("guardrails", Per.ORGANISATION, GuardrailWatch(kernel.services).tick)],
)
