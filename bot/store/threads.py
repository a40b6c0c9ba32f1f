"""Threads: which session a Slack thread belongs to, and from which message on catch-up has to read the thread."""

from dataclasses import dataclass, fields
from typing import Final

from sqlalchemy import ColumnElement, RowMapping, String, bindparam, case, literal, or_, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database.connection import insert
from bot.store.tables import sessions, threads

MARKED_AT_ONCE: Final = 500  # threads: a few milliseconds, for which an ack may wait

Place = tuple[str, str]  # the channel and the Slack time of a thread


@dataclass(frozen=True, slots=True)
class Thread:
    """A Slack thread that belongs to a session.

    `last_seen_ts` is the newest message in it that was stored. From `unread_from` on catch-up has to read the thread.
    """

    team: str
    channel: str
    ts: str
    session_id: str
    closed: bool
    last_seen_ts: str
    unread_from: str | None = None
    muted_at: float | None = None  # in seconds since the epoch
    replied_by: str = ""  # who wrote last where people may talk to each other; empty where that was to the bot
    replied_ts: str | None = None
    is_talk: bool = False  # whether that reply was people's talk
    no_reminders: bool = False  # whether nobody is reminded of what Devin asks in it

    @property
    def muted(self) -> bool:
        """Whether replies in the thread are not sent to Devin."""
        return self.muted_at is not None


# Built once, because every reply in a thread executes it before its ack.
_THIS: Final = (
    threads.c.team == bindparam("of_team"),
    threads.c.channel == bindparam("of_channel"),
    threads.c.ts == bindparam("of_ts"),
)
_ONE: Final = select(threads).where(*_THIS)
_NEWER: Final = case(
    (threads.c.last_seen_ts < bindparam("seen"), bindparam("seen", type_=String)), else_=threads.c.last_seen_ts
)
_SEEN: Final = update(threads).where(*_THIS).values(last_seen_ts=_NEWER)


async def put(tx: AsyncConnection, thread: Thread, now: float) -> None:
    """Insert `thread`, or bind the stored one to its session, open, not muted and unread."""
    values = {
        "team": thread.team,
        "channel": thread.channel,
        "ts": thread.ts,
        "session_id": thread.session_id,
        "last_seen_ts": thread.last_seen_ts,
        "unread_from": thread.last_seen_ts,  # something may have come in before the thread was known
        "created_at": now,
    }
    statement = insert(tx.dialect.name, threads).values(values)
    taken_over = {
        "session_id": thread.session_id,
        "closed": False,
        "muted_at": None,
        "no_reminders": False,
        "replied_ts": None,
        "unread_from": thread.last_seen_ts,
    }
    await tx.execute(statement.on_conflict_do_update(index_elements=["team", "channel", "ts"], set_=taken_over))


async def get(tx: AsyncConnection, team: str, channel: str, ts: str) -> Thread | None:
    """The stored thread `ts`, or None if it belongs to no session."""
    found = await tx.execute(_ONE, {"of_team": team, "of_channel": channel, "of_ts": ts})
    row = found.mappings().one_or_none()
    return None if row is None else _thread(row)


async def advance_last_seen(tx: AsyncConnection, team: str, channel: str, ts: str, message_ts: str) -> None:
    """Store that the newest stored message of a thread is `message_ts`, unless a newer one is noted already."""
    await tx.execute(_SEEN, {"of_team": team, "of_channel": channel, "of_ts": ts, "seen": message_ts})


async def mark_spoken_unread(tx: AsyncConnection, team: str, spoken_after: float) -> None:
    """Mark the threads in use in which somebody spoke after `spoken_after` as unread from their newest stored message.

    Those that are unread already stay so from their earlier mark.
    """
    of = sessions.c
    spoken = (of.team == team, text("lifecycle = 'open'"), of.spoken_at >= spoken_after)
    in_use = tuple_(threads.c.channel, threads.c.ts).in_(select(of.channel, of.thread_ts).where(*spoken))
    unmarked = threads.c.unread_from.is_(None), threads.c.closed.is_(False), in_use
    await tx.execute(
        update(threads).where(threads.c.team == team, *unmarked).values(unread_from=threads.c.last_seen_ts)
    )


async def end_of_batch(tx: AsyncConnection, team: str, after: Place) -> Place | None:
    """The last place of the batch of a workspace's threads that follows `after`, or None if none does."""
    place = (threads.c.channel, threads.c.ts)
    batch = select(*place).where(threads.c.team == team, tuple_(*place) > tuple_(*map(literal, after)))
    rows = (await tx.execute(batch.order_by(*place).limit(MARKED_AT_ONCE))).all()
    return (rows[-1].channel, rows[-1].ts) if rows else None


