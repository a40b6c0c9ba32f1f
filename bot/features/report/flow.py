"""`/devin report`: which answer a question about what came of pull requests gets, a table or a file."""

from dataclasses import replace
from typing import Final

from bot.domain.billing import Period
from bot.domain.commands.spec import CommandSpec
from bot.domain.periods import RefusedRange
from bot.domain.questions import REPORT_QUESTIONS, Question
from bot.features.report import outcome_rows
from bot.features.report.outcomes import OutcomeAnswers, days_name
from bot.features.report.report_files import report_file
from bot.features.report.specs import REPORT
from bot.features.usage.enterprise_sentences import NO_REPORT
from bot.features.usage.figure_files import running
from bot.features.usage.files import begin_figure_file, finished_days
from bot.features.usage.parts import spending
from bot.features.usage.sentences import refused_range
from bot.features.usage.usage import UsageAnswers
from bot.features.usage.usage_ledger import UsageLedger
from bot.kernel.commands.handler import Asked, Handler
from bot.kernel.operations.requests import Requester
from bot.kernel.services import Services
from bot.views.message import Message

_REPORT: Final = "/devin report"


class ReportCommand:
    """Answers what admins ask about pull requests."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._usage_answers = UsageAnswers(services, UsageLedger(services))
        self._answers = OutcomeAnswers(services, self._usage_answers)

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does."""
        return {REPORT: Handler(self._report)}

    async def _report(self, asked: Asked) -> Message:
        question = REPORT_QUESTIONS.of(asked.argument)
        if question.of_all:
            return NO_REPORT
        if question.as_file:
            return await self._file(asked, question)
        return await self._answers.report(asked.workspace, question, asked.readers)

    async def _file(self, asked: Asked, question: Question) -> Message:
        """Begin the file of a report. NO_ANSWER means that the operation's message is the answer."""
        workspace, requester = asked.workspace, Requester.of(asked)
        async with self._services.db.scan(urgent=True) as tx:
            span = finished_days(await self._usage_answers.span(tx, workspace, question), self._services.clock())
            if isinstance(span, RefusedRange):
                return refused_range(span)
            if not span.counted:
                return running(question, f"{_REPORT} {replace(question, period=Period.WEEK)}")
            period = spending(workspace, span, requester.readers)
            groups = await self._answers.file_groups(tx, workspace, period, question.by)
            about = await outcome_rows.about(tx, period)
            if question.by is None and (before := await self._answers.month_before(tx, workspace, span)) is not None:
                groups.append((days_name(before.month.first, before.month.last), before.outcomes))
                about = (*before.about, *about)
        made = report_file(question, span, groups, about, shows_people=workspace.policy.shows_names)
        return await begin_figure_file(self._services, requester, made)
