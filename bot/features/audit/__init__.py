"""`/devin audit`: who changed what, at Devin and through the bot."""

from typing import Final

from bot.features.audit import bot_audit
from bot.features.audit import source as audit_log
from bot.features.audit.flow import AuditCommands
from bot.features.audit.sentences import BotAuditSentences
from bot.features.audit.specs import COMMANDS
from bot.kernel.feature import Feature
from bot.kernel.long_jobs.row_sources import LongJobKind

FEATURE: Final = Feature(
    "audit",
    commands=COMMANDS,
    handlers=lambda kernel: AuditCommands(kernel.services).handlers(),
    long_jobs=lambda kernel: [
        LongJobKind(audit_log.KIND, audit_log.AuditLogRows()),
        LongJobKind(bot_audit.KIND, bot_audit.BotAuditRows(kernel.services), BotAuditSentences()),
    ],
)
