"""Catch-up: messages that Slack no longer re-sends are fetched.

That is needed after the bot was away, after a gap in the socket, after a message that could not be stored, and right
after a session was created. A fetched message has the key that its event has, so a message that did arrive is not
stored twice. A thread is marked as unread before anything else is taken from Slack, because a reply that arrives says
nothing about the replies before it.

While a gap is short, Slack sends again what it could not deliver, and only threads in which somebody spoke lately are
read. After a long one all threads in use are read, those in which people wrote last first, and mentions and direct
messages of the last hour in the channels in which people asked before. So are messages of bots that may start sessions,
as far as these were trusted by then: the first start with such a bot in its settings begins nothing with what it wrote
before. A start is a short gap where Slack sends requests, and sends those of the whole absence again.

What is unread stands in the store alone, and each call asks it for the next thread or channel by an index.
"""

from dataclasses import dataclass
from typing import Final

from bot.conversation.receive.intake import Intake
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import SlackError, SlackRateLimited, SlackRefused
from bot.slack.threads import ThreadMessage
from bot.store import channels, due, rate_limits, threads
from bot.store.channels import KnownChannel
from bot.store.database.connection import Transaction
from bot.store.threads import Thread

log = get_logger(__name__)

THREADS, CHANNELS = "conversations.replies", "conversations.history"
INTERVAL, BURST = 60 / 40, 5  # Slack allows 50 a minute of each; context and searches need some too
MOST_CHANNELS: Final = 50  # those in which people asked last

MOST_PASSED_OVER: Final = 100  # places that could not be read, before they are tried again

FIRST_PLACE: Final = ("", "")  # before all threads

Unread = Thread | KnownChannel
_Place = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class _ToMark:
    """The threads behind the place `after` have still to be marked, as they were when that `began`.

    Nobody has spoken in them since `before`.
    """

    began: float
    before: float
    after: threads.Place = FIRST_PLACE


