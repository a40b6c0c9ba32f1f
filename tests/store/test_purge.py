"""Rows of inbox, outbox and sessions that nobody needs any more go, in batches, and nothing else."""

from typing import Any

import pytest
from sqlalchemy import Table, select

from bot.domain.lane import thread_lane
from bot.domain.session import Lifecycle, Snapshot
from bot.store import (
    inbox,
    outbox,
    posts,
    sessions,
    tables,
    threads,
    watched_sessions,
)
from bot.store.closed_rows import Passed
from bot.store.database.connection import Database
from bot.store.threads import Thread
from bot.store.watched_sessions import Sweep
from tests.store.rows import CHANNEL, NOW, ORG, TEAM, THREAD, asked, drawn, held, said, session, standing

BATCH_SIZE = 3


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (inbox, outbox, sessions, watched_sessions):
        monkeypatch.setattr(module, "BATCH", BATCH_SIZE)


async def left(db: Database, table: Table, column: str = "key") -> list[Any]:
    async with db.read() as tx:
        return sorted((await tx.execute(select(table.c[column]))).scalars())


async def texts(db: Database, table: Table) -> dict[str, str | None]:
    async with db.read() as tx:
        rows = await tx.execute(select(table.c.key, table.c.payload))
        return {row.key: row.payload.get("text") for row in rows}


async def store_closed(db: Database, *keys: str, at: float = NOW, dead: bool = False, **more: Any) -> None:
    async with db.write() as tx:
        await inbox.add(tx, [asked(key, **more) for key in keys])
        await inbox.finish(tx, keys, at, dead=dead)


# ------------------------------------------------------------ inbox


async def test_closed_rows_of_nobodys_thread_go_in_batches(db: Database) -> None:
    await store_closed(db, *(f"old{number}" for number in range(5)))
    await store_closed(db, "dead", dead=True)
    await store_closed(db, "recent", at=NOW + 10)
    async with db.write() as tx:
        await inbox.add(tx, [asked("open")])
    passed = Passed()
    assert [await inbox.purge(db, NOW + 1, passed) for _ in range(3)] == [3, 3, 0]
    assert await left(db, tables.inbox) == ["open", "recent"]


async def test_rows_of_a_recorded_sessions_thread_stay_as_its_keys(db: Database) -> None:
    async with db.write() as tx:
        await sessions.add(tx, session("s"))
        await sessions.add(tx, session("threadless", thread_ts=None))
    await store_closed(db, "ours", lane=thread_lane(TEAM, CHANNEL, THREAD))
    await store_closed(db, "theirs", lane=thread_lane(TEAM, CHANNEL, "1750000000.999999"))
    assert await inbox.purge(db, NOW + 1, Passed()) == 1
    assert await left(db, tables.inbox) == ["ours"]


async def test_rows_that_stay_are_passed_once_however_many_batches_follow(db: Database) -> None:
    async with db.write() as tx:
        await sessions.add(tx, session("s"))
    ours, theirs = thread_lane(TEAM, CHANNEL, THREAD), thread_lane(TEAM, CHANNEL, "1750000000.999999")
    await store_closed(db, *(f"ours{number}" for number in range(7)), lane=ours)
    await store_closed(db, *(f"theirs{number}" for number in range(5)), lane=theirs)
    await store_closed(db, "of nothing", lane="in:op:1")
    passed = Passed()
    assert await inbox.purge(db, NOW + 1, passed) == BATCH_SIZE
    assert passed.place == (NOW, "theirs4")
    await store_closed(db, "ours", lane=theirs)  # it stands among what was passed
    assert [await inbox.purge(db, NOW + 1, passed) for _ in range(2)] == [3, 0]
    assert await inbox.purge(db, NOW + 1, Passed()) == 1
    assert await left(db, tables.inbox) == [f"ours{number}" for number in range(7)]


async def test_texts_of_rows_that_died_long_ago_go_once_and_their_keys_stay(db: Database) -> None:
    await store_closed(db, *(f"old{number}" for number in range(4)), dead=True)
    await store_closed(db, "recent", at=NOW + 10, dead=True)
    async with db.write() as tx:
        await inbox.add(tx, [asked("open")])
    assert [await inbox.purge_texts(db, NOW + 1) for _ in range(3)] == [3, 1, 0]
    kept = {key: text for key, text in (await texts(db, tables.inbox)).items() if text}
    assert kept == {"recent": "words of recent", "open": "words of open"}
    assert len(await left(db, tables.inbox)) == 6


# ------------------------------------------------------------ outbox


async def test_what_was_said_and_belongs_to_no_recorded_session_goes_in_batches(db: Database) -> None:
    async with db.write() as tx:
        await sessions.add(tx, session("kept"))
        await outbox.add(
            tx,
            [
                *(said(f"old{number}", thread=f"t{number}") for number in range(4)),
                said("of a kept session", session_id="kept"),
                said("of a gone session", session_id="gone"),
                said("recent"),
                said("open"),
                said("being said"),
            ],
        )
        for key in set(await _keys(tx)) - {"open", "being said"}:
            at = NOW + 10 if key == "recent" else NOW
            await outbox.sent(tx, await held(tx, db, key), "1750000100.000000", at)
        await outbox.start(tx, await held(tx, db, "being said"), NOW)
    passed = Passed()
    assert [await outbox.purge(db, NOW + 1, passed) for _ in range(3)] == [3, 2, 0]
    assert await left(db, tables.outbox) == ["being said", "of a kept session", "open", "recent"]


