"""What Devin billed, and its billing cycles."""

from typing import Final

from bot.flows.feature import Feature, Per, Tick
from bot.flows.money.consumption.cycles import CycleReader
from bot.flows.money.consumption.reader import ConsumptionReader

FEATURE: Final = Feature(
    "consumption",
    ticks=lambda kernel: [
        Tick("consumption", Per.ORGANISATION, ConsumptionReader(kernel.services).tick),
        Tick("cycles", Per.ORGANISATION, CycleReader(kernel.services).tick),
    ],
)
