"""Reading threads and channels: what people wrote, and posts of ours by their key."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from typing import Any, Final

from bot.slack.connection import Connection
from bot.slack.errors import SlackOutcomeUnknown
from bot.slack.threads import (
    Json,
    Page,
    ThreadMessage,
    message_from,
    moment,
    page_from,
    sharing,
    sharing_named,
    stamped,
)

PAGE_MESSAGES: Final = 200
MAX_PAGES: Final = 10
PERSON: Final = ("U", "W")  # the first letters of the ids of people
CLOCKS_APART: Final = 300.0  # seconds by which our clock may be ahead of Slack's; signatures allow no more either


class Conversations(Connection):
    """The messages of a workspace."""

    async def find(self, channel: str, thread_ts: str | None, key: str, since: float) -> str | None:
        """Return the `ts` of our post with `key`, made after `since` (Unix seconds by our clock), or None.

        None means that everything was read and the post is not there. Raises SlackOutcomeUnknown if there is too much.
        """
        bot_id = self._identity.bot_id if self._identity else None
        return await self._search(channel, thread_ts, since, lambda found: stamped(found, key, bot_id or None))

    async def find_files(
        self, channel: str, thread_ts: str | None, file_ids: Collection[str], since: float
    ) -> str | None:
        """Return the `ts` of the message that shares one of the files, as `find` does for the one with a key."""
        return await self._search(channel, thread_ts, since, lambda found: sharing(found, file_ids))

    async def find_named(
        self, channel: str, thread_ts: str | None, names: Sequence[str], since: float, others: Collection[str]
    ) -> str | None:
        """Return the `ts` of our message that shares files with these `names`, and is none of the `others`."""
        return await self._search(channel, thread_ts, since, lambda found: sharing_named(found, names, others))

    async def _search(
        self, channel: str, thread_ts: str | None, since: float, pick: Callable[[Sequence[Json]], str | None]
    ) -> str | None:
        # A post may be addressed to a person, but only the conversation with that person can be read.
        where = await self.direct(channel) if channel.startswith(PERSON) else channel
        method, arguments = _messages_of(where, thread_ts)
        oldest = f"{since - CLOCKS_APART:.6f}"
        async for page in self._pages(method, include_all_metadata=True, oldest=oldest, **arguments):
            if ts := pick(page.messages):
                return ts
            if page.last:
                return None
        raise SlackOutcomeUnknown(method, "too much to search")

    async def direct(self, user: str) -> str:
        """Return the id of the direct message with `user`, which Slack opens if there is none."""
        return str((await self._read("conversations.open", users=user))["channel"]["id"])

    async def replies(self, channel: str, thread_ts: str, limit: int = PAGE_MESSAGES) -> list[ThreadMessage]:
        """Return the first message of a thread and the last `limit` others, oldest first. At most 2,000 are read."""
        kept: dict[str, Json] = {}  # Slack repeats the thread's first message on every page
        method, arguments = _messages_of(channel, thread_ts)
        async for page in self._pages(method, **arguments):
            kept |= {raw["ts"]: raw for raw in page.messages}
        found = sorted(kept.values(), key=lambda raw: moment(raw["ts"]))
        return [message_from(raw) for raw in (*found[:1], *found[1:][-limit:])]

    async def message_at(self, channel: str, ts: str) -> ThreadMessage | None:
        """Read the message `ts`, of a thread or not; None if it is gone."""
        method, arguments = _messages_of(channel, ts)
        where = {"oldest": ts, "latest": ts, "inclusive": True, "include_all_metadata": True}
        page = page_from(await self._read(method, limit=2, **where, **arguments))
        return next((message_from(raw) for raw in page.messages if raw["ts"] == ts), None)

    async def replies_after(self, channel: str, thread_ts: str, oldest: str) -> tuple[list[ThreadMessage], bool]:
        """Read one page of a thread after `oldest`. Returns its messages, oldest first, and whether more may follow."""
        method, arguments = _messages_of(channel, thread_ts)
        page = page_from(await self._read(method, limit=PAGE_MESSAGES, oldest=oldest, **arguments))
        # Only later messages, because Slack repeats the thread's first message here too.
        after = [message_from(raw) for raw in page.messages if moment(raw["ts"]) > moment(oldest)]
        return sorted(after, key=lambda message: moment(message.ts)), not page.last

    async def history_after(self, channel: str, oldest: str) -> list[ThreadMessage]:
        """Read what was written in a channel after `oldest`, without replies: the last 2,000 messages, oldest first."""
        method, arguments = _messages_of(channel, None)
        found = [raw async for page in self._pages(method, oldest=oldest, **arguments) for raw in page.messages]
        return [message_from(raw) for raw in sorted(found, key=lambda raw: moment(raw["ts"]))]

    async def own_keys(self, channel: str, thread_ts: str | None, oldest: str) -> list[str]:
        """Read one page of a channel or thread after `oldest`, and return the keys of our posts."""
        method, arguments = _messages_of(channel, thread_ts)
        wanted = {"limit": PAGE_MESSAGES, "oldest": oldest, "include_all_metadata": True}
        page = page_from(await self._read(method, **wanted, **arguments))
        bot_id = self._identity.bot_id if self._identity else None
        found = [message_from(raw) for raw in page.messages if moment(raw["ts"]) > moment(oldest)]
        return [message.key for message in found if message.key and bot_id and message.bot_id == bot_id]

    async def _pages(self, method: str, **arguments: Any) -> AsyncIterator[Page]:
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            page = page_from(await self._read(method, limit=PAGE_MESSAGES, cursor=cursor, **arguments))
            yield page
            if page.cursor is None or page.cursor == cursor:
                return
            cursor = page.cursor

    def permalink(self, channel: str, ts: str, thread_ts: str | None = None) -> str:
        """Return the address of a message without asking Slack; before `auth_test` only the address of its channel."""
        if self._identity is None or not self._identity.url:
            return f"https://slack.com/app_redirect?channel={channel}"
        link = f"{self._identity.url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
        if thread_ts in {None, ts}:
            return link
        return f"{link}?thread_ts={thread_ts}&cid={channel}"


def _messages_of(channel: str, thread_ts: str | None) -> tuple[str, Json]:
    """Return the method that reads a channel, or a thread in it, with its arguments."""
    if thread_ts is None:
        return "conversations.history", {"channel": channel}
    return "conversations.replies", {"channel": channel, "ts": thread_ts}
