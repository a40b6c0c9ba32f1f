"""Operations and their rows; on both databases."""

from collections.abc import Sequence

import pytest

from bot.domain.operation import NewOperation, Operation, OperationRow, OperationState
from bot.store import operations
from bot.store.database.connection import Database
from tests.store.rows import NOW, TEAM

NEW = NewOperation(
    "audit",
    "Log",
    "log.csv",
    ("id", "acus"),
    (0,),
    7,
    3,
    total_columns=(1,),
    asked={"after": 1, "action": "login"},
)
OPERATION = Operation("j1", TEAM, "U1", NEW, OperationState.READING, "ref", NOW, channel="D1", notes=("One.",))


async def add(db: Database, operation: Operation, rows: Sequence[OperationRow] = ()) -> bool:
    async with db.write() as tx:
        return await operations.add(tx, operation, rows)


async def stored(db: Database, operation_id: str = "j1") -> Operation | None:
    async with db.read() as tx:
        return await operations.get(tx, operation_id)


async def cells(db: Database, position: int = -1, limit: int = 1_000) -> list[list[str | None]]:
    async with db.read() as tx:
        return [found for _, found in await operations.rows_after(tx, "j1", position, limit)]


async def test_an_operation_is_stored_whole_and_once(db: Database) -> None:
    assert await add(db, OPERATION, [OperationRow("a", ("a", None))])
    assert not await add(db, OPERATION, [OperationRow("b", ("b", "1"))])
    assert await stored(db) == OPERATION
    assert await stored(db, "j2") is None
    assert await cells(db) == [["a", None]]


async def test_a_row_that_is_read_twice_is_stored_once_and_rows_keep_their_order(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "BATCH", 2)
    await add(db, OPERATION, [OperationRow(key, (key, "1")) for key in ("c", "a", "a", "b")])
    async with db.write() as tx:
        await operations.change(tx, "j1", done=4)
        operation = await operations.get(tx, "j1")
        assert operation is not None
        await operations.add_rows(tx, operation, [OperationRow(key, (key, "2")) for key in ("b", "d")])
        assert await operations.count_rows(tx, "j1") == 4
    assert await cells(db) == [["c", "1"], ["a", "1"], ["b", "1"], ["d", "2"]]
    assert await cells(db, 0, 2) == [["a", "1"], ["b", "1"]]


async def test_a_change_may_depend_on_the_state(db: Database) -> None:
    await add(db, OPERATION)
    async with db.write() as tx:
        canceled = {"state": OperationState.CANCELLED}
        assert await operations.change_while(tx, "j1", OperationState.READING, **canceled)
        assert not await operations.change_while(tx, "j1", OperationState.READING, state=OperationState.DONE)
    found = await stored(db)
    assert found is not None
    assert found.state is OperationState.CANCELLED
