"""Connections and transactions: what may write, what survives, whose turn it is."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from bot.store import inbox
from bot.store.database.connection import Database, WriteLock, async_url, instant, sqlite_path, storable
from bot.store.tables import lanes
from bot.timing import PRODUCTION
from tests.store.rows import asked

only_sqlite = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
only_postgres = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)


async def names(db: Database) -> list[str]:
    async with db.read() as tx:
        return sorted((await tx.execute(select(lanes.c.name))).scalars())


async def note(db: Database, name: str, *, urgent: bool = False) -> None:
    async with db.write(urgent=urgent) as tx:
        await tx.execute(insert(lanes).values(name=name))


async def asks(db: Database, pragma: str, *, writing: bool) -> Any:
    async with db.write() if writing else db.read() as tx:
        return (await tx.exec_driver_sql(f"PRAGMA {pragma}")).scalar_one()


# ------------------------------------------------------------ SQLite


@only_sqlite
async def test_the_reading_side_of_sqlite_refuses_to_write(db: Database) -> None:
    with pytest.raises(DBAPIError, match="readonly"):
        async with db.read() as tx:
            await tx.execute(insert(lanes).values(name="in:x"))
    assert await names(db) == []


@only_sqlite
@pytest.mark.parametrize("writing", [True, False])
async def test_sqlite_keeps_what_was_committed_through_a_power_cut(db: Database, writing: bool) -> None:
    assert await asks(db, "journal_mode", writing=writing) == "wal"
    assert await asks(db, "synchronous", writing=writing) == 2  # FULL
    assert await asks(db, "query_only", writing=writing) == (not writing)


@only_sqlite
async def test_a_reader_neither_waits_for_a_writer_nor_sees_its_half_work(db: Database) -> None:
    async with db.write() as tx:
        await tx.execute(insert(lanes).values(name="in:x"))
        assert await names(db) == []
    assert await names(db) == ["in:x"]


@only_sqlite
async def test_many_reads_do_not_keep_a_writer_out(db: Database) -> None:
    async with db.read() as one, db.read() as two, db.read() as three:
        for tx in (one, two, three):
            await tx.execute(select(lanes.c.name))
        await note(db, "in:x")
    assert await names(db) == ["in:x"]


@only_sqlite
async def test_writes_of_one_process_take_turns_instead_of_failing_on_the_lock(db: Database) -> None:
    await asyncio.gather(*(note(db, f"in:{number:02}") for number in range(40)))
    assert len(await names(db)) == 40


@only_sqlite
async def test_what_slack_sent_overtakes_the_other_writes(db: Database) -> None:
    order: list[str] = []

    async def write(name: str, *, urgent: bool = False) -> None:
        async with db.write(urgent=urgent):
            order.append(name)

    async with db.write():
        waiting = [asyncio.create_task(write(name)) for name in ("a", "b")]
        await asyncio.sleep(0)
        waiting.append(asyncio.create_task(write("slack", urgent=True)))
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert order == ["slack", "a", "b"]


@only_sqlite
async def test_a_database_of_another_program_is_not_taken_for_a_store(db: Database, url: str) -> None:
    await db.close()
    path = sqlite_path(url)
    assert path is not None
    path.write_bytes(b"this is no database" * 100)
    for wal in path.parent.glob("*-wal"):
        wal.unlink()
    with pytest.raises(DBAPIError):
        await names(db)


# ------------------------------------------------------------ both


async def test_a_transaction_is_committed_whole_or_not_at_all(db: Database) -> None:
    async def half() -> None:
        async with db.write() as tx:
            await tx.execute(insert(lanes).values(name="in:half"))
            raise KeyError

    with pytest.raises(KeyError):
        await half()
    await note(db, "in:whole")
    assert await names(db) == ["in:whole"]


async def test_a_writer_who_is_canceled_leaves_nothing_and_locks_nobody_out(db: Database) -> None:
    inside = asyncio.Event()

    async def write() -> None:
        async with db.write() as tx:
            await tx.execute(insert(lanes).values(name="in:half"))
            inside.set()
            await asyncio.Event().wait()

    for _ in range(3):
        task = asyncio.create_task(write())
        await inside.wait()
        inside.clear()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await note(db, f"in:after{len(await names(db))}")
    assert await names(db) == ["in:after0", "in:after1", "in:after2"]


async def test_a_writer_who_is_canceled_at_any_await_locks_nobody_out(db: Database) -> None:
    await note(db, "in:warm")
    for steps in range(12):
        task = asyncio.create_task(note(db, f"in:{steps:02}"))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await note(db, f"in:after{steps:02}")
    assert len([name for name in await names(db) if name.startswith("in:after")]) == 12


async def test_an_error_shows_no_values(db: Database) -> None:
    async def add() -> None:
        async with db.write() as tx:
            await tx.execute(insert(lanes).values(name="our secret plan", epoch="many"))

    async def add_twice() -> None:
        async with db.write() as tx:
            await tx.execute(insert(lanes).values(name="in:x", owner="our secret plan"))
            await tx.execute(insert(lanes).values(name="in:x", owner="our secret plan"))

    for mistake in (add, add_twice) if not db.is_sqlite else (add_twice,):
        with pytest.raises(DBAPIError) as failed:
            await mistake()
        assert "our secret plan" not in f"{failed.value} {failed.value!r}"
    assert db._writing.sync_engine.hide_parameters
    assert db._reading.sync_engine.hide_parameters


async def test_a_closed_store_can_be_closed_again(db: Database) -> None:
    await names(db)
    await db.close()
    await db.close()


async def test_the_clock_of_the_store_rules_leases(db: Database, clock: Any) -> None:
    clock.now = 5.0
    async with db.read() as tx:
        now = (await tx.execute(select(instant(tx.dialect.name)), db.own_clock())).scalar_one()
    assert now == 5.0 if db.is_sqlite else now > 1_700_000_000


# ------------------------------------------------------------ PostgreSQL


@only_postgres
async def test_nobody_waits_longer_than_a_second_for_a_row_of_another_process(db: Database, other: Database) -> None:
    await note(db, "in:x")
    async with db.read() as tx:
        assert (await tx.exec_driver_sql("SHOW lock_timeout")).scalar_one() == "1s"
    async with other.write() as tx:
        await tx.execute(select(lanes).with_for_update())
        with pytest.raises(DBAPIError, match="lock timeout"):
            async with db.write() as waiting:
                await waiting.execute(lanes.update().values(owner="w"))


@only_postgres
async def test_a_process_that_stands_still_in_a_transaction_has_ten_seconds(db: Database) -> None:
    async with db.read() as tx:
        assert (await tx.exec_driver_sql("SHOW idle_in_transaction_session_timeout")).scalar_one() == "10s"
        assert (await tx.exec_driver_sql("SHOW jit")).scalar_one() == "off"


@pytest.mark.long
@only_postgres
async def test_a_process_that_stands_still_in_a_transaction_loses_its_locks(db: Database, other: Database) -> None:
    await note(db, "in:x")

    async def freeze() -> None:
        async with other.write() as frozen:
            await frozen.execute(lanes.update().values(owner="frozen"))
            await _written_when_let(db, lanes.update().values(owner="awake"))

    with pytest.raises(DBAPIError):
        await freeze()
    async with db.read() as tx:
        assert (await tx.execute(select(lanes.c.owner))).scalar_one() == "awake"


async def _written_when_let(db: Database, statement: Any) -> None:
    """Try again for as long as a lock of somebody else is in the way."""
    async with asyncio.timeout(20):
        while True:
            with suppress(DBAPIError):
                async with db.write() as tx:
                    await tx.execute(statement)
                return


@only_postgres
async def test_of_two_writers_that_lock_each_other_out_one_fails_and_the_other_goes_on(
    db: Database, other: Database
) -> None:
    await note(db, "in:a")
    await note(db, "in:b")
    both_inside = asyncio.Barrier(2)

    async def own(store: Database, owner: str, *lanes_in_order: str) -> None:
        async with store.write() as tx:
            for step, name in enumerate(lanes_in_order):
                if step:
                    await both_inside.wait()
                await tx.execute(lanes.update().where(lanes.c.name == name).values(owner=owner))

    outcomes = await asyncio.gather(
        own(db, "one", "in:a", "in:b"), own(other, "two", "in:b", "in:a"), return_exceptions=True
    )
    lost = [outcome for outcome in outcomes if outcome is not None]
    assert 1 <= len(lost) <= 2  # the lock's time and the deadlock's are both a second
    assert all(isinstance(outcome, DBAPIError) for outcome in lost)
    async with db.read() as tx:
        owners = set((await tx.execute(select(lanes.c.owner))).scalars())
    assert len(owners) == 1  # never half of one and half of the other
    await note(db, "in:c")


@only_postgres
async def test_numbers_beyond_32_bits_fit(db: Database) -> None:
    async with db.write() as tx:
        await tx.exec_driver_sql("ALTER SEQUENCE outbox_seq_seq RESTART WITH 5000000000")
    from bot.store import outbox  # noqa: PLC0415
    from bot.store.row_claims import Sender  # noqa: PLC0415
    from tests.store.rows import OUT, said  # noqa: PLC0415

    async with db.write() as tx:
        await outbox.add(tx, [said("a")])
        heads = await outbox.heads(tx, db, [OUT], 2e9, Sender("w", 30.0))
    assert heads[OUT].seq == 5_000_000_000
    async with db.write() as tx:
        await tx.exec_driver_sql("ALTER SEQUENCE outbox_seq_seq RESTART WITH 1")


@only_postgres
@pytest.mark.parametrize(
    "more",
    [
        "sslmode=require",
        "sslmode=prefer&connect_timeout=10&channel_binding=prefer&gssencmode=disable&keepalives=1",
        "ssl=prefer",
        "application_name=devin",
        "options=-c%20statement_timeout%3D5000",
    ],
)
async def test_what_usual_addresses_carry_is_understood(url: str, opened: Callable[[str], Database], more: str) -> None:
    assert await names(opened(f"{url}&{more}")) == []


# ------------------------------------------------------------ addresses


@asynccontextmanager
async def server_without_tls() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that refuses to encrypt; keeps the first words of each caller."""
    received: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(8))
        writer.write(b"N")
        received.append(await reader.read(8))
        writer.close()
        hung_up.set()

    hung_up = asyncio.Event()
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], received
        if received:
            await hung_up.wait()


