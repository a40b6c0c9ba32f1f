"""What Slack sends is stored in shared commits, and whoever is told "not stored" is told the truth."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from time import sleep
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, select

from bot.domain.file import SlackFile
from bot.store import inbox
from bot.store.database.connection import Database
from bot.store.inbox import InboxRow
from bot.store.inbox_writer import InboxWriter, MaybeStoredError, NotStoredError
from bot.store.tables import inbox as table
from bot.timing import PRODUCTION, Timing
from tests import postgres
from tests.store.rows import asked, written

SHORT = 0.2  # the wait for a lock in these tests


def stored(seconds: float) -> Timing:
    """The waits of a writer that stores a row within so many seconds, or refuses it."""
    return replace(PRODUCTION, stored=seconds)


@asynccontextmanager
async def at_work(writer: InboxWriter) -> AsyncIterator[None]:
    task = asyncio.create_task(writer.run())
    try:
        yield
    finally:
        assert not task.done(), "the writer has died"
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def keys(db: Database) -> list[str]:
    async with db.read() as tx:
        return sorted((await tx.execute(select(table.c.key))).scalars())


def commits(db: Database) -> list[None]:
    """Grows by one with each commit."""
    seen: list[None] = []
    event.listen(storing(db), "commit", lambda _: seen.append(None))
    return seen


def storing(db: Database) -> Engine:
    """The engine that the inbox is written through."""
    return db._storing if db.is_sqlite else db._writing.sync_engine


def soon(*calls: Coroutine[Any, Any, None]) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(call) for call in calls]


@pytest.fixture
async def quick_db(url: str, opened: Callable[..., Database]) -> Database:
    """A store that waits only shortly for a lock."""
    return opened(url, replace(PRODUCTION, store_lock=SHORT))


@asynccontextmanager
async def locked(url: str) -> AsyncIterator[Callable[[], Coroutine[Any, Any, None]]]:
    """Another process holds the store; what it gives lets go."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")

        async def let_go() -> None:
            connection.rollback()

        try:
            yield let_go
        finally:
            connection.close()
        return
    import asyncpg  # noqa: PLC0415 - only here

    holder = await asyncpg.connect(url)
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute("LOCK TABLE inbox")
    try:
        yield transaction.rollback
    finally:
        await holder.close()


async def test_a_put_returns_after_the_commit(db: Database) -> None:
    writer = InboxWriter(db, stored(30.0))
    async with at_work(writer):
        await writer.put(asked("one"))
        assert await keys(db) == ["one"]


async def test_what_arrives_together_shares_commits(db: Database) -> None:
    writer = InboxWriter(db, stored(30.0))
    async with at_work(writer):
        await writer.put(asked("first"))  # connects
        seen = commits(db)
        await asyncio.gather(*(writer.put(asked(f"k{number:03}")) for number in range(300)))
    assert len(await keys(db)) == 301
    assert 2 <= len(seen) <= 4  # batches of 200


async def test_what_arrives_during_a_commit_goes_into_the_next_one(db: Database) -> None:
    writer = InboxWriter(db, stored(30.0))
    async with at_work(writer):
        await writer.put(asked("first"))
        seen = commits(db)

        async def arrive(number: int) -> None:
            for _ in range(number % 7):
                await asyncio.sleep(0)
            await writer.put(asked(f"k{number}"))

        await asyncio.gather(*(arrive(number) for number in range(60)))
    assert len(await keys(db)) == 61
    assert len(seen) < 30


async def test_a_key_is_stored_once_also_within_one_commit(db: Database) -> None:
    writer = InboxWriter(db, stored(30.0))
    async with at_work(writer):
        await asyncio.gather(*(writer.put(asked("same", cause=written(text))) for text in ("a", "b", "c")))
        await writer.put(asked("same", cause=written("later")))
    assert await keys(db) == ["same"]
    async with db.read() as tx:
        row = await inbox.get(tx, "same")
    assert row is not None
    assert row.cause.text in {"a", "b", "c"}


async def test_a_row_that_is_done_is_not_opened_again_by_a_second_delivery(db: Database) -> None:
    writer = InboxWriter(db, stored(30.0))
    async with at_work(writer):
        await writer.put(asked("same"))
        async with db.write() as tx:
            await inbox.finish(tx, ["same"], 1.0)
        await writer.put(asked("same"))
    async with db.read() as tx:
        assert await inbox.get(tx, "same") is None


async def test_a_bad_row_costs_only_itself(db: Database) -> None:
    writer = InboxWriter(db, stored(30.0))
    bad = asked("bad", cause=written(object()))
    async with at_work(writer):
        outcomes = await asyncio.gather(
            *(writer.put(row) for row in (asked("a"), bad, asked("c"), asked("d"))), return_exceptions=True
        )
        await writer.put(asked("after"))
    assert [type(outcome) for outcome in outcomes] == [type(None), NotStoredError, type(None), type(None)]
    assert await keys(db) == ["a", "after", "c", "d"]


