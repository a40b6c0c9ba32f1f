"""`/devin usage`: which answer a question about what was used gets."""

from bot.domain.commands.spec import CommandSpec
from bot.domain.questions import USAGE_QUESTIONS, By
from bot.features.teams import rows as cost_centres
from bot.features.teams.sentences import NONE_SET
from bot.features.usage.files import UsageFiles
from bot.features.usage.specs import USAGE
from bot.features.usage.usage import UsageAnswers
from bot.features.usage.usage_ledger import UsageLedger
from bot.kernel.commands.handler import Asked, Handler
from bot.kernel.operations.requests import Requester
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.views.message import Message


class UsageCommand:
    """Answers what admins ask about what was used."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._answers = UsageAnswers(services, UsageLedger(services))
        self._files = UsageFiles(services, self._answers)

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does."""
        return {USAGE: Handler(self._usage)}

    async def _usage(self, asked: Asked) -> Message:
        question = USAGE_QUESTIONS.of(asked.argument)
        if question.by is By.TEAM and not question.of_all and not await self._has_teams(asked.workspace):
            return Message(NONE_SET)
        if question.of_all:
            return await self._files.of_enterprise(asked.workspace, Requester.of(asked), question)
        if question.as_file:
            return await self._files.usage(asked.workspace, Requester.of(asked), question)
        return await self._answers.usage(asked.workspace, question, asked.readers)

    async def _has_teams(self, workspace: Workspace) -> bool:
        async with self._services.db.read() as tx:
            return bool(await cost_centres.memberships(tx, workspace.team))
