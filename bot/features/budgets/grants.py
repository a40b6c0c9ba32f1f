"""A budget is raised for its running period: a row, an audit row, and a message to those whom it concerns."""

from dataclasses import dataclass, replace
from decimal import Decimal

from bot.features.budgets import sentences as views
from bot.features.budgets.rules import Budget, ScopeKind
from bot.features.budgets.standings import Standings
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.store import audit, channels, people
from bot.store.audit import AuditRow
from bot.store.database.connection import Transaction

ACTION = "budget_grant"


@dataclass(frozen=True, slots=True)
class Raise:
    """So many ACUs more for the `subject` of a budget, or for all of them if it is empty, by the admin `by`.

    `key` is that of the grant, and `asker` who asked for it, if anybody did. `channel` is where it was decided. `then`
    says what becomes of what the asker kept.
    """

    key: str
    budget: Budget
    subject: str
    acus: Decimal
    by: str
    channel: str | None
    asker: str | None = None
    then: str = ""


async def record_raise(uow: UnitOfWork, workspace: Workspace, now_stand: Standings, increase: Raise) -> None:
    """Write the audit row of a grant that is stored, and inform whom it concerns."""
    standing = await now_stand.of(increase.budget, increase.subject)
    before = replace(standing, acus=standing.acus - increase.acus)
    period = {"period": standing.period.name}
    row = AuditRow(
        team=workspace.team,
        at=uow.now,
        user=increase.by,
        action=ACTION,
        target=subject_of(increase.budget, increase.subject),
        channel=increase.channel,
        before={"acus": str(before.acus)} | period,
        after={"acus": str(standing.acus)} | period,
    )
    await audit.add(uow.tx, row)
    await _inform(uow, workspace, now_stand, increase)


async def name_beside_figures(tx: Transaction, workspace: Workspace, user: str) -> str:
    """Return the name of `user` for a message with figures.

    It is empty where figures name nobody, and for somebody whose name was never read from Slack.
    """
    if not workspace.policy.shows_names:
        return ""
    return (await people.names(tx, workspace.team, [user])).get(user, "")


def subject_of(budget: Budget, subject: str) -> str:
    """Name a subject of a budget for an audit row, such as "each-person U0ANN"."""
    return str(budget.scope) if subject == budget.scope.subject else f"{budget.scope.kind.value} {subject}"


async def _inform(uow: UnitOfWork, workspace: Workspace, now_stand: Standings, increase: Raise) -> None:
    """Post the grant to who asked for it, and to the person or in the channel whose budget it is."""
    theirs = {ScopeKind.PERSON, ScopeKind.EACH_PERSON, ScopeKind.CHANNEL, ScopeKind.EACH_CHANNEL}
    owner = increase.subject if increase.budget.scope.kind in theirs else ""
    for to in dict.fromkeys(filter(None, (increase.asker, owner))):
        await _inform_one(uow, workspace, now_stand, increase, to)


async def _inform_one(uow: UnitOfWork, workspace: Workspace, now_stand: Standings, increase: Raise, to: str) -> None:
    known = await channels.get(uow.tx, workspace.team, to)
    if known is not None and known.is_shared:
        return  # what was spent is no business of another company
    named = await now_stand.named(await now_stand.of(increase.budget, increase.subject), to)
    by = await name_beside_figures(uow.tx, workspace, increase.by)
    message = views.granted_to_you(named, increase.acus, by, refused=to == increase.asker, then=increase.then)
    await uow.add_to_outbox(uow.post_row(f"granted:{increase.key}:{to}", workspace.team, to, None, message))
