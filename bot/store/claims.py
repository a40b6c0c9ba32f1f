"""Claims of single rows, for the tables in which a row is claimed and not its lane: `outbox` and `cards`.

The worker, not the row, has a heartbeat: a row is free when it has no owner, or when its owner has not been seen for a
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
    """A worker that looks for rows to send; it passes over what others hold and what it has in hand itself."""

    worker: str
    lease_seconds: float
    in_hand: Collection[Any] = ()  # ids of rows; the caller's own collection, which changes while it works


class ClaimedRow(Protocol):
    """A row as it was read when it was claimed."""

    @property
    def id(self) -> Any:
        """What the row is found by."""

    @property
    def key(self) -> str:
        """What the row is called in the log."""

    @property
    def owner(self) -> str | None:
        """The worker that claimed it."""

    @property
    def epoch(self) -> int:
        """The number of that claim."""


def not_held_by_others(table: Table, dialect: str) -> ColumnElement[bool]:
    """Whether no other living worker holds the row; needs the parameters of `claimant`."""
    theirs = table.c.owner.in_(alive(dialect)) & (table.c.owner != bindparam("worker", type_=String))
    return or_(table.c.owner.is_(None), ~theirs)


def is_free(key: Column[Any], dialect: str) -> ColumnElement[bool]:
    """Whether the row may be claimed; needs the parameters of `searcher`."""
    # What is our own and not in hand is left over from a try that failed.
    in_hand: BindParameter[Any] = bindparam("in_hand", type_=key.type, expanding=True)
    return key.not_in(in_hand) & not_held_by_others(key.table, dialect)


def is_held(key: Column[Any]) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a claimed row is still ours; they need the parameters of `holder`."""
    table = key.table
    return (
        key == bindparam("row"),
        table.c.owner == bindparam("holder"),
        table.c.epoch == bindparam("held_epoch"),
    )


def check_of(key: Column[Any]) -> Select[Any]:
    """The question whether a claimed row is still ours."""
    return select(key).where(*is_held(key))


def claimant(db: Database, sender: Sender) -> dict[str, Any]:
    """The parameters by which a statement knows who claims, and who is alive."""
    return {"worker": sender.worker, "lease": sender.lease_seconds, **db.own_clock()}


def searcher(db: Database, sender: Sender) -> dict[str, Any]:
    """The same parameters, and what the worker has in hand."""
    return {"in_hand": list(sender.in_hand), **claimant(db, sender)}


def holder(row: ClaimedRow) -> dict[str, Any]:
    """The parameters by which a statement knows the claim that was read with a row."""
    return {"row": row.id, "holder": row.owner, "held_epoch": row.epoch}


async def check_held(tx: AsyncConnection, question: Select[Any], row: ClaimedRow) -> None:
    """Ask right before a call to the outside whether the claim still holds; raises ClaimLostError when it does not.

    What freezes after this line, nobody can fence.
    """
    if (await tx.execute(question, holder(row))).scalar_one_or_none() is None:
        raise ClaimLostError(row.key)


async def change_held(
    tx: AsyncConnection, row: ClaimedRow, statement: Executable, values: dict[str, Any] | None = None
) -> None:
    """Change a claimed row; raises ClaimLostError when the claim is lost or the row is not to be changed so."""
    changed = await tx.execute(statement, {**holder(row), **(values or {})})
    if not changed.rowcount:
        raise ClaimLostError(row.key)
