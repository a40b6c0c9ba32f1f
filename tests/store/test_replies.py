"""Replies that are stored with the post that begins their thread."""

import pytest
from sqlalchemy import select

from bot.store import outbox
from bot.store.database.connection import Database
from bot.store.outbox import OutboxRow
from bot.store.row_claims import Sender
from bot.store.tables import outbox as table
from tests.store.rows import LEASE, NOW, OUT, held, said

ROOT, FIRST, SECOND = "digest:1", "digest:1:1", "digest:1:2"
TS = "1750000001.000000"


@pytest.fixture
async def stored(db: Database) -> Database:
    payload = {"text": "the root", "begins_thread": True}
    async with db.write() as tx:
        rows = [said(key, thread=ROOT, thread_ts=None) for key in (FIRST, SECOND)]
        root = said(ROOT, thread=ROOT, thread_ts=None, payload=payload)
        await outbox.add(tx, [root, *rows, said("other", thread="other", thread_ts=None)])
    return db


async def rows(db: Database) -> list[tuple[str, str, str | None]]:
    async with db.read() as tx:
        found = await tx.execute(select(table.c.key, table.c.state, table.c.thread_ts).order_by(table.c.seq))
        return [(row.key, row.state, row.thread_ts) for row in found]


async def next_key(db: Database, *in_hand: OutboxRow) -> str | None:
    async with db.read() as tx:
        heads = await outbox.heads(tx, db, [OUT], NOW, Sender("w", LEASE, {row.seq: OUT for row in in_hand}))
        return heads[OUT].key if heads else None


async def test_they_wait_for_the_post_and_go_to_the_thread_that_it_begins(stored: Database) -> None:
    async with stored.write() as tx:
        root = await held(tx, stored, ROOT)
    assert await next_key(stored, root) == "other"
    async with stored.write() as tx:
        await outbox.sent(tx, root, TS, NOW)
    assert await rows(stored) == [
        (ROOT, "sent", None),
        (FIRST, "open", TS),
        (SECOND, "open", TS),
        ("other", "open", None),
    ]
    async with stored.write() as tx:
        await outbox.sent(tx, await held(tx, stored, "other"), "1750000002.000000", NOW)
    assert await next_key(stored) == FIRST
    async with stored.write() as tx:
        first = await held(tx, stored, FIRST)
    assert await next_key(stored, first) is None


async def test_they_die_with_it(stored: Database) -> None:
    async with stored.write() as tx:
        await outbox.mark_dead(tx, await held(tx, stored, ROOT), "expired", NOW)
    states = [(key, state) for key, state, _ in await rows(stored)]
    assert states == [(ROOT, "dead"), (FIRST, "dead"), (SECOND, "dead"), ("other", "open")]


async def test_a_reply_that_dies_takes_no_other_with_it(stored: Database) -> None:
    async with stored.write() as tx:
        await outbox.sent(tx, await held(tx, stored, ROOT), TS, NOW)
    async with stored.write() as tx:
        await outbox.mark_dead(tx, await held(tx, stored, FIRST), "expired", NOW)
    assert [state for _, state, _ in await rows(stored)] == ["sent", "dead", "open", "open"]
