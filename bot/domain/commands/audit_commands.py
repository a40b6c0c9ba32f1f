"""The commands that show who has changed what."""

from typing import Final

from bot.domain.commands.arguments import AUDIT_OPTIONS, CSV
from bot.domain.commands.spec import CommandSpec, Help, Role, typed

AUDIT: Final = CommandSpec(
    "audit",
    distinct=True,
    forms=typed("audit", AUDIT_OPTIONS),
    role=Role.ADMIN,
    subject="audit logs",
    private=True,
    slash_help=Help(f"`/devin audit {AUDIT_OPTIONS.shown}` sends you Devin's audit log"),
)
AUDIT_BOT: Final = CommandSpec(
    "audit_bot",
    forms=typed("audit bot", CSV),
    role=Role.ADMIN,
    subject="audit logs",
    private=True,
    slash_help=Help("`/devin audit bot [csv]` shows what was changed through Devin Bridge", same_line=True),
)
COMMANDS: Final = (AUDIT, AUDIT_BOT)
