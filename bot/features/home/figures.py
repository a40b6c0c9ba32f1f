"""The figures of the Home tab: a person's own in this cycle and, for admins, how the workspace stands."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.conversation.titles import ShownTitles, permalink
from bot.domain.amounts import cost
from bot.domain.billing import billing_day
from bot.domain.list_groups import ListGroup
from bot.domain.readers import Readers
from bot.features.alarms import rows as alarms
from bot.features.alarms.drawer import alarm_key, notice
from bot.features.alarms.rules import AlarmKind
from bot.features.budgets import rows as budgets
from bot.features.budgets.check import own_budgets
from bot.features.budgets.rules import ScopeKind
from bot.features.budgets.sentences import days_about, own_line
from bot.features.budgets.standings import standings
from bot.features.consumption.cycles import cycle_of
from bot.features.consumption.sentences import counted_through
from bot.features.cost import rows as person_spend
from bot.features.cost.rows import SpentByPerson
from bot.features.home.sentences import MOST_OF_ALL, AtHome, HomeFigures
from bot.features.home.sentences import Workspace as Whole
from bot.features.usage.usage_ledger import UsageLedger
from bot.kernel.admins import admins_of
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store import posts, session_lists, sessions
from bot.store.database.connection import Transaction
from bot.views.doubts import why_about

_DIRECT = "D"  # a direct message is no channel, so that only the budgets of the person and of the organisation hold


async def of_workspace(services: Services, tx: Transaction, workspace: Workspace, user: str) -> Whole:
    """Return what runs in the workspace, which budgets are near their end, and which alarms are open, for an admin."""
    running, number, own = await session_lists.running(tx, workspace.team, user, MOST_OF_ALL)
    titles = await ShownTitles.read(tx, workspace, Readers(person=user))
    names = workspace.policy.shows_names
    return Whole(
        [
            AtHome(
                ListGroup.WORKING,
                services.workspaces.with_code_hosts(session),
                permalink(workspace, session),
                session.requester_name if names else "",
                titles.replacement(session.channel, session.requester),
            )
            for session in running
        ],
        number,
        own,
        await _near_their_end(tx, workspace, user, services.clock()),
        await _open_alarms(tx, workspace, services.clock()),
    )


async def _near_their_end(tx: Transaction, workspace: Workspace, user: str, now: float) -> list[str]:
    """Return a line for each budget that has reached a warning level, the most used first."""
    stand = await standings(tx, workspace, now)
    found = [
        standing
        for budget in await budgets.of_workspace(tx, workspace.team)
        if budget.scope.kind is not ScopeKind.EACH_SESSION
        for standing in await stand.of_all(budget, min(budget.levels))
        if standing.crossed()
    ]
    first = sorted(found, key=lambda standing: -standing.percent)[:MOST_OF_ALL]
    named = [await stand.named(standing, user) for standing in first]
    lines = [own_line(one) for one in named if not one.is_hidden]
    more = len(found) - len(lines)
    return [*lines, *([f"and {more:,} more: `/devin budget list`"] if more else [])]


async def _open_alarms(tx: Transaction, workspace: Workspace, now: float) -> list[tuple[str, str | None]]:
    lines: list[tuple[str, str | None]] = []
    for alarm in reversed(await alarms.current(tx, workspace.organisation.id, now)):
        if alarm.team == workspace.team and alarm.over_at is None and len(lines) < MOST_OF_ALL:
            session = await sessions.get(tx, alarm.subject) if alarm.kind is AlarmKind.RUNAWAY else None
            post = await posts.get(tx, alarm_key(alarm))
            address = workspace.slack.permalink(alarm.channel, post.ts) if post is not None and post.ts else None
            shown = await notice(tx, workspace, replace(alarm, thread_ts=None), session, None)
            lines.append((shown.blocks[0]["text"]["text"], address))
    return lines


async def own_figures(
    services: Services, tx: Transaction, workspace: Workspace, user: str, admins_read_after: float
) -> HomeFigures:
    """Return what `user` sees of this cycle. Admins, known since an instant, also see what the organisation used."""
    now = services.clock()
    cycle, today = await cycle_of(tx, workspace.organisation.id, now), billing_day(now)
    spent = await person_spend.of_person(tx, workspace.team, user, cycle.first, today)
    about = await person_spend.about(tx, workspace.team, user, cycle.first, today)
    holding = await own_budgets(tx, workspace, user, _DIRECT, now)
    is_admin = user in (await admins_of(tx, workspace, admins_read_after)).ids
    return HomeFigures(
        cycle=cycle,
        acus=sum(expense.acus for expense in spent),
        sessions=len(spent),
        cost=cost(workspace.policy.acu_price, _by_day(spent)),
        about=about,
        in_others=person_spend.in_others(spent, workspace.organisation.id),
        organisation=await UsageLedger(services).of_cycle(tx, workspace, cycle, today) if is_admin else None,
        budgets=tuple(own_line(named) for named in holding),
        notes=(counted_through(today), *why_about(sorted({*about, *days_about(holding)}))),
    )


def _by_day(spent: Sequence[SpentByPerson]) -> dict[date, float]:
    sums: dict[date, float] = defaultdict(float)
    for expense in spent:
        for day, acus in expense.by_day.items():
            sums[day] += acus
    return sums
