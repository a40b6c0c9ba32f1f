"""What was spent: `/devin usage`, and the figures that reports and digests stand on."""

from typing import Final

from bot.features.usage.enterprise_sentences import EnterpriseSentences
from bot.features.usage.enterprise_usage import KIND, EnterpriseUsage
from bot.features.usage.flow import UsageCommand
from bot.features.usage.specs import COMMANDS
from bot.kernel.feature import Feature
from bot.kernel.operations.row_sources import OperationKind

FEATURE: Final = Feature(
    "usage",
    commands=COMMANDS,
    handlers=lambda kernel: UsageCommand(kernel.services).handlers(),
    operations=lambda _: [OperationKind(KIND, EnterpriseUsage(), EnterpriseSentences())],
)
