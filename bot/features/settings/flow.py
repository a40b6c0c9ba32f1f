"""The commands about settings: the form opens, or what holds is shown with its sources."""

from bot.domain.commands.picked import picked_channel
from bot.domain.commands.spec import CommandSpec
from bot.domain.form import Form
from bot.features.settings import sentences as views
from bot.features.settings.specs import CHANNEL, SETTINGS, SETTINGS_WHY
from bot.kernel.access import Access
from bot.kernel.commands.handler import Answer, Asked, Handler
from bot.kernel.services import Services
from bot.kernel.settings import is_direct


class SettingsCommands:
    """Answers the commands about settings."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the commands do."""
        return {SETTINGS: Handler(self._form), SETTINGS_WHY: Handler(self._why)}

    async def _form(self, asked: Asked) -> Answer:
        if not asked.argument.startswith("#"):
            return Form(SETTINGS.name, asked.argument, asked.channel)
        channel = picked_channel(asked.argument)
        return Form(SETTINGS.name, CHANNEL, channel) if channel else views.PICK_CHANNEL

    async def _why(self, asked: Asked) -> Answer:
        """Show what holds for the person where they ask, so that no other channel is named."""
        if (refusal := await self._access.refusal_in_ack(asked.workspace, asked.user)) is not None:
            return refusal
        settings = self._services.settings
        async with self._services.db.read() as tx:
            held = await settings.effective(tx, asked.workspace.team, asked.channel, asked.user)
        return views.why(held, settings.file.name, in_channel=not is_direct(asked.channel))
