"""Threads: which session speaks in which thread, and how far its messages are stored."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, RowMapping, bindparam, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import insert
from bot.store.tables import sessions, threads


@dataclass(frozen=True, slots=True)
class Thread:
    """A Slack thread that belongs to a session."""

    team: str
    channel: str
    ts: str
    session_id: str
    muted: bool
    closed: bool
    last_seen_ts: str


# Made once: asked before the ack of every reply in a thread.
_ONE: Final = select(threads).where(
    threads.c.team == bindparam("of_team"),
    threads.c.channel == bindparam("of_channel"),
    threads.c.ts == bindparam("of_ts"),
)


async def put(tx: AsyncConnection, thread: Thread, now: float) -> None:
    """Bind a thread to a session; a newer session takes the thread over."""
    values = {
        "team": thread.team,
        "channel": thread.channel,
        "ts": thread.ts,
        "session_id": thread.session_id,
        "last_seen_ts": thread.last_seen_ts,
        "created_at": now,
    }
    statement = insert(tx.dialect.name, threads).values(values)
    taken_over = {"session_id": thread.session_id, "closed": False, "muted": False, "unread": True}
    await tx.execute(statement.on_conflict_do_update(index_elements=["team", "channel", "ts"], set_=taken_over))


async def get(tx: AsyncConnection, team: str, channel: str, ts: str) -> Thread | None:
    """The thread, if it is one of ours."""
    found = await tx.execute(_ONE, {"of_team": team, "of_channel": channel, "of_ts": ts})
    row = found.mappings().one_or_none()
    return None if row is None else _thread(row)


async def saw(tx: AsyncConnection, team: str, channel: str, ts: str, message_ts: str) -> None:
    """Move the mark up to which everything was read; it only moves forward."""
    newer = case((threads.c.last_seen_ts < message_ts, message_ts), else_=threads.c.last_seen_ts)
    await tx.execute(update(threads).where(*_is(team, channel, ts)).values(last_seen_ts=newer))


async def mark_read(tx: AsyncConnection, thread: Thread) -> None:
    """Catch-up has read the thread since its session was created."""
    await tx.execute(update(threads).where(*_is(thread.team, thread.channel, thread.ts)).values(unread=False))


async def set_muted(tx: AsyncConnection, thread: Thread, muted: bool) -> None:
    """Whether replies stay between people."""
    await tx.execute(update(threads).where(*_is(thread.team, thread.channel, thread.ts)).values(muted=muted))


async def close(tx: AsyncConnection, team: str, channel: str, ts: str, closed: bool = True) -> None:
    """Whether replies still reach a session."""
    await tx.execute(update(threads).where(*_is(team, channel, ts)).values(closed=closed))


async def live(tx: AsyncConnection, *, unread: bool = False, limit: int = 500) -> list[Thread]:
    """Threads whose session is open, the most recently used first; `unread` those that were never read since."""
    wanted = [sessions.c.stage == "open", threads.c.closed.is_(False)]
    if unread:
        wanted.append(threads.c.unread)
    # The mark may have passed a message that came before its thread was known, so the first look begins at the start.
    began = func.coalesce(sessions.c.cause_ts, threads.c.ts)
    seen = case((threads.c.unread, began), else_=threads.c.last_seen_ts).label("last_seen_ts")
    columns = [column for column in threads.c if column is not threads.c.last_seen_ts]
    found = await tx.execute(
        select(*columns, seen)
        .join(sessions, sessions.c.id == threads.c.session_id)
        .where(*wanted)
        .order_by(sessions.c.spoken_at.desc())
        .limit(limit)
    )
    return [_thread(row) for row in found.mappings()]


def _is(team: str, channel: str, ts: str) -> tuple[ColumnElement[bool], ...]:
    return (threads.c.team == team, threads.c.channel == channel, threads.c.ts == ts)


def _thread(row: RowMapping) -> Thread:
    names = ("team", "channel", "ts", "session_id", "muted", "closed", "last_seen_ts")
    return Thread(**{name: row[name] for name in names})
