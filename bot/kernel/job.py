"""A job: an inbox row with the claim to work on it. A flow is what does the work."""

from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from bot.domain.causes import ActionCause, Cause, CommandCause, MessageCause, PersonsCause
from bot.domain.session import Session
from bot.kernel.unit_of_work import Recipient, UnitOfWork
from bot.kernel.workspace import Workspace
from bot.store import inbox, lanes
from bot.store.inbox import InboxRow
from bot.store.lanes import Claim
from bot.views.answers import failures as failure_sentences
from bot.views.message import Message

_Cause_co = TypeVar("_Cause_co", bound=Cause, covariant=True)
_Cause_contra = TypeVar("_Cause_contra", bound=Cause, contravariant=True)


@dataclass(frozen=True, slots=True)
class Job(Generic[_Cause_co]):
    """An inbox row together with the claim on its lane and the workspace that it came from."""

    row: InboxRow[_Cause_co]
    claim: Claim
    workspace: Workspace

    @property
    def cause(self) -> _Cause_co:
        """What stands in the row: what a person did, or what follows from that."""
        return self.row.cause


# The job of a command, however it was given.
CommandJob = Job[ActionCause]


class Reschedule(Exception):  # noqa: N818 - not an error: the row goes back with a wait
    """Raised by a flow to have its row put back, and tried again after `seconds`, for `reason`."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason


class RefusedForNow(Exception):  # noqa: N818 - not an error: the row goes back with a wait
    """Raised by a flow to have its row put back as after an outage, because Devin may take back what it refused."""


class Flow(Protocol[_Cause_contra]):
    """A use case. It closes the row of its job itself, in the transaction that writes what came of the work."""

    async def run(self, job: Job[_Cause_contra]) -> None:
        """Do what the job's row asks for."""

    async def on_dead(self, uow: UnitOfWork, job: Job[_Cause_contra], reason: str, /) -> None:
        """Announce what was lost, in the transaction that marks the job's row dead for `reason`."""


async def finish(uow: UnitOfWork, job: Job[Cause]) -> None:
    """Close the job's row as done and release its lane, in the transaction of `uow`."""
    await inbox.finish(uow.tx, [job.row.key], uow.now)
    await lanes.release(uow.tx, job.claim)


async def finish_with(
    uow: UnitOfWork, job: Job[PersonsCause], message: Message, session: Session | None = None
) -> None:
    """Reply privately to who asked for the job's work, and close the job's row, in the transaction of `uow`.

    The answer goes where `recipient_of` says, with the same `session`.
    """
    await uow.reply_privately(recipient_of(job, session), message)
    await finish(uow, job)


async def reply_not_done(uow: UnitOfWork, job: Job[PersonsCause]) -> None:
    """Reply privately to who asked for the job's work that nothing came of it, when the job's row is marked dead.

    A question that was asked keeps its buttons, to be pressed again.
    """
    await uow.reply_privately(replace(recipient_of(job), replaces=False), failure_sentences.not_done(job.row.ref))


async def go_on(uow: UnitOfWork, job: Job[Cause], seconds: float) -> None:
    """Release the job's lane and have its row worked on again after `seconds`, with new attempts: it made progress."""
    await inbox.go_on(uow.tx, job.row.key, uow.now + seconds)
    await lanes.release(uow.tx, job.claim)
    uow.wakes[job.row.lane] = seconds


async def move(uow: UnitOfWork, job: Job[Cause], lane: str, cause: Cause, *, after: str | None = None) -> None:
    """Move the job's row to `lane`, where its `ts` decides on its place and `cause` stands in it; release its own.

    With `after`, the `ts` of another row there, it comes behind that one, and in order with others that are moved so.
    """
    ts = job.row.ts if after is None or job.row.ts > after else f"{after}:{job.row.ts}"
    await inbox.move(uow.tx, job.row.key, lane, cause, ts)
    await lanes.release(uow.tx, job.claim)
    uow.wakes[lane] = 0.0


def recipient_of(job: Job[PersonsCause], session: Session | None = None) -> Recipient:
    """Return who asked for the job's work and where to answer: where they asked, else in `session`'s thread.

    The answer to a button under a question takes the question's place, so that nobody presses a button twice.
    """
    cause = job.cause
    channel = answers_in(cause) or cause.channel or (session.channel if session else "")
    # Nobody may have replied to a message that was picked, and then Slack shows nobody a private answer in its thread.
    # A line of a direct message is answered beside it: nobody who wrote it looks into the thread that it went to.
    outside = isinstance(cause, MessageCause) and (cause.pick is not None or cause.line)
    # The session's thread may be in another channel than the one in which the person asked.
    in_session = session.thread_ts if session and session.channel == channel else None
    thread_ts = None if outside else cause.thread_ts or in_session
    to = Recipient(job.workspace.team, job.row.key, cause.user or "", channel, thread_ts, cause.response_url)
    pressed_in = cause.pressed_in if isinstance(cause, ActionCause) else None
    opened_in = cause.opened_in if isinstance(cause, CommandCause | MessageCause) else ""
    return replace(to, replaces=_replaces(cause), pressed_in=pressed_in, opened_in=opened_in)


def answers_in(cause: PersonsCause) -> str:
    """The direct message in which who asked with `cause` is answered, if they asked with a form."""
    return cause.answer_in if isinstance(cause, CommandCause | MessageCause) else ""


def _replaces(cause: PersonsCause) -> bool:
    """Whether answers take the place of a question. Slack replaces nothing by the `response_url` of a command."""
    if isinstance(cause, ActionCause):
        return cause.chosen
    if isinstance(cause, CommandCause):
        return cause.confirmation.answered  # and has the `response_url` of the button from then on, as a message has
    return cause.response_url is not None
