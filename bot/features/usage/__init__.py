"""What was spent: `/devin usage`, and the figures that reports and digests stand on."""

from typing import Final

from bot.domain.commands.usage_commands import COMMANDS
from bot.domain.long_job import LongJobKind
from bot.flows.feature import Feature
from bot.flows.manage.long_jobs.enterprise_usage import EnterpriseUsage
from bot.flows.money.figures.commands import FigureCommands

FEATURE: Final = Feature(
    "usage",
    commands=COMMANDS,
    handlers=lambda kernel: FigureCommands(kernel.services).usage_handlers(),
    long_jobs=lambda _: {LongJobKind.ENTERPRISE: EnterpriseUsage()},
)
