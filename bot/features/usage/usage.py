"""The answers to `/devin usage`. They are made from stored rows alone, so that they are ready within the ack."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.domain.billing import Period, billing_day
from bot.domain.commands.picked import picked_channel, picked_person
from bot.domain.cycle import Cycle, month_before
from bot.domain.periods import RefusedRange, Span, days_between, span_of_dates, span_of_period
from bot.domain.questions import Question
from bot.domain.readers import ANYBODY, FEWEST_PEOPLE, Readers
from bot.features.consumption.cycles import cycle_of
from bot.features.usage import part_names
from bot.features.usage import sentences as views
from bot.features.usage import spend_group_rows as spend_groups
from bot.features.usage import spend_people_rows as spend_people
from bot.features.usage.figure_sentences import Figures, summed
from bot.features.usage.parts import UsageParts, spending
from bot.features.usage.sentences import Apart, MonthBefore
from bot.features.usage.spend_group_rows import Spending
from bot.features.usage.usage_ledger import UsageLedger
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store import people
from bot.store.database.connection import Transaction
from bot.views.message import Message


class UsageAnswers:
    """Answers what was spent, in a period or a range of days, in sum or divided by something."""

    def __init__(self, services: Services, usage_ledger: UsageLedger) -> None:
        self._services = services
        self._usage_ledger = usage_ledger

    async def usage(self, workspace: Workspace, question: Question, readers: Readers = ANYBODY) -> Message:
        """Return the answer to the `question` of an admin, which `readers` read."""
        async with self._services.db.scan(urgent=True) as tx:
            span = await self.span(tx, workspace, question)
            if isinstance(span, RefusedRange):
                return views.refused_range(span)
            span = await self._so_far(tx, workspace, span, question.one)
            if (hidden := await self.hidden(tx, workspace, question, span)) is not None:
                return hidden
            apart = await self._apart(tx, workspace, span, question.one)
            before = await self._month_before(tx, workspace, span, question.one)
            whose = await self.whose(tx, workspace, question)
            if not span.counted:
                return views.nothing_finished(question, span, apart, whose)
            if question.by is not None:
                figures = await self.figures(tx, workspace, span.counted, question.one)
                spent = spending(workspace, span, readers, question.one)
                parts = await UsageParts(tx, workspace, spent, figures).by(question.by)
                return views.divided(question, span, figures, parts, apart, before, whose)
        figures = await self._usage_ledger.figures(
            workspace, span.counted[-1], span.counted[0], of=question.one, urgent=True, readers=readers
        )
        figures = replace(figures, is_running=figures.day in span.running, here=question.one is not None)
        if question.period in {None, Period.LAST_MONTH} and not (apart.days or span.running):
            figures = replace(figures, cycle=None, waiting=0)  # they are about now
        return views.usage(question, span, figures, apart, before, whose)

    async def _so_far(self, tx: Transaction, workspace: Workspace, span: Span, one: str | None) -> Span:
        """Return `span` with its running days counted too, if it is known what was used on them."""
        so_far = span.with_running(billing_day(self._services.clock()))
        if so_far.running == span.running:
            return span
        amounts = await self._usage_ledger.amounts(tx, workspace, so_far.running[0], so_far.running[-1], one)
        return span if amounts.best(so_far.running) is None else so_far

    async def hidden(self, tx: Transaction, workspace: Workspace, question: Question, span: Span) -> Message | None:
        """Return why the figures of one person, or of a channel of few people, are hidden where nobody is named."""
        if question.one is None or workspace.policy.shows_names or not (days := (*span.counted, *span.apart)):
            return None
        if picked_person(question.of):
            return views.NOT_NAMED
        spent = Spending(workspace.team, workspace.organisation.id, days[0], days[-1], question.one)
        people = (await spend_people.by_channel(tx, spent, used_only=False)).get((question.one,), set())
        return views.TOO_FEW if len(people) < FEWEST_PEOPLE else None

    async def whose(self, tx: Transaction, workspace: Workspace, question: Question) -> str:
        """Name the only channel or person that a `question` is about; empty where it is about all."""
        if question.one is None or picked_channel(question.of):
            return part_names.channel(question.one) if question.one else ""
        return part_names.person(
            question.one, (await people.names(tx, workspace.team, [question.one])).get(question.one)
        )

    async def span(self, tx: Transaction, workspace: Workspace, question: Question) -> Span | RefusedRange:
        """Return the days that a `question` is about, or why there are no figures of them."""
        now, kept = self._services.clock(), await self.kept_since(tx, workspace)
        if question.period is None:
            return span_of_dates(question.dates, now, kept)
        return span_of_period(question.period, now, await cycle_of(tx, workspace.organisation.id, now), kept)

    async def kept_since(self, tx: Transaction, workspace: Workspace) -> date:
        """Return the first day of which there are figures."""
        oldest = billing_day(self._services.clock() - self._services.timing.spend_kept)
        return max(oldest, await spend_groups.first_day(tx, workspace.organisation.id) or oldest)

    async def month_before(self, tx: Transaction, workspace: Workspace, span: Span) -> Cycle | None:
        """Return the month before the whole one that a `span` is about, if there are figures of all of its days."""
        if span.whole_month is None:
            return None
        month = month_before(span.whole_month)
        return month if await self.kept_since(tx, workspace) <= month.first else None

    async def _month_before(
        self, tx: Transaction, workspace: Workspace, span: Span, one: str | None
    ) -> MonthBefore | None:
        month = await self.month_before(tx, workspace, span)
        if month is None:
            return None
        amounts = await self._usage_ledger.amounts(tx, workspace, month.first, month.last, one)
        acus = amounts.best(days_between(month.first, month.last))
        return None if acus is None else MonthBefore(month, acus)

    async def _apart(self, tx: Transaction, workspace: Workspace, span: Span, one: str | None) -> Apart:
        if not span.apart:
            return Apart()
        amounts = await self._usage_ledger.amounts(tx, workspace, span.apart[0], span.apart[-1], one)
        total = amounts.total(span.apart)
        if not total and await self._usage_ledger.no_acus_reported(tx, workspace, span.apart[-1], amounts, one):
            return Apart(span.apart)
        through_slack, is_about = amounts.through_slack(span.apart), bool(amounts.about(span.apart))
        return Apart(span.apart, total, through_slack, is_about)

    async def figures(
        self, tx: Transaction, workspace: Workspace, days: Sequence[date], one: str | None = None
    ) -> Figures:
        """Return what was used on `days`, in sum and by day: of all, or of `one` channel or person."""
        amounts = await self._usage_ledger.amounts(tx, workspace, days[0], days[-1], one)
        no_acus = await self._usage_ledger.no_acus_reported(tx, workspace, days[-1], amounts, one)
        return replace(
            summed(amounts, days, workspace.policy.acu_price),
            no_acus_reported=no_acus,
            here=one is not None,
        )
