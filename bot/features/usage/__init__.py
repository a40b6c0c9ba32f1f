"""What was spent: `/devin usage`, and the figures that reports and digests stand on."""

from typing import Final

from bot.domain.commands.usage_commands import COMMANDS
from bot.flows.feature import Feature
from bot.flows.manage.long_jobs.enterprise_usage import KIND, EnterpriseUsage
from bot.flows.manage.long_jobs.row_sources import LongJobKind
from bot.flows.money.figures.commands import UsageCommand
from bot.views.enterprise_usage import EnterpriseSentences

FEATURE: Final = Feature(
    "usage",
    commands=COMMANDS,
    handlers=lambda kernel: UsageCommand(kernel.services).handlers(),
    long_jobs=lambda _: [LongJobKind(KIND, EnterpriseUsage(), EnterpriseSentences())],
)
