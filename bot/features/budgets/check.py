"""Budgets keep sessions from being started and woken, and give a new session its limit. One that runs is never cut.

1. A start is refused at once if no budget has room for it: what is used, and what sessions that go on may still use.
2. Right before Devin is asked for the session that is decided again, and the limit of the session is stored with that.
   So budgets are never passed by sessions that start at the same time.
3. A reply that would wake a session is refused unless there is room for all that the session may still use: nobody can
   lower the limit that it has at Devin. That is decided again too, right before the reply is sent.
"""

from dataclasses import dataclass
from decimal import Decimal

from bot.domain.amounts import session_limit
from bot.domain.session import Session
from bot.domain.waking import may_still_use
from bot.features.budgets import rows as budgets
from bot.features.budgets import sentences as views
from bot.features.budgets.rules import ScopeKind, Standing, room_for_each, tightest
from bot.features.budgets.sentences import Named, Waking
from bot.features.budgets.standings import AddedUp, Standings, standings
from bot.kernel.gates import Asker, ForNow, Limit, Work
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store.database.connection import Transaction
from bot.views.message import Message


class BudgetCheck:
    """Says whether a budget has room, and how much a new session may use. Admins fall under budgets too."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def start_refusal(self, who: Asker, *, again: bool = False) -> Message | None:
        """Return why `who` may start nothing now, or have nothing tried `again`; None if they may."""
        async with self._services.db.scan() as tx:
            theirs = await standings(tx, who.workspace, self._services.clock())
            full = _without_room(await theirs.deciding(who.user, who.channel))
            if full is None:
                return None
            named = await theirs.named(full, who.reader)
            if who.start:
                return _for_now(views.start_kept(named, who.start))
            return views.retry_refused(named) if again else views.start_refused(named)

    async def wake_refusal(self, who: Asker, session: Session, *, kept: bool = False) -> Message | None:
        """Return why `session` may not be woken now; None if every budget has room for what it may still use."""
        async with self._services.db.scan() as tx:
            theirs = await standings(tx, who.workspace, self._services.clock())
            refused = await _wake_refusal(theirs, who, session, kept=kept)
            if refused is not None:
                return refused
            full = _without_room(await _of_reader(theirs, who))
            if full is None:
                return None
            return _not_woken(who, await theirs.named(full, who.reader, in_thread=True), kept=kept)

    async def steer_refusal(self, who: Asker, session: Session) -> Message | None:
        """Return why the reader may not write to a session of somebody else: what it costs is theirs to steer."""
        del session
        if who.reader == who.user:
            return None
        async with self._services.db.scan() as tx:
            theirs = await standings(tx, who.workspace, self._services.clock())
            used_up = _used_up(await _of_reader(theirs, who))
            if used_up is None:
                return None
            named = await theirs.named(used_up, who.reader)
            if _may_wait(who, named):
                return _for_now(views.steer_kept(named, who.start))
            return views.steer_refused(named)

    async def admission(self, who: Asker, work: Work) -> "BudgetAdmission":
        """Add up what is spent of the budgets that hold for `work`, which may take longer than a transaction may."""
        now = self._services.clock()
        async with self._services.db.scan() as tx:
            holding = await (await standings(tx, who.workspace, now)).holding(who.user, who.channel, work.id)
        spent = {(of.budget.number, of.subject, of.period.name): of.spent for of in holding}
        return BudgetAdmission(who, work, now, spent)

    async def is_quick(self, tx: Transaction, workspace: Workspace) -> bool:
        """Whether no budget is set. To add up what was spent of one may take longer than an ack should."""
        return not await budgets.exist(tx, workspace.team)


@dataclass(frozen=True, slots=True)
class BudgetAdmission:
    """The `work` of somebody, with what was `spent` at the instant `now` of the budgets that hold for it."""

    who: Asker
    work: Work
    now: float
    spent: AddedUp

    async def limit(self, tx: Transaction) -> Limit | Message:
        """Return how many ACUs each session may use: its ceiling, unless a budget has less room, or why none may begin.

        They start at once, so they share the room of each budget that is not for each session.
        """
        who, work = self.who, self.work
        if not await budgets.lock(tx, who.workspace.team):
            return Limit(None)
        theirs = await standings(tx, who.workspace, self.now, self.spent)
        if work.woken is not None:
            return await _wake_refusal(theirs, who, work.woken) or Limit(None)
        holding = await theirs.deciding(who.user, who.channel, work.id, but_for=work.id)
        each = [standing.free for standing in holding if standing.budget.scope.kind is ScopeKind.EACH_SESSION]
        bounded = session_limit([work.ceiling, *each])
        shared = [standing for standing in holding if standing.budget.scope.kind is not ScopeKind.EACH_SESSION]
        rooms = [room_for_each(standing.free, work.sessions, bounded=bounded is not None) for standing in shared]
        if not all(rooms):
            full = min(shared, key=_free)
            refused = views.retry_refused if work.again else views.start_refused
            return refused(await theirs.named(full, who.reader), work.sessions)
        acus = min(rooms if bounded is None else [bounded, *rooms], default=None)
        if acus is None or work.wanted is None or acus >= work.wanted:
            return Limit(acus)
        return Limit(acus, views.less_than_asked(acus, work.wanted))


async def own_budgets(tx: Transaction, workspace: Workspace, user: str, channel: str, now: float) -> list[Named]:
    """Return how the budgets stand that hold for what `user` starts in `channel`, such as for `/devin cost`."""
    theirs = await standings(tx, workspace, now)
    return [await theirs.named(standing, user) for standing in await theirs.holding(user, channel)]


async def _wake_refusal(theirs: Standings, who: Asker, session: Session, *, kept: bool = False) -> Message | None:
    """Why `session` may not be woken by the budgets that hold for it."""
    waking = Waking(session.id, may_still_use(session) or Decimal(0))
    holding = await theirs.deciding(who.user, who.channel, session.id, but_for=session.id)
    full = tightest([standing for standing in holding if not standing.has_room_for(waking.needs)])
    if full is None:
        return None
    return _not_woken(who, await theirs.named(full, who.reader, in_thread=True), waking, kept=kept)


def _not_woken(who: Asker, named: Named, waking: Waking | None = None, *, kept: bool) -> Message:
    """Say that a session is not woken: by a press under the question, or by a reply, which may wait for an admin."""
    if kept:
        return views.waking_refused(named, waking)
    if _may_wait(who, named):
        return _for_now(views.reply_kept(named, who.start, waking))
    return views.wake_refused(named, waking)


def _may_wait(who: Asker, named: Named) -> bool:
    """Whether what is asked for can wait until an admin makes room for it."""
    return bool(who.start) and not views.is_held(named)


def _for_now(kept: Message) -> ForNow:
    return ForNow(kept.text, kept.blocks)


async def _of_reader(theirs: Standings, who: Asker) -> list[Standing]:
    """The budget of the reader, who is another person than the session's asker; a channel's holds already."""
    return [] if who.reader == who.user else await theirs.of_person(who.reader)


def _used_up(holding: list[Standing]) -> Standing | None:
    return tightest([standing for standing in holding if standing.is_used_up])


def _without_room(holding: list[Standing]) -> Standing | None:
    return tightest([standing for standing in holding if not standing.has_room])


def _free(standing: Standing) -> Decimal:
    return standing.free
