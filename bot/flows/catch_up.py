"""What Slack stopped re-sending is fetched: at the start, after a gap in the socket, and after a creation.

The messages are stored under the keys they would have had, so those that did arrive are left alone. Only catch-up moves
a thread's mark: a reply that arrives says nothing of those before it.
"""

from dataclasses import replace
from typing import Final

from bot.flows.intake import Intake
from bot.flows.tools import Tools
from bot.logs import get_logger
from bot.slack.errors import SlackError, SlackRateLimited, SlackRefused
from bot.store import pace, threads
from bot.store.threads import Thread

log = get_logger(__name__)

IDLE_SECONDS: Final = 3600.0
RETRY_SECONDS: Final = 5.0
METHOD: Final = "conversations.replies"
MESSAGES_A_LOOK: Final = 200
INTERVAL, BURST = 60 / 40, 5  # Slack allows 50 a minute; context and searches need some too


class CatchUp:
    """Reads the open threads from their marks on, at the pace Slack allows."""

    def __init__(self, tools: Tools, intake: Intake) -> None:
        self._tools = tools
        self._intake = intake
        self._waiting: list[Thread] = []
        self._all = True

    def everything(self) -> None:
        """Read all open threads: the bot was away."""
        self._all = True
        self._tools.engine.hasten("catch-up", 0.0)

    async def tick(self) -> float:
        """Read one thread; answers the seconds until the next."""
        await self._gather()
        if not self._waiting:
            return IDLE_SECONDS
        async with self._tools.db.write() as tx:
            bucket = f"{self._tools.place.team}:{METHOD}"
            wait = await pace.take(tx, bucket, self._tools.clock(), INTERVAL, BURST)
        if wait:
            return wait
        # A crash right here reads the thread again at the next start.
        return await self._read(self._waiting.pop(0))

    async def _gather(self) -> None:
        async with self._tools.db.scan() as tx:
            found = await threads.live(tx) if self._all else await threads.live(tx, unread=True)
        self._all = False
        known = {(thread.channel, thread.ts) for thread in self._waiting}
        self._waiting += [thread for thread in found if (thread.channel, thread.ts) not in known]

    def _again(self, thread: Thread) -> float:
        self._waiting.append(thread)
        return RETRY_SECONDS

    async def _read(self, thread: Thread) -> float:
        try:
            missed = await self._tools.slack.replies(
                thread.channel, thread.ts, oldest=thread.last_seen_ts, limit=MESSAGES_A_LOOK
            )
        except SlackRateLimited as error:
            self._waiting.append(thread)
            return error.retry_after
        except SlackRefused as refused:
            log.warning("thread not read", channel=thread.channel, error=refused.error)
            if not refused.permanent:
                return self._again(thread)
            async with self._tools.db.write() as tx:
                await threads.mark_read(tx, thread)  # it can never be read: asking on would only cost others
            return 0.0
        except SlackError as error:
            log.warning("thread not read", channel=thread.channel, error=str(error))
            return self._again(thread)
        stored = [message.ts for message in missed if await self._intake.missed(thread.channel, message)]
        more = len(missed) >= MESSAGES_A_LOOK
        async with self._tools.db.write() as tx:
            newest = max([thread.last_seen_ts, *stored])
            await threads.saw(tx, thread.team, thread.channel, thread.ts, newest)
            if not more:
                await threads.mark_read(tx, thread)
        if more:
            # A crash right here goes on from the newest that was stored.
            self._waiting.insert(0, replace(thread, last_seen_ts=missed[-1].ts))
        if stored:
            log.info("messages fetched", channel=thread.channel, count=len(stored))
        return 0.0
