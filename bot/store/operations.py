"""Operations as rows, and the rows that they have read."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.operation import Cell, Operation, OperationRow, OperationState
from bot.store.database.connection import insert
from bot.store.inbox import BATCH
from bot.store.tables import operation_rows, operations

_OPERATION: Final = TypeAdapter(Operation)
_COLUMNS: Final = [field.name for field in fields(Operation) if field.name != "new"]
_NAMED: Final = ("kind", "title", "file_name")
_SHAPE: Final = ("header", "shown", "most_shown", "file_beyond", "total_columns")


async def add(tx: AsyncConnection, operation: Operation, rows: Sequence[OperationRow] = ()) -> bool:
    """Store a new operation with `rows` that it has from the beginning. Returns False if it is stored already."""
    new = operation.new
    values = {
        "id": operation.id,
        "team": operation.team,
        "user": operation.user,
        "role": operation.role,
        "kind": new.kind,
        "title": new.title,
        "file_name": new.file_name,
        "shape": {"v": 1, **{name: getattr(new, name) for name in _SHAPE}},
        "asked": {"v": 1, **new.asked},
        "state": operation.state,
        "ref": operation.ref,
        "channel": operation.channel,
        "notes": list(operation.notes),
        "created_at": operation.created_at,
    }
    statement = insert(tx.dialect.name, operations).values(values).on_conflict_do_nothing()
    if not (await tx.execute(statement)).rowcount:
        return False
    await _insert(tx, operation, list(enumerate(_unique(rows))))
    return True


async def get(tx: AsyncConnection, operation_id: str) -> Operation | None:
    """The operation with this id, or None."""
    row = (await tx.execute(select(operations).where(operations.c.id == operation_id))).mappings().one_or_none()
    return None if row is None else _operation(row)


async def going_on(tx: AsyncConnection, kind: str) -> list[Operation]:
    """The operations of this kind that are not over."""
    states = [OperationState.READING, OperationState.DELIVERING]
    found = await tx.execute(select(operations).where(operations.c.kind == kind, operations.c.state.in_(states)))
    return [_operation(row) for row in found.mappings()]


async def change(tx: AsyncConnection, operation_id: str, **values: Any) -> None:
    """Store `values` in the row of an operation."""
    await tx.execute(update(operations).where(operations.c.id == operation_id).values(**values))


async def change_while(tx: AsyncConnection, operation_id: str, before: OperationState, /, **values: Any) -> bool:
    """Store `values` in the row of an operation if its state is `before`. Returns whether it was."""
    wanted = update(operations).where(operations.c.id == operation_id, operations.c.state == before)
    return bool((await tx.execute(wanted.values(**values))).rowcount)


async def add_rows(tx: AsyncConnection, operation: Operation, rows: Sequence[OperationRow]) -> None:
    """Store `rows` behind those that the operation has read so far, without those whose key is stored.

    Only the worker with the claim on the operation adds rows, so none can come in between.
    """
    unique = _unique(rows)
    for start in range(0, len(unique), BATCH):
        await _add_batch(tx, operation, unique[start : start + BATCH], operation.done + start)


def _unique(rows: Sequence[OperationRow]) -> list[OperationRow]:
    return list({row.key: row for row in rows}.values())


async def _add_batch(tx: AsyncConnection, operation: Operation, rows: Sequence[OperationRow], position: int) -> None:
    whose, key = operation_rows.c.operation_id == operation.id, operation_rows.c.key
    known = set(await tx.scalars(select(key).where(whose, key.in_([row.key for row in rows]))))
    await _insert(tx, operation, [(at, row) for at, row in enumerate(rows, position) if row.key not in known])


async def _insert(tx: AsyncConnection, operation: Operation, rows: Sequence[tuple[int, OperationRow]]) -> None:
    """Insert rows of which none is stored, each with its position."""
    owner = {"operation_id": operation.id, "team": operation.team, "user": operation.user}
    values = [{**owner, "key": row.key, "position": at, "cells": list(row.cells)} for at, row in rows]
    if values:
        await tx.execute(insert(tx.dialect.name, operation_rows), values)


async def count_rows(tx: AsyncConnection, operation_id: str) -> int:
    """Count the rows that an operation has read."""
    found = await tx.execute(select(func.count()).where(operation_rows.c.operation_id == operation_id))
    return int(found.scalar_one())


async def rows_after(tx: AsyncConnection, operation_id: str, position: int, limit: int) -> list[tuple[int, list[Cell]]]:
    """The first `limit` rows of an operation behind `position`, each with its own position."""
    rows = operation_rows.c
    found = await tx.execute(
        select(rows.position, rows.cells)
        .where(rows.operation_id == operation_id, rows.position > position)
        .order_by(rows.position)
        .limit(limit)
    )
    return [(row.position, list(row.cells)) for row in found]


def of_ended_operation() -> ColumnElement[bool]:
    """The condition that a row belongs to an operation that is over."""
    return operation_rows.c.operation_id.not_in(select(operations.c.id).where(operations.c.ended_at.is_(None)))


def _operation(row: Any) -> Operation:
    new = {name: row[name] for name in _NAMED} | _without_version(row["shape"])
    new["asked"] = _without_version(row["asked"])
    return _OPERATION.validate_python({name: row[name] for name in _COLUMNS} | {"new": new}, extra="forbid")


def _without_version(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in stored.items() if name != "v"}