ASKS_FOR_TLS = bytes.fromhex("0000000804d2162f")


@pytest.mark.parametrize("word", ["sslmode=require", "ssl=require", "sslmode=verify-full&sslrootcert=/no/such/file"])
async def test_where_encryption_is_required_nothing_is_said_without_it(
    opened: Callable[[str], Database], word: str
) -> None:
    async with server_without_tls() as (port, received):
        db = opened(f"postgresql://ann:hush@127.0.0.1:{port}/store?{word}")
        with pytest.raises(Exception, match=r"(?i)ssl|no such file") as failed:
            await names(db)
    assert set(received) <= {ASKS_FOR_TLS, b""}
    assert "hush" not in str(failed.value)


async def test_where_encryption_is_switched_off_none_is_asked_for(opened: Callable[[str], Database]) -> None:
    async with server_without_tls() as (port, received):
        db = opened(f"postgresql://ann:hush@127.0.0.1:{port}/store?sslmode=disable")
        with pytest.raises((DBAPIError, ConnectionError, OSError)):
            await names(db)
    assert received[0] != ASKS_FOR_TLS


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///devin-bridge.db", "sqlite+aiosqlite:///devin-bridge.db"),
        ("sqlite:////var/lib/bot/store.db", "sqlite+aiosqlite:////var/lib/bot/store.db"),
        ("postgres://ann:p%40ss@db.example:5433/bot", "postgresql+asyncpg://ann:p%40ss@db.example:5433/bot"),
        ("postgresql://ann@db.example/bot", "postgresql+asyncpg://ann@db.example/bot"),
        ("postgresql+psycopg://ann@db.example/bot", "postgresql+asyncpg://ann@db.example/bot"),
    ],
)
def test_an_address_gets_the_driver_of_this_project(given: str, used: str) -> None:
    assert async_url(given) == used


