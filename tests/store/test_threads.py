"""Threads: which session speaks in which thread, and from where on catch-up has to read it."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.session import Lifecycle
from bot.store import sessions, threads
from bot.store.database.connection import Database
from bot.store.threads import Thread
from tests.store.rows import CHANNEL, NOW, TEAM, THREAD, session

OURS = Thread(TEAM, CHANNEL, THREAD, "s", closed=False, last_seen_ts=THREAD)
NEW = replace(OURS, unread_from=THREAD)  # as it stands in the store


async def put(db: Database, *given: Thread) -> None:
    async with db.write() as tx:
        for thread in given:
            await threads.put(tx, thread, NOW)


async def get(db: Database, ts: str = THREAD) -> Thread | None:
    async with db.read() as tx:
        return await threads.get(tx, TEAM, CHANNEL, ts)


async def unread(db: Database, limit: int = 500) -> dict[str, str | None]:
    """Whose threads have to be read, in order, and from where on."""
    async with db.read() as tx:
        return {thread.session_id: thread.unread_from for thread in await threads.unread(tx, TEAM, limit)}


async def mark_all(tx: AsyncConnection) -> None:
    """Mark all threads in use as unread, while nothing comes in."""
    last = await threads.end_of_batch(tx, TEAM, ("", ""))
    assert last is not None
    await threads.mark_batch_unread(tx, TEAM, ("", ""), last, ("1760000000.000000", THREAD))
    assert await threads.end_of_batch(tx, TEAM, last) is None


async def advance_unread(db: Database, unread_from: str | None, ts: str = THREAD) -> None:
    """Catch-up has read as far as that."""
    thread = await get(db, ts)
    assert thread is not None
    async with db.write() as tx:
        await threads.advance_unread(tx, thread, unread_from)


async def test_a_thread_of_ours_is_known_and_another_is_not(db: Database) -> None:
    await put(db, OURS)
    assert await get(db) == NEW
    assert await get(db, "1750000000.999999") is None


async def test_a_newer_session_takes_the_thread_over_with_an_open_ear(db: Database) -> None:
    await put(db, OURS)
    async with db.write() as tx:
        await threads.set_muted(tx, OURS, muted_at=NOW)
        await threads.close(tx, TEAM, CHANNEL, THREAD)
        await threads.advance_last_seen(tx, TEAM, CHANNEL, THREAD, "1750000009.000000")
        await sessions.add(tx, session("s2"))
    await advance_unread(db, None)
    await put(db, replace(OURS, session_id="s2"))
    assert await get(db) == replace(NEW, session_id="s2", last_seen_ts="1750000009.000000")
    assert await unread(db) == {"s2": THREAD}


async def test_the_mark_of_what_is_stored_only_moves_forward(db: Database) -> None:
    await put(db, OURS)
    for ts, mark in (("1750000009.000000", "9"), ("1750000005.000000", "9"), ("1750000012.000000", "12")):
        async with db.write() as tx:
            await threads.advance_last_seen(tx, TEAM, CHANNEL, THREAD, ts)
        thread = await get(db)
        assert thread is not None
        assert thread.last_seen_ts == f"17500000{int(mark):02}.000000"


async def test_a_thread_is_muted_and_closed_and_opened_again(db: Database) -> None:
    await put(db, OURS)
    async with db.write() as tx:
        await threads.set_muted(tx, OURS, muted_at=NOW)
        await threads.close(tx, TEAM, CHANNEL, THREAD)
    assert await get(db) == replace(NEW, muted_at=NOW, closed=True)
    async with db.write() as tx:
        await threads.set_muted(tx, OURS, muted_at=None)
        await threads.close(tx, TEAM, CHANNEL, THREAD, closed=False)
    assert await get(db) == NEW


async def test_unread_threads_in_use_come_with_those_first_in_which_people_wrote_last(db: Database) -> None:
    async with db.write() as tx:
        for number, (name, stage) in enumerate(
            [("old", Lifecycle.OPEN), ("new", Lifecycle.OPEN), ("ended", Lifecycle.ENDED), ("closed", Lifecycle.OPEN)]
        ):
            ts = f"17500000{number:02}.000000"
            await sessions.add(tx, session(name, lifecycle=stage))
            await threads.put(tx, replace(OURS, ts=ts, session_id=name, last_seen_ts=ts), NOW)
        await threads.close(tx, TEAM, CHANNEL, "1750000003.000000")
    assert list(await unread(db)) == ["new", "old"]
    assert list(await unread(db, limit=1)) == ["new"]


async def test_a_thread_is_read_from_its_mark_on_after_each_absence_and_what_arrives_meanwhile_moves_nothing(
    db: Database,
) -> None:
    async with db.write() as tx:
        await sessions.add(tx, session("s"))
    await put(db, OURS)
    assert await unread(db) == {"s": THREAD}
    await advance_unread(db, "1750000004.000000")  # a page of it
    assert await unread(db) == {"s": "1750000004.000000"}
    await advance_unread(db, None)
    assert await unread(db) == {}
    for mark in ("1750000005.000000", "1750000009.000000"):
        async with db.write() as tx:
            await threads.advance_last_seen(tx, TEAM, CHANNEL, THREAD, mark)
            await mark_all(tx)
        assert await unread(db) == {"s": "1750000005.000000"}


async def test_what_is_unread_in_a_thread_by_now_stays_unread_by_an_older_reading(db: Database) -> None:
    async with db.write() as tx:
        await sessions.add(tx, session("s"))
    await put(db, OURS)
    async with db.write() as tx:
        await threads.advance_unread(tx, replace(OURS, unread_from="1740000000.000000"), None)
    assert await unread(db) == {"s": THREAD}


async def test_only_threads_in_use_are_unread_after_an_absence(db: Database) -> None:
    async with db.write() as tx:
        for number, stage in enumerate([Lifecycle.ENDED, Lifecycle.OPEN]):
            ts = f"17500000{number:02}.000000"
            await sessions.add(tx, session(f"s{number}", lifecycle=stage))
            await threads.put(tx, replace(OURS, ts=ts, session_id=f"s{number}"), NOW)
            await threads.advance_unread(tx, replace(OURS, ts=ts, unread_from=THREAD), None)
        await threads.close(tx, TEAM, CHANNEL, "1750000001.000000")
        await mark_all(tx)
    for number in range(2):
        thread = await get(db, f"17500000{number:02}.000000")
        assert thread is not None
        assert thread.unread_from is None


async def test_after_a_short_gap_only_threads_in_which_somebody_spoke_lately_are_unread(db: Database) -> None:
    async with db.write() as tx:
        for number in range(2):
            ts = f"175000000{number}.000000"
            await sessions.add(tx, session(f"s{number}", thread_ts=ts, spoken_at=NOW + number))
            thread = replace(OURS, ts=ts, session_id=f"s{number}")
            await threads.put(tx, thread, NOW)
            await threads.advance_unread(tx, replace(thread, unread_from=THREAD), None)
        await threads.mark_spoken_unread(tx, TEAM, NOW + 1)
    assert set(await unread(db)) == {"s1"}


async def test_a_thread_in_which_something_has_just_come_in_is_read_from_an_earlier_message_on(db: Database) -> None:
    began, instead = "1750000050.000000", "1750000001.000000"
    async with db.write() as tx:
        for number, seen in enumerate(["1750000010.000000", "1750000060.000000"]):
            await sessions.add(tx, session(f"s{number}"))
            thread = replace(OURS, ts=f"175000000{number}.000000", session_id=f"s{number}", last_seen_ts=seen)
            await threads.put(tx, thread, NOW)
            await threads.advance_unread(tx, replace(thread, unread_from=seen), None)
        last = await threads.end_of_batch(tx, TEAM, ("", ""))
        assert last is not None
        await threads.mark_batch_unread(tx, TEAM, ("", ""), last, (began, instead))
    assert await unread(db) == {"s0": "1750000010.000000", "s1": instead}
