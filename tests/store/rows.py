"""Rows and sessions as tests need them: everything usual but what a test names."""

from typing import Any

from sqlalchemy import JSON, Boolean, Column, Integer, String, Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.causes import Cause, MessageCause
from bot.domain.session import Lifecycle, Session, Snapshot
from bot.store import outbox, posts
from bot.store.database.connection import Database
from bot.store.inbox import InboxRow
from bot.store.outbox import OutboxRow
from bot.store.posts import Post
from bot.store.row_claims import Sender

NOW = 1_750_000_000.0
LEASE = 30.0
TEAM, CHANNEL, THREAD = "T1", "C1", "1750000000.000100"
ORG = "org-1"
LANE = f"in:{TEAM}:{CHANNEL}:{THREAD}"
OUT = f"out:{TEAM}:{CHANNEL}"


async def mark_later(db: Database) -> None:
    """Have the schema of `db` look as if a later version of the bot had migrated it."""
    async with db.write() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = 'later'"))


async def mark_other(db: Database) -> None:
    """Have the schema of `db` look as if other code had made it, with the same revision."""
    async with db.write() as tx:
        await tx.execute(text("UPDATE alembic_version SET fingerprint = 'that of some commits ago'"))


def written(text: str, **more: Any) -> MessageCause:
    """What stands in the row of a message."""
    return MessageCause(**{"user": "U1", "channel": CHANNEL, "ts": THREAD, "thread_ts": THREAD, "text": text} | more)


def asked(key: str = "k", **more: Any) -> InboxRow[Cause]:
    """An inbox row: a message in one thread."""
    usual: dict[str, Any] = {
        "team": TEAM,
        "lane": LANE,
        "ts": THREAD,
        "ref": "ref",
        "cause": written(f"words of {key}"),
        "ready_at": NOW,
        "created_at": NOW,
    }
    return InboxRow(key=key, **usual | more)


def said(key: str = "k", **more: Any) -> OutboxRow:
    """An outbox row: a post in one thread."""
    usual: dict[str, Any] = {
        "lane": OUT,
        "kind": "post",
        "team": TEAM,
        "channel": CHANNEL,
        "thread": THREAD,
        "thread_ts": THREAD,
        "ref": "ref",
        "payload": {"text": f"words of {key}"},
        "next_at": NOW,
        "created_at": NOW,
    }
    return OutboxRow(key=key, **usual | more)


async def held(tx: AsyncConnection, db: Database, key: str, now: float = NOW, worker: str = "w") -> OutboxRow:
    """A row of the outbox in the hand of a worker."""
    found = await outbox.by_key(tx, key)
    assert found is not None
    return (await outbox.take(tx, db, [found.seq], Sender(worker, LEASE), now))[found.seq]


def drawn(session_id: str = "s", **more: Any) -> OutboxRow:
    """An outbox row: the first post of a session's card."""
    usual: dict[str, Any] = {"kind": "card", "session_id": session_id, "rank": 0, "payload": {}}
    return said(f"card:{session_id}", **usual | more)


def card(session_id: str = "s", **more: Any) -> Post:
    """The card of a session, not posted yet."""
    usual: dict[str, Any] = {"team": TEAM, "channel": CHANNEL, "ref": "ref", "created_at": NOW}
    return Post("card", session_id, session_id=session_id, **usual | more)


async def standing(tx: AsyncConnection, session_id: str = "s", ts: str = "1750000050.000000", **more: Any) -> None:
    """Store a card that stands in Slack at `ts` and shows the newest version."""
    await posts.add(tx, card(session_id, **more))
    await posts.posted(tx, f"card:{session_id}", ts, 1, None, NOW)


async def held_card(
    tx: AsyncConnection, db: Database, session_id: str = "s", now: float = NOW, worker: str = "w"
) -> Post:
    """A card in the hand of a worker."""
    row = await posts.take(tx, db, f"card:{session_id}", Sender(worker, LEASE), now)
    assert row is not None
    return row


def session(session_id: str = "s", *, snapshot: Snapshot | None = None, **more: Any) -> Session:
    """A session that Devin works on."""
    usual: dict[str, Any] = {
        "team": TEAM,
        "org_id": ORG,
        "channel": CHANNEL,
        "thread_ts": THREAD,
        "requester": "U1",
        "prompt": "fix the login test",
        "lifecycle": Lifecycle.OPEN,
        "reference": f"slack-{session_id}",
        "devin_id": f"devin-{session_id}",
        "url": f"https://app.devin.ai/sessions/{session_id}",
        "created_at": NOW,
        "spoken_at": NOW,
    }
    known = snapshot or Snapshot(status="running", detail="working", updated_at=1_750_000_000)
    return Session(id=session_id, snapshot=known, **usual | more)


def filled(table: Table, text: str = "plain", **values: Any) -> dict[str, Any]:
    """A row of any table, with `text` in each column of text or JSON, and without numbers that count up."""
    return {column.name: _value(column, text) for column in table.columns if column.name != "seq"} | values


def _value(column: Column[Any], text: str) -> Any:
    if isinstance(column.type, JSON):
        return {"v": 1, "text": text}
    if isinstance(column.type, String):
        return text
    if isinstance(column.type, Boolean):
        return False
    return 1 if isinstance(column.type, Integer) else 1.0
