"""The files behind `/devin usage … csv` and `/devin report … csv`: made from stored rows, and sent as a long job."""

from dataclasses import replace
from typing import Final

from bot.domain.billing import ONE_DAY, Period, billing_day, newest_finished
from bot.domain.periods import RefusedRange, Span
from bot.domain.questions import By, Question
from bot.flows.commands.handler import NO_ANSWER
from bot.flows.manage.long_jobs.enterprise_usage import enterprise_usage
from bot.flows.manage.long_jobs.jobs import Requester, begin, begin_file
from bot.flows.money.figures.file_parts import FileParts
from bot.flows.money.figures.outcomes import OutcomeAnswers
from bot.flows.money.figures.usage import UsageAnswers
from bot.flows.services import Services
from bot.flows.workspace import Workspace
from bot.store.database.connection import Transaction
from bot.store.spend_groups import Spending
from bot.views import enterprise_usage as enterprise_usage_views
from bot.views import figure_files as views
from bot.views import long_jobs as long_jobs_views
from bot.views.figure_files import FigureFile
from bot.views.message import Message
from bot.views.usage import Apart, nothing_finished, refused_range

_USAGE: Final = "/devin usage"
_REPORT: Final = "/devin report"


class FigureFiles:
    """Makes a file of what the answers to questions about figures show, and begins the long job that sends it."""

    def __init__(self, services: Services, usage_answers: UsageAnswers, outcome_answers: OutcomeAnswers) -> None:
        self._services = services
        self._usage_answers = usage_answers
        self._outcome_answers = outcome_answers

    async def usage(self, workspace: Workspace, requester: Requester, question: Question) -> Message:
        """Begin the file of what was used. NO_ANSWER means that the job's message is the answer."""
        async with self._services.db.scan(first=True) as tx:
            span = await self._finished(tx, workspace, question)
            if isinstance(span, RefusedRange):
                return refused_range(span)
            if not span.counted:
                return views.running(question, f"{_USAGE} {self._over(question)}")
            made = await self._usage(tx, workspace, question, span)
        return made if isinstance(made, Message) else await self._begin(requester, made)

    async def report(self, workspace: Workspace, requester: Requester, question: Question) -> Message:
        """Begin the file of what came of pull requests. NO_ANSWER means that the job's message is the answer."""
        async with self._services.db.scan(first=True) as tx:
            span = await self._finished(tx, workspace, question)
            assert not isinstance(span, RefusedRange), "a report has no dates"
            if not span.counted:
                return views.running(question, f"{_REPORT} {replace(question, period=Period.WEEK)}")
            groups = await self._outcome_answers.file_groups(tx, workspace, _period(workspace, span), question.by)
        shows_people = workspace.policy.shows_names
        return await self._begin(requester, views.report_file(question, span, groups, shows_people=shows_people))

    async def of_enterprise(self, workspace: Workspace, requester: Requester, question: Question) -> Message:
        """Begin to show what all organisations used, with a file or without one; Devin has to be asked for it.

        NO_ANSWER means that the job's message is the answer.
        """
        if question.by not in {None, *enterprise_usage_views.DIVISIONS}:
            return enterprise_usage_views.NOT_DIVIDED
        async with self._services.db.scan(first=True) as tx:
            finished = self._finished if question.as_file else self._usage_answers.span
            span = await finished(tx, workspace, question)
        if isinstance(span, RefusedRange):
            return refused_range(span)
        if not span.counted:
            if question.as_file:
                return views.running(question, f"{_USAGE} {self._over(question)}")
            return nothing_finished(question, span, Apart(span.apart))
        # A crash right after the commit loses only the answer. The same request begins the job no second time.
        async with self._services.unit_of_work(first=True) as uow:
            await begin(uow, requester, enterprise_usage(question, span))
        return NO_ANSWER if requester.direct else long_jobs_views.BEGUN

    async def _usage(
        self, tx: Transaction, workspace: Workspace, question: Question, span: Span
    ) -> FigureFile | Message:
        figures = await self._usage_answers.figures(tx, workspace, span.counted)
        parts = FileParts(tx, workspace, _period(workspace, span), figures)
        found = await parts.by(question.by or By.DAY)
        if found is None:
            return views.no_bill(figures)
        shows_people = workspace.policy.shows_names
        return views.usage_file(question, span, figures, *found, shows_people=shows_people)

    async def _finished(self, tx: Transaction, workspace: Workspace, question: Question) -> Span | RefusedRange:
        """Return the days of a `question` without those that are running, or that were over less than an hour ago."""
        span = await self._usage_answers.span(tx, workspace, question)
        if isinstance(span, RefusedRange):
            return span
        newest = newest_finished(self._services.clock())
        return replace(span, counted=tuple(day for day in span.counted if day <= newest))

    def _over(self, question: Question) -> Question:
        """Return the same question about the newest day that is finished."""
        now = self._services.clock()
        newest = newest_finished(now)
        if newest == billing_day(now) - ONE_DAY:
            return replace(question, period=Period.YESTERDAY)
        return replace(question, period=None, dates=newest.isoformat())

    async def _begin(self, requester: Requester, made: FigureFile) -> Message:
        # A crash right after the commit loses only the answer. The same request begins the job no second time.
        async with self._services.unit_of_work(first=True) as uow:
            await begin_file(uow, requester, made.title, made.name, made.header, made.rows, made.notes)
        return NO_ANSWER if requester.direct else views.BEGUN


def _period(workspace: Workspace, span: Span) -> Spending:
    return Spending(workspace.team, workspace.organisation.id, span.counted[0], span.counted[-1])
