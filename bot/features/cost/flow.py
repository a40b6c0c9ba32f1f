"""The answer to `/devin cost`: what a person's own sessions used in this billing cycle, by our own rows."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date

from bot.conversation.session_costs import cost_so_far
from bot.conversation.titles import permalink, title_of
from bot.domain.amounts import cost
from bot.domain.billing import billing_day
from bot.domain.commands.registry import COST
from bot.domain.commands.spec import CommandSpec
from bot.domain.session import Session
from bot.features.budgets.check import own_budgets
from bot.features.budgets.sentences import days_about, own_line
from bot.features.budgets.standings import reports_no_acus
from bot.features.consumption.cycles import cycle_of
from bot.features.cost import rows as person_spend
from bot.features.cost import sentences as own_cost_sentences
from bot.features.cost.rows import SpentByPerson
from bot.features.cost.sentences import MOST_EXPENSIVE_LISTED, OwnCosts, OwnSession
from bot.kernel.access import Access
from bot.kernel.commands.handler import Asked, Handler
from bot.kernel.job import CommandJob
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store.database.connection import Transaction
from bot.store.stored_sessions import stored
from bot.views.answers import sessions as session_sentences
from bot.views.doubts import why_about
from bot.views.message import Message


class OwnCost:
    """Shows people what their own sessions used."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does: in a session's thread it is about that session."""
        return {COST: Handler(self._answer, on_session=self._of_session)}

    async def _answer(self, asked: Asked) -> Message:
        refused = await self._access.refusal_in_ack(asked.workspace, asked.user) is not None
        return await self.answer(asked.workspace, asked.user, None if refused else asked.channel)

    async def _of_session(self, job: CommandJob, session: Session) -> None:
        price, acus = job.workspace.policy.acu_price, session.snapshot.acus
        async with self._services.db.read() as tx:
            so_far = await cost_so_far(tx, price, session.id, acus, self._services.clock())
        await self._services.answer(job, session_sentences.cost(session, so_far))

    async def answer(self, workspace: Workspace, user: str, channel: str | None = None) -> Message:
        """Return what the sessions of `user` used since the cycle began, the running day included.

        With a `channel` the budgets that hold for them there are shown as well.
        """
        now, org_id = self._services.clock(), workspace.organisation.id
        async with self._services.db.scan(urgent=True) as tx:
            cycle = await cycle_of(tx, org_id, now)
            spent = await person_spend.of_person(tx, workspace.team, user, cycle.first, billing_day(now))
            most_expensive = await self._most_expensive(tx, workspace, spent)
            about = await person_spend.about(tx, workspace.team, user, cycle.first, billing_day(now))
            no_acus = not any(expense.acus for expense in spent) and await reports_no_acus(tx, workspace, now)
            holding = [] if channel is None else await own_budgets(tx, workspace, user, channel, now)
        costs = OwnCosts(
            cycle=cycle,
            today=billing_day(now),
            acus=sum(expense.acus for expense in spent),
            outcomes=Counter(expense.outcome for expense in spent),
            most_expensive=most_expensive,
            worked=sum(expense.worked for expense in spent),
            cost=cost(workspace.policy.acu_price, _by_day(spent)),
            about=about,
            in_others=person_spend.in_others(spent, org_id),
            no_acus=no_acus,
        )
        notes = why_about(sorted({*about, *days_about(holding)}))
        return own_cost_sentences.own_cost(costs, [own_line(named) for named in holding], notes)

    async def _most_expensive(
        self, tx: Transaction, workspace: Workspace, spent: Sequence[SpentByPerson]
    ) -> tuple[OwnSession, ...]:
        listed = [expense for expense in spent if expense.acus > 0 and expense.stored][:MOST_EXPENSIVE_LISTED]
        found = await stored(tx, [expense.session_id for expense in listed])
        return tuple(
            OwnSession(
                title=title_of(session := found[expense.session_id]),
                acus=expense.acus,
                outcome=expense.outcome,
                thread=permalink(workspace, session),
                url=session.url,
            )
            for expense in listed
        )


def _by_day(spent: Sequence[SpentByPerson]) -> dict[date, float]:
    sums: dict[date, float] = defaultdict(float)
    for expense in spent:
        for day, acus in expense.by_day.items():
            sums[day] += acus
    return sums
