"""`/devin usage` and `/devin report`: which answer a question about figures gets."""

from bot.domain.commands.report_commands import REPORT
from bot.domain.commands.spec import CommandSpec
from bot.domain.commands.usage_commands import USAGE
from bot.domain.questions import REPORT_QUESTIONS, USAGE_QUESTIONS
from bot.flows.commands.handler import Asked, Handler
from bot.flows.manage.long_jobs.jobs import Requester
from bot.flows.money.figures.files import FigureFiles
from bot.flows.money.figures.outcomes import OutcomeAnswers
from bot.flows.money.figures.usage import UsageAnswers
from bot.flows.money.figures.usage_ledger import UsageLedger
from bot.flows.services import Services
from bot.views.enterprise_usage import NO_REPORT
from bot.views.message import Message


class FigureCommands:
    """Answers what admins ask about figures."""

    def __init__(self, services: Services) -> None:
        self._usage_answers = UsageAnswers(services, UsageLedger(services))
        self._outcome_answers = OutcomeAnswers(services, self._usage_answers)
        self._files = FigureFiles(services, self._usage_answers, self._outcome_answers)

    def usage_handlers(self) -> dict[CommandSpec, Handler]:
        """What `usage` does."""
        return {USAGE: Handler(self._usage)}

    def report_handlers(self) -> dict[CommandSpec, Handler]:
        """What `report` does."""
        return {REPORT: Handler(self._report)}

    async def _usage(self, asked: Asked) -> Message:
        question = USAGE_QUESTIONS.of(asked.argument)
        if question.of_all:
            return await self._files.of_enterprise(asked.workspace, Requester.of(asked), question)
        if question.as_file:
            return await self._files.usage(asked.workspace, Requester.of(asked), question)
        return await self._usage_answers.usage(asked.workspace, question)

    async def _report(self, asked: Asked) -> Message:
        question = REPORT_QUESTIONS.of(asked.argument)
        if question.of_all:
            return NO_REPORT
        if question.as_file:
            return await self._files.report(asked.workspace, Requester.of(asked), question)
        return await self._outcome_answers.report(asked.workspace, question)
