"""Budgets keep sessions from being started and woken, and give a new session its limit. One that runs is never cut.

The rule: a session holds what it may still use; one that nobody limited holds what such sessions usually use.

1. A start is refused at once if no budget has room for it. What is known of it by then is who asks where; the budgets
   of its team and its repository are asked next, with what its text asks for.
2. Right before Devin is asked for the session that is decided again, and the limit of the session is stored with that.
   So no session with a limit passes a budget, even if many start at the same time. One without may, and is named.
3. A reply that would wake a session is refused unless there is room for all that the session may still use: nobody can
   lower the limit that it has at Devin. That is decided again too, right before the reply is sent.
"""

from decimal import Decimal

from bot.domain.session import Session
from bot.domain.waking import may_still_use
from bot.features.budgets import rows as budgets
from bot.features.budgets import sentences as views
from bot.features.budgets.rules import Standing, admission, tightest
from bot.features.budgets.sentences import Act, Named, Refusal, Waking
from bot.features.budgets.standings import Standings, standings
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
            full = admission(await theirs.deciding(who.user, who.channel)).full
            if full is None:
                return None
            return _refused(await theirs.named(full, who.reader), Act.RETRY if again else Act.START, who)

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
            named = await theirs.named(full, who.reader, in_thread=True)
            return _refused(named, Act.WAKE if kept else Act.REPLY, who)

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
            return _refused(await theirs.named(used_up, who.reader), Act.STEER, who)

    async def limit(self, tx: Transaction, who: Asker, work: Work) -> Limit | Message:
        """Return how many ACUs each session may use, unless a budget has no room for that, or why none may begin.

        That is its ceiling, or without one what sessions usually use. Those that start at once share the room of each
        budget that is not for each session. All is added up under the lock, so that no budget is passed.
        """
        if not await budgets.lock(tx, who.workspace.team):
            return Limit(None)
        theirs = await standings(tx, who.workspace, self._services.clock())
        if work.woken is not None:
            return await _wake_refusal(theirs, who, work.woken) or Limit(None)
        holding = await theirs.deciding(who.user, who.channel, work.id, options=work.options, but_for=work.id)
        admitted = admission(holding, work.ceiling, work.sessions, await theirs.usual_use())
        if admitted.full is not None:
            named, act = await theirs.named(admitted.full, who.reader), Act.RETRY if work.again else Act.START
            return _refused(named, act, who, work.sessions)
        acus = admitted.acus
        if acus is None or work.wanted is None or acus >= work.wanted:
            return Limit(acus)
        return Limit(acus, views.less_than_asked(acus, work.wanted))

    async def is_quick(self, tx: Transaction, workspace: Workspace) -> bool:
        """Whether no budget is set. To add up what was spent of one may take longer than an ack should."""
        return not await budgets.exist(tx, workspace.team)


async def own_budgets(tx: Transaction, workspace: Workspace, user: str, channel: str, now: float) -> list[Named]:
    """Return how the budgets stand that hold for what `user` starts in `channel`, such as for `/devin cost`.

    That of a team of few people is left out where people aren't named.
    """
    theirs = await standings(tx, workspace, now)
    named = [await theirs.named(standing, user) for standing in await theirs.holding(user, channel)]
    return [one for one in named if not one.is_hidden]


async def _wake_refusal(theirs: Standings, who: Asker, session: Session, *, kept: bool = False) -> Message | None:
    """Why `session` may not be woken by the budgets that hold for it."""
    waking = Waking(session.id, may_still_use(session) or Decimal(0))
    holding = await theirs.deciding(who.user, who.channel, session.id, options=session.options, but_for=session.id)
    full = tightest([standing for standing in holding if not standing.has_room_for(waking.needs)])
    if full is None:
        return None
    named = await theirs.named(full, who.reader, in_thread=True)
    return _refused(named, Act.WAKE if kept else Act.REPLY, who, waking=waking)


def _refused(named: Named, act: Act, who: Asker, sessions: int = 1, waking: Waking | None = None) -> Message:
    """Say why something is not done, which waits for room unless it can't, or is kept under a question anyway."""
    start = "" if act is Act.WAKE else who.start
    said = views.refused(Refusal(named, act, sessions, waking, start))
    return ForNow(said.text, said.blocks) if start else said


async def _of_reader(theirs: Standings, who: Asker) -> list[Standing]:
    """The budget of the reader, who is another person than the session's asker; a channel's holds already."""
    return [] if who.reader == who.user else await theirs.of_person(who.reader)


def _used_up(holding: list[Standing]) -> Standing | None:
    return tightest([standing for standing in holding if standing.is_used_up])


def _without_room(holding: list[Standing]) -> Standing | None:
    return tightest([standing for standing in holding if not standing.has_room])
