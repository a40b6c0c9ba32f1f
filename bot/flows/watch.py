"""The poller: one look at Devin a tick, whatever the number of sessions, and only what changed is told.

1. One list of what was updated since the watermark; the watermark is Devin's time, never our clock.
2. Messages are read only where something may be new: a few at a time, a few dozen a tick.
3. For each session in one transaction: what was seen, what was relayed, the posts, the card's new version.
4. The watermark moves, but not past a session that was left for the next tick, unless that goes on for ten minutes.

A crash between the steps repeats them: a row that is not newer than the stored one changes nothing, and a post whose
key is there already is not made again.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.devin.errors import DevinError, DevinForbidden, DevinNotFound, DevinRateLimited, DevinRefused
from bot.devin.models import DevinSession, SessionInsights
from bot.devin.sessions import SessionFilters
from bot.domain.billing import billing_day
from bot.domain.lane import POLL_LANE
from bot.domain.session import TERMINAL_STATUSES, Session, Snapshot, Stage, bare_id
from bot.flows.finder import Finder
from bot.flows.listen import Heard, hear_nothing, listen
from bot.flows.tell import Tell
from bot.flows.tools import Step, Tools
from bot.flows.twins import UNCERTAIN_SECONDS, Twins
from bot.logs import get_logger
from bot.store import due, lanes, sessions, spend
from bot.store.lanes import Claim, ClaimLostError
from bot.store.sessions import Tracked

log = get_logger(__name__)

OVERLAP_SECONDS: Final = 120  # two changes may share a second, and Devin's machines may differ by some
READS_AT_ONCE: Final = 8
READS_A_TICK: Final = 30
SPOKEN_SECONDS: Final = 120.0  # how long after a person spoke an answer is expected
FRESH_SECONDS: Final = 2.0  # one for Devin's second, one for the time its answer takes
SWEEP_SECONDS: Final = 300.0  # how often message counts are compared for all that is watched
LONGEST_BACKOFF: Final = 300.0
LATE_SECONDS: Final = 600.0  # how long a session that is over for us may still show up or have last words at Devin
PATIENCE_SECONDS: Final = 600.0  # how long all others' watermark waits for one session that cannot be told
PIECE: Final = 50  # sessions at a stretch and in one transaction: an ack may be waiting beside it


@dataclass(frozen=True, slots=True)
class Look:
    """Where a tick starts from."""

    watermark: int = 0
    polled_at: float = 0.0
    swept_at: float = 0.0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """A session that may have news: what we knew, what Devin says now, and how often Devin has spoken, if told.

    `over` is whether only what it has cost is still of interest. `failed` is why it could not be read or told; `left`
    is whether the next look is to see to it.
    """

    tracked: Tracked
    snapshot: Snapshot
    count: int | None = None
    over: bool = False
    failed: Exception | None = None
    left: bool = False

    @property
    def session(self) -> Session:
        """Our record of it."""
        return self.tracked.session

    @property
    def changed(self) -> bool:
        """Whether the row says something new; one older than the stored one does not."""
        old = self.session.seen
        return self.snapshot != old and self.snapshot.updated_at >= old.updated_at

    @property
    def spoke(self) -> bool:
        """Whether Devin has said more than was told, as far as the count shows."""
        return self.count is not None and self.count > self.tracked.relay.devin_messages


class Watch:
    """Follows all sessions of the organisation."""

    def __init__(self, tools: Tools, finder: Finder, twins: Twins, tell: Tell) -> None:
        self._tools = tools
        self._finder = finder
        self._twins = twins
        self._tell = tell
        self._seats = asyncio.Semaphore(READS_AT_ONCE)
        self._looks = 0
        self._read: dict[str, int] = {}  # at which look the messages of one that is worth reading were last read
        self._fresh: dict[str, float] = {}  # until when one that changed may have changed again and not show it
        self._failing: dict[str, float] = {}  # since when one could not be told; after a crash patience begins anew
        self.polled_at = tools.clock()

    async def tick(self) -> float:
        """Look once; answers the seconds until the next look."""
        tools, now = self._tools, self._tools.clock()
        async with tools.db.scan() as tx:
            watched, busy = await sessions.restless(tx, now - SPOKEN_SECONDS)
            expected = watched or await sessions.may_appear(tx, now - LATE_SECONDS, now - UNCERTAIN_SECONDS)
        if not expected:
            self.polled_at = now
            return tools.rules.slow_poll_seconds  # only our own store was looked at
        interval = tools.rules.poll_seconds if busy else tools.rules.slow_poll_seconds
        async with tools.db.write() as tx:
            claim = await lanes.claim(tx, tools.db, POLL_LANE, tools.worker, tools.rules.lease_seconds)
        if claim is None:
            return interval
        try:
            return await self._look(claim, interval)
        except ClaimLostError:
            log.warning("poll was taken over")
            return interval

    async def _look(self, claim: Claim, interval: float) -> float:
        async with self._tools.db.read() as tx:
            stored = await due.read(tx, "poll")
        look = Look(**stored.state["look"]) if stored else Look(polled_at=self._tools.clock())
        try:
            after = await self._round(claim, look)
        except DevinError as error:
            return await self._back_off(claim, look, interval, error)
        if look.failures:
            log.info("poll works again", failures=look.failures)
        await self._remember(claim, after)
        self.polled_at = after.polled_at
        return interval

    async def _back_off(self, claim: Claim, look: Look, interval: float, error: DevinError) -> float:
        """The organisation as a whole waits; the watermark stays, so nothing is missed."""
        if not look.failures:
            log.warning("poll fails", error=type(error).__name__, status=error.status)
        await self._remember(claim, replace(look, failures=look.failures + 1))
        wait = error.retry_after or interval * 2.0 ** min(look.failures + 1, 10)
        return min(wait, LONGEST_BACKOFF)

    async def _remember(self, claim: Claim, look: Look) -> None:
        state = {"watermark": look.watermark, "polled_at": look.polled_at, "swept_at": look.swept_at}
        async with self._tools.step(claim) as step:
            await due.write(step.tx, "poll", step.now, {"v": 1, "look": state | {"failures": look.failures}})
            await lanes.release(step.tx, claim)

    # ------------------------------------------------------------ one round

    async def _round(self, claim: Claim, look: Look) -> Look:
        now = self._tools.clock()
        sweeping = now - look.swept_at >= SWEEP_SECONDS
        seen, newest = await self._list(claim, look)
        changed = {one.session.id: one for one in seen if one.changed}
        for one in await self._sweep() if sweeping else await self._expected():
            changed.setdefault(one.session.id, one)
        worth, rest = await self._worth_reading(list(changed.values()), look)
        looked_at = await self._hear_all(claim, worth, look.polled_at) + await self._tell_quietly(claim, rest)
        met = await self._twins.read_prompts(claim)
        ids = {one.session.id for one in looked_at}
        self._failing = {session_id: since for session_id, since in self._failing.items() if session_id in ids}
        # Devin's seconds are whole: something more may come in the one that was just looked at, and not show. So who
        # changed is read until that second is surely over, and once after.
        still = {session_id: at for session_id, at in self._fresh.items() if at > now}
        again = [*(one for one in changed.values() if one.changed), *(one for one in looked_at if one.left)]
        fresh = [*met, *self._failing, *(one.session.id for one in again)]
        self._fresh = still | dict.fromkeys(fresh, now + FRESH_SECONDS)
        watermark = min([newest, *(one.snapshot.updated_at - 1 for one in looked_at if one.left and one.changed)])
        return Look(max(watermark, look.watermark), now, now if sweeping else look.swept_at)

    async def _list(self, claim: Claim, look: Look) -> tuple[list[Seen], int]:
        filters = await self._changed_since(look)
        seen: list[Seen] = []
        newest = look.watermark
        async for page in self._tools.devin.session_pages(**filters):
            newest = max([newest, *(made.updated_at for made in page.items)])
            for start in range(0, len(page.items), PIECE):
                piece = page.items[start : start + PIECE]
                ours = await self._ours(piece)
                known = {bare_id(one.session.devin_id or "") for one in ours}
                strangers = [made for made in piece if bare_id(made.session_id) not in known]
                if await self._twins.end_younger(claim, strangers):
                    ours = await self._ours(piece)  # a thread may go on with another session now
                seen += ours
        return seen, newest

    async def _changed_since(self, look: Look) -> SessionFilters:
        filters: SessionFilters = {**await self._finder.ours()}
        if look.watermark:
            filters["updated_after"] = look.watermark - OVERLAP_SECONDS
        return filters

    async def _ours(self, listed: Sequence[DevinSession]) -> list[Seen]:
        """What is ours of a list: Devin ignores filters it does not know and then lists everything."""
        made_by = {bare_id(made.session_id): made for made in listed}
        async with self._tools.db.scan() as tx:
            known = await sessions.by_bare_ids(tx, list(made_by))
        now = self._tools.clock()
        return [_seen(tracked, made_by[bare], now) for bare, tracked in known.items()]

    async def _expected(self) -> list[Seen]:
        """Sessions that may have answered without a new row: just spoken to, seen waiting, or changed a moment ago."""
        async with self._tools.db.scan() as tx:
            expected = await sessions.expecting(tx, self._tools.clock() - SPOKEN_SECONDS, self._fresh)
        return [Seen(tracked, tracked.session.seen) for tracked in expected]

    async def _sweep(self) -> list[Seen]:
        """All that is watched, with message counts: a message need not move `updated_at`."""
        async with self._tools.db.scan() as tx:
            bare_ids = await sessions.open_bare_ids(tx)
        seen: list[Seen] = []
        async for piece in _pieces(self._insights({"session_ids": bare_ids})):
            seen += [one for one in await self._ours(piece) if one.changed or one.spoke]
        return seen + await self._expected()

    async def _worth_reading(self, seen: list[Seen], look: Look) -> tuple[list[Seen], list[Seen]]:
        """Who may have said something, and who has only new facts."""
        unsure = [one for one in seen if one.count is None]
        if len(unsure) > READS_A_TICK:
            seen = await self._counted(seen, look)
        worth = [one for one in seen if not one.over and (one.count is None or one.spoke or one.tracked.relay.waiting)]
        names = {one.session.id for one in worth}
        # Who was read longest ago is read first, so that nobody is left for ever.
        worth.sort(key=lambda one: (self._read.get(one.session.id, 0), one.snapshot.updated_at))
        return worth, [one for one in seen if one.session.id not in names]

    async def _counted(self, seen: list[Seen], look: Look) -> list[Seen]:
        filters = await self._changed_since(look)
        counts = {bare_id(made.session_id): _count(made) async for made in self._insights(filters)}
        return [replace(one, count=counts.get(bare_id(one.session.devin_id or ""))) for one in seen]

    async def _insights(self, filters: SessionFilters) -> Any:
        try:
            async for made in self._tools.devin.session_insights(**filters):
                yield made
        except (DevinForbidden, DevinNotFound):
            log.info("no insights; messages are read without counts")

    async def _hear_all(self, claim: Claim, worth: Sequence[Seen], polled_at: float) -> list[Seen]:
        """Read as many as a tick may, and tell each as soon as it is read; answers what came of each."""
        reading, left = worth[:READS_A_TICK], [replace(one, left=True) for one in worth[READS_A_TICK:]]
        self._looks += 1
        self._read = {one.session.id: self._read.get(one.session.id, 0) for one in left}
        self._read |= {one.session.id: self._looks for one in reading}
        heard = await asyncio.gather(*(self._hear(claim, one, polled_at) for one in reading))
        self._note_failing(heard)
        _check_outage(heard)
        return [*left, *heard]

    async def _hear(self, claim: Claim, one: Seen, polled_at: float) -> Seen:
        heard: Heard | None = None
        async with self._seats:
            try:
                heard = await listen(self._tools, one.session, one.tracked.relay)
            except DevinRefused as refused:
                # One conversation that may not be read holds up neither its state nor the others.
                log.warning("messages not read", session=one.session.id, status=refused.status)
                heard = hear_nothing(one.tracked.relay)
            except DevinError as error:
                log.warning("messages not read", session=one.session.id, error=type(error).__name__)
                one = replace(one, failed=error, left=self._patient(one))
        return one if one.left else await self._tell_one(claim, one, heard, polled_at)

    async def _tell_one(self, claim: Claim, one: Seen, heard: Heard | None, polled_at: float) -> Seen:
        """One session that trips us must not keep the others' news from being told."""
        try:
            told = await self._tell.session(claim, one.tracked, one.snapshot, heard, polled_at)
        except ClaimLostError:
            raise
        except Exception as error:
            log.exception("session not told", session=one.session.id)
            return replace(one, failed=error, left=self._patient(one))
        return replace(one, left=not told)

    def _patient(self, one: Seen) -> bool:
        now = self._tools.clock()
        return now - self._failing.get(one.session.id, now) < PATIENCE_SECONDS

    def _note_failing(self, told: Iterable[Seen]) -> None:
        for one in told:
            if one.failed is not None:
                self._failing.setdefault(one.session.id, self._tools.clock())
            else:
                self._failing.pop(one.session.id, None)

    async def _tell_quietly(self, claim: Claim, rest: list[Seen]) -> list[Seen]:
        """Those with nothing but figures go together, in pieces small enough for the inbox beside them.

        Answers what came of the others.
        """
        news = [one for one in rest if not one.over and self._tell.is_news(one.session.seen, one.snapshot)]
        told = [await self._tell_one(claim, one, hear_nothing(one.tracked.relay), 0.0) for one in news]
        self._note_failing(told)
        names = {one.session.id for one in news}
        figures = [one for one in rest if one.session.id not in names]
        day = billing_day(self._tools.clock())
        for start in range(0, len(figures), PIECE):
            async with self._tools.step(claim) as step:
                piece = await _current(step, figures[start : start + PIECE])
                await sessions.see_many(step.tx, [(one.session.id, one.snapshot) for one in piece])
                await spend.add(step.tx, day, _spent(piece))
                await self._tell.figures(step, [one.tracked for one in piece if _spent([one])])
        return told


