"""Long jobs and their rows; on both databases."""

from collections.abc import Sequence

import pytest

from bot.domain.long_job import JobRow, LongJob, LongJobState, NewLongJob
from bot.store import long_jobs
from bot.store.database.connection import Database
from tests.store.rows import NOW, TEAM

NEW = NewLongJob(
    "audit",
    "Log",
    "log.csv",
    ("id", "acus"),
    (0,),
    7,
    3,
    total_column=1,
    asked={"after": 1, "action": "login"},
)
JOB = LongJob("j1", TEAM, "U1", NEW, LongJobState.READING, "ref", NOW, channel="D1", notes=("One.",))


async def add(db: Database, job: LongJob, rows: Sequence[JobRow] = ()) -> bool:
    async with db.write() as tx:
        return await long_jobs.add(tx, job, rows)


async def stored(db: Database, job_id: str = "j1") -> LongJob | None:
    async with db.read() as tx:
        return await long_jobs.get(tx, job_id)


async def cells(db: Database, position: int = -1, limit: int = 1_000) -> list[list[str | None]]:
    async with db.read() as tx:
        return [found for _, found in await long_jobs.rows_after(tx, "j1", position, limit)]


async def test_a_long_job_is_stored_whole_and_once(db: Database) -> None:
    assert await add(db, JOB, [JobRow("a", ("a", None))])
    assert not await add(db, JOB, [JobRow("b", ("b", "1"))])
    assert await stored(db) == JOB
    assert await stored(db, "j2") is None
    assert await cells(db) == [["a", None]]


async def test_a_row_that_is_read_twice_is_stored_once_and_rows_keep_their_order(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_jobs, "BATCH", 2)
    await add(db, JOB, [JobRow(key, (key, "1")) for key in ("c", "a", "a", "b")])
    async with db.write() as tx:
        await long_jobs.change(tx, "j1", done=4)
        job = await long_jobs.get(tx, "j1")
        assert job is not None
        await long_jobs.add_rows(tx, job, [JobRow(key, (key, "2")) for key in ("b", "d")])
        assert await long_jobs.count_rows(tx, "j1") == 4
    assert await cells(db) == [["c", "1"], ["a", "1"], ["b", "1"], ["d", "2"]]
    assert await cells(db, 0, 2) == [["a", "1"], ["b", "1"]]


async def test_a_change_may_depend_on_the_state(db: Database) -> None:
    await add(db, JOB)
    async with db.write() as tx:
        cancelled = {"state": LongJobState.CANCELLED}
        assert await long_jobs.change_while(tx, "j1", LongJobState.READING, **cancelled)
        assert not await long_jobs.change_while(tx, "j1", LongJobState.READING, state=LongJobState.DONE)
    found = await stored(db)
    assert found is not None
    assert found.state is LongJobState.CANCELLED
