"""`/devin budget`: lists budgets, sets and removes them, and grants more. Each change is an audit row."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.domain.commands.presses import undone
from bot.domain.commands.spec import CommandSpec
from bot.domain.session import NO_OPTIONS
from bot.features.budgets import grant_rows as grants
from bot.features.budgets import rows as budgets
from bot.features.budgets import sentences as views
from bot.features.budgets.grant_rows import Grant, GrantState
from bot.features.budgets.requests import Raise, name_beside_figures, record_raise, settle
from bot.features.budgets.rules import NAMED, USED_UP, Budget, Scope, ScopeKind, Standing
from bot.features.budgets.sentences import Entry, Granted, Named
from bot.features.budgets.specs import (
    BUDGET_GRANT,
    BUDGET_LIST,
    BUDGET_REMOVE,
    BUDGET_SET,
    BUDGET_SET_CONFIRMED,
    BUDGET_UNDO,
)
from bot.features.budgets.standings import Standings, reports_no_acus, standings
from bot.features.budgets.words import Problem, WantedGrant, parse_grant, parse_number, parse_set
from bot.kernel.access import Access
from bot.kernel.commands.handler import Asked, Handler
from bot.kernel.job import CommandJob, finish_with
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.store import audit
from bot.store.audit import AuditRow
from bot.store.database.connection import Transaction
from bot.views.message import Message
from bot.views.questions import STALE, TOO_LATE_TO_UNDO

# Whose own budget is looked for first, and whose budget for each of its kind then raises one of them.
_EACH: Final = {ScopeKind.PERSON: ScopeKind.EACH_PERSON, ScopeKind.CHANNEL: ScopeKind.EACH_CHANNEL}

_Change = Callable[[UnitOfWork, "ChangedBy", str], Awaitable[Message]]


@dataclass(frozen=True, slots=True)
class ChangedBy:
    """Who changes a budget, where, and under which key."""

    workspace: Workspace
    user: str
    channel: str
    key: str

    def row(self, uow: UnitOfWork, action: str, target: Scope, **changed: Any) -> AuditRow:
        """Return the audit row of a change."""
        return AuditRow(self.workspace.team, uow.now, self.user, action, str(target), self.channel or None, **changed)


class BudgetCommands:
    """Answers what is typed about budgets."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access
        self._changes: dict[str, _Change] = {
            BUDGET_SET_CONFIRMED.name: self._set,
            BUDGET_UNDO.name: self._undo,
            BUDGET_REMOVE.name: self._remove,
            BUDGET_GRANT.name: self._grant,
        }

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the commands do."""
        changes = dict.fromkeys((BUDGET_REMOVE, BUDGET_GRANT), Handler(self._change, self._run))
        pressed = dict.fromkeys((BUDGET_SET_CONFIRMED, BUDGET_UNDO), Handler(run=self._run))
        return {BUDGET_LIST: Handler(self._list), **changes, **pressed}

    async def _list(self, asked: Asked) -> Message:
        """Answer `budget list`, unless the person is a guest or of another company."""
        admin = await self._access.is_admin(asked.workspace, asked.user)  # first: Slack says who they are by now
        refusal = await self._access.refusal_in_ack(asked.workspace, asked.user)
        return refusal or await self.listing(asked.workspace, asked.user, asked.channel, admin=admin)

    async def listing(self, workspace: Workspace, user: str, channel: str, *, admin: bool) -> Message:
        """Return the list of budgets: for an admin all, for others those that hold for them in `channel`."""
        now = self._services.clock()
        async with self._services.db.scan(urgent=True) as tx:
            stand = await standings(tx, workspace, now)
            entries = await self._entries(tx, stand, workspace, user, channel, admin=admin)
            no_acus = await reports_no_acus(tx, workspace, now)
        return views.listing(entries, admin=admin, no_acus=no_acus)

    async def _change(self, asked: Asked) -> Message:
        """Carry out a command of an admin within the ack, and return the confirmation or what is wrong with it.

        A crash right after its commit leaves a change that was not confirmed; `budget list` shows it. The same command
        grants once, even if it comes twice, by its key.
        """
        by, name = ChangedBy(asked.workspace, asked.user, asked.channel, asked.key), asked.spec.name
        async with self._services.unit_of_work(urgent=True) as uow:
            return await self._changes[name](uow, by, asked.argument)

    async def _run(self, job: CommandJob) -> None:
        """Carry out a command of an admin that was written or confirmed, and confirm it privately."""
        cause = job.cause
        by = ChangedBy(job.workspace, cause.user or "", cause.channel or "", job.row.key)
        async with self._services.unit_of_work_for(job) as uow:
            message = await self._changes[cause.command](uow, by, cause.argument)
            await finish_with(uow, job, message)

    # ------------------------------------------------------------ the list

    async def _entries(
        self, tx: Transaction, stand: Standings, workspace: Workspace, user: str, channel: str, *, admin: bool
    ) -> list[Entry]:
        known = await budgets.of_workspace(tx, workspace.team)
        holding = {
            standing.budget.number: standing for standing in await stand.deciding(user, channel, options=NO_OPTIONS)
        }
        entries = []
        for budget in known:
            theirs = holding.get(budget.number)
            if theirs is None and admin and budget.scope.kind in {*NAMED, ScopeKind.ORG}:
                theirs = await stand.with_reserved(budget, budget.scope.subject)
            if theirs is None and not admin and budget.scope.kind is not ScopeKind.EACH_SESSION:
                continue
            shown = None if theirs is None else await _shown(stand, theirs, user)
            used_up = await self._used_up(stand, budget) if admin else 0
            granted = await _granted(stand, budget, "" if theirs is None else theirs.subject, admin=admin)
            entries.append(Entry(budget, shown, used_up, granted))
        return entries

    async def _used_up(self, stand: Standings, budget: Budget) -> int:
        if budget.scope.kind in {*NAMED, ScopeKind.ORG}:
            return 0  # the line shows it
        return sum(standing.is_used_up for standing in await stand.of_all(budget, USED_UP))

    # ------------------------------------------------------------ changes

    async def _set(self, uow: UnitOfWork, by: ChangedBy, typed: str) -> Message:
        wanted, team = parse_set(typed), by.workspace.team
        if isinstance(wanted, Problem):  # only the button of a question sets a budget, and it carries a valid one
            return STALE
        scope = await budgets.spelled(uow.tx, team, wanted.scope)
        if not isinstance(scope, Scope):  # the team was removed meanwhile
            return views.no_such_team(wanted.scope.subject, scope)
        wanted = replace(wanted, scope=scope)
        before = await budgets.of_scope(uow.tx, team, wanted.scope)
        if before is not None and (before.acus, before.span, before.warn) == (wanted.acus, wanted.span, wanted.warn):
            return views.set_already(before)  # by somebody who was faster
        budget = await budgets.put(uow.tx, team, wanted.scope, wanted.acus, wanted.span, wanted.warn, uow.now)
        changed = {"before": _rule(before) if before else None, "after": _rule(budget)}
        await audit.add(uow.tx, by.row(uow, BUDGET_SET.name, budget.scope, **changed))
        no_acus = await reports_no_acus(uow.tx, by.workspace, uow.now)
        return views.was_set(budget, before, uow.now, no_acus=no_acus)

    async def _undo(self, uow: UnitOfWork, by: ChangedBy, typed: str) -> Message:
        """Remove the budget that was set, or set the one back that it has replaced."""
        undoes = undone(typed, uow.now, uow.timing.undo)
        if undoes is None:
            return TOO_LATE_TO_UNDO
        back = self._remove if undoes.isdecimal() else self._set
        return await back(uow, by, undoes)

    async def _remove(self, uow: UnitOfWork, by: ChangedBy, typed: str) -> Message:
        number = parse_number(typed)
        if isinstance(number, Problem):
            return views.problem(number)
        budget = await budgets.remove(uow.tx, by.workspace.team, number)
        if budget is None:
            return views.no_such_number(number)
        await audit.add(uow.tx, by.row(uow, BUDGET_REMOVE.name, budget.scope, before=_rule(budget)))
        return views.was_removed(budget)

    async def _grant(self, uow: UnitOfWork, by: ChangedBy, typed: str) -> Message:
        wanted, workspace = parse_grant(typed), by.workspace
        if isinstance(wanted, Problem):
            return views.problem(wanted, "grant")
        scope = await budgets.spelled(uow.tx, workspace.team, wanted.scope)
        if not isinstance(scope, Scope):
            return views.no_such_team(wanted.scope.subject, scope)
        wanted = replace(wanted, scope=scope)
        budget = await _raised(uow.tx, workspace.team, wanted.scope)
        if budget is None:
            return views.no_budget(wanted.scope)
        stand = await standings(uow.tx, workspace, uow.now)
        period, subject = stand.period(budget), wanted.scope.subject
        state = GrantState.GRANTED
        grant = Grant(by.key, workspace.team, budget.number, subject, period.name, wanted.acus, by.user, state, uow.now)
        if await grants.add(uow.tx, grant):
            await record_raise(
                uow, workspace, stand, Raise(by.key, budget, subject, wanted.acus, by.user, by.channel or None)
            )
            await settle(uow, workspace, budget.number, subject)
        standing = await stand.of(budget, subject)
        named = await stand.named(standing, by.user)
        if named.is_hidden or (not subject and budget.scope.kind is not ScopeKind.ORG):
            return await _granted_to(stand, wanted, standing)
        granter = await name_beside_figures(uow.tx, workspace, by.user)
        return views.granted(replace(named, name="", yours=False), wanted.acus, granter)


async def _granted_to(stand: Standings, wanted: WantedGrant, standing: Standing) -> Message:
    """Confirm a grant without what is used; one for each of a kind with whom else it does not, or not alone, hold."""
    if wanted.scope.subject:
        return views.granted_to(wanted.scope, wanted.acus, standing)
    own = await stand.with_own_budget(wanted.scope.kind)
    single = [subject for subject in await stand.granted(standing.budget) if subject]
    return views.granted_to(wanted.scope, wanted.acus, standing, len(own), len(single))


async def _shown(stand: Standings, standing: Standing, viewer: str) -> Named | None:
    """Return `standing` as the list shows it to `viewer`, or None: a line that names another person shows no figure."""
    named = await stand.named(standing, viewer)
    return None if named.is_hidden else named


async def _granted(stand: Standings, budget: Budget, subject: str, *, admin: bool) -> Granted | None:
    """Return what was granted of `budget` for now; other people than an `admin` read of `subject` alone. Or None."""
    more = await stand.granted(budget)
    if not admin:
        more = {key: acus for key, acus in more.items() if key in {"", subject}}
    return Granted(stand.period(budget), more, names=stand.shows_names or not admin) if more else None


async def _raised(tx: Transaction, team: str, scope: Scope) -> Budget | None:
    """The budget that holds for `scope`: its own, or else that for each person or channel."""
    own = await budgets.of_scope(tx, team, scope)
    each = _EACH.get(scope.kind)
    return own if own is not None or each is None else await budgets.of_scope(tx, team, Scope(each))


def _rule(budget: Budget) -> dict[str, Any]:
    return {"acus": str(budget.acus), "span": budget.span.value, "warn": list(budget.warn)}
