"""`/devin orgs`: begins the list of Devin's organizations, which is an operation."""

from bot.domain.commands.spec import CommandSpec
from bot.features.organisations.source import organisation_list
from bot.features.organisations.specs import ORGS
from bot.kernel.commands.handler import Asked, Handler
from bot.kernel.operations.requests import begin_for
from bot.kernel.services import Services
from bot.views.message import Message


class OrganisationsCommand:
    """Begins the list of Devin's organizations."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does."""
        return {ORGS: Handler(self._organisations)}

    async def _organisations(self, asked: Asked) -> Message:
        return await begin_for(self._services, asked, organisation_list(self._services.clock()))
