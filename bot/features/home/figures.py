"""The figures of the Home tab: what a person's sessions used in this cycle, and how their budgets stand."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from bot.domain.amounts import cost, exact_sum
from bot.domain.billing import billing_day
from bot.domain.cycle import Cycle
from bot.features.budgets.check import own_budgets
from bot.features.budgets.sentences import days_about, own_line
from bot.features.budgets.standings import standings
from bot.features.consumption.cycles import cycle_of, limits_of
from bot.features.consumption.sentences import counted_through
from bot.features.cost import rows as person_spend
from bot.features.cost.rows import SpentByPerson
from bot.features.home.sentences import HomeFigures
from bot.kernel.admins import admins_of
from bot.kernel.workspace import Workspace
from bot.store.database.connection import Transaction
from bot.views.doubts import why_about

_DIRECT = "D"  # a direct message is no channel, so that only the budgets of the person and of the organisation hold


async def own_figures(
    tx: Transaction, workspace: Workspace, user: str, now: float, admins_read_after: float
) -> HomeFigures:
    """Return what `user` sees of this cycle. Admins, known since an instant, also see what the organisation used."""
    cycle, today = await cycle_of(tx, workspace.organisation.id, now), billing_day(now)
    spent = await person_spend.of_person(tx, workspace.team, user, cycle.first, today)
    about = await person_spend.about(tx, workspace.team, user, cycle.first, today)
    holding = await own_budgets(tx, workspace, user, _DIRECT, now)
    is_admin = user in (await admins_of(tx, workspace, admins_read_after)).ids
    limit = (await limits_of(tx, workspace.organisation.id, workspace.policy)).devin if is_admin else None
    return HomeFigures(
        cycle=cycle,
        acus=sum(expense.acus for expense in spent),
        sessions=len(spent),
        cost=cost(workspace.policy.acu_price, _by_day(spent)),
        about=about,
        organisation=await _organisation(tx, workspace, cycle, now) if is_admin else None,
        limit=limit.acus if limit else None,
        budgets=tuple(own_line(named) for named in holding),
        notes=(counted_through(today), *why_about(sorted({*about, *days_about(holding)}))),
    )


async def _organisation(tx: Transaction, workspace: Workspace, cycle: Cycle, now: float) -> Decimal:
    by_day = await (await standings(tx, workspace, now)).organisation_by_day(cycle.first, billing_day(now))
    return exact_sum(spent for spent, _ in by_day.values())


def _by_day(spent: Sequence[SpentByPerson]) -> dict[date, float]:
    sums: dict[date, float] = defaultdict(float)
    for expense in spent:
        for day, acus in expense.by_day.items():
            sums[day] += acus
    return sums