def test_an_address_of_another_store_is_refused_with_what_to_write() -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        async_url("mysql://ann:hush@db.example/bot")
    assert str(refused.value) == ("DATABASE_URL names mysql; use sqlite:///file.db or postgresql://host/name.")


def test_only_an_sqlite_file_has_a_path() -> None:
    path = sqlite_path("sqlite:////var/lib/bot/store.db")
    assert path is not None
    assert str(path) == "/var/lib/bot/store.db"
    assert sqlite_path("sqlite://") is None
    assert sqlite_path("sqlite:///:memory:") is None
    assert sqlite_path("postgresql://db.example/bot") is None


def test_what_postgresql_refuses_is_replaced_wherever_it_stands() -> None:
    assert storable({"a\0": ["b\udfff", ("c", 1, None, True, 2.5)]}) == {
        "a\ufffd": ["b\ufffd", ["c", 1, None, True, 2.5]]
    }
    assert storable("whole 😀 words\n\t") == "whole 😀 words\n\t"


# ------------------------------------------------------------ turns


class Queue:
    """People who want a turn, and the order in which they got one."""

    def __init__(self) -> None:
        self.write_lock = WriteLock()
        self.order: list[str] = []
        self.go_on = asyncio.Event()

    async def want(self, name: str, *, urgent: bool = False) -> None:
        async with self.write_lock(urgent=urgent):
            self.order.append(name)
            await self.go_on.wait()

    async def line_up(self, *names: str, urgent: bool = False) -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(self.want(name, urgent=urgent), name=name) for name in names]
        await asyncio.sleep(0)
        return tasks


