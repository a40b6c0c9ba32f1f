"""A row of the inbox in the hands of a flow."""

from dataclasses import dataclass
from typing import Protocol

from bot.flows.unit_of_work import UnitOfWork
from bot.store import inbox, lanes
from bot.store.inbox import InboxRow
from bot.store.lanes import Claim


@dataclass(frozen=True, slots=True)
class Job:
    """One inbox row and the right to work on it."""

    row: InboxRow
    claim: Claim


class Reschedule(Exception):  # noqa: N818 - not an error: the row goes back with a wait
    """Not now: look at this row again in so many seconds."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason


class Flow(Protocol):
    """A use case: closes its row itself, in the transaction that writes what came of it."""

    async def run(self, job: Job) -> None:
        """Do the work."""

    async def on_dead(self, uow: "UnitOfWork", job: Job, reason: str, /) -> None:
        """Say what was lost, in the transaction that buries the row."""


async def finish(uow: UnitOfWork, job: Job) -> None:
    """Close the job's row and give its lane back, in this step."""
    await inbox.finish(uow.tx, [job.row.key], uow.now)
    await lanes.release(uow.tx, job.claim)
