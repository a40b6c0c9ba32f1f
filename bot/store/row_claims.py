"""Claims on single rows, for the tables in which rows are claimed and not lanes: `outbox` and `posts`.

The worker, not the row, has a heartbeat: a row is free when it has no owner, or when its owner had no heartbeat for a
lease. Each claim counts the row's `epoch` up, and whoever holds an older epoch writes nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import BindParameter, Column, ColumnElement, Executable, Select, String, Table, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database.connection import Database
from bot.store.lanes import ClaimLostError, alive


@dataclass(frozen=True, slots=True)
class Sender:
    """A worker as the statements of this module need it: `searcher` and `claimant` make their parameters of it."""

    worker: str
    lease_seconds: float  # a worker whose last heartbeat is older than this holds nothing
    in_hand: Collection[Any] = ()  # ids of the rows that it works on now; the caller's collection, read at each search


class ClaimedRow(Protocol):
    """A row of `outbox` or `posts` as it was read when it was claimed."""

    @property
    def id(self) -> Any:
        """The id by which the row is found."""

    @property
    def key(self) -> str:
        """The name of the row in the log."""

    @property
    def owner(self) -> str | None:
        """The worker that claimed the row."""

    @property
    def epoch(self) -> int:
        """The number of the claim."""


def not_held_by_others(table: Table, dialect: str) -> ColumnElement[bool]:
    """The condition that no other living worker holds a row of `table`; needs the parameters of `claimant`."""
    theirs = table.c.owner.in_(alive(dialect)) & (table.c.owner != bindparam("worker", type_=String))
    return or_(table.c.owner.is_(None), ~theirs)


def is_free(key: Column[Any], dialect: str) -> ColumnElement[bool]:
    """The condition that a row, whose id is the column `key`, may be claimed; needs the parameters of `searcher`."""
    # A row that is ours although nothing works on it remains from an attempt that failed, so it may be claimed.
    in_hand: BindParameter[Any] = bindparam("in_hand", type_=key.type, expanding=True)
    return key.not_in(in_hand) & not_held_by_others(key.table, dialect)


def is_held(key: Column[Any]) -> tuple[ColumnElement[bool], ...]:
    """The conditions that a claimed row with the id column `key` is still ours; needs the parameters of `holder`."""
    table = key.table
    return (
        key == bindparam("row"),
        table.c.owner == bindparam("holder"),
        table.c.epoch == bindparam("held_epoch"),
    )


def check_of(key: Column[Any]) -> Select[Any]:
    """A query that finds a claimed row, whose id is the column `key`, only while it is still ours."""
    return select(key).where(*is_held(key))


def claims_on(key: Column[Any]) -> Select[Any]:
    """A query of the claims on `rows`, whose ids are in the column `key`, for `still_held`."""
    return select(key, key.table.c.owner, key.table.c.epoch).where(key.in_(bindparam("rows", expanding=True)))


def claimant(db: Database, sender: Sender) -> dict[str, Any]:
    """The parameters of `not_held_by_others`, for a statement that claims a row for `sender`.

    They are `worker`, `lease` and, on SQLite, the `clock` by which heartbeats are judged.
    """
    return {"worker": sender.worker, "lease": sender.lease_seconds, **db.own_clock()}


def searcher(db: Database, sender: Sender) -> dict[str, Any]:
    """The parameters of `is_free`, for a query of rows that `sender` may claim: those of `claimant`, and `in_hand`.

    `in_hand` are the ids of the rows that `sender` works on now. It holds them itself, so it would find them as free.
    """
    return {"in_hand": list(sender.in_hand), **claimant(db, sender)}


def holder(row: ClaimedRow) -> dict[str, Any]:
    """The parameters of `is_held`, for a statement that checks the claim with which `row` was read.

    They are `row`, the row's id, `holder`, its owner, and `held_epoch`, its epoch.
    """
    return {"row": row.id, "holder": row.owner, "held_epoch": row.epoch}


async def check_held(tx: AsyncConnection, question: Select[Any], row: ClaimedRow) -> None:
    """Check with the query `question` right before a call that `row` is still ours; raises ClaimLostError if not.

    Nothing stops a process that freezes between this check and the call. If it is frozen for longer than the time limit
    of the call, it makes the call no more.
    """
    if (await tx.execute(question, holder(row))).scalar_one_or_none() is None:
        raise ClaimLostError(row.key)


async def still_held(tx: AsyncConnection, question: Select[Any], rows: Collection[ClaimedRow]) -> set[Any]:
    """Which of `rows`, by their ids, are still ours by the query `question`; the same as `check_held` finds for one."""
    found = await tx.execute(question, {"rows": sorted(row.id for row in rows)})
    claims = {row_id: (owner, epoch) for row_id, owner, epoch in found}
    return {row.id for row in rows if claims.get(row.id) == (row.owner, row.epoch)}


async def change_held(
    tx: AsyncConnection, row: ClaimedRow, statement: Executable, values: dict[str, Any] | None = None
) -> None:
    """Execute `statement`, which changes the claimed `row`, with `values` as its parameters.

    Raises ClaimLostError if it changes nothing, because the claim is lost or the row's state no longer allows it.
    """
    changed = await tx.execute(statement, {**holder(row), **(values or {})})
    if not changed.rowcount:
        raise ClaimLostError(row.key)
