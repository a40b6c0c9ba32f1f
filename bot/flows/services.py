"""The parts of the bot that flows use, wired once in the composition root."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from bot.devin.client import Devin
from bot.domain.causes import Cause
from bot.domain.session import Session
from bot.engine.port import Engine
from bot.flows.job import Job
from bot.flows.unit_of_work import UnitOfWork
from bot.flows.workspace import Policy, Workspace
from bot.metrics import Metrics
from bot.slack.client import Slack
from bot.store import lanes, sessions
from bot.store.database.connection import Clock, Database
from bot.store.inbox_writer import InboxWriter
from bot.store.lanes import Claim
from bot.timing import Timing


@dataclass(frozen=True, slots=True)
class Services:
    """The parts, wired once in the composition root."""

    db: Database
    engine: Engine
    devin: Devin
    slack: Slack
    writer: InboxWriter
    workspace: Workspace
    policy: Policy
    timing: Timing
    clock: Clock
    worker: str
    metrics: Metrics

    @asynccontextmanager
    async def unit_of_work(self, claim: Claim | None = None, ref: str = "-") -> AsyncIterator[UnitOfWork]:
        """One transaction. With a claim it is only committed while the lane is still ours."""
        async with self.db.write() as tx:
            if claim is not None:
                await lanes.hold(tx, claim)
            uow = UnitOfWork(tx, self.clock(), self.workspace, ref)
            yield uow
        # A crash right here loses only hints: the sweep looks at every lane with open rows.
        for lane, after in uow.wakes.items():
            self.engine.wake(lane, after)
        for act in uow.afterwards:
            act()

    def unit_of_work_for(self, job: Job[Cause]) -> AbstractAsyncContextManager[UnitOfWork]:
        """A step in the name of a job."""
        return self.unit_of_work(job.claim, job.row.ref)

    async def check_claim(self, job: Job[Cause]) -> None:
        """Look at the epoch right before a call to the outside."""
        async with self.db.read(first=True) as tx:
            await lanes.check(tx, job.claim)

    async def session(self, session_id: str) -> Session | None:
        """A session by our id."""
        async with self.db.read() as tx:
            return await sessions.get(tx, session_id)
