"""`/devin budget try`, and the question before a budget is set: what it would have blocked lately, and who has used it.

Nothing is changed here. The choice under the question carries it as a command (`bot.features.budgets.flow`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bot.conversation.start.launch_choices import LaunchChoices
from bot.domain.billing import ONE_DAY, billing_day, bounds
from bot.domain.commands.spec import CommandSpec
from bot.domain.cycle import Cycle, cycle_with
from bot.domain.form import Form
from bot.domain.lane import own_lane
from bot.features.budgets import rows as budgets
from bot.features.budgets import sentences as views
from bot.features.budgets import spend_rows, start_rows
from bot.features.budgets.rules import NAMED, USED_UP, Budget, Period, Scope, ScopeKind, period_of
from bot.features.budgets.sentences import Tried
from bot.features.budgets.specs import BUDGET_SET, BUDGET_TRY
from bot.features.budgets.standings import Standings, reports_no_acus, standings
from bot.features.budgets.trial import DAYS, Trial, replay
from bot.features.budgets.words import Problem, WantedBudget, parse_set
from bot.features.consumption.cycles import cycle_of
from bot.kernel.commands.asking import AskDevin
from bot.kernel.commands.handler import Answer, Asked, Deferred, Handler
from bot.kernel.job import CommandJob
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store.database.connection import Transaction
from bot.timing import DAY
from bot.views.message import Message

_OF_ONE: Final = {*NAMED, ScopeKind.ORG}


class BudgetTrials:
    """Shows what a budget would have blocked."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._choices = LaunchChoices(services)

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the commands do. To read 30 days takes longer than an ack may wait."""
        return dict.fromkeys((BUDGET_SET, BUDGET_TRY), Handler(_take, self._run))

    async def _run(self, job: CommandJob) -> None:
        # A crash before the answer is stored has it read again.
        await AskDevin(self._services).reply(job, await self._answer(job))

    async def _answer(self, job: CommandJob) -> Message:
        """Ask whether to set the budget, or show what it would do."""
        wanted, tries = parse_set(job.cause.argument), job.cause.command == BUDGET_TRY.name
        if isinstance(wanted, Problem):
            return views.problem(wanted, "try" if tries else "set")
        found = await self.tried(job.workspace, job.cause.user or "", wanted)
        if isinstance(found, Message):
            return found
        return views.shown(found) if tries else views.ask_or_set_already(found, wanted)

    async def tried(self, workspace: Workspace, user: str, wanted: WantedBudget) -> Tried | Message:
        """Return what a `wanted` budget would have done, as an admin reads it, or that there's no such team."""
        now, near = self._services.clock(), None
        if wanted.scope.kind is ScopeKind.REPO:
            near = await self._choices.near_unlisted(workspace.organisation, wanted.scope.subject)
        async with self._services.db.scan() as tx:
            scope = await budgets.spelled(tx, workspace.team, wanted.scope)
            if not isinstance(scope, Scope):
                return views.no_such_team(wanted.scope.subject, scope)
            wanted = replace(wanted, scope=scope)
            before = await budgets.of_scope(tx, workspace.team, wanted.scope)
            number = before.number if before else 0
            budget = Budget(number, wanted.scope, wanted.acus, wanted.span, wanted.warn)
            stand = await standings(tx, workspace, now)
            named = None
            if wanted.scope.kind in _OF_ONE:
                named = await stand.named(await stand.with_reserved(budget, wanted.scope.subject), user)
            used_up = 0 if named else sum(one.is_used_up for one in await stand.of_all(budget, USED_UP))
            trial = await _trial(tx, workspace, stand, budget, now)
            no_acus = await reports_no_acus(tx, workspace, now)
        shows_names = workspace.policy.shows_names
        return Tried(budget, before, trial, named, used_up, no_acus=no_acus, names=shows_names, near=near)


async def _take(asked: Asked) -> Answer:
    """Have a row try the budget, unless something is wrong with what was typed; `budget set` alone opens its form."""
    if asked.spec is BUDGET_SET and not asked.argument.strip():
        return Form(BUDGET_SET.name, channel=asked.channel)
    wanted = parse_set(asked.argument)
    if isinstance(wanted, Problem):
        return views.problem(wanted, "try" if asked.spec is BUDGET_TRY else "set")
    return Deferred(own_lane(asked.key), asked.argument)


async def _trial(tx: Transaction, workspace: Workspace, stand: Standings, budget: Budget, now: float) -> Trial:
    """Return what `budget` would have blocked of what was started in the last days."""
    since, calendar = now - DAYS * DAY, await _Calendar.read(tx, workspace.organisation.id, now)
    of = (tx, workspace.team, workspace.organisation.id, budget.scope)
    own = await stand.with_own_budget(budget.scope.kind)
    started = await start_rows.read(*of, since, workspace.policy.wake_limits)
    starts = [start for start in started if start.subject not in own]  # for the others a budget of their own holds
    spent = await _spent(tx, workspace, stand, budget, calendar.period(budget, since).first, billing_day(now))
    usual = await stand.usual_use()
    return await asyncio.to_thread(replay, budget, usual, starts, spent, lambda at: calendar.period(budget, at))


async def _spent(
    tx: Transaction, workspace: Workspace, stand: Standings, budget: Budget, first: date, last: date
) -> Mapping[tuple[str, date], float]:
    if budget.scope.kind is ScopeKind.EACH_SESSION:
        return {}  # a session spends nothing before it is started
    if budget.scope.kind is ScopeKind.ORG:
        by_day = await stand.organisation_by_day(first, last)
        return {("", day): float(spent) for day, (spent, _) in by_day.items()}
    return await spend_rows.by_day(tx, workspace.team, budget.scope, first, last)


@dataclass(frozen=True, slots=True)
class _Calendar:
    """The billing cycles of the days that are looked at."""

    cycles: Sequence[Cycle]

    @classmethod
    async def read(cls, tx: Transaction, org_id: str, now: float) -> "_Calendar":
        cycles = [await cycle_of(tx, org_id, now)]
        while cycles[-1].first > billing_day(now - DAYS * DAY):
            cycles.append(await cycle_of(tx, org_id, bounds(cycles[-1].first - ONE_DAY)[0]))
        return cls(cycles)

    def period(self, budget: Budget, at: float) -> Period:
        """Return the period of `budget` that the instant `at` is in."""
        return period_of(budget.span, at, cycle_with(billing_day(at), self.cycles))
