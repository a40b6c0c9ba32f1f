"""Budgets keep sessions from being started and woken, and give a new session its limit. One that runs is never cut."""

from bot.domain.budgets import ScopeKind, Standing, session_limit, tightest
from bot.domain.causes import MessageCause
from bot.domain.fan_out import FanOut
from bot.domain.session import Session
from bot.domain.waking import is_asleep
from bot.flows.job import Job
from bot.flows.money.budgets.standings import standings
from bot.flows.services import Services
from bot.flows.workspace import Workspace
from bot.store.database.connection import Transaction
from bot.views import budgets as views
from bot.views.budgets import Named
from bot.views.message import Message


class BudgetCheck:
    """Says whether a budget is used up, and how much a new session may use. Admins fall under budgets too."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def start_refusal(self, workspace: Workspace, user: str, channel: str) -> Message | None:
        """Return why `user` may start nothing in `channel` now; None if they may."""
        async with self._services.db.scan() as tx:
            theirs = await standings(tx, workspace, self._services.clock())
            one = _used_up(await theirs.holding(user, channel))
            return None if one is None else views.start_refused(await theirs.named(one, user))

    async def retry_refusal(self, workspace: Workspace, fan_out: FanOut, viewer: str) -> Message | None:
        """Return why `viewer` may not have sessions of `fan_out` tried again now; None if they may.

        The budgets are those of who asked for the fan-out, and of its channel.
        """
        async with self._services.db.scan() as tx:
            theirs = await standings(tx, workspace, self._services.clock())
            one = _used_up(await theirs.holding(fan_out.user, fan_out.channel))
            return None if one is None else views.retry_refused(await theirs.named(one, viewer))

    async def refuses_wake(self, job: Job[MessageCause], session: Session) -> bool:
        """Whether the reply in the job's row would wake `session` although a budget is used up.

        Then its author is answered so, and the row is closed.
        """
        if not is_asleep(session) or job.row.intent_at is not None:
            return False  # with an intent Devin may have the reply already
        used_up = await self.used_up(job.workspace, session, job.cause.user)
        if used_up is None:
            return False
        await self._services.answer(job, views.wake_refused(used_up), session)
        return True

    async def used_up(self, workspace: Workspace, session: Session, user: str) -> Named | None:
        """Return the budget, as `user` reads it, that keeps `session` from being woken now; None if none does."""
        async with self._services.db.scan() as tx:
            theirs = await standings(tx, workspace, self._services.clock())
            one = _used_up(await theirs.holding(session.requester, session.channel, session.id))
            return None if one is None else await theirs.named(one, user, in_thread=True)

    async def limit(self, workspace: Workspace, session: Session) -> int | None:
        """Return how many ACUs Devin may use in the new `session`: its ceiling, unless a budget leaves less.

        The ceiling itself stays as it is: it holds over wakings, and a budget may have room again by then.
        """
        ceiling = workspace.policy.wake_limits.own_ceiling(session)
        async with self._services.db.scan() as tx:
            theirs = await standings(tx, workspace, self._services.clock())
            holding = await theirs.holding(session.requester, session.channel, session.id)
        return session_limit([ceiling, *(one.left for one in holding)])

    async def fan_out_limit(self, workspace: Workspace, fan_out: FanOut, sessions: int) -> int | None:
        """Return how many ACUs Devin may use in each of so many new `sessions` of `fan_out`, as `limit` does for one.

        They start at once, so they share what is left of each budget that is not for each session.
        """
        ceiling = fan_out.options.acu or workspace.policy.wake_limits.session_acus
        async with self._services.db.scan() as tx:
            theirs = await standings(tx, workspace, self._services.clock())
            holding = await theirs.holding(fan_out.user, fan_out.channel, fan_out.id)
        each = ScopeKind.EACH_SESSION
        left = [one.left if one.budget.scope.kind is each else one.left / sessions for one in holding]
        return session_limit([ceiling, *left])


async def own_budgets(tx: Transaction, workspace: Workspace, user: str, channel: str, now: float) -> list[Named]:
    """Return how the budgets stand that hold for what `user` starts in `channel`, such as for `/devin cost`."""
    theirs = await standings(tx, workspace, now)
    return [await theirs.named(one, user) for one in await theirs.holding(user, channel)]


def _used_up(holding: list[Standing]) -> Standing | None:
    return tightest([one for one in holding if one.is_used_up])
