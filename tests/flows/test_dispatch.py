"""A row that is given up is announced and closed together, whenever the process dies."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest
from sqlalchemy import text, update

from bot.devin.errors import DevinForbidden
from bot.flows.job import Job
from bot.flows.receive.dispatch import Dispatch
from bot.flows.unit_of_work import UnitOfWork
from bot.store import inbox
from bot.store.database.connection import Database, Transaction
from bot.store.tables import inbox as inbox_table
from bot.store.tables import lanes as lanes_table
from bot.store.tables import outbox as outbox_table
from bot.views.message import Message
from tests.flows.conftest import CHANNEL, Make, SetClock, Store
from tests.store.rows import LANE, NOW, asked

NEITHER = ("open", [])
BOTH = ("dead", ["Not done: DevinForbidden"])


class Death(BaseException):
    """The process is gone."""


@dataclass
class Lost:
    """A flow whose work is refused and given up; announcing that may fail half way, by a fault of our own."""

    fails: bool = False
    runs: int = 0

    async def run(self, job: Job) -> None:
        del job
        self.runs += 1
        raise DevinForbidden("Missing permission", status=403)

    async def on_dead(self, uow: UnitOfWork, job: Job, reason: str, /) -> None:
        await uow.add_to_outbox(uow.post_row(f"lost:{job.row.key}", CHANNEL, None, Message(f"Not done: {reason}")))
        if self.fails:
            await uow.tx.execute(text("INSERT INTO no_such_table VALUES (1)"))


class DiesAtCommit:
    """The store in the hands of a process that dies right before, or right after, its n-th commit."""

    def __init__(self, patch: pytest.MonkeyPatch, number: int, moment: str) -> None:
        write, left = Database.write, itertools.count(number - 1, -1)

        @asynccontextmanager
        async def dying(db: Database, **how: bool) -> AsyncIterator[Transaction]:
            async with write(db, **how) as tx:
                yield tx
                dies = next(left) == 0
                if dies and moment == "before":
                    raise Death
            if dies:
                raise Death

        patch.setattr(Database, "write", dying)


async def state(store: Store) -> tuple[str, list[str]]:
    """What became of the row, and what was announced."""
    (row,) = await store.rows(inbox_table)
    return row["state"], [one["payload"]["text"] for one in await store.rows(outbox_table)]


@pytest.fixture
async def flow(make: Make, either_store: Store, clock: SetClock) -> Lost:
    clock.now = NOW
    async with either_store.db.write() as tx:
        await inbox.add(tx, [asked("row")])
    return Lost()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2])
async def test_a_row_that_is_given_up_is_announced_and_closed_or_neither(
    make: Make, either_store: Store, clock: SetClock, flow: Lost, number: int, moment: str
) -> None:
    dispatch = Dispatch(make(either_store, clock), {"message": flow})
    with pytest.MonkeyPatch.context() as patch:
        DiesAtCommit(patch, number, moment)
        with suppress(Death):
            await dispatch.work(LANE)
    assert await state(either_store) in (NEITHER, BOTH)
    await dispatch.work(LANE)
    assert await state(either_store) == BOTH
    assert flow.runs == (2 if (number, moment) == (2, "before") else 1)  # nothing is tried again once it is announced


async def test_what_cannot_be_announced_is_closed_all_the_same_and_nothing_of_it_is_said(
    make: Make, either_store: Store, clock: SetClock, flow: Lost
) -> None:
    flow.fails = True
    await Dispatch(make(either_store, clock), {"message": flow}).work(LANE)
    assert await state(either_store) == ("dead", [])


async def test_a_worker_whose_lane_was_taken_over_neither_announces_nor_closes(
    make: Make, either_store: Store, clock: SetClock, flow: Lost
) -> None:
    run = flow.run

    async def overtaken(job: Job) -> None:
        async with either_store.db.write() as tx:
            await tx.execute(update(lanes_table).values(owner="another", epoch=lanes_table.c.epoch + 1))
        await run(job)

    flow.run = overtaken
    await Dispatch(make(either_store, clock), {"message": flow}).work(LANE)
    assert await state(either_store) == NEITHER
