"""Previews of links to sessions and to their pull requests, where `BOT_UNFURL` is on."""

from typing import Final

from bot.features.unfurl.rows import TABLES
from bot.features.unfurl.shared import LinkShared, PreviewsEnd
from bot.kernel.feature import Feature, Per, Tick

FEATURE: Final = Feature(
    "unfurl",
    events=(LinkShared,),
    ticks=lambda kernel: [Tick("previews", Per.WORKSPACE, PreviewsEnd(kernel.services, kernel.shared_channels).tick)],
    tables=TABLES,
)
