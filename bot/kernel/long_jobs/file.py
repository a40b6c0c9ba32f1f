"""The file of a long job, shared once in the direct message with the person who asked for it.

It is a post like any other with a file: its content is read from the rows of the job when it is sent. The job ends when
the file is shared, or when it never will be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import IO, Any, ClassVar, Final

from bot.domain.lane import long_job_lane
from bot.domain.long_job import Cell, LongJob, LongJobState
from bot.kernel.long_jobs.message import LongJobMessage
from bot.kernel.sending.file_sources import FileSource, FileUnavailableError
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.slack.errors import SlackError, SlackRefused
from bot.store import inbox, long_jobs
from bot.store.outbox import OutboxRow
from bot.views import long_jobs as views
from bot.views.csv import TOTAL, csv_line, named_row
from bot.views.message import Message

BATCH: Final = 500


class LongJobFiles(FileSource):
    """Files of the rows of long jobs; the subject is the id of the job."""

    name: ClassVar[str] = "job"

    def __init__(self, services: Services) -> None:
        self._services = services

    async def write(self, row: OutboxRow, file: Mapping[str, Any], content: IO[bytes]) -> None:  # noqa: ARG002
        """Write the rows of the job as CSV, with their total where it has one."""
        async with self._services.db.read() as tx:
            job = await long_jobs.get(tx, file["subject"])
        if job is None:
            raise FileUnavailableError("no long job")
        content.write(csv_line(job.new.header).encode())
        position, column = -1, job.new.total_column
        total: Decimal | None = Decimal()
        while True:
            async with self._services.db.read() as tx:
                rows = await long_jobs.rows_after(tx, job.id, position, BATCH)
            content.writelines(csv_line(cells).encode(errors="replace") for _, cells in rows)
            if column is not None:
                total = _added(total, [cells[column] for _, cells in rows])
            if len(rows) < BATCH:
                break
            position = rows[-1][0]
        if column is not None:
            content.write(csv_line(named_row(TOTAL, total, len(job.new.header), column)).encode())

    async def shared(self, uow: UnitOfWork, row: OutboxRow) -> None:
        """End the long job as done."""
        await _end(uow, row, state=LongJobState.DONE)

    async def not_shared(self, uow: UnitOfWork, row: OutboxRow, error: SlackError | None) -> None:
        """End the long job as failed, and say why."""
        needed = error.needed if isinstance(error, SlackRefused) else None
        await _end(uow, row, state=LongJobState.FAILED, reason=views.no_file(needed))


async def share_file(uow: UnitOfWork, job: LongJob, count: int) -> None:
    """Have the file of `job`, with so many rows, shared in its direct message, once."""
    assert job.channel is not None
    key = f"{LongJobMessage.name}:{job.id}:file"
    row = uow.post_row(key, job.team, job.channel, None, Message(views.file_comment(job, count)))
    file = {"source": LongJobFiles.name, "name": job.new.file_name, "subject": job.id}
    await uow.add_to_outbox(replace(row, payload=row.payload | {"files": [file], "once": True}))


async def _end(uow: UnitOfWork, row: OutboxRow, **values: object) -> None:
    (file,) = row.payload["files"]
    job_id = file["subject"]
    if await long_jobs.change_while(uow.tx, job_id, LongJobState.DELIVERING, **values):
        await uow.redraw(LongJobMessage, job_id)
        lane = long_job_lane(job_id)
        if await inbox.make_ready(uow.tx, lane, uow.now):
            uow.wakes[lane] = 0.0


def _added(total: Decimal | None, amounts: Sequence[Cell]) -> Decimal | None:
    """Add `amounts` to a `total`, which is None once one of them is not known."""
    known = [Decimal(amount) for amount in amounts if amount is not None]
    return sum(known, total) if total is not None and len(known) == len(amounts) else None
