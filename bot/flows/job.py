"""A row of the inbox in the hands of a flow."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bot.domain.causes import Cause, PersonsCause
from bot.domain.session import Session
from bot.flows.unit_of_work import Recipient, UnitOfWork
from bot.store import inbox, lanes
from bot.store.inbox import InboxRow
from bot.store.lanes import Claim

_Cause_co = TypeVar("_Cause_co", bound=Cause, covariant=True)
_Cause_contra = TypeVar("_Cause_contra", bound=Cause, contravariant=True)


@dataclass(frozen=True, slots=True)
class Job(Generic[_Cause_co]):
    """One inbox row and the right to work on it."""

    row: InboxRow[_Cause_co]
    claim: Claim

    @property
    def cause(self) -> _Cause_co:
        """What stands in the row."""
        return self.row.cause


class Reschedule(Exception):  # noqa: N818 - not an error: the row goes back with a wait
    """Not now: look at this row again in so many seconds."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason


class Flow(Protocol[_Cause_contra]):
    """A use case: closes its row itself, in the transaction that writes what came of it."""

    async def run(self, job: Job[_Cause_contra]) -> None:
        """Do the work."""

    async def on_dead(self, uow: UnitOfWork, job: Job[_Cause_contra], reason: str, /) -> None:
        """Say what was lost, in the transaction that buries the row."""


async def finish(uow: UnitOfWork, job: Job[Cause]) -> None:
    """Close the job's row and give its lane back, in this step."""
    await inbox.finish(uow.tx, [job.row.key], uow.now)
    await lanes.release(uow.tx, job.claim)


def recipient_of(job: Job[PersonsCause], session: Session | None = None) -> Recipient:
    """Who asked for the job's work, and where an answer is seen: where they asked, else in the session's thread."""
    cause = job.cause
    channel = cause.channel or (session.channel if session else "")
    thread_ts = cause.thread_ts or (session.thread_ts if session else None)
    return Recipient(job.row.key, cause.user or "", channel, thread_ts, cause.response_url)