async def _keys(tx: Any) -> list[str]:
    return list((await tx.execute(select(tables.outbox.c.key))).scalars())


async def test_texts_of_dead_posts_go_and_what_would_have_followed_them(db: Database) -> None:
    async with db.write() as tx:
        await outbox.add(tx, [said("dead", follow={"cause": "cmd:1"}), said("recent"), drawn()])
        for key, at in (("dead", NOW), ("recent", NOW + 10)):
            await outbox.mark_dead(tx, await held(tx, db, key), "channel_not_found", at)
    assert [await outbox.purge_texts(db, NOW + 1) for _ in range(2)] == [1, 0]
    assert await texts(db, tables.outbox) == {"dead": None, "recent": "words of recent", "card:s": None}
    async with db.read() as tx:
        dead = await outbox.by_key(tx, "dead")
    assert dead is not None
    assert dead.follow is None


# ------------------------------------------------------------ sessions


async def test_sessions_that_ended_long_ago_go_with_their_threads_in_batches(db: Database) -> None:
    names = [f"old{number}" for number in range(4)]
    async with db.write() as tx:
        for name, ended_at in [*((name, NOW) for name in names), ("recent", NOW + 10), ("open", None)]:
            lifecycle = Lifecycle.ENDED if ended_at else Lifecycle.OPEN
            await sessions.add(tx, session(name, ended_at=ended_at, lifecycle=lifecycle))
            bound = Thread(TEAM, CHANNEL, f"ts of {name}", name, closed=False, last_seen_ts=THREAD)
            await threads.put(tx, bound, NOW)

    async def purge_batch() -> int:
        async with db.write() as tx:
            return await sessions.purge(tx, NOW + 1)

    assert [await purge_batch() for _ in range(3)] == [3, 1, 0]
    assert await left(db, tables.sessions, "id") == ["open", "recent"]
    assert await left(db, tables.threads, "session_id") == ["open", "recent"]


async def test_a_session_stays_while_a_reply_reaches_it_or_its_card_has_still_to_be_edited(db: Database) -> None:
    async with db.write() as tx:
        await sessions.add(tx, session("open", ended_at=NOW))
        for name in ("to edit", "edited"):
            await sessions.add(tx, session(name, ended_at=NOW, lifecycle=Lifecycle.ENDED))
            await standing(tx, name, f"ts of {name}")
        await posts.redraw(tx, ["card:to edit"], NOW)
        assert await sessions.purge(tx, NOW + 1) == 1
    assert await left(db, tables.sessions, "id") == ["open", "to edit"]


async def test_sessions_that_are_not_watched_for_long_are_closed_in_batches(db: Database) -> None:
    async with db.write() as tx:
        for name, ended_at in [*((f"old{number}", NOW) for number in range(4)), ("recent", NOW + 10), ("open", None)]:
            await sessions.add(tx, session(name, ended_at=ended_at))

    async def close_batch() -> list[str]:
        async with db.write() as tx:
            return await watched_sessions.close_unwatched(tx, NOW + 1)

    batches = [await close_batch() for _ in range(3)]
    assert [len(batch) for batch in batches] == [3, 1, 0]
    assert sorted(name for batch in batches for name in batch) == [f"old{number}" for number in range(4)]
    async with db.read() as tx:
        closed, recent = await sessions.get(tx, "old0"), await sessions.get(tx, "recent")
    assert closed is not None
    assert recent is not None
    assert (closed.lifecycle, closed.ended_at, recent.lifecycle) == (Lifecycle.ENDED, NOW, Lifecycle.OPEN)


async def test_sessions_that_sleep_for_long_are_no_longer_watched(db: Database) -> None:
    asleep = Snapshot("suspended", "inactivity", updated_at=int(NOW) - 100)
    put_away = Snapshot("running", "working", archived=True, updated_at=int(NOW) - 100)
    async with db.write() as tx:
        for number in range(4):
            slept = asleep if number else put_away
            await sessions.add(tx, session(f"asleep{number}", snapshot=slept, spoken_at=NOW - 100))
        await sessions.add(tx, session("spoken to", snapshot=asleep, spoken_at=NOW))
        await sessions.add(tx, session("works", snapshot=Snapshot("running", updated_at=int(NOW) - 100)))
        await sessions.add(tx, session("dozes", snapshot=Snapshot("suspended", updated_at=int(NOW))))

    ended_each_time = [await watched_sessions.unwatch_sleepers(db, int(NOW) - 50, NOW) for _ in range(3)]
    assert ended_each_time == [3, 1, 0]
    async with db.read() as tx:
        assert sorted(await watched_sessions.slice_of(tx, ORG, Sweep(0.0, 0, 0), "", 9)) == [
            "dozes",
            "spoken to",
            "works",
        ]
        ended = await sessions.get(tx, "asleep0")
    assert ended is not None
    assert (ended.lifecycle, ended.ended_at) == (Lifecycle.OPEN, NOW)
