"""The commands that pause the bot and resume it."""

from typing import Final

from bot.domain.commands.picked import picked_channel
from bot.domain.commands.spec import Argument, CommandSpec, Help, Role, Source, slash
from bot.domain.roles import Right

HERE: Final = "here"
EVERYWHERE: Final = "all"
_EVERYWHERE: Final = frozenset({EVERYWHERE, "everything", "everywhere", "workspace", "whole workspace"})


def read_place(typed: str) -> str | None:
    """Read where: `#C0WEB`, a name with `#` that was not picked, `here`, `all` for the whole workspace, or nothing."""
    words = [word for word in typed.lower().split() if word not in {"in", "the", "this", "please"}]
    word = " ".join(words)
    if not word or word in _EVERYWHERE:
        return word and EVERYWHERE
    if word in {HERE, "channel"}:
        return HERE
    original = typed.rsplit(maxsplit=1)[-1] if typed.split() else ""
    return original if len(words) == 1 and (picked_channel(original) or original.startswith("#")) else None


PLACE: Final = Argument("[#channel]", read_place, words=(HERE, *sorted(_EVERYWHERE)))
# Only behind `/devin`: in a thread, and behind a mention in one, these words are about its session.
PAUSE: Final = CommandSpec(
    "pause",
    source=Source.NOTHING,
    ways=(slash("pause", PLACE),),
    role=Role.ADMIN,
    right=Right.ADMINISTER,
    admins_can="pause Devin Bridge",
    instead="A pause is for a channel or everyone. To pause sessions, write `stop` in their threads, or use "
    "`/devin stop 1` or `/devin stop all`. A reply resumes each.",
    urgent=True,
    of_place=True,
    slash_help=Help("`/devin pause [#channel]` keeps everyone from starting or waking sessions; running ones continue"),
)
RESUME: Final = CommandSpec(
    "resume",
    source=Source.NOTHING,
    ways=(slash("resume", PLACE),),
    role=Role.ADMIN,
    right=Right.ADMINISTER,
    admins_can="resume Devin Bridge",
    instead="`/devin resume` ends a pause. To wake a session, reply in its thread.",
    urgent=True,
    of_place=True,
    slash_help=Help("`/devin resume [#channel]` lets people start and wake sessions again", same_line=True),
    meant_by=("unpause",),
)
COMMANDS: Final = (PAUSE, RESUME)
