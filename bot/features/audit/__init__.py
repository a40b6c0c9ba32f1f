"""`/devin audit`: who changed what, at Devin and through the bot."""

from typing import Final

from bot.domain.commands.audit_commands import COMMANDS
from bot.domain.long_job import LongJobKind
from bot.flows.feature import Feature
from bot.flows.manage.long_jobs.audit_log import AuditLogRows
from bot.flows.manage.long_jobs.commands import AuditCommands
from bot.flows.manage.long_jobs.row_sources import BotAuditRows

FEATURE: Final = Feature(
    "audit",
    commands=COMMANDS,
    handlers=lambda kernel: AuditCommands(kernel.services).handlers(),
    long_jobs=lambda kernel: {
        LongJobKind.AUDIT: AuditLogRows(),
        LongJobKind.BOT_AUDIT: BotAuditRows(kernel.services),
    },
)
