"""`/devin help`."""

from collections.abc import Sequence

from bot.domain.commands.registry import HELP
from bot.domain.commands.spec import CommandSpec
from bot.kernel.commands.handler import Asked, Handler
from bot.views.help_texts import admin_help, slash_help
from bot.views.message import Message


def help_handlers(commands: Sequence[CommandSpec]) -> dict[CommandSpec, Handler]:
    """What the command does: it shows what may be typed of these `commands`."""
    for_everybody, for_admins = slash_help(commands), admin_help(commands)

    async def answer(asked: Asked) -> Message:
        return for_admins if asked.argument else for_everybody

    return {HELP: Handler(answer)}
