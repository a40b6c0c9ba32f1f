"""Probes cost next to nothing however many there are, and figures are for the operator alone."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError
from starlette.requests import Request

from bot.server.health import StoreCheck, may_read_metrics
from bot.store.database.connection import Database, Transaction
from bot.store.database.refusals import refusal
from bot.timing import PRODUCTION


class NoConnectionLeftError(Exception):
    """As PostgreSQL's driver has it."""

    sqlstate = "53300"


TIMING = replace(PRODUCTION, readiness=0.5, readiness_kept=0.3)
TOKEN = SecretStr("a-token-for-prometheus")


# ------------------------------------------------------------ /metrics


def request(host: str, headers: dict[str, str] | None = None) -> Request:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    return Request({"type": "http", "client": (host, 40_000), "headers": raw})


def test_without_a_token_this_machine_alone_may_read_the_figures() -> None:
    assert may_read_metrics(request("127.0.0.1"), None)
    assert may_read_metrics(request("::1"), None)
    for host in ("10.0.0.1", "1.1.1.1", "172.17.0.1", ""):
        assert not may_read_metrics(request(host), None)
    assert not may_read_metrics(request("1.1.1.1", {"Authorization": "Bearer "}), None)
    assert not may_read_metrics(Request({"type": "http", "client": None, "headers": []}), None)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Proto"])
def test_what_a_proxy_on_this_machine_passes_on_comes_from_elsewhere(header: str) -> None:
    assert not may_read_metrics(request("127.0.0.1", {header: "127.0.0.1"}), None)


def test_with_a_token_whoever_sends_it_may_read_the_figures_and_nobody_else() -> None:
    good = {"Authorization": "Bearer a-token-for-prometheus"}
    for host in ("127.0.0.1", "1.1.1.1"):
        assert may_read_metrics(request(host, good), TOKEN)
        assert may_read_metrics(request(host, good | {"X-Forwarded-For": "1.1.1.1"}), TOKEN)
        assert not may_read_metrics(request(host), TOKEN)
        for wrong in ("Bearer a-token", "Bearer ", "Basic a-token-for-prometheus", "a-token-for-prometheus", "\u00e9"):
            assert not may_read_metrics(request(host, {"Authorization": wrong}), TOKEN)


# ------------------------------------------------------------ /readyz


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    db = Database(f"sqlite:///{tmp_path / 'bot.db'}")
    yield db
    await db.close()


async def touch(tx: Transaction) -> None:
    """What the check writes; nothing here."""


def fill_the_disk(db: Database, pages: int) -> None:
    """Let SQLite find no room for more `pages`, as on a disk that is full."""
    event.listen(db._storing, "begin", lambda on: on.exec_driver_sql(f"PRAGMA max_page_count={pages}"))


def insert_much(connection: Connection) -> None:
    connection.exec_driver_sql("INSERT INTO notes VALUES (zeroblob(1000000))")


def transactions(db: Database) -> list[str]:
    """The transactions that are begun from now on."""
    begun: list[str] = []
    event.listen(db._writing.sync_engine, "begin", lambda _connection: begun.append("write"))
    event.listen(db._reading.sync_engine, "begin", lambda _connection: begun.append("read"))
    return begun


async def test_eight_who_ask_again_and_again_cost_one_write_in_a_while(db: Database) -> None:
    check, begun = StoreCheck(db, TIMING, touch), transactions(db)
    for _ in range(50):
        assert await asyncio.gather(*(check.problem() for _ in range(8))) == [None] * 8
    assert begun == ["write"]
    await asyncio.sleep(TIMING.readiness_kept + 0.1)
    assert await asyncio.gather(*(check.problem() for _ in range(8))) == [None] * 8
    assert begun == ["write", "write"]


async def test_while_the_bot_writes_nothing_is_tried(db: Database) -> None:
    check = StoreCheck(db, TIMING, touch)
    async with db.write():
        pass
    begun = transactions(db)
    assert await check.problem() is None
    await asyncio.sleep(TIMING.readiness_kept + 0.1)
    await db.run_in_writer_thread(lambda _connection: None)
    assert await check.problem() is None
    assert begun == []