async def test_a_bad_row_alone_is_refused_and_the_writer_goes_on(db: Database) -> None:
    writer = InboxWriter(db, stored(30.0))
    async with at_work(writer):
        with pytest.raises(NotStoredError, match=r"^bad$"):
            await writer.put(asked("bad", cause=written(object())))
        await writer.put(asked("good"))
    assert await keys(db) == ["good"]


async def test_an_odd_sign_in_a_message_does_not_keep_it_out(db: Database) -> None:
    writer = InboxWriter(db, stored(30.0))
    async with at_work(writer):
        await writer.put(asked("odd", cause=written("nul \0, half \ud83d, whole 😀", files=(SlackFile("F1", "a\0b"),))))
    async with db.read() as tx:
        row = await inbox.get(tx, "odd")
    assert row is not None
    assert row.cause.text == "nul \ufffd, half \ufffd, whole 😀"
    assert row.cause.files == (SlackFile("F1", "a\ufffdb"),)


async def test_the_row_of_a_canceled_caller_is_left_out(db: Database) -> None:
    writer = InboxWriter(db, stored(30.0))
    gone, stays = soon(writer.put(asked("gone")), writer.put(asked("stays")))
    await asyncio.sleep(0)
    gone.cancel()
    async with at_work(writer):
        await stays
        with pytest.raises(asyncio.CancelledError):
            await gone
    assert await keys(db) == ["stays"]


async def test_a_caller_who_is_canceled_during_the_commit_does_not_kill_the_writer(db: Database) -> None:
    writer = InboxWriter(db, stored(30.0))
    async with at_work(writer):
        (impatient,) = soon(writer.put(asked("impatient")))
        loop = asyncio.get_running_loop()
        event.listen(
            storing(db), "commit", lambda _: loop.call_soon_threadsafe(impatient.cancel) and sleep(SHORT), once=True
        )
        with pytest.raises(asyncio.CancelledError):
            await impatient
        await writer.put(asked("after"))
    assert await keys(db) == ["after", "impatient"]


async def test_what_is_past_its_deadline_is_dropped_before_the_commit(db: Database) -> None:
    writer = InboxWriter(db, stored(0.0))
    late = soon(writer.put(asked("late")))
    await asyncio.sleep(0)
    async with at_work(writer):
        with pytest.raises(NotStoredError):
            await late[0]
    async with db.write(urgent=True):
        pass  # after whatever the writer still had to do
    assert await keys(db) == []


async def test_a_caller_is_answered_at_the_deadline_although_nobody_writes(db: Database) -> None:
    writer = InboxWriter(db, stored(0.05))
    with pytest.raises(NotStoredError) as refused:
        await writer.put(asked("never"))
    assert isinstance(refused.value.__cause__, TimeoutError)
    async with at_work(writer):
        writer._timing = stored(30.0)
        await writer.put(asked("next"))
    assert await keys(db) == ["next"]


@pytest.mark.parametrize("many", [1, 5])
async def test_while_another_process_holds_the_store_callers_are_answered_in_time(
    quick_db: Database, url: str, many: int
) -> None:
    loop, deadline = asyncio.get_running_loop(), 3 * SHORT
    writer = InboxWriter(quick_db, stored(30.0))
    async with at_work(writer):
        await writer.put(asked("before"))
        async with locked(url) as let_go:
            writer._timing = stored(deadline)
            started = loop.time()
            outcomes = await asyncio.gather(
                *(writer.put(asked(f"k{number}")) for number in range(many)), return_exceptions=True
            )
            took = loop.time() - started
            writer._timing = stored(30.0)
            await let_go()
        assert {type(outcome) for outcome in outcomes} == {NotStoredError}
        assert took < deadline + SHORT + 1.0  # for a busy machine
        await writer.put(asked("after"))
    assert await keys(quick_db) == ["after", "before"]


async def test_a_lock_that_ends_before_the_deadline_costs_nothing_but_the_wait(quick_db: Database, url: str) -> None:
    writer = InboxWriter(quick_db, stored(30.0))
    async with at_work(writer):
        await writer.put(asked("before"))
        async with locked(url) as let_go:
            waiting = soon(*(writer.put(asked(f"k{number}")) for number in range(3)))
            await asyncio.sleep(SHORT / 2)  # shorter than one wait for the lock
            await let_go()
            await asyncio.gather(*waiting)
    assert await keys(quick_db) == ["before", "k0", "k1", "k2"]