class CatchUp:
    """Reads the threads and channels of a workspace from where they are unread, as often as Slack allows."""

    def __init__(self, services: Services, workspace: Workspace, intake: Intake) -> None:
        self._services = services
        self._workspace = workspace
        self._intake = intake
        self._passed_over: set[_Place] = set()
        self._read_last: type[Unread] = KnownChannel
        self._gap_since: float | None = None
        self._gap_is_long = False
        self._trusted_since: dict[str, float] = {}

    async def start(self, since: float | None, *, resends: bool) -> None:
        """Mark what is unread after an absence since the instant `since`, if that is known.

        With `resends` Slack sends again for a while what it could not send. This is done before it may send anything.
        """
        now = self._services.clock()
        # Slack's last try may come five minutes after the first one: of a shorter absence nothing is lost.
        short = resends and since is not None and 0.0 <= now - since < self._services.timing.slack_retries / 2
        await self._mark_threads(now if since is None else min(since, now), every=not short)
        await self._mark_channels()

    async def begin(self, *, long: bool = True) -> None:
        """Mark threads as unread from the last message seen in them, unless they are unread already.

        After a `long` gap, for which Slack does not send again, these are all threads in use, and the channels too.
        """
        await self._mark_threads(self._services.clock(), every=long)
        if long:
            await self._mark_channels()

    async def _mark_threads(self, since: float, *, every: bool) -> None:
        """Mark the threads in which somebody spoke lately, and have `every` other one marked in batches.

        A crash before the commit loses nothing: the next start repeats it. After it the batches go on with any start.
        """
        timing, now, team, db = self._services.timing, self._services.clock(), self._workspace.team, self._services.db
        async with db.write() as tx:
            before = since - timing.spoken_lately
            if every and (left := await self._left_to_mark(tx)) is not None:
                before = min(before, left.before)
            await threads.mark_spoken_unread(tx, team, before)
            if every:
                await self._mark_next(tx, _ToMark(now - timing.clocks_differ, before))

    async def _mark_next(self, tx: Transaction, left: "_ToMark") -> bool:
        """Mark the next batch of the threads that are `left`. Returns whether there are more.

        What came in since they are to be marked may stand behind what was missed: such a thread is read from an instant
        on before which it belonged to its session, and whatever is known of it has its key.
        """
        team = self._workspace.team
        last = await threads.end_of_batch(tx, team, left.after)
        if last is not None:
            seen = (f"{left.began:.6f}", f"{left.before:.6f}")
            await threads.mark_batch_unread(tx, team, left.after, last, seen)
        more = last is not None and await threads.end_of_batch(tx, team, last) is not None
        state = [left.began, left.before, *last] if more and last else None
        if state or left.after != FIRST_PLACE:  # in a small store there is nothing to note
            await due.write(tx, due.unmarked(team), self._services.clock(), {"v": 1, "left": state})
        return more

    async def _left_to_mark(self, tx: Transaction) -> "_ToMark | None":
        stored = await due.read(tx, due.unmarked(self._workspace.team))
        if stored is None or not stored.state.get("left"):
            return None
        began, before, channel, ts = stored.state["left"]
        return _ToMark(began, before, (channel, ts))

    async def _mark_batch(self) -> bool:
        """Mark one batch of the threads that have still to be marked. Returns whether there are more."""
        async with self._services.db.read() as tx:
            left = await self._left_to_mark(tx)
        if left is None:
            return False
        # A crash before this commit repeats the batch.
        async with self._services.db.write() as tx:
            return await self._mark_next(tx, left)

    async def _mark_channels(self) -> None:
        team = self._workspace.team
        async with self._services.db.scan() as tx:
            named = {*await channels.asked_in_last(tx, team, MOST_CHANNELS)}
        named |= {channel for channel, _, _ in self._workspace.policy.alert_bots}
        async with self._services.db.write() as tx:
            await self._note_trusted(tx, self._services.clock())
            await channels.mark_unread(tx, team, self._reach(), named)

    async def _note_trusted(self, tx: Transaction, now: float) -> None:
        """Store since when each bot of the settings may start sessions in its channel, and read it."""
        name = due.alert_bots(self._workspace.team)
        stored = await due.read(tx, name)
        known = stored.state.get("since", {}) if stored is not None else {}
        named = {f"{channel}:{bot}" for channel, bot, _ in self._workspace.policy.alert_bots}
        self._trusted_since = {one: known.get(one, now) for one in sorted(named)}
        if self._trusted_since != known:
            await due.write(tx, name, now, {"v": 1, "since": self._trusted_since})

    def _was_trusted(self, channel: str, message: ThreadMessage) -> bool:
        since = self._trusted_since.get(f"{channel}:{message.bot_id}")
        return message.bot_id is None or (since is not None and float(message.ts) >= since)

    def gap(self, *, long: bool = False) -> None:
        """Have what may be unread marked again at once, in this process: messages may have been lost just now.

        A gap that is not `long` becomes so where nothing can be stored until Slack has stopped sending again.
        """
        self._gap_since = self._services.clock.steady() if self._gap_since is None else self._gap_since
        self._gap_is_long = self._gap_is_long or long
        self._services.engine.wake_by(self._workspace.gap_tick, 0.0)

    async def tick(self) -> float:
        """Mark and read what is unread, one batch and one place. Returns the seconds until the next call."""
        timing = self._services.timing
        waits = [timing.catch_up_batch if await self._mark_batch() else timing.idle_tick]
        for unread in await self._next():
            method = THREADS if isinstance(unread, Thread) else CHANNELS
            async with self._services.db.write() as tx:
                bucket = f"{self._workspace.team}:{method}"
                wait = await rate_limits.take(tx, bucket, self._services.clock(), INTERVAL, BURST)
            if not wait:
                self._read_last = type(unread)
                # A crash right here reads the thread or channel again at the next start.
                return await self._read(unread)
            waits.append(wait)
        return min(waits)

    async def _next(self) -> list[Unread]:
        """The first unread thread and the first unread channel that could be read; what was read last comes second."""
        most = len(self._passed_over) + 1
        async with self._services.db.read() as tx:
            found: list[list[Unread]] = [
                [*await threads.unread(tx, self._workspace.team, most)],
                [*await channels.unread(tx, self._workspace.team, most)],
            ]
        first = [[one for one in ones if _place(one) not in self._passed_over][:1] for ones in found]
        if self._passed_over and not any(first):
            self._passed_over.clear()
            first = [ones[:1] for ones in found]
        if self._read_last is Thread:
            first.reverse()
        return [one for ones in first for one in ones]

    def _pass_over(self, unread: Unread) -> None:
        """Read others first: this one could not be read."""
        if len(self._passed_over) >= MOST_PASSED_OVER:
            self._passed_over.clear()
        self._passed_over.add(_place(unread))

    async def mark_gap(self) -> float:
        """Mark what is unread after a gap, if there was one, and have it read. Returns the seconds until the next call.

        Only the process that received nothing meanwhile knows of the gap, and another one may do the reading.
        """
        since, long = self._gap_since, self._gap_is_long
        if since is None:
            return self._services.timing.idle_tick
        self._gap_since, self._gap_is_long = None, False
        try:
            await self.begin(long=long or self._services.clock.steady() - since > self._services.timing.slack_retries)
        except Exception:
            self._gap_since, self._gap_is_long = since, long or self._gap_is_long  # the gap goes on
            raise
        self._services.engine.wake_by(self._workspace.catch_up_tick, 0.0)
        return self._services.timing.idle_tick

    async def _read(self, unread: Unread) -> float:
        try:
            if isinstance(unread, Thread):
                await self._read_thread(unread)
            else:
                await self._read_channel(unread)
        except SlackRateLimited as error:
            return error.retry_after
        except SlackError as error:
            log.warning("channel not read", channel=unread.channel, error=str(error))
            if not isinstance(error, SlackRefused) or not error.permanent:
                self._pass_over(unread)
                return self._services.timing.catch_up_retry
            await self._leave(unread)
        return 0.0

    async def _leave(self, unread: Unread) -> None:
        """Mark as read what can never be read: another try would only cost others."""
        async with self._services.db.write() as tx:
            if isinstance(unread, Thread):
                await threads.advance_unread(tx, unread, None)
            else:
                await channels.mark_read(tx, unread)

    async def _read_thread(self, thread: Thread) -> None:
        assert thread.unread_from is not None
        missed, more = await self._workspace.slack.replies_after(thread.channel, thread.ts, thread.unread_from)
        stored = [
            message.ts for message in missed if await self._intake.missed(self._workspace, thread.channel, message)
        ]
        # A crash right here reads the same messages again; their keys are stored, so nothing happens twice.
        async with self._services.db.write() as tx:
            if stored:
                await threads.advance_last_seen(tx, thread.team, thread.channel, thread.ts, max(stored))
            await threads.advance_unread(tx, thread, missed[-1].ts if missed and more else None)
        if stored:
            log.info("messages fetched", channel=thread.channel, count=len(stored))

    async def _read_channel(self, channel: KnownChannel) -> None:
        """Fetch mentions, direct messages and alerts that begin a thread. What is too old by now is left alone."""
        assert channel.unread_from is not None
        found = await self._workspace.slack.history_after(channel.channel, max(channel.unread_from, self._reach()))
        stored = [
            await self._intake.missed_in_channel(self._workspace, channel.channel, message)
            for message in found
            if self._was_trusted(channel.channel, message)
        ]
        # A crash right here reads the same messages again; their keys are stored, so nothing happens twice.
        async with self._services.db.write() as tx:
            await channels.mark_read(tx, channel)
        if any(stored):
            log.info("messages fetched", channel=channel.channel, count=sum(stored))

    def _reach(self) -> str:
        """Slack's time from which on mentions and direct messages are fetched: older ones are left alone."""
        reach = self._services.clock() - self._services.timing.catch_up_reach
        return f"{self._services.restoration.earliest(reach):.6f}"


def _place(unread: Unread) -> _Place:
    return unread.channel, unread.ts if isinstance(unread, Thread) else None
