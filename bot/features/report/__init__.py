"""What came of pull requests: `/devin report`."""

from typing import Final

from bot.features.report.flow import ReportCommand
from bot.features.report.pull_request_sweep import PullRequestSweep
from bot.features.report.specs import COMMANDS
from bot.features.report.tables import TABLES
from bot.kernel.feature import Feature, Per, Tick

FEATURE: Final = Feature(
    "report",
    commands=COMMANDS,
    handlers=lambda kernel: ReportCommand(kernel.services).handlers(),
    ticks=lambda kernel: [Tick("pull_requests", Per.ORGANISATION, PullRequestSweep(kernel.services).tick)],
    tables=TABLES,
)