async def test_one_at_a_time_and_those_who_go_first_overtake_but_never_the_one_at_work() -> None:
    queue = Queue()
    tasks = await queue.line_up("at work", "a", "b")
    tasks += await queue.line_up("inbox 1", "inbox 2", urgent=True)
    assert queue.order == ["at work"]
    queue.go_on.set()
    await asyncio.gather(*tasks)
    assert queue.order == ["at work", "inbox 1", "inbox 2", "a", "b"]


async def test_who_leaves_the_queue_is_passed_over() -> None:
    queue = Queue()
    tasks = await queue.line_up("at work", "gone", "stays")
    tasks[1].cancel()
    queue.go_on.set()
    await asyncio.wait(tasks)
    assert queue.order == ["at work", "stays"]


async def test_a_turn_given_to_somebody_who_leaves_in_that_moment_is_passed_on() -> None:
    queue = Queue()
    queue.go_on.set()
    holding = asyncio.Event()

    async def hold() -> None:
        async with queue.write_lock():
            await holding.wait()
        waiting[0].cancel()  # the lock was given to it in the line before, and it has not run since

    holder = asyncio.create_task(hold())
    await asyncio.sleep(0)
    waiting = await queue.line_up("gone", "stays")
    holding.set()
    await asyncio.wait([holder, *waiting], timeout=5)
    assert queue.order == ["stays"]
    assert waiting[0].cancelled()


async def test_a_turn_is_never_lost_whoever_leaves_whenever() -> None:
    for steps in range(8):
        queue = Queue()
        queue.go_on.set()
        tasks = [asyncio.create_task(queue.want(f"{number}", urgent=number % 3 == 0)) for number in range(9)]
        for _ in range(steps):
            await asyncio.sleep(0)
        for task in tasks[1::2]:
            task.cancel()
        await asyncio.wait(tasks, timeout=5)
        assert all(task.done() for task in tasks)
        async with asyncio.timeout(5), queue.write_lock():
            pass


async def test_a_block_that_fails_gives_the_turn_back() -> None:
    turn = WriteLock()

    async def fail() -> None:
        async with turn():
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    async with asyncio.timeout(5), turn(urgent=True):
        pass


