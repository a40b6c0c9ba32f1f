"""Long jobs begin, and may be cancelled.

A long job is a row of its own, and a row of the inbox that carries it on (`bot.kernel.long_jobs.run`). It is
not a `Job`, which is one claim on a row of the inbox.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from bot.domain.causes import TaskCause
from bot.domain.keys import long_job_id, short_id
from bot.domain.lane import long_job_lane
from bot.domain.long_job import TABLE, JobRow, LongJob, LongJobState, NewLongJob
from bot.kernel.commands.handler import NO_ANSWER, Asked
from bot.kernel.job import CommandJob, finish, recipient_of
from bot.kernel.long_jobs.message import LongJobMessage, post_message
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import inbox
from bot.store import long_jobs as rows_of_jobs
from bot.store.inbox import InboxRow
from bot.views import long_jobs as views
from bot.views.csv import Value, written
from bot.views.message import Message

RUN: Final = "long_job"  # the name of the task
MOST_COLUMNS: Final = 20  # of a table in a message


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asked for a long job, and by which request; `direct` is their direct message if they wrote it there."""

    team: str
    user: str
    key: str
    direct: str | None = None

    @classmethod
    def of(cls, asked: Asked) -> Self:
        """Return who gave a command."""
        return cls(asked.workspace.team, asked.user, asked.key, asked.direct)

    @classmethod
    def of_job(cls, job: CommandJob) -> Self:
        """Return who gave the command of a row."""
        return cls(job.workspace.team, job.cause.user or "", job.row.key, job.cause.direct)


async def begin(
    uow: UnitOfWork, requester: Requester, new: NewLongJob, rows: Sequence[JobRow] = (), notes: Sequence[str] = ()
) -> None:
    """Store the long job `new` with the `rows` that it has from the beginning, once for each key of a request.

    A file of figures is `new` of the kind `TABLE` with all of its `rows`; they are stored in this transaction, so
    there should be no more than some thousands of them. `notes` are sentences that its message ends with.
    """
    job_id, ref = long_job_id(requester.key), short_id(requester.key)
    team, user, direct = requester.team, requester.user, requester.direct
    job = LongJob(job_id, team, user, new, LongJobState.READING, ref, uow.now, channel=direct, notes=tuple(notes))
    if not await rows_of_jobs.add(uow.tx, job, rows):
        return
    if direct is not None:
        await post_message(uow, job, direct)
    await uow.add_to_inbox(
        InboxRow(
            key=row_key(job_id),
            team=team,
            lane=long_job_lane(job_id),
            ts=f"{uow.now:.6f}",
            ref=ref,
            cause=TaskCause(RUN, job_id),
            ready_at=uow.now,
            created_at=uow.now,
        )
    )


async def begin_for(services: Services, asked: Asked, new: NewLongJob) -> Message:
    """Begin the long job that a command asks for, while an ack waits. Returns the answer to the command."""
    # A crash right after the commit loses only the answer. The same request begins the job no second time.
    async with services.unit_of_work(urgent=True) as uow:
        await begin(uow, Requester.of(asked), new)
    return NO_ANSWER if asked.direct else views.BEGUN


async def begin_file(
    uow: UnitOfWork,
    requester: Requester,
    title: str,
    file_name: str,
    header: Sequence[str],
    rows: Sequence[Sequence[Value]],
    notes: Sequence[str] = (),
) -> None:
    """Make a CSV file of `header` and `rows` for who asked, once for each key of a request, as a long job.

    The file holds the rows as they are, so those of spend come with their last ones (`bot.views.csv.with_total`). The
    message shows all columns of the first rows, as far as Slack takes so many.
    """
    shown = tuple(range(min(len(header), MOST_COLUMNS)))
    new = NewLongJob(TABLE, title, file_name, tuple(header), shown)
    made = [JobRow(str(number), [written(value) for value in row]) for number, row in enumerate(rows)]
    await begin(uow, requester, new, made, notes)


async def cancel(services: Services, job: CommandJob) -> None:
    """Cancel the long job whose *Cancel* was pressed, if it is that person's and still reads."""
    job_id = job.cause.argument
    async with services.unit_of_work_for(job) as uow:
        found = await rows_of_jobs.get(uow.tx, job_id)
        if found is None or found.user != job.cause.user:
            await uow.reply_privately(recipient_of(job), views.NO_LONG_JOB)
        elif await rows_of_jobs.change_while(uow.tx, job_id, LongJobState.READING, state=LongJobState.CANCELLED):
            await uow.redraw(LongJobMessage, job_id)
            await inbox.go_on(uow.tx, row_key(job_id), uow.now)  # it may wait for Devin
            uow.wakes[long_job_lane(job_id)] = 0.0
        elif found.state is LongJobState.DELIVERING:
            await uow.reply_privately(recipient_of(job), views.TOO_LATE_TO_CANCEL)
        await finish(uow, job)


def row_key(job_id: str) -> str:
    """The key of the inbox row that carries a long job on."""
    return f"job:{job_id}"