async def test_a_store_that_lets_nobody_in_for_a_while_loses_nothing_within_the_deadline(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []
    real = db.run_in_writer_thread

    async def refusing(work: Callable[[Connection], Any]) -> Any:
        tries.append(work)
        if len(tries) <= 3:
            raise ConnectionRefusedError
        return await real(work)

    monkeypatch.setattr(db, "run_in_writer_thread", refusing)
    writer = InboxWriter(db, stored(30.0))
    async with at_work(writer):
        await asyncio.gather(*(writer.put(asked(key)) for key in "abc"))
    assert await keys(db) == ["a", "b", "c"]
    assert len(tries) >= 4


@pytest.mark.parametrize("many", [1, 4])
async def test_a_lost_answer_to_a_commit_is_looked_up_before_anybody_is_answered(
    db: Database, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    real, first_time = db.run_in_writer_thread, [True]

    async def losing_one_answer(work: Callable[[Connection], Any]) -> Any:
        done = await real(work)
        if first_time.pop() if first_time else False:
            raise ConnectionResetError
        return done

    monkeypatch.setattr(db, "run_in_writer_thread", losing_one_answer)
    writer = InboxWriter(db, stored(30.0))
    async with at_work(writer):
        await asyncio.gather(*(writer.put(asked(f"k{number}")) for number in range(many)))
    assert await keys(db) == [f"k{number}" for number in range(many)]


async def test_where_the_answer_to_a_commit_is_lost_and_nobody_can_be_asked_it_is_not_said_that_it_failed(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = db.run_in_writer_thread, []

    async def losing_the_answer_then_down(work: Callable[[Connection], Any]) -> Any:
        tries.append(work)
        if len(tries) == 1:
            await real(work)
        raise ConnectionResetError

    async def down(_: Callable[[Connection], Any]) -> Any:
        raise ConnectionRefusedError

    await keys(db)  # connects
    monkeypatch.setattr(db, "run_in_writer_thread", losing_the_answer_then_down)
    writer = InboxWriter(db, stored(30.0))
    async with at_work(writer):
        with pytest.raises(MaybeStoredError):
            await writer.put(asked("maybe"))
        monkeypatch.setattr(db, "run_in_writer_thread", down)
        writer._timing = stored(SHORT)
        with pytest.raises(NotStoredError) as refused:
            await writer.put(asked("surely not"))
    assert not isinstance(refused.value, MaybeStoredError)
    assert await keys(db) == ["maybe"]


async def test_a_row_whose_batch_fails_after_its_deadline_is_not_tried_again(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, first_time = db.run_in_writer_thread, [True]

    async def failing_late(work: Callable[[Connection], Any]) -> Any:
        def slow(connection: Connection) -> Any:
            work(connection)
            sleep(SHORT)  # past the deadline, in a transaction that could still have been committed
            raise ConnectionResetError

        return await real(slow if first_time.pop() else work) if first_time else await real(work)

    monkeypatch.setattr(db, "run_in_writer_thread", failing_late)
    await keys(db)  # connects
    writer = InboxWriter(db, stored(SHORT / 2))
    async with at_work(writer):
        with pytest.raises(NotStoredError):
            await writer.put(asked("late"))
        writer._timing = stored(30.0)
        await writer.put(asked("next"))
    assert await keys(db) == ["next"]


async def test_two_processes_that_store_the_same_rows_in_other_orders_do_not_block_each_other(
    db: Database, other: Database
) -> None:
    rows = [asked(f"k{number:03}") for number in range(150)]
    for attempt in range(3):
        fresh = [asked(f"{attempt}{row.key}") for row in rows]
        one, two = InboxWriter(db, stored(30.0)), InboxWriter(other, stored(30.0))
        async with at_work(one), at_work(two):
            await asyncio.gather(
                *(one.put(row) for row in fresh),
                *(two.put(row) for row in reversed(fresh)),
            )
    assert len(await keys(db)) == 450


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_rows_are_locked_in_the_same_order_whatever_order_they_are_given_in(
    db: Database, other: Database, url: str
) -> None:
    first, second = asked("a"), asked("b")
    async with db.write() as tx:
        await inbox.add(tx, [first])
        crossing = asyncio.create_task(_store(other, second, first))
        await postgres.until_blocked(url)  # on "a", and without having locked "b" before
        await inbox.add(tx, [second])
    await crossing
    assert await keys(db) == ["a", "b"]


async def _store(db: Database, *rows: InboxRow) -> None:
    async with db.write() as tx:
        await inbox.add(tx, rows)


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_a_server_that_cut_the_connection_is_connected_to_again(db: Database, url: str) -> None:
    writer = InboxWriter(db, stored(30.0))
    async with at_work(writer):
        await writer.put(asked("before"))
        await postgres.run(url, postgres.LEAVE)
        await writer.put(asked("after"))
    assert await keys(db) == ["after", "before"]


async def test_an_error_of_the_store_shows_nothing_of_what_people_wrote(db: Database) -> None:
    writer = InboxWriter(db, stored(30.0))
    bad = asked("bad", cause=written("our secret plan"), ready_at="soon")
    async with at_work(writer):
        with pytest.raises(NotStoredError) as refused:
            await writer.put(bad)
    assert "our secret plan" not in f"{refused.value!r} {refused.value.__cause__!s} {refused.value.__cause__!r}"


async def test_rows_of_a_step_are_stored_in_its_transaction_or_not_at_all(db: Database) -> None:
    class Halt(Exception):  # noqa: N818
        pass

    async def half() -> None:
        async with db.write() as tx:
            await inbox.add(tx, [asked("half")])
            raise Halt

    with pytest.raises(Halt):
        await half()
    assert await keys(db) == []