async def test_the_check_lets_others_begin_first(db: Database) -> None:
    """What has priority goes before it, and a write that waits already goes before it too."""
    check, order = StoreCheck(db, TIMING, touch), []

    async def write() -> None:
        async with db.write():
            order.append("other")

    async def ask() -> None:
        await check.problem()
        order.append("check")

    with db.gate:
        waiting = asyncio.create_task(write())
        await asyncio.sleep(0)
        asking = asyncio.create_task(ask())
        async with db.write(urgent=True):
            order.append("ack")
    await asyncio.gather(waiting, asking)
    assert order == ["ack", "other", "check"]


async def test_a_store_that_is_locked_is_named_and_found_again_once_it_is_free(db: Database, tmp_path: Path) -> None:
    check = StoreCheck(db, TIMING, touch)
    locked = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    locked.execute("BEGIN IMMEDIATE")
    (problem,) = set(await asyncio.gather(*(check.problem() for _ in range(8))))
    assert problem == "The store rejects writes: another process has locked the file."
    locked.execute("ROLLBACK")
    locked.close()
    await asyncio.sleep(TIMING.readiness_kept + 0.1)
    assert await check.problem() is None


async def test_a_check_whose_own_time_is_up_names_why_the_last_write_was_refused(db: Database) -> None:
    """As behind others that wait for a lock; where none was refused, all that is known is that nothing came."""

    async def hang(_: Transaction) -> None:
        await asyncio.Event().wait()

    check = StoreCheck(db, replace(TIMING, readiness=0.05), hang)
    assert await check.problem() == "The store doesn't answer (TimeoutError)."
    locked = sqlite3.OperationalError("database is locked")
    locked.sqlite_errorcode = sqlite3.SQLITE_BUSY
    with pytest.raises(OperationalError):
        async with db.write():
            raise OperationalError("BEGIN IMMEDIATE", {}, locked)
    assert await check.problem() == "The store rejects writes: another process has locked the file."


async def test_the_first_write_after_an_outage_ends_it_for_readiness(db: Database) -> None:
    check = StoreCheck(db, TIMING, touch)
    with pytest.raises(ConnectionRefusedError):
        async with db.read():
            raise ConnectionRefusedError
    begun = transactions(db)
    assert await check.problem() is None
    assert begun == ["write"], "it is tried, as nothing was written since"
    with pytest.raises(ConnectionRefusedError):
        async with db.read():
            raise ConnectionRefusedError
    async with db.write():
        pass
    assert await check.problem() is None
    assert begun == ["write", "write"]


async def test_a_full_disk_is_named_although_other_writes_go_on(db: Database) -> None:
    """On a full disk most commits fail and some succeed."""
    check = StoreCheck(db, replace(TIMING, refusal_kept=0.2), touch)
    async with db.write() as tx:
        await tx.exec_driver_sql("CREATE TABLE notes (text)")
    fill_the_disk(db, 10)
    with pytest.raises(OperationalError):
        await db.run_in_writer_thread(insert_much)
    async with db.write() as tx:
        await tx.exec_driver_sql("INSERT INTO notes VALUES ('short')")
    assert await check.problem() == "The store rejects writes: the disk is full."
    await asyncio.sleep(0.3)
    assert await check.problem() is None


async def test_the_check_writes_a_row_which_a_full_disk_refuses(db: Database) -> None:
    async def write(tx: Transaction) -> None:
        raise OperationalError("INSERT", {}, full)

    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert await StoreCheck(db, TIMING, write).problem() == "The store rejects writes: the disk is full."


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(), "the server can't be reached"),
        (NoConnectionLeftError(), "the server has no connections left"),
        (ValueError("of our own"), None),
        (None, None),
    ],
)
def test_what_a_store_says_is_put_into_words(error: BaseException | None, words: str | None) -> None:
    assert refusal(error) == words


async def test_one_who_goes_does_not_end_the_check_for_the_others(db: Database) -> None:
    check = StoreCheck(db, TIMING, touch)
    goes, stays = asyncio.create_task(check.problem()), asyncio.create_task(check.problem())
    await asyncio.sleep(0)
    goes.cancel()
    assert await stays is None
