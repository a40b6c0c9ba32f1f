"""Threads: which session speaks in which thread, and how far its messages are stored."""

from dataclasses import replace

from bot.domain.session import Stage
from bot.store import sessions, threads
from bot.store.database import Database
from bot.store.threads import Thread
from tests.store.rows import CHANNEL, NOW, TEAM, THREAD, session

OURS = Thread(TEAM, CHANNEL, THREAD, "s", muted=False, closed=False, last_seen_ts=THREAD)


async def put(db: Database, *given: Thread) -> None:
    async with db.write() as tx:
        for thread in given:
            await threads.put(tx, thread, NOW)


async def get(db: Database, ts: str = THREAD) -> Thread | None:
    async with db.read() as tx:
        return await threads.get(tx, TEAM, CHANNEL, ts)


async def live(db: Database, *, unread: bool = False, limit: int = 500) -> list[str]:
    async with db.read() as tx:
        return [thread.session_id for thread in await threads.live(tx, unread=unread, limit=limit)]


async def test_a_thread_of_ours_is_known_and_another_is_not(db: Database) -> None:
    await put(db, OURS)
    assert await get(db) == OURS
    assert await get(db, "1750000000.999999") is None


async def test_a_newer_session_takes_the_thread_over_with_an_open_ear(db: Database) -> None:
    await put(db, OURS)
    async with db.write() as tx:
        await threads.set_muted(tx, OURS, muted=True)
        await threads.close(tx, TEAM, CHANNEL, THREAD)
        await threads.mark_read(tx, OURS)
        await threads.saw(tx, TEAM, CHANNEL, THREAD, "1750000009.000000")
        await sessions.add(tx, session("s2"))
    await put(db, replace(OURS, session_id="s2"))
    assert await get(db) == replace(OURS, session_id="s2", last_seen_ts="1750000009.000000")
    assert await live(db, unread=True) == ["s2"]


async def test_the_mark_of_what_is_stored_only_moves_forward(db: Database) -> None:
    await put(db, OURS)
    for ts, mark in (("1750000009.000000", "9"), ("1750000005.000000", "9"), ("1750000012.000000", "12")):
        async with db.write() as tx:
            await threads.saw(tx, TEAM, CHANNEL, THREAD, ts)
        thread = await get(db)
        assert thread is not None
        assert thread.last_seen_ts == f"17500000{int(mark):02}.000000"


async def test_a_thread_is_muted_and_closed_and_opened_again(db: Database) -> None:
    await put(db, OURS)
    async with db.write() as tx:
        await threads.set_muted(tx, OURS, muted=True)
        await threads.close(tx, TEAM, CHANNEL, THREAD)
    assert await get(db) == replace(OURS, muted=True, closed=True)
    async with db.write() as tx:
        await threads.set_muted(tx, OURS, muted=False)
        await threads.close(tx, TEAM, CHANNEL, THREAD, closed=False)
    assert await get(db) == OURS


async def test_live_threads_come_with_the_most_recently_used_first(db: Database) -> None:
    async with db.write() as tx:
        for number, (name, stage) in enumerate(
            [("old", Stage.OPEN), ("new", Stage.OPEN), ("ended", Stage.ENDED), ("closed", Stage.OPEN)]
        ):
            await sessions.add(tx, session(name, stage=stage, spoken_at=NOW + number))
            await threads.put(tx, replace(OURS, ts=f"17500000{number:02}.000000", session_id=name), NOW)
        await threads.close(tx, TEAM, CHANNEL, "1750000003.000000")
    assert await live(db) == ["new", "old"]
    assert await live(db, limit=1) == ["new"]


async def test_a_thread_that_was_read_since_its_session_is_there_is_not_unread(db: Database) -> None:
    async with db.write() as tx:
        await sessions.add(tx, session("s"))
    await put(db, OURS)
    assert await live(db, unread=True) == ["s"]
    async with db.write() as tx:
        await threads.mark_read(tx, OURS)
    assert await live(db, unread=True) == []
    assert await live(db) == ["s"]
