"""`/devin help`."""

from collections.abc import Sequence
from contextlib import suppress

from bot.domain.commands.registry import HELP
from bot.domain.commands.spec import CommandSpec
from bot.kernel.access import Access
from bot.kernel.commands.handler import Asked, Handler
from bot.slack.errors import SlackError
from bot.views.answers import access as access_sentences
from bot.views.help_texts import admin_help, slash_help
from bot.views.message import Message


def help_handlers(commands: Sequence[CommandSpec], access: Access) -> dict[CommandSpec, Handler]:
    """What the command does: it shows what may be typed of these `commands`, but not to those who may type none."""
    for_everybody, for_admins = slash_help(commands), admin_help(commands)

    async def answer(asked: Asked) -> Message:
        with suppress(SlackError):  # who asks for help gets it while Slack does not say who they are
            refused = await access.refusal_in_ack(asked.workspace, asked.user)
            if refused is not None:
                return access_sentences.GUESTS if refused is access_sentences.GUEST_REFUSED else refused
        return for_admins if asked.argument else for_everybody

    return {HELP: Handler(answer)}
