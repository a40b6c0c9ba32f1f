"""The commands that show who has changed what."""

from typing import Final

from bot.domain.commands.spec import Argument, CommandSpec, Help, Role, Source, typed
from bot.domain.questions import CSV_WORD
from bot.features.audit.rules import read_options


def _csv(typed: str) -> str | None:
    word = typed.lower()
    return word if word in {"", CSV_WORD} else None


AUDIT_OPTIONS: Final = Argument(
    "[action=…] [person=…] [org=…] [since=…] [until=…]",
    read_options,
    words=("since=2026-11-26", "person=ada@example.com"),
    around=frozenset({"log", "logs"}),
)
CSV: Final = Argument(f"[{CSV_WORD}]", _csv)
AUDIT: Final = CommandSpec(
    "audit",
    source=Source.NOTHING,
    distinct=True,
    ways=typed("audit", AUDIT_OPTIONS),
    role=Role.ADMIN,
    admins_can="see audit logs",
    private=True,
    slash_help=Help(f"`/devin audit {AUDIT_OPTIONS.shown}` sends you Devin's audit log of the last seven days"),
)
AUDIT_BOT: Final = CommandSpec(
    "audit_bot",
    source=Source.NOTHING,
    ways=typed("audit bot", CSV),
    role=Role.ADMIN,
    admins_can="see audit logs",
    private=True,
    slash_help=Help("`/devin audit bot [csv]` shows who changed what through Devin Bridge", same_line=True),
)
COMMANDS: Final = (AUDIT, AUDIT_BOT)
