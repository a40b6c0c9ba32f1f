"""What Devin billed, and its billing cycles."""

from typing import Final

from bot.features.consumption.cycles import CycleReader
from bot.features.consumption.reader import ConsumptionReader
from bot.features.consumption.rows import TABLES
from bot.features.consumption.session_bills import SessionBillReader
from bot.kernel.feature import Feature, Per, Tick

FEATURE: Final = Feature(
    "consumption",
    ticks=lambda kernel: [
        Tick("consumption", Per.ORGANISATION, ConsumptionReader(kernel.services).tick),
        Tick("session_bills", Per.ORGANISATION, SessionBillReader(kernel.services).tick),
        Tick("cycles", Per.ORGANISATION, CycleReader(kernel.services).tick),
    ],
    tables=TABLES,
)
