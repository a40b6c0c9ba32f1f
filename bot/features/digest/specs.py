"""The command that shows or sets which channels get digests."""

from typing import Final

from bot.domain.commands.arguments import AROUND_LISTS
from bot.domain.commands.spec import Argument, CommandSpec, Help, Role, Source, typed
from bot.features.digest.rules import read_digest

# With more words behind `add` and `remove`.
DIGESTS: Final = Argument(
    "[list|add|remove|now]", read_digest, words=("list", "add", "remove", "now"), around=AROUND_LISTS
)
DIGEST: Final = CommandSpec(
    "digest",
    source=Source.NOTHING,
    ways=typed("digest", DIGESTS),
    role=Role.ADMIN,
    admins_can="set up digests",
    slash_help=Help("`/devin digest [list|add|remove|now]` shows or sets which channels get digests"),
)
# The choice under the question whether a channel is to see everybody's figures, and *Undo* below what came of it.
DIGEST_ADD_CONFIRMED: Final = CommandSpec(
    "digest_add_confirmed", source=Source.NOTHING, ways=(), role=Role.ADMIN, admins_can="set up digests", urgent=True
)
DIGEST_UNDO: Final = CommandSpec(
    "digest_undo", source=Source.NOTHING, ways=(), role=Role.ADMIN, admins_can="set up digests", urgent=True
)
COMMANDS: Final = (DIGEST, DIGEST_ADD_CONFIRMED, DIGEST_UNDO)
