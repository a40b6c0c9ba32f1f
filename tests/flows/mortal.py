"""A row of the inbox in the hands of processes that die, one after the other, until the row is closed."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from typing import Any

import pytest
from sqlalchemy import update

from bot.domain.causes import Cause
from bot.kernel.job import Flow, Job
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import inbox
from bot.store.tables import inbox as inbox_table
from bot.store.tables import lanes as lanes_table
from bot.store.tables import outbox as outbox_table
from tests.flows.conftest import SetClock, Store, dispatcher
from tests.store.rows import LANE, asked, written


class Death(BaseException):
    """The process is gone."""


@dataclass
class Fate:
    """Counts the steps of one process by name and strikes at one of them."""

    strike_at: str | None
    reached: list[str] = field(default_factory=list)

    def reach(self, step: str) -> None:
        number = sum(one.startswith(f"{step} ") for one in self.reached) + 1
        self.reached.append(f"{step} {number}")
        if self.reached[-1] == self.strike_at:
            self.strike_at = None
            raise Death


STEPS = {
    "before the intent is committed": "commit, before 1",
    "after the intent is committed": "commit, after 1",
    "after the check": "check, after 1",
    "while the call is under way": "call, under way 1",
    "after the call": "call, after 1",
    "before its outcome is committed": "commit, before 2",
    "after its outcome is committed": "commit, after 2",
}
UNANSWERED = tuple(STEPS)[3:6]  # Devin did it, and the store does not know


def mortal(services: Services, fate: Fate) -> Services:
    """The same tools in the hands of somebody who may die at each commit of a job's and after each check."""

    class Mortal(Services):
        @asynccontextmanager
        async def unit_of_work_for(self, job: Job) -> AsyncIterator[UnitOfWork]:
            async with super().unit_of_work_for(job) as uow:
                yield uow
                fate.reach("commit, before")
            fate.reach("commit, after")

        async def check_claim(self, job: Job) -> None:
            await super().check_claim(job)
            fate.reach("check, after")

    return Mortal(**{one.name: getattr(services, one.name) for one in fields(services) if one.init})


@dataclass
class World:
    """A store, a Devin, and processes one after the other until the row is closed."""

    store: Store
    clock: SetClock
    services: Services
    devin: Any
    fate: Fate
    flow: Callable[[Services], Flow[Any]]
    cause: Cause = field(default_factory=lambda: written("words of row"))  # of the row

    async def begin(self) -> None:
        async with self.store.db.write() as tx:
            for table in (inbox_table, outbox_table, lanes_table):
                await tx.execute(table.delete())
            await inbox.add(tx, [asked("row", cause=self.cause)])

    async def work(self) -> None:
        """One process takes the row once; it may die."""
        services = mortal(self.services, self.fate)
        await dispatcher(services, {self.cause.kind: self.flow(services)}).work(LANE)

    async def work_and_lose_the_lane(self) -> None:
        """One process takes the row; where it would die, another worker takes its lane instead."""
        steal = update(lanes_table).values(owner="another", epoch=lanes_table.c.epoch + 1)
        reach, check = self.fate.reach, Services.check_claim

        def stolen(step: str) -> None:
            try:
                reach(step)
            except Death:
                self.fate.strike_at = "stolen"

        async def late(services: Services, job: Job) -> None:
            if self.fate.strike_at == "stolen":
                self.fate.strike_at = None
                async with self.store.db.write() as tx:
                    await tx.execute(steal)
            await check(services, job)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.fate, "reach", stolen)
            patch.setattr(Services, "check_claim", late)
            await self.work()

    async def live(self) -> None:
        """Processes come and go until the row is closed."""
        for _ in range(200):
            row = await self.row()
            if row["state"] != "open":
                return
            self.clock.now = max(self.clock.now + 0.01, row["ready_at"])
            try:
                await self.work()
            except Death:
                self.clock.now += 0.01
        raise AssertionError("The row is still open.")

    async def row(self) -> Any:
        (row,) = await self.store.rows(inbox_table)
        return row

    async def said(self) -> list[str]:
        """What came of it, without words on the way."""
        found = [row["payload"]["text"] for row in await self.store.rows(outbox_table, outbox_table.c.seq)]
        return [text for text in found if text != "late"]
