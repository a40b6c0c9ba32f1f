"""Budgets keep sessions from being started and woken, and give a new session its limit. One that runs is never cut."""

from bot.domain.amounts import session_limit
from bot.domain.session import Session
from bot.features.budgets import rows as budgets
from bot.features.budgets import sentences as views
from bot.features.budgets.rules import ScopeKind, Standing, tightest
from bot.features.budgets.sentences import Named
from bot.features.budgets.standings import standings
from bot.kernel.gates import Asker, Limit
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store.database.connection import Transaction
from bot.views.message import Message


class BudgetCheck:
    """Says whether a budget is used up, and how much a new session may use. Admins fall under budgets too."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def start_refusal(self, who: Asker, *, again: bool = False) -> Message | None:
        """Return why `who` may start nothing now, or have nothing tried `again`; None if they may."""
        async with self._services.db.scan() as tx:
            theirs = await standings(tx, who.workspace, self._services.clock())
            standing = _used_up(await theirs.holding(who.user, who.channel))
            if standing is None:
                return None
            refused = views.retry_refused if again else views.start_refused
            return refused(await theirs.named(standing, who.reader))

    async def wake_refusal(self, who: Asker, session: Session, *, kept: bool = False) -> Message | None:
        """Return why `session` may not be woken now; None if no budget is used up."""
        async with self._services.db.scan() as tx:
            theirs = await standings(tx, who.workspace, self._services.clock())
            standing = _used_up(await theirs.holding(who.user, who.channel, session.id))
            if standing is None:
                return None
            refused = views.waking_refused if kept else views.wake_refused
            return refused(await theirs.named(standing, who.reader, in_thread=True))

    async def limit(self, who: Asker, work: str, ceiling: float | None, wanted: int | None, sessions: int) -> Limit:
        """Return how many ACUs Devin may use in each of the new `sessions`: the ceiling, unless a budget leaves less.

        They start at once, so they share what is left of each budget that is not for each session.
        """
        async with self._services.db.scan() as tx:
            theirs = await standings(tx, who.workspace, self._services.clock())
            holding = await theirs.holding(who.user, who.channel, work)
        each = ScopeKind.EACH_SESSION
        left = [
            standing.left if standing.budget.scope.kind is each else standing.left / sessions for standing in holding
        ]
        acus = session_limit([ceiling, *left])
        if acus is None or wanted is None or acus >= wanted:
            return Limit(acus)
        return Limit(acus, views.less_than_asked(acus, wanted))

    async def is_quick(self, tx: Transaction, team: str) -> bool:
        """Whether no budget is set. To add up what was spent of one may take longer than an ack should."""
        return not await budgets.exist(tx, team)


async def own_budgets(tx: Transaction, workspace: Workspace, user: str, channel: str, now: float) -> list[Named]:
    """Return how the budgets stand that hold for what `user` starts in `channel`, such as for `/devin cost`."""
    theirs = await standings(tx, workspace, now)
    return [await theirs.named(standing, user) for standing in await theirs.holding(user, channel)]


def _used_up(holding: list[Standing]) -> Standing | None:
    return tightest([standing for standing in holding if standing.is_used_up])
