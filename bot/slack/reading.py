"""Reading threads and channels: posts of ours by their key, and what people wrote."""

from collections.abc import AsyncIterator
from typing import Any, Final

from bot.slack.connection import Connection
from bot.slack.errors import SlackOutcomeUnknown
from bot.slack.threads import Json, Page, ThreadMessage, message_from, moment, page_from, stamped

PAGE_MESSAGES: Final = 200
MAX_PAGES: Final = 10
PERSON: Final = ("U", "W")  # how the ids of people begin
CLOCKS_APART: Final = 300.0  # seconds by which ours may be ahead of Slack's, which takes no older signature either


class Reading(Connection):
    """The messages of a workspace."""

    async def find(self, channel: str, thread_ts: str | None, key: str, since: float) -> str | None:
        """The `ts` of our post with this key, made after `since` (Unix seconds by our clock), or None.

        None is only said after everything was read; otherwise the outcome is still unknown.
        """
        bot_id = self._identity.bot_id if self._identity else None
        # A person may be posted to, but only the conversation with them can be read.
        where = await self._direct(channel) if channel.startswith(PERSON) else channel
        method, place = _place(where, thread_ts)
        oldest = f"{since - CLOCKS_APART:.6f}"
        async for page in self._pages(method, include_all_metadata=True, oldest=oldest, **place):
            if ts := stamped(page.messages, key, bot_id or None):
                return ts
            if page.last:
                return None
        raise SlackOutcomeUnknown(method, "too much to search")

    async def _direct(self, user: str) -> str:
        return str((await self._read("conversations.open", users=user))["channel"]["id"])

    async def replies(self, channel: str, thread_ts: str, limit: int = PAGE_MESSAGES) -> list[ThreadMessage]:
        """The last messages of a thread, oldest first; 2,000 are read at most."""
        kept: dict[str, ThreadMessage] = {}  # Slack repeats the thread's first message on every page
        method, place = _place(channel, thread_ts)
        async for page in self._pages(method, **place):
            kept |= {raw["ts"]: message_from(raw) for raw in page.messages}
        return sorted(kept.values(), key=lambda message: moment(message.ts))[-limit:]

    async def replies_after(self, channel: str, thread_ts: str, oldest: str) -> tuple[list[ThreadMessage], bool]:
        """One page of a thread after `oldest`, oldest first, and whether more may follow; one call."""
        method, place = _place(channel, thread_ts)
        page = page_from(await self._read(method, limit=PAGE_MESSAGES, oldest=oldest, **place))
        # Only what is later: Slack repeats the thread's first message here too.
        after = [message_from(raw) for raw in page.messages if moment(raw["ts"]) > moment(oldest)]
        return sorted(after, key=lambda message: moment(message.ts)), not page.last

    async def _pages(self, method: str, **arguments: Any) -> AsyncIterator[Page]:
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            page = page_from(await self._read(method, limit=PAGE_MESSAGES, cursor=cursor, **arguments))
            yield page
            if page.cursor is None or page.cursor == cursor:
                return
            cursor = page.cursor

    def permalink(self, channel: str, ts: str, thread_ts: str | None = None) -> str:
        """The address of a message, without asking; before `auth_test` only of its channel."""
        if self._identity is None or not self._identity.url:
            return f"https://slack.com/app_redirect?channel={channel}"
        link = f"{self._identity.url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
        if thread_ts in {None, ts}:
            return link
        return f"{link}?thread_ts={thread_ts}&cid={channel}"


def _place(channel: str, thread_ts: str | None) -> tuple[str, Json]:
    if thread_ts is None:
        return "conversations.history", {"channel": channel}
    return "conversations.replies", {"channel": channel, "ts": thread_ts}
