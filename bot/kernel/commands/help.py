"""`/devin help`."""

from bot.domain.commands.arguments import ADMIN_TOPIC
from bot.domain.commands.registry import HELP
from bot.domain.commands.spec import CommandSpec
from bot.kernel.access import Access
from bot.kernel.commands.handler import Asked, Handler
from bot.kernel.services import Services
from bot.slack.errors import SlackError
from bot.views.answers import access as access_sentences
from bot.views.help_texts import admin_help, all_help, slash_help
from bot.views.message import Message


def help_handlers(services: Services, access: Access) -> dict[CommandSpec, Handler]:
    """What the command does: it shows what the person may type where they ask, and nothing else."""
    commands = services.commands.specs

    async def answer(asked: Asked) -> Message:
        async with services.db.read() as tx:
            turns = await services.settings.turns(tx, asked.workspace.team, asked.channel)
        try:
            refused = await access.refusal_in_ack(asked.workspace, asked.user)
            no_admin = await access.admins_only(asked.workspace, asked.user, "see what admins can do")
        except SlackError:  # a person who asks for help gets it while Slack doesn't say who they are
            return access_sentences.ROLE_UNKNOWN if asked.argument == ADMIN_TOPIC else slash_help(turns=turns)
        if refused is not None:
            return access_sentences.GUESTS if refused is access_sentences.GUEST_REFUSED else refused
        if asked.argument == ADMIN_TOPIC:
            return no_admin or admin_help(commands)
        is_admin = no_admin is None
        topic = all_help(commands, asked.argument, admin=is_admin, turns=turns) if asked.argument else None
        return topic or slash_help(admin=is_admin, turns=turns)

    return {HELP: Handler(answer)}
