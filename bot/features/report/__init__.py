"""What came of pull requests: `/devin report`."""

from typing import Final

from bot.features.report.flow import PullRequestSweep, ReportCommand
from bot.features.report.rows import TABLES
from bot.features.report.specs import COMMANDS
from bot.kernel.feature import Feature, Per, Tick

FEATURE: Final = Feature(
    "report",
    commands=COMMANDS,
    handlers=lambda kernel: ReportCommand(kernel.services).handlers(),
    ticks=lambda kernel: [Tick("pull_requests", Per.ORGANISATION, PullRequestSweep(kernel.services).tick)],
    tables=TABLES,
)
