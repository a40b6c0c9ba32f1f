"""The files behind `/devin usage … csv`: made from stored rows, and sent as an operation."""

from dataclasses import replace
from typing import Final

from bot.domain.billing import ONE_DAY, Period, billing_day, newest_finished
from bot.domain.periods import RefusedRange, Span
from bot.domain.questions import By, Question
from bot.domain.readers import Readers
from bot.features.usage import enterprise_sentences as enterprise_usage_views
from bot.features.usage import figure_files as views
from bot.features.usage.enterprise_usage import enterprise_usage
from bot.features.usage.figure_files import FigureFile
from bot.features.usage.file_parts import FileParts
from bot.features.usage.parts import spending
from bot.features.usage.sentences import Apart, nothing_finished, refused_range
from bot.features.usage.usage import UsageAnswers
from bot.kernel.commands.handler import NO_ANSWER
from bot.kernel.operations.requests import Requester, begin, begin_file
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store.database.connection import Transaction
from bot.views import operations as operations_views
from bot.views.message import Message

_USAGE: Final = "/devin usage"


class UsageFiles:
    """Makes a file of what answers to questions about what was used show, and begins the operation that sends it."""

    def __init__(self, services: Services, answers: UsageAnswers) -> None:
        self._services = services
        self._answers = answers

    async def usage(self, workspace: Workspace, requester: Requester, question: Question) -> Message:
        """Begin the file of what was used. NO_ANSWER means that the operation's message is the answer."""
        async with self._services.db.scan(urgent=True) as tx:
            span = finished_days(await self._answers.span(tx, workspace, question), self._services.clock())
            if isinstance(span, RefusedRange):
                return refused_range(span)
            if not span.counted:
                return views.running(question, f"{_USAGE} {self._over(question)}")
            hidden = await self._answers.hidden(tx, workspace, question, span)
            made = hidden or await self._usage(tx, workspace, question, span, requester.readers)
        return made if isinstance(made, Message) else await begin_figure_file(self._services, requester, made)

    async def of_enterprise(self, workspace: Workspace, requester: Requester, question: Question) -> Message:
        """Begin to show what all organisations used, with a file or without one; Devin has to be asked for it.

        NO_ANSWER means that the operation's message is the answer.
        """
        if question.by not in {None, *enterprise_usage_views.DIVISIONS}:
            return enterprise_usage_views.NOT_DIVIDED
        async with self._services.db.scan(urgent=True) as tx:
            span = await self._answers.span(tx, workspace, question)
        if question.as_file:
            span = finished_days(span, self._services.clock())
        if isinstance(span, RefusedRange):
            return refused_range(span)
        if not span.counted:
            if question.as_file:
                return views.running(question, f"{_USAGE} {self._over(question)}")
            return nothing_finished(question, span, Apart(span.apart))
        # A crash right after the commit loses only the answer. The same request begins the operation no second time.
        async with self._services.unit_of_work(urgent=True) as uow:
            await begin(uow, requester, enterprise_usage(question, span))
        return NO_ANSWER if requester.direct else operations_views.BEGUN

    async def _usage(
        self, tx: Transaction, workspace: Workspace, question: Question, span: Span, readers: Readers
    ) -> FigureFile | Message:
        figures = await self._answers.figures(tx, workspace, span.counted, question.one)
        parts = FileParts(tx, workspace, spending(workspace, span, readers, question.one), figures)
        found = await parts.by(question.by or By.DAY)
        if found is None:
            return views.no_bill(figures)
        shows_people = workspace.policy.shows_names
        made = views.usage_file(question, span, figures, *found, shows_people=shows_people)
        whose = await self._answers.whose(tx, workspace, question)
        return replace(made, title=f"{made.title}, {whose}") if whose else made

    def _over(self, question: Question) -> Question:
        """Return the same question about the newest day that is finished."""
        now = self._services.clock()
        newest = newest_finished(now)
        if newest == billing_day(now) - ONE_DAY:
            return replace(question, period=Period.YESTERDAY)
        return replace(question, period=None, dates=newest.isoformat())


def finished_days(span: Span | RefusedRange, now: float) -> Span | RefusedRange:
    """Return `span` without days that are running, or that were over less than an hour ago."""
    if isinstance(span, RefusedRange):
        return span
    newest = newest_finished(now)
    return replace(span, counted=tuple(day for day in span.counted if day <= newest))


async def begin_figure_file(services: Services, requester: Requester, made: FigureFile) -> Message:
    """Begin the operation that sends a file of figures. NO_ANSWER means that the operation's message is the answer."""
    # A crash right after the commit loses only the answer. The same request begins the operation no second time.
    async with services.unit_of_work(urgent=True) as uow:
        await begin_file(uow, requester, made.title, made.name, made.header, made.rows, made.notes)
    return NO_ANSWER if requester.direct else views.BEGUN
