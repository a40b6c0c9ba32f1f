"""`/devin audit`: who changed what, at Devin and through the bot."""

import time
from typing import Final

from bot.devin.client import Devin
from bot.devin.paging import read_first
from bot.features.audit import flow as audit_log
from bot.features.audit import flow as bot_audit
from bot.features.audit.flow import AuditCommands, AuditLog
from bot.features.audit.sentences import BotAuditSentences
from bot.features.audit.specs import COMMANDS
from bot.kernel.feature import Feature, Per, Permission, Tick
from bot.kernel.operations.row_sources import OperationKind


async def _last_minute(devin: Devin) -> None:
    now = int(time.time())
    await read_first(devin.audit_logs(now - 60, now))


FEATURE: Final = Feature(
    "audit",
    commands=COMMANDS,
    handlers=lambda kernel: AuditCommands(kernel.services).handlers(),
    operations=lambda kernel: [
        OperationKind(audit_log.KIND, audit_log.AuditLogRows()),
        OperationKind(bot_audit.KIND, bot_audit.BotAuditRows(kernel.services), BotAuditSentences()),
    ],
    ticks=lambda kernel: [Tick("audit log", Per.PROCESS, AuditLog(kernel.services).tick)],
    permissions=(Permission("audit", "ManageEnterpriseSettings", _last_minute),),
)
