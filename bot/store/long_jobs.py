"""Long jobs as rows, and the rows that they have read."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.long_job import Cell, JobRow, LongJob, LongJobState
from bot.store.database.connection import insert
from bot.store.inbox import BATCH
from bot.store.tables import long_job_rows, long_jobs

_JOB: Final = TypeAdapter(LongJob)
_COLUMNS: Final = [field.name for field in fields(LongJob) if field.name != "new"]
_NAMED: Final = ("kind", "title", "file_name")
_SHAPE: Final = ("header", "shown", "most_shown", "file_beyond", "total_column")


async def add(tx: AsyncConnection, job: LongJob, rows: Sequence[JobRow] = ()) -> bool:
    """Store a new long job with `rows` that it has from the beginning. Returns False if it is stored already."""
    new = job.new
    values = {
        "id": job.id,
        "team": job.team,
        "user": job.user,
        "kind": new.kind,
        "title": new.title,
        "file_name": new.file_name,
        "shape": {"v": 1, **{name: getattr(new, name) for name in _SHAPE}},
        "asked": {"v": 1, **new.asked},
        "state": job.state,
        "ref": job.ref,
        "channel": job.channel,
        "notes": list(job.notes),
        "created_at": job.created_at,
    }
    statement = insert(tx.dialect.name, long_jobs).values(values).on_conflict_do_nothing()
    if not (await tx.execute(statement)).rowcount:
        return False
    await _insert(tx, job, list(enumerate(_unique(rows))))
    return True


async def get(tx: AsyncConnection, job_id: str) -> LongJob | None:
    """The long job with this id, or None."""
    row = (await tx.execute(select(long_jobs).where(long_jobs.c.id == job_id))).mappings().one_or_none()
    return None if row is None else _job(row)


async def change(tx: AsyncConnection, job_id: str, **values: Any) -> None:
    """Store `values` in the row of a long job."""
    await tx.execute(update(long_jobs).where(long_jobs.c.id == job_id).values(**values))


async def change_while(tx: AsyncConnection, job_id: str, before: LongJobState, /, **values: Any) -> bool:
    """Store `values` in the row of a long job if its state is `before`. Returns whether it was."""
    wanted = update(long_jobs).where(long_jobs.c.id == job_id, long_jobs.c.state == before)
    return bool((await tx.execute(wanted.values(**values))).rowcount)


async def add_rows(tx: AsyncConnection, job: LongJob, rows: Sequence[JobRow]) -> None:
    """Store `rows` behind those that the job has read so far, without those whose key is stored.

    Only the worker with the claim on the job adds rows, so none can come in between.
    """
    unique = _unique(rows)
    for start in range(0, len(unique), BATCH):
        await _add_batch(tx, job, unique[start : start + BATCH], job.done + start)


def _unique(rows: Sequence[JobRow]) -> list[JobRow]:
    return list({row.key: row for row in rows}.values())


async def _add_batch(tx: AsyncConnection, job: LongJob, rows: Sequence[JobRow], position: int) -> None:
    whose, key = long_job_rows.c.job_id == job.id, long_job_rows.c.key
    known = set(await tx.scalars(select(key).where(whose, key.in_([row.key for row in rows]))))
    await _insert(tx, job, [(at, row) for at, row in enumerate(rows, position) if row.key not in known])


async def _insert(tx: AsyncConnection, job: LongJob, rows: Sequence[tuple[int, JobRow]]) -> None:
    """Insert rows of which none is stored, each with its position."""
    owner = {"job_id": job.id, "team": job.team, "user": job.user}
    values = [{**owner, "key": row.key, "position": at, "cells": list(row.cells)} for at, row in rows]
    if values:
        await tx.execute(insert(tx.dialect.name, long_job_rows), values)


async def count_rows(tx: AsyncConnection, job_id: str) -> int:
    """Count the rows that a long job has read."""
    found = await tx.execute(select(func.count()).where(long_job_rows.c.job_id == job_id))
    return int(found.scalar_one())


async def rows_after(tx: AsyncConnection, job_id: str, position: int, limit: int) -> list[tuple[int, list[Cell]]]:
    """The first `limit` rows of a long job behind `position`, each with its own position."""
    rows = long_job_rows.c
    found = await tx.execute(
        select(rows.position, rows.cells)
        .where(rows.job_id == job_id, rows.position > position)
        .order_by(rows.position)
        .limit(limit)
    )
    return [(row.position, list(row.cells)) for row in found]


def of_ended_job() -> ColumnElement[bool]:
    """The condition that a row belongs to a long job that is over."""
    return long_job_rows.c.job_id.not_in(select(long_jobs.c.id).where(long_jobs.c.ended_at.is_(None)))


def _job(row: Any) -> LongJob:
    new = {name: row[name] for name in _NAMED} | _without_version(row["shape"])
    new["asked"] = _without_version(row["asked"])
    return _JOB.validate_python({name: row[name] for name in _COLUMNS} | {"new": new}, extra="forbid")


def _without_version(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in stored.items() if name != "v"}
