"""The command that asks Devin to review a pull request."""

from typing import Final

from bot.domain.commands.devin_words import PULL_REQUEST
from bot.domain.commands.spec import CommandSpec, Help, Source, typed
from bot.domain.operation import REVIEW as NAME
from bot.domain.roles import Right

REVIEW: Final = CommandSpec(
    NAME,
    source=Source.NOTHING,
    right=Right.START,
    ways=typed("review", PULL_REQUEST),
    ordinary=True,
    starts=True,
    slash_help=Help(f"`/devin review {PULL_REQUEST.shown}` asks Devin to review a pull request"),
)
COMMANDS: Final = (REVIEW,)
