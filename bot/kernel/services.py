"""What all flows of the process share, wired once in the composition root."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from bot.domain.causes import Cause, PersonsCause
from bot.domain.commands.command_set import CommandSet
from bot.domain.keys import short_id
from bot.domain.session import Session
from bot.engine.port import Engine
from bot.kernel.channel_facts import ChannelFacts
from bot.kernel.job import Job, finish, finish_with
from bot.kernel.organisation import Organisations
from bot.kernel.restoration import Restoration
from bot.kernel.settings import Settings
from bot.kernel.settled_clock import SettledClock
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspaces
from bot.logs import NO_REF, about
from bot.metrics import Metrics
from bot.process import ProcessKind
from bot.setup_problems import SetupProblems
from bot.store import lanes, sessions
from bot.store.database.connection import Database
from bot.store.inbox import InboxRow
from bot.store.inbox_writer import InboxWriter
from bot.store.lanes import Claim
from bot.store.outbox import OutboxRow
from bot.store.posts import Post
from bot.timing import Timing
from bot.tracing.port import Tracing
from bot.views.message import Message


@dataclass(frozen=True, slots=True)
class Services:
    """What belongs to the process, and the two registries of what belongs to one workspace or organisation."""

    db: Database
    engine: Engine
    writer: InboxWriter
    workspaces: Workspaces
    organisations: Organisations
    timing: Timing
    clock: SettledClock
    worker: str
    metrics: Metrics
    commands: CommandSet
    setup: SetupProblems
    settings: Settings = field(default_factory=Settings)
    process: ProcessKind = ProcessKind.RUN
    restoration: Restoration = field(default_factory=Restoration)
    tracing: Tracing = field(default_factory=Tracing)
    channels: ChannelFacts = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", ChannelFacts(self.engine, self.clock, self.timing))

    @asynccontextmanager
    async def unit_of_work(
        self, claim: Claim | None = None, ref: str = NO_REF, *, urgent: bool = False
    ) -> AsyncIterator[UnitOfWork]:
        """Open a transaction, and wake lanes once it is committed. Rows that it adds get `ref`.

        With `claim` the lane is kept until the commit. Raises ClaimLostError if another worker has taken the lane.
        With `urgent` it goes before other transactions, because Slack waits for its outcome.
        """
        async with self.db.write(urgent=urgent) as tx:
            if claim is not None:
                await lanes.hold(tx, claim)
            uow = UnitOfWork(tx, self.clock(), ref, self.timing, self.settings)
            yield uow
        # A crash right here loses only hints: the sweep wakes every lane with open rows.
        for lane, after in uow.wakes.items():
            self.engine.wake(lane, after)
        for act in uow.afterwards:
            act()

    def unit_of_work_for(self, job: Job[Cause]) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction that is committed only while the job's claim holds.

        A crash before the commit changes nothing, and the job's row is handled again.
        """
        return self.unit_of_work(job.claim, job.row.ref)

    @contextmanager
    def working_on(self, row: InboxRow[Cause] | OutboxRow | Post, what: str, kind: str) -> Iterator[None]:
        """Have the lines of the log and the span of the block be about `row`; `what` and `kind` say what is done."""
        waited = round(self.clock() - row.created_at, 3)
        first = not row.attempts and short_id(row.key) == row.ref  # the other rows have the reference of their cause
        with (
            about(row.ref),
            self.tracing.work(what, kind, row.ref, waited=waited, attempts=row.attempts, first=first),
        ):
            yield

    async def answer(self, job: Job[PersonsCause], message: Message, session: Session | None = None) -> None:
        """Reply privately as `finish_with` does, and close the job's row, in a transaction that does nothing else."""
        async with self.unit_of_work_for(job) as uow:
            await finish_with(uow, job, message, session)

    async def close(self, job: Job[Cause]) -> None:
        """Close the job's row, in a transaction that does nothing else."""
        async with self.unit_of_work_for(job) as uow:
            await finish(uow, job)

    async def check_claim(self, job: Job[Cause]) -> None:
        """Raise ClaimLostError if another worker has the job's lane; for the line before a call to the outside."""
        async with self.db.read() as tx:
            await lanes.check(tx, job.claim)

    async def session(self, session_id: str) -> Session | None:
        """Return the session with our id `session_id`, or None."""
        async with self.db.read() as tx:
            return await sessions.get(tx, session_id)