async def mark_batch_unread(tx: AsyncConnection, team: str, after: Place, last: Place, seen: tuple[str, str]) -> None:
    """Mark the threads in use between two places as unread from their newest stored message, or an earlier mark.

    `seen` is since when messages may have come in, and from when on to read a thread where that is so.
    """
    began, instead = seen
    place = tuple_(threads.c.channel, threads.c.ts)
    here = threads.c.team == team, place > tuple_(*map(literal, after)), place <= tuple_(*map(literal, last))
    in_use = select(sessions.c.id).where(sessions.c.id == threads.c.session_id, sessions.c.lifecycle == "open")
    unmarked = threads.c.unread_from.is_(None), threads.c.closed.is_(False), in_use.exists()
    newest = case((threads.c.last_seen_ts < began, threads.c.last_seen_ts), else_=instead)
    await tx.execute(update(threads).where(*here, *unmarked).values(unread_from=newest))


async def advance_unread(tx: AsyncConnection, thread: Thread, unread_from: str | None) -> None:
    """Store that catch-up has read `thread` up to `unread_from`, or with None to its end.

    Nothing is stored if the thread has been marked as unread from another message since `thread` was read.
    """
    unchanged = threads.c.unread_from == thread.unread_from
    this_thread = _is(thread.team, thread.channel, thread.ts)
    await tx.execute(update(threads).where(*this_thread, unchanged).values(unread_from=unread_from))


async def set_muted(tx: AsyncConnection, thread: Thread, muted_at: float | None) -> None:
    """Store since when `thread` is muted, so that its replies are not sent to Devin; with None it is not."""
    await tx.execute(update(threads).where(*_is(thread.team, thread.channel, thread.ts)).values(muted_at=muted_at))


async def set_reminders(tx: AsyncConnection, thread: Thread, *, on: bool) -> None:
    """Store whether whoever is asked something in `thread` is reminded of it."""
    await tx.execute(update(threads).where(*_is(thread.team, thread.channel, thread.ts)).values(no_reminders=not on))


async def note_reply(tx: AsyncConnection, thread: Thread, by: str, ts: str, is_talk: bool) -> None:
    """Store who wrote the newest reply in `thread`, the message `ts`, and whether it was people's talk."""
    newer = or_(threads.c.replied_ts.is_(None), threads.c.replied_ts <= ts)
    values = {"replied_by": by, "replied_ts": ts, "is_talk": is_talk}
    await tx.execute(update(threads).where(*_is(thread.team, thread.channel, thread.ts), newer).values(values))


async def close(tx: AsyncConnection, team: str, channel: str, ts: str, closed: bool = True) -> None:
    """Store whether the thread `ts` is closed, so that its replies no longer reach a session."""
    await tx.execute(update(threads).where(*_is(team, channel, ts)).values(closed=closed))


async def newest(tx: AsyncConnection, team: str, limit: int) -> list[Thread]:
    """The threads in use of a workspace in which people wrote last."""
    in_use = (threads.c.team == team, sessions.c.lifecycle == "open", threads.c.closed.is_(False))
    found = select(threads).join(sessions, sessions.c.id == threads.c.session_id).where(*in_use)
    rows = await tx.execute(found.order_by(sessions.c.spoken_at.desc()).limit(limit))
    return [_thread(row) for row in rows.mappings()]


async def unread(tx: AsyncConnection, team: str, limit: int = 1) -> list[Thread]:
    """The first threads of a workspace that catch-up has to read, those that people wrote in most recently first."""
    found = await tx.execute(
        select(threads)
        .join(sessions, sessions.c.id == threads.c.session_id)
        .where(
            threads.c.team == team,
            sessions.c.lifecycle == "open",
            threads.c.closed.is_(False),
            threads.c.unread_from.is_not(None),
        )
        .order_by(threads.c.last_seen_ts.desc())
        .limit(limit)
    )
    return [_thread(row) for row in found.mappings()]


def _is(team: str, channel: str, ts: str) -> tuple[ColumnElement[bool], ...]:
    return (threads.c.team == team, threads.c.channel == channel, threads.c.ts == ts)


def _thread(row: RowMapping) -> Thread:
    return Thread(**{field.name: row[field.name] for field in fields(Thread)})