def _check_outage(read: Sequence[Seen]) -> None:
    """One session that cannot be read keeps nobody else waiting; when none can, or Devin says so, all wait."""
    limits = [one.failed for one in read if isinstance(one.failed, DevinRateLimited)]
    unread = [one.failed for one in read if isinstance(one.failed, DevinError) and one.left]
    if limits or 1 < len(unread) == len(read):
        raise (limits or unread)[0]


async def _current(step: Step, piece: Sequence[Seen]) -> list[Seen]:
    """The same with what is stored now: a reply may have stored something newer since."""
    tracked = await sessions.tracked(step.tx, [one.session.id for one in piece])
    found = [replace(one, tracked=tracked[one.session.id]) for one in piece if one.session.id in tracked]
    return [one for one in found if one.changed]


async def _pieces(rows: AsyncIterator[SessionInsights]) -> AsyncIterator[list[SessionInsights]]:
    """A long list in pieces, so that neither the loop nor the memory holds all of it at once."""
    piece: list[SessionInsights] = []
    async for row in rows:
        piece.append(row)
        if len(piece) == PIECE:
            yield piece
            piece = []
    if piece:
        yield piece


def _seen(tracked: Tracked, made: DevinSession, now: float) -> Seen:
    session = tracked.session
    snapshot = made.snapshot().following(session.seen)
    if isinstance(made, SessionInsights) and snapshot.status == session.seen.status:
        snapshot = replace(snapshot, detail=snapshot.detail or session.seen.detail)  # only get and list tell it
    return Seen(tracked, snapshot, _count(made), _is_over(session, made, now))


def _is_over(session: Session, made: DevinSession, now: float) -> bool:
    """Whether only its cost still counts: we ended it, and its last words were told or are expected no longer.

    They are expected where not the poller but a refused reply or stop learned of the end.
    """
    if session.stage is not Stage.ENDED or session.stopped_by is not None:
        return session.stage is not Stage.OPEN
    lately = session.ended_at is not None and now - session.ended_at < LATE_SECONDS
    untold = made.status in TERMINAL_STATUSES and session.seen.status not in TERMINAL_STATUSES
    return not (lately and untold)


def _count(made: DevinSession) -> int | None:
    return made.num_devin_messages if isinstance(made, SessionInsights) else None


def _spent(seen: Iterable[Seen]) -> dict[str, float]:
    spent = {one.session.id: one.snapshot.acus - one.session.seen.acus for one in seen}
    return {key: acus for key, acus in spent.items() if acus > 0}
