"""Catch-up: messages that Slack no longer re-sends are fetched.

That is needed after the bot was away, after a gap in the socket, after a message that could not be stored, and right
after a session was created. A fetched message has the key that its event has, so a message that did arrive is not
stored twice. A thread is marked as unread before anything else is taken from Slack, because a reply that arrives says
nothing about the replies before it.
"""

from typing import Final

from bot.flows.receive.intake import Intake
from bot.flows.services import Services
from bot.flows.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import SlackError, SlackRateLimited, SlackRefused
from bot.store import rate_limits, threads
from bot.store.threads import Thread

log = get_logger(__name__)

METHOD: Final = "conversations.replies"
INTERVAL, BURST = 60 / 40, 5  # Slack allows 50 a minute; context and searches need some too


class CatchUp:
    """Reads the threads in use in a workspace from where they are unread, as often as Slack allows."""

    def __init__(self, services: Services, workspace: Workspace, intake: Intake) -> None:
        self._services = services
        self._workspace = workspace
        self._intake = intake
        self._waiting: list[Thread] = []
        self._gaps = self._noted = 0

    async def begin(self) -> None:
        """Mark each thread in use as unread from the last message seen in it, unless it is unread already.

        This is done before Slack may send anything. A crash before the commit loses nothing: the next start repeats it.
        """
        async with self._services.db.write() as tx:
            await threads.mark_unread(tx, self._workspace.team)

    def gap(self) -> None:
        """Have `tick` called at once to mark the threads as unread again: messages may have been lost just now."""
        self._gaps += 1
        self._services.engine.wake_by(self._workspace.catch_up_tick, 0.0)

    async def tick(self) -> float:
        """Read one unread thread, and return the seconds until the next call."""
        await self._find_unread()
        if not self._waiting:
            return self._services.timing.idle_tick
        async with self._services.db.write() as tx:
            bucket = f"{self._workspace.team}:{METHOD}"
            wait = await rate_limits.take(tx, bucket, self._services.clock(), INTERVAL, BURST)
        if wait:
            return wait
        # A crash right here reads the thread again at the next start.
        return await self._read_thread(self._waiting.pop(0))

    async def _find_unread(self) -> None:
        if self._noted < (gaps := self._gaps):
            await self.begin()
            self._noted = gaps
        async with self._services.db.scan() as tx:
            found = await threads.unread(tx, self._workspace.team)
        known = {(thread.channel, thread.ts) for thread in self._waiting}
        self._waiting += [thread for thread in found if (thread.channel, thread.ts) not in known]

    def _put_last(self, thread: Thread) -> float:
        self._waiting.append(thread)
        return self._services.timing.catch_up_retry

    async def _read_thread(self, thread: Thread) -> float:
        assert thread.unread_from is not None
        try:
            missed, more = await self._workspace.slack.replies_after(thread.channel, thread.ts, thread.unread_from)
        except SlackRateLimited as error:
            self._waiting.append(thread)
            return error.retry_after
        except SlackRefused as refused:
            log.warning("thread not read", channel=thread.channel, error=refused.error)
            if not refused.permanent:
                return self._put_last(thread)
            async with self._services.db.write() as tx:
                await threads.advance_unread(tx, thread, None)  # never readable: another try would only cost others
            return 0.0
        except SlackError as error:
            log.warning("thread not read", channel=thread.channel, error=str(error))
            return self._put_last(thread)
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
        return 0.0
