"""`/devin audit`: who changed what, at Devin and through the bot."""

from typing import Final

from bot.domain.commands.audit_commands import COMMANDS
from bot.flows.feature import Feature
from bot.flows.manage.long_jobs import audit_log, bot_audit
from bot.flows.manage.long_jobs.commands import AuditCommands
from bot.flows.manage.long_jobs.row_sources import LongJobKind
from bot.views.audit_logs import BotAuditSentences

FEATURE: Final = Feature(
    "audit",
    commands=COMMANDS,
    handlers=lambda kernel: AuditCommands(kernel.services).handlers(),
    long_jobs=lambda kernel: [
        LongJobKind(audit_log.KIND, audit_log.AuditLogRows()),
        LongJobKind(bot_audit.KIND, bot_audit.BotAuditRows(kernel.services), BotAuditSentences()),
    ],
)
