"""The command that chooses which channels get digests."""

from typing import Final

from bot.domain.commands.arguments import DIGESTS
from bot.domain.commands.spec import CommandSpec, Help, Role, typed

DIGEST: Final = CommandSpec(
    "digest",
    forms=typed("digest", DIGESTS),
    role=Role.ADMIN,
    subject="digests",
    slash_help=Help("`/devin digest [list|add|remove|now]` chooses which channels get digests"),
)
COMMANDS: Final = (DIGEST,)
