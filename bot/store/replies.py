"""Replies to a post that is not sent yet: they are stored with it, and wait until it begins the thread that they go to.

Their rows name the key of that post as their thread. They come after it in that thread, so none is sent before it. The
payload of its row says `begins_thread`.
"""

from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, literal_column, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import outbox

# Literals, not parameters, as in `bot.store.outbox`.
_OPEN_STATES: Final[tuple[ColumnElement[str], ...]] = (literal_column("'open'"), literal_column("'sending'"))


class Post(Protocol):
    """A row of the outbox that puts a message into its channel."""

    @property
    def key(self) -> str:
        """The name by which the row is stored once."""

    @property
    def lane(self) -> str:
        """The lane of its channel."""

    @property
    def thread(self) -> str:
        """The `ts` of its thread, or the key of the row that begins the thread."""

    @property
    def thread_ts(self) -> str | None:
        """The `ts` of its thread, once that has begun."""

    @property
    def payload(self) -> dict[str, Any]:
        """What is posted."""


def has_no_thread(post: Post) -> bool:
    """Whether `post` is a reply whose thread never began."""
    return post.thread_ts is None and post.thread != post.key


async def begin_thread(tx: AsyncConnection, root: Post, ts: str | None) -> None:
    """Have the replies to `root` sent in the thread that it begins as the message `ts`."""
    if root.payload.get("begins_thread"):
        await tx.execute(update(outbox).where(*waiting_for(root)).values(thread_ts=ts))


async def mark_dead(tx: AsyncConnection, root: Post, reason: str, now: float) -> None:
    """Mark the replies to `root` dead, because it is dead: no thread begins with it."""
    if root.payload.get("begins_thread"):
        values: dict[str, Any] = {"state": "dead", "reason": reason, "sent_at": now, "owner": None, "sending_at": None}
        await tx.execute(update(outbox).where(*waiting_for(root)).values(values))


def waiting_for(root: Post) -> tuple[ColumnElement[bool], ...]:
    """The conditions that a row waits until `root` begins its thread."""
    same_thread = (outbox.c.lane == root.lane, outbox.c.thread == root.key, outbox.c.key != root.key)
    return (*same_thread, outbox.c.thread_ts.is_(None), outbox.c.state.in_(_OPEN_STATES))
