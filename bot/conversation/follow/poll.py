"""The poller: one list of an organisation in each cycle, however many sessions it has, and only changes are announced.

1. Sessions updated since the watermark are listed. The watermark is Devin's time, never our clock.
2. Messages are read only where something may be new: a few at a time, a few dozen in a cycle.
3. For each session one transaction stores its snapshot, its relay position, its posts and the card's new version.
4. The watermark moves on, but not past a session that was left for the next cycle, unless that lasts ten minutes.

A crash in between repeats some of this: a snapshot that is not newer than the stored one changes nothing, and a post
whose key is stored is not made again.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, replace
from math import ceil, inf
from typing import Any, Final

from bot.conversation.follow import history
from bot.conversation.follow.announce import Announce, PollTimes
from bot.conversation.follow.duplicates import Duplicates
from bot.conversation.follow.polled_session import PolledSession, message_count, polled_session
from bot.conversation.follow.read_messages import NewMessages, no_new_messages, read_messages
from bot.conversation.lookup import CLOCKS_APART, SessionLookup
from bot.conversation.session_rows import stop_at_most
from bot.devin.answers import Page
from bot.devin.errors import (
    DevinError,
    DevinRateLimited,
    DevinRefused,
    DevinUncertain,
)
from bot.devin.models import DevinSession, SessionInsights
from bot.devin.sessions import SessionFilters
from bot.domain.announcements import keeps_words_back, turn_end
from bot.domain.lane import poll_lane
from bot.domain.session import bare_id, moved
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.store import due, lanes, session_days, sessions, watched_sessions
from bot.store.lanes import Claim, ClaimLostError
from bot.store.watched_sessions import QUIET_PARTS, Sweep

log = get_logger(__name__)

READS_AT_ONCE: Final = 8
READS_A_CYCLE: Final = 30
UNCOUNTED: Final = 3  # so many sessions are read without asking first how many messages each has
LEAST_SWEPT: Final = 200  # sessions whose messages are counted in a cycle of a sweep
SILENCE_CHECKS: Final = 20  # looks for silent sessions in the time after which one counts as silent
BATCH_SIZE: Final = 50  # sessions in one transaction, which is short because an ack may wait for it


@dataclass(frozen=True, slots=True)
class PollState:
    """What a poll cycle starts from; `failures` counts the cycles that have failed since the last good one.

    `unread_prompts` are the ids of sessions at Devin whose prompt has to be read, to see whether they are ours. The
    sweep that began at `swept_at` counts in each cycle the messages of `sweep_most` sessions behind the id
    `sweep_after`, which is None once it is over.
    """

    watermark: int = 0
    polled_at: float = 0.0
    swept_at: float = 0.0
    failures: int = 0
    unread_prompts: tuple[str, ...] = ()
    sweep_after: str | None = None
    sweep_most: int = 0
    sweep_part: int = 0  # which part of the quiet sessions is in it

    @classmethod
    def stored(cls, state: dict[str, Any]) -> "PollState":
        """The state that `state`, the JSON of its row, holds."""
        found = state["poll"]
        return cls(**{**found, "unread_prompts": tuple(found["unread_prompts"])})


class Poller:
    """Polls the sessions of an organisation, and has their changes announced."""

    def __init__(
        self, services: Services, organisation: Organisation, lookup: SessionLookup, announce: Announce
    ) -> None:
        self._services = services
        self._organisation = organisation
        self._lookup = lookup
        self._duplicates = Duplicates(services, organisation, lookup)
        self._announce = announce
        self._slots = asyncio.Semaphore(READS_AT_ONCE)
        # Each transaction of a poll locks the poll's lane, so thirty at once would wait for each other at the store,
        # each with a connection and no longer than a lock may take.
        self._announcing = asyncio.Lock()
        self.polled_at = services.clock.steady()
        self.tick_name = organisation.poll_tick
        self._silence_checked_at = -inf
        self._reached_back_at = -inf
        self._counts_failed_at = -inf
        self._has_listed = False  # what changed since the backup, where one was put back

    async def tick(self) -> float:
        """Run one poll cycle, if a session may have changed. Returns the seconds until the next one."""
        services, now, timing = self._services, self._services.clock(), self._services.timing
        org_id = self._organisation.id
        async with services.db.scan() as tx:
            watched, busy = await watched_sessions.any_watched(tx, org_id, now - timing.answer_expected)
            expected = watched or await watched_sessions.may_appear(
                tx, org_id, now - timing.last_words, now - timing.unknown_start
            )
        if not expected and not services.restoration.is_recent(now):
            self.polled_at = services.clock.steady()
            return timing.slow_poll  # only our own store was read
        interval = timing.poll if busy else timing.slow_poll
        async with services.db.write() as tx:
            claim = await lanes.claim(tx, services.db, poll_lane(org_id), services.worker, timing.lease)
        if claim is None:
            return interval
        try:
            return await self._poll(claim, interval)
        except ClaimLostError:
            log.warning("poll taken over", organisation=org_id)
            return interval

    async def _poll(self, claim: Claim, interval: float) -> float:
        await self._organisation.learn()
        async with self._services.db.read() as tx:
            stored = await due.read(tx, due.poll(self._organisation.id))
        state = PollState.stored(stored.state) if stored else PollState(polled_at=self._services.clock())
        try:
            after, again = await self._cycle(claim, state)
        except DevinError as error:
            return await self._back_off(claim, state, interval, error)
        if state.failures:
            log.info("poll recovered", organisation=self._organisation.id, failures=state.failures)
        async with self._services.db.scan() as tx:
            org_id, now = self._organisation.id, self._services.clock()
            running = await session_days.running_unrecorded(tx, org_id, now, BATCH_SIZE)
        await self._store_state(claim, after, again, running)
        self.polled_at = self._services.clock.steady()
        return interval

    async def _back_off(self, claim: Claim, state: PollState, interval: float, error: DevinError) -> float:
        """Return the seconds until the organisation is polled again. The watermark stays, so nothing is missed."""
        if not state.failures:
            named = self._organisation.id
            log.warning("poll failed", organisation=named, error=type(error).__name__, status=error.status)
        await self._store_state(claim, replace(state, failures=state.failures + 1))
        wait = error.retry_after or interval * 2.0 ** min(state.failures + 1, 10)
        return min(wait, self._services.timing.poll_longest_backoff)

    async def _store_state(
        self, claim: Claim, state: PollState, again: Sequence[str] = (), running: Sequence[str] = ()
    ) -> None:
        """Store the `state` for the next cycle, which reads the sessions `again` although they may show no change.

        That Devin works on the sessions `running` is recorded for the running day.
        """
        stored = {"v": 1, "poll": asdict(state)}
        async with self._services.unit_of_work(claim) as uow:
            await due.write(uow.tx, due.poll(self._organisation.id), uow.now, stored)
            if again:
                await watched_sessions.mark_changing(uow.tx, again, uow.now + self._services.timing.same_second)
            await session_days.record_running(uow.tx, running, uow.now)
            await lanes.release(uow.tx, claim)

    # ------------------------------------------------------------ one poll cycle

    async def _cycle(self, claim: Claim, state: PollState) -> tuple[PollState, list[str]]:
        """Run one poll cycle. Returns the state for the next one, and which sessions that one reads in any case."""
        now = self._services.clock()
        state = await self._sweeping(state, now)
        self._duplicates.resume(state.unread_prompts)
        # Polls in quick succession would list the same changes again and again.
        began = self._services.clock.steady()
        soon = began - self._reached_back_at < self._services.timing.poll
        polled, newest = await self._list(claim, state, soon=soon)
        self._has_listed = True
        changed = {session.session.id: session for session in polled if session.changed}
        swept, sweep_after = await self._sweep(state)
        for session in swept:  # which has counted what the list found, so that it need not be counted once more
            listed = changed.get(session.session.id, session)
            changed[session.session.id] = replace(listed, count=session.count)
        for session in await self._expected(state):
            changed.setdefault(session.session.id, session)
        worth, quiet = await self._worth_reading(list(changed.values()))
        times = PollTimes(state.polled_at, newest)
        handled = await self._read_all(claim, worth, times) + await self._announce_figures(claim, quiet, times)
        await self._redraw_silent(claim)
        await self._duplicates.adopt_orphans(claim)
        found_by_prompt = await self._duplicates.read_prompts(claim)
        left = [session for session in handled if session.left]
        watermark = min([newest, *(session.snapshot.updated_at - 1 for session in left if session.changed)])
        after = replace(
            state,
            watermark=max(watermark, state.watermark),
            polled_at=now,
            failures=0,
            unread_prompts=self._duplicates.unread,
            sweep_after=sweep_after,
        )
        if not soon:
            self._reached_back_at = began  # not before all is done: a cycle that fails has listed in vain
        return after, [*found_by_prompt, *(session.session.id for session in left)]

    async def _list(self, claim: Claim, state: PollState, *, soon: bool) -> tuple[list[PolledSession], int]:
        polled: list[PolledSession] = []
        newest = state.watermark
        async for page in self._pages(await self._changed_since(state, soon=soon)):
            newest = max([newest, *(made.updated_at for made in page.items)])
            for start in range(0, len(page.items), BATCH_SIZE):
                batch = page.items[start : start + BATCH_SIZE]
                ours = await self._recorded(batch)
                known = {bare_id(session.session.devin_id or "") for session in ours}
                unrecognised = [made for made in batch if bare_id(made.session_id) not in known]
                if await self._duplicates.end_younger(claim, unrecognised):
                    ours = await self._recorded(batch)  # a thread may go on with another session now
                polled += ours
        return polled, newest

    async def _pages(self, filters: SessionFilters) -> AsyncIterator[Page[DevinSession]]:
        """List the sessions that fit `filters`, and those that such a list does not have."""
        async for page in self._organisation.devin.session_pages(**filters):
            yield page
        async with self._services.db.scan() as tx:
            tags_refused = self._organisation.tags_refused
            others = await watched_sessions.without_tag(tx, self._organisation.id, tags_refused=tags_refused)
        if not others:
            return
        after = filters.get("updated_after")
        async for page in self._organisation.devin.session_pages(session_ids=others, updated_after=after):
            yield page

    async def _changed_since(self, state: PollState, *, soon: bool) -> SessionFilters:
        filters: SessionFilters = {**await self._lookup.ours(self._organisation)}
        timing = self._services.timing
        if state.watermark:
            filters["updated_after"] = self._watermark(state) - (timing.soon_overlap if soon else timing.poll_overlap)
        return filters

    def _watermark(self, state: PollState) -> int:
        """The stored watermark, or on a restored store, for one cycle of each process, an instant before the backup."""
        restoration, now = self._services.restoration, self._services.clock()
        if self._has_listed or not restoration.is_recent(now):
            return state.watermark
        return min(state.watermark, int(restoration.earliest(now)) - CLOCKS_APART)

    async def _recorded(self, listed: Sequence[DevinSession]) -> list[PolledSession]:
        """Return those of `listed` that we have a record of. Devin lists everything if it does not know a filter."""
        made_by = {bare_id(made.session_id): made for made in listed}
        async with self._services.db.scan() as tx:
            known = await sessions.by_bare_ids(tx, self._organisation.id, list(made_by))
        ended_after = self._services.clock() - self._services.timing.last_words
        return [polled_session(tracked, made_by[bare], ended_after) for bare, tracked in known.items()]

    async def _expected(self, state: PollState) -> list[PolledSession]:
        """Return sessions to read although the list may omit them, as `watched_sessions.expecting` finds them.

        Devin's times are whole seconds: a session may change again within the second of its `updated_at`, which then
        stays the same. So a session that changed is read until that second is surely over, and once after.
        """
        async with self._services.db.scan() as tx:
            spoken_after = self._services.clock() - self._services.timing.answer_expected
            expected = await watched_sessions.expecting(tx, self._organisation.id, spoken_after, state.polled_at)
        return [PolledSession(tracked, tracked.session.snapshot) for tracked in expected]

    async def _sweeping(self, state: PollState, now: float) -> PollState:
        """Return `state`, in which a new sweep has begun if one is due. It is over in half the time to the next one."""
        timing = self._services.timing
        if state.sweep_after is not None or now - state.swept_at < timing.count_sweep:
            return state
        # Counted, and not taken from the clock: sweeps begin later than on the minute, and would leave a part out.
        part = (state.sweep_part + 1) % QUIET_PARTS
        begun = replace(state, swept_at=now, sweep_after="", sweep_part=part)
        async with self._services.db.scan() as tx:
            count = await watched_sessions.count_in(tx, self._organisation.id, self._swept(begun))
        cycles = max(timing.count_sweep / timing.poll / 2, 1.0)
        return replace(begun, sweep_most=max(LEAST_SWEPT, ceil(count / cycles)))

    def _swept(self, state: PollState) -> Sweep:
        quiet = state.swept_at - self._services.timing.quiet_after
        return Sweep(quiet, int(quiet), state.sweep_part)

    async def _sweep(self, state: PollState) -> tuple[list[PolledSession], str | None]:
        """Count the messages of some sessions. Returns those that have new ones or changed, and where to go on.

        Messages are counted because a message need not move `updated_at`.
        """
        if state.sweep_after is None:
            return [], None
        async with self._services.db.scan() as tx:
            sweep, after = self._swept(state), state.sweep_after
            bare_ids = await watched_sessions.slice_of(tx, self._organisation.id, sweep, after, state.sweep_most)
        if not bare_ids:
            return [], None
        polled: list[PolledSession] = []
        async for batch in _batches(self._insights({"session_ids": bare_ids})):
            polled += [session for session in await self._recorded(batch) if session.changed or session.spoke]
        return polled, bare_ids[-1] if len(bare_ids) == state.sweep_most else None

    async def _worth_reading(self, polled: list[PolledSession]) -> tuple[list[PolledSession], list[PolledSession]]:
        """Divide `polled` into sessions in which Devin may have written something, and sessions with new facts only."""
        polled = await self._with_message_counts(polled)
        worth = [
            session
            for session in polled
            if not session.over and (session.count is None or session.spoke or session.tracked.position.turn.pending)
        ]
        names = {session.session.id for session in worth}
        # The session that was read longest ago comes first, so that none is left for ever.
        worth.sort(key=lambda session: (session.tracked.position.read_at, session.snapshot.updated_at))
        return worth, [session for session in polled if session.session.id not in names]

    async def _with_message_counts(self, polled: list[PolledSession]) -> list[PolledSession]:
        """Return `polled` with how often Devin wrote in each, unless few are not known to be worth reading anyway."""
        unsure = [session for session in polled if session.count is None and not session.over]
        unsure = [session for session in unsure if not session.tracked.position.turn.pending]
        if len(unsure) <= READS_A_CYCLE:
            # Where Devin rests, a person's message matters as well, and only reading shows that.
            unsure = [session for session in unsure if turn_end(session.snapshot) is None]
        failed_for = self._services.clock.steady() - self._counts_failed_at
        if len(unsure) <= UNCOUNTED or failed_for < self._services.timing.count_sweep:
            return polled
        ids = [bare_id(session.session.devin_id or "") for session in unsure]
        counts = {bare_id(made.session_id): message_count(made) async for made in self._insights({"session_ids": ids})}
        return [
            replace(session, count=counts.get(bare_id(session.session.devin_id or ""), session.count))
            for session in polled
        ]

    async def _insights(self, filters: SessionFilters) -> Any:
        try:
            async for made in self._organisation.devin.session_insights(**filters):
                yield made
        except (DevinRefused, DevinUncertain) as error:  # of this list alone, while what changed was listed
            self._counts_failed_at = self._services.clock.steady()
            log.info(
                "insights unavailable; messages read without counts", error=type(error).__name__, status=error.status
            )

    async def _read_all(self, claim: Claim, worth: Sequence[PolledSession], times: PollTimes) -> list[PolledSession]:
        """Read as many of `worth` as a cycle may, and announce each as soon as it is read.

        Returns all of `worth` with what came of each.
        """
        now = self._services.clock()
        kept = [session for session in worth if self._keeps_back(session, times, now)]
        names = {session.session.id for session in kept}
        worth = [session for session in worth if session.session.id not in names]
        reading, left = worth[:READS_A_CYCLE], [replace(session, left=True) for session in worth[READS_A_CYCLE:]]
        read = await asyncio.gather(*(self._read_one(claim, session, times) for session in reading))
        kept = [await self._announce_one(claim, session, None, times, unread=True) for session in kept]
        await self._mark_failing(claim, [*kept, *read])
        _check_outage(read)
        return [*left, *kept, *read]

    def _keeps_back(self, session: PolledSession, times: PollTimes, now: float) -> bool:
        """Whether all new words are kept back for the next poll, because Devin wrote them after the last one.

        So each word is read once, however quickly polls follow each other.
        """
        recent = now - times.last_poll < self._services.timing.words_settle
        wrote = session.changed and session.count is not None and session.spoke
        works = turn_end(session.snapshot) is None
        return recent and wrote and works and keeps_words_back(session.tracked.position.turn, session.snapshot)

    async def _read_one(self, claim: Claim, session: PolledSession, times: PollTimes) -> PolledSession:
        messages: NewMessages | None = None
        async with self._slots:
            try:
                messages = await read_messages(self._organisation, session.session, session.tracked.position)
            except DevinRefused as refused:
                # A conversation that may not be read holds up neither the state of its session nor other sessions.
                log.warning("messages not read", session=session.session.id, status=refused.status)
                messages = no_new_messages(session.tracked.position)
            except DevinError as error:
                log.warning("messages not read", session=session.session.id, error=type(error).__name__)
                session = replace(session, failed=error, left=self._may_still_be_read(session))
        return session if session.left else await self._announce_one(claim, session, messages, times)

    async def _announce_one(
        self,
        claim: Claim,
        session: PolledSession,
        messages: NewMessages | None,
        times: PollTimes,
        *,
        unread: bool = False,
    ) -> PolledSession:
        """Announce one session. A failure is noted in what is returned, so that it does not hold up other sessions."""
        try:
            async with self._announcing:
                announced = await self._announce.session(
                    claim, session.tracked, session.snapshot, messages, times, unread=unread
                )
        except ClaimLostError:
            raise
        except Exception as error:
            log.exception("session not announced", session=session.session.id)
            return replace(session, failed=error, left=self._may_still_be_read(session))
        return replace(session, left=not announced)

    def _may_still_be_read(self, session: PolledSession) -> bool:
        now, since = self._services.clock(), session.tracked.position.failing_since
        return since is None or now - since < self._services.timing.unreadable_session

    async def _mark_failing(self, claim: Claim, announced: Sequence[PolledSession]) -> None:
        failing = [session.session.id for session in announced if session.failed is not None and session.left]
        if failing:
            async with self._services.unit_of_work(claim) as uow:
                await watched_sessions.mark_failing(uow.tx, failing, uow.now)

    async def _announce_figures(
        self, claim: Claim, quiet: list[PolledSession], times: PollTimes
    ) -> list[PolledSession]:
        """Announce the sessions in `quiet` of which more changed than figures, then store the figures of all others.

        Figures are stored in batches, because an ack may wait for each transaction. Returns what came of the announced.
        """
        to_announce = [
            session for session in quiet if not session.over and moved(session.session.snapshot, session.snapshot)
        ]
        announced = [
            await self._announce_one(claim, session, no_new_messages(session.tracked.position), times)
            for session in to_announce
        ]
        await self._mark_failing(claim, announced)
        names = {session.session.id for session in to_announce}
        figures = [session for session in quiet if session.session.id not in names]
        for start in range(0, len(figures), BATCH_SIZE):
            async with self._services.unit_of_work(claim) as uow:
                batch = await _still_new(uow, figures[start : start + BATCH_SIZE])
                found = [(session.session.id, session.snapshot) for session in batch]
                await sessions.apply_figures(uow.tx, found, uow.now + self._services.timing.same_second)
                polled = [(session.tracked, session.snapshot) for session in batch]
                await history.record_polled(uow, self._organisation.id, polled, times.last_poll)
                for session in batch:
                    await stop_at_most(uow, self._services.workspaces, session.session, session.snapshot)
                await self._announce.figures(uow, [session.tracked for session in batch if session.spent])
        return announced

    async def _redraw_silent(self, claim: Claim) -> None:
        """Have the cards edited of sessions on which Devin works without a word, to say for how long that has been."""
        org_id, now, silence = self._organisation.id, self._services.clock(), self._services.timing.silence
        if self._services.clock.steady() - self._silence_checked_at < silence / SILENCE_CHECKS:
            return
        self._silence_checked_at = self._services.clock.steady()
        async with self._services.db.scan() as tx:
            silent = await watched_sessions.silent(tx, org_id, now, silence)
        if silent:
            # A crash before this commit has the next poll find them again.
            async with self._services.unit_of_work(claim) as uow:
                await self._announce.redraw(uow, silent)


def _check_outage(read: Sequence[PolledSession]) -> None:
    """Raise the error that makes the whole organisation wait: a rate limit, or that none of several could be read."""
    limits = [session.failed for session in read if isinstance(session.failed, DevinRateLimited)]
    unread = [session.failed for session in read if isinstance(session.failed, DevinError) and session.left]
    if limits or 1 < len(unread) == len(read):
        raise (limits or unread)[0]


async def _still_new(uow: UnitOfWork, batch: Sequence[PolledSession]) -> list[PolledSession]:
    """Return those of `batch` that are still new beside what is stored now: a reply may have stored something newer."""
    tracked = await sessions.tracked(uow.tx, [session.session.id for session in batch])
    found = [
        replace(session, tracked=tracked[session.session.id]) for session in batch if session.session.id in tracked
    ]
    return [session for session in found if session.changed]


async def _batches(rows: AsyncIterator[SessionInsights]) -> AsyncIterator[list[SessionInsights]]:
    """Divide a long list into batches, so that neither the loop nor the memory holds all of it at once."""
    batch: list[SessionInsights] = []
    async for row in rows:
        batch.append(row)
        if len(batch) == BATCH_SIZE:
            yield batch
            batch = []
    if batch:
        yield batch
