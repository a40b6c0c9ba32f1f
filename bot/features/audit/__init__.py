"""`/devin audit`: who changed what, at Devin and through the bot."""

import time
from typing import Final

from bot.devin.client import Devin
from bot.devin.paging import read_first
from bot.features.audit.flow import BOT_KIND, KIND, AuditCommands, AuditLog, AuditLogRows, BotAuditRows
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
        OperationKind(KIND, AuditLogRows()),
        OperationKind(BOT_KIND, BotAuditRows(kernel.services), BotAuditSentences()),
    ],
    ticks=lambda kernel: [Tick("audit log", Per.PROCESS, AuditLog(kernel.services).tick)],
    permissions=(Permission("audit", "ManageEnterpriseSettings", _last_minute),),
)
