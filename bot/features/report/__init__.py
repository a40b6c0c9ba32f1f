"""What came of pull requests: `/devin report`."""

from typing import Final

from bot.domain.commands.report_commands import COMMANDS
from bot.flows.feature import Feature, Per, Tick
from bot.flows.money.figures.report_command import ReportCommand
from bot.flows.money.pull_requests import PullRequestSweep

FEATURE: Final = Feature(
    "report",
    commands=COMMANDS,
    handlers=lambda kernel: ReportCommand(kernel.services).handlers(),
    ticks=lambda kernel: [Tick("pull_requests", Per.ORGANISATION, PullRequestSweep(kernel.services).tick)],
)
