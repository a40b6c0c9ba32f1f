"""Announces which levels of budgets are reached: once for each level, subject and period.

1. A tick adds up what was spent, and compares it with the rows of the levels that were announced.
2. Only where there is something new it writes: the row of the level, and the posts about it, in one transaction.
3. Of several levels that are reached at once the highest is announced. It also takes the place of posts about a lower
   one that are not on their way yet.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.conversation.session_rows import stop_row
from bot.domain.billing import billing_day
from bot.domain.keys import ref_of
from bot.features.budgets import rows as budgets
from bot.features.budgets import sentences as views
from bot.features.budgets.rules import USED_UP, ScopeKind, Standing
from bot.features.budgets.sentences import Uncapped
from bot.features.budgets.spend_rows import usual_use
from bot.features.budgets.standings import Standings, standings
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.store import channels, due, sessions
from bot.timing import HOUR
from bot.views.text import tenths

log = get_logger(__name__)

_Announced = Mapping[tuple[int, str, int], Decimal | None]
_PEOPLE: Final = frozenset({ScopeKind.PERSON, ScopeKind.EACH_PERSON})
_CHANNELS: Final = frozenset({ScopeKind.CHANNEL, ScopeKind.EACH_CHANNEL})


class BudgetWatch:
    """Watches the budgets of one workspace."""

    def __init__(self, services: Services, workspace: Workspace) -> None:
        self._services = services
        self._workspace = workspace

    async def tick(self) -> float:
        """Announce the levels that were reached since the last time. Returns the seconds until the next call."""
        for standing in await self._changed():
            await self._record(standing)
        await self._keep_usual_use()
        return self._services.timing.budgets

    async def _keep_usual_use(self) -> None:
        """Store each hour what sessions usually use: of 100,000 it takes longer to add up than a start should wait."""
        team, now = self._workspace.team, self._services.clock()
        async with self._services.db.scan() as tx:
            kept = await due.read(tx, due.usual_use(team))
            if (kept is not None and now < kept.at) or not await budgets.exist(tx, team):
                return
            acus = await usual_use(tx, team, billing_day(now))
        # A crash before this commit has it added up again.
        async with self._services.unit_of_work() as uow:
            await due.write(uow.tx, due.usual_use(team), now + HOUR, {"acus": acus})

    async def _changed(self) -> list[Standing]:
        """Return the standings about which a row of a level is missing or no longer right."""
        async with self._services.db.scan() as tx:
            known = await budgets.of_workspace(tx, self._workspace.team)
            if not known:
                return []
            stand = await standings(tx, self._workspace, self._services.clock())
            periods = sorted({stand.period(budget).name for budget in known})
            announced = await budgets.announced(tx, self._workspace.team, periods)
            found = [standing for budget in known for standing in await stand.of_all(budget, budget.levels[0])]
            return [standing for standing in found if _is_new(standing, announced)]

    async def _record(self, standing: Standing) -> None:
        """Record in one transaction which levels are reached, have the highest new one announced, and rearm others.

        A crash before the commit leaves all to the next tick. After it the rows keep every worker from doing it again.
        """
        async with self._services.unit_of_work() as uow:
            if await budgets.get(uow.tx, self._workspace.team, standing.budget.number) != standing.budget:
                return  # it was changed just now; the next tick adds up anew
            for level in standing.budget.levels:
                if standing.has_fallen_below(level):
                    await budgets.rearm(uow.tx, standing, level)
            reached = standing.crossed()
            times = [await budgets.record(uow.tx, self._workspace.team, standing, level, uow.now) for level in reached]
            if times and times[-1] is not None:
                stand = await standings(uow.tx, self._workspace, uow.now)
                await self._announce(uow, stand, standing, reached[-1], times[-1])

    async def _announce(self, uow: UnitOfWork, stand: Standings, standing: Standing, level: int, times: int) -> None:
        whose = f"{standing.budget.number}:{standing.subject}:{standing.period.name}"
        await budgets.replace_unposted(uow.tx, f"admins:budget:{whose}:", uow.now)
        await budgets.replace_unposted(uow.tx, f"budget:{whose}:", uow.now)
        key = f"budget:{whose}:{level}:{times}"
        uncapped: list[Uncapped] = []
        if level >= USED_UP:
            standing = await stand.with_reserved(standing.budget, standing.subject)
            uncapped = await self._uncapped(uow, stand, standing, key)
        named = await stand.named(standing)
        read_by = await uow.notify_admins(self._workspace, key, views.reached_for_admins(named, level, uncapped))
        if standing.subject not in read_by:
            await self._announce_to_owner(uow, stand, standing, level, key)
        facts = {"budget": standing.budget.number, "level": level}
        uow.after_commit(lambda: log.info("budget level reached", **facts))

    async def _uncapped(self, uow: UnitOfWork, stand: Standings, standing: Standing, key: str) -> list[Uncapped]:
        """Return the sessions without a limit that run on, which are stopped here if the workspace wants that.

        A crash before the commit stops none; after it the rows of the stops are carried out once.
        """
        stops, found = self._workspace.policy.stops_at_limit, []
        for session_id in standing.uncapped:
            session = await sessions.get(uow.tx, session_id)
            if session is None:  # of a fan-out, whose table has the button
                continue
            found.append(Uncapped(session.id, await stand.called(session.id), tenths(session.snapshot.acus), stops))
            if stops:
                row = stop_row(session.lane, ref_of(session.id), session, uow.now)
                await uow.add_to_inbox(replace(row, key=f"{key}:{session.id}"))
                named = await stand.named(standing, session.channel)
                if not await self._is_shared(uow, session.channel):
                    await uow.post(f"{key}:{session.id}", session, views.stopped_by(named))
        return found

    async def _announce_to_owner(
        self, uow: UnitOfWork, stand: Standings, standing: Standing, level: int, key: str
    ) -> None:
        """Have a level announced to the person, in the channel or in the thread of the session whose budget it is."""
        kind, subject, team = standing.budget.scope.kind, standing.subject, self._workspace.team
        if kind is ScopeKind.EACH_SESSION:
            session = await sessions.get(uow.tx, subject)
            if (
                session is not None
                and session.thread_ts is not None
                and not await self._is_shared(uow, session.channel)
            ):
                named = await stand.named(standing, in_thread=True)
                await uow.post(key, session, views.reached(named, level, session.requester))
        elif kind in _PEOPLE or (kind in _CHANNELS and not await self._is_shared(uow, subject)):
            message = views.reached(await stand.named(standing, subject), level)
            await uow.add_to_outbox(uow.post_row(key, team, subject, None, message))

    async def _is_shared(self, uow: UnitOfWork, channel: str) -> bool:
        """Whether another company shares a channel: what was spent is no business of theirs."""
        known = await channels.get(uow.tx, self._workspace.team, channel)
        return known is not None and known.is_shared


def _is_new(standing: Standing, announced: _Announced) -> bool:
    """Whether a level is reached that was not announced as it is now, or one has to be announced again from now on."""
    return any(_differs(standing, level, announced) for level in standing.budget.levels)


def _differs(standing: Standing, level: int, announced: _Announced) -> bool:
    key = (standing.budget.number, standing.subject, level)
    if standing.spent >= standing.threshold(level):
        at = announced.get(key)
        return at is None or at < standing.threshold(level)
    # Of one that is announced again anyway, and of one that never was, there is nothing to note.
    return announced.get(key) is not None and standing.has_fallen_below(level)