@only_sqlite
async def test_another_process_that_holds_the_file_makes_a_write_fail_within_the_lock_wait(
    url: str, opened: Callable[..., Database]
) -> None:
    db = opened(url, replace(PRODUCTION, store_lock=0.1))
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DBAPIError, match="locked"):
        await note(db, "in:x")
    other.rollback()
    other.close()
    await note(db, "in:y")
    async with db.write() as tx:
        await inbox.add(tx, [asked("after")])
    assert await names(db) == ["in:y"]


@only_sqlite
async def test_the_loop_goes_on_while_a_write_waits_for_another_process(
    url: str, opened: Callable[[str], Database]
) -> None:
    db = opened(url)
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(note(db, "in:x"))
    async with asyncio.timeout(5):
        assert await names(db) == []  # on the same loop
        assert not waiting.done()
        other.rollback()
        await waiting
    other.close()
    assert await names(db) == ["in:x"]


async def test_what_is_committed_while_a_frozen_scan_reads_is_not_in_it(db: Database) -> None:
    await note(db, "in:x")
    async with db.scan(frozen=True) as tx:
        assert list((await tx.execute(select(lanes.c.name))).scalars()) == ["in:x"]
        await note(db, "in:y")
        assert list((await tx.execute(select(lanes.c.name))).scalars()) == ["in:x"]
    assert await names(db) == ["in:x", "in:y"]


@only_sqlite
async def test_many_rows_are_read_where_nothing_can_be_written(db: Database) -> None:
    await note(db, "in:x")
    async with db.scan() as tx:
        assert list((await tx.execute(select(lanes.c.name))).scalars()) == ["in:x"]
        with pytest.raises(DBAPIError, match="readonly"):
            await tx.execute(insert(lanes).values(name="in:y"))


@only_sqlite
async def test_a_checkpoint_brings_what_was_committed_into_the_file_itself(db: Database, tmp_path: Path) -> None:
    await note(db, "in:x")
    assert names_in_file_alone(db, tmp_path / "before.db") == []
    await db.checkpoint()
    assert names_in_file_alone(db, tmp_path / "after.db") == ["in:x"]


def names_in_file_alone(db: Database, copy: Path) -> list[str]:
    """What is in the file without the log beside it."""
    path = sqlite_path(db.url)
    assert path is not None
    shutil.copy(path, copy)
    with closing(sqlite3.connect(copy)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'lanes'").fetchone():
            return []
        return [name for (name,) in connection.execute("SELECT name FROM lanes")]


@only_postgres
async def test_on_postgresql_a_checkpoint_is_left_to_the_server(db: Database) -> None:
    await db.checkpoint()
    await note(db, "in:x")
    assert await names(db) == ["in:x"]


async def test_what_slack_waits_for_and_a_question_for_readiness_do_not_wait_behind_held_back_work(
    db: Database,
) -> None:
    async with db.write():
        pass  # connects
    with db.gate:
        held_back = [asyncio.create_task(note(db, f"in:{number}")) for number in range(40)]
        await asyncio.sleep(0)
        async with asyncio.timeout(2):
            await note(db, "in:first", urgent=True)
        assert sum(task.done() for task in held_back) < 20
    async with asyncio.timeout(10):
        await asyncio.gather(*held_back)
    assert len(await names(db)) == 41


async def test_a_file_that_another_process_is_just_busy_with_is_opened_a_moment_later(tmp_path: Path) -> None:
    path = tmp_path / "fresh.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    db = Database(f"sqlite:///{path}")
    letting_go = Timer(0.2, other.rollback)
    letting_go.start()
    async with db.write() as tx:
        assert (await tx.exec_driver_sql("PRAGMA journal_mode")).scalar_one() == "wal"
    letting_go.join()
    await db.close()
    other.close()


async def test_a_checkpoint_makes_no_store_where_there_is_none(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'gone.db'}")
    with pytest.raises(sqlite3.OperationalError):
        await db.checkpoint()
    assert list(tmp_path.iterdir()) == []
    await db.close()
