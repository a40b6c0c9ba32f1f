"""The file of a long job, shared once in the direct message with the person who asked for it.

1. The file is made of the job's rows and uploaded. Nobody sees it yet, and Slack deletes it if it is never shared.
2. Its id is stored: the intent to share it.
3. It is shared.
4. That is stored.

After a crash or a lost answer between 2 and 4, Slack is asked whether the file with this id is shared. Only if it is
not, at a time when Slack cannot be at work on the call any more, it is shared again. A file that is gone is made anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import IO, Final

from bot.domain.causes import TaskCause
from bot.domain.long_job import Cell, LongJob
from bot.flows.file_transfers import FileTransfers
from bot.flows.job import Job, Reschedule
from bot.flows.manage.long_jobs.row_sources import CannotGoOn
from bot.flows.services import Services
from bot.slack.errors import ScopeMissing, SlackRefused, TokenRefused
from bot.slack.files import GONE_FILES
from bot.slack.uploads import UploadedFile
from bot.store import long_jobs
from bot.views import long_jobs as views
from bot.views.csv import TOTAL, csv_line, named_row

BATCH: Final = 500
MOST_UPLOADS: Final = 5


class FileDelivery:
    """Makes and shares the files of long jobs."""

    def __init__(self, services: Services, transfers: FileTransfers) -> None:
        self._services = services
        self._transfers = transfers

    async def deliver(self, job: Job[TaskCause], found: LongJob) -> None:
        """Share the file of the long job, unless it is shared. Raises CannotGoOn if Slack refuses it for good."""
        try:
            if await self._is_shared(job, found):
                return
            if found.file_id is None:
                found = await self._upload(job, found)
            await self._share(job, found)
        except (ScopeMissing, TokenRefused) as refused:
            raise CannotGoOn(views.no_file(refused.needed)) from None
        except SlackRefused as refused:
            if not refused.permanent:
                raise
            await self._make_anew(job, found, refused)

    async def _is_shared(self, job: Job[TaskCause], found: LongJob) -> bool:
        """Whether an earlier try has shared the file. Waits, by raising, while nobody can know."""
        if found.file_id is None or found.sharing_at is None:
            return False
        timing, age = self._services.timing, self._services.clock() - found.sharing_at
        if age < timing.post_look_up:
            raise Reschedule(timing.post_look_up - age, "outcome of the share unknown")
        if await self._asked(job, found, found.file_id):
            return True
        if age < timing.post_settle:
            raise Reschedule(timing.post_settle - age, "outcome of the share unknown, not shared")
        return False

    async def _asked(self, job: Job[TaskCause], found: LongJob, file_id: str) -> bool:
        assert found.channel is not None
        slack = job.workspace.slack
        try:
            return bool(await slack.is_shared_in(file_id, found.channel))
        except ScopeMissing:
            return await slack.find_files(found.channel, None, [file_id], found.created_at) is not None

    async def _upload(self, job: Job[TaskCause], found: LongJob) -> LongJob:
        async with self._transfers.turn() as content:
            await self._write(found, content)
            await self._services.check_claim(job)
            # A crash right here leaves a file that nobody sees; the next try uploads another one.
            uploaded = await job.workspace.slack.upload(found.new.file_name, content)
        return replace(found, file_id=uploaded.id)

    async def _intend(self, job: Job[TaskCause], found: LongJob) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            await long_jobs.change(uow.tx, found.id, file_id=found.file_id, sharing_at=uow.now)

    async def _share(self, job: Job[TaskCause], found: LongJob) -> None:
        assert found.file_id is not None
        assert found.channel is not None
        file = UploadedFile(found.file_id, found.new.file_name)
        async with self._services.db.read() as tx:
            comment = views.file_comment(found, await long_jobs.count_rows(tx, found.id))
        await self._intend(job, found)  # the waits are counted from this call on
        # A crash or a lost answer from here on leaves the id stored: Slack is asked before the file is shared again.
        await job.workspace.slack.share(found.channel, [file], comment)

    async def _write(self, found: LongJob, content: IO[bytes]) -> None:
        content.write(csv_line(found.new.header).encode())
        position, column = -1, found.new.total_column
        total: Decimal | None = Decimal()
        while True:
            async with self._services.db.read() as tx:
                rows = await long_jobs.rows_after(tx, found.id, position, BATCH)
            content.writelines(csv_line(cells).encode(errors="replace") for _, cells in rows)
            if column is not None:
                total = _added(total, [cells[column] for _, cells in rows])
            if len(rows) < BATCH:
                break
            position = rows[-1][0]
        if column is not None:
            content.write(csv_line(named_row(TOTAL, total, len(found.new.header), column)).encode())

    async def _make_anew(self, job: Job[TaskCause], found: LongJob, refused: SlackRefused) -> None:
        """Forget an uploaded file that Slack has deleted, so that the next try uploads another one."""
        if refused.error not in GONE_FILES or job.row.attempts >= MOST_UPLOADS:
            raise CannotGoOn(views.no_file(None)) from None
        async with self._services.unit_of_work_for(job) as uow:
            await long_jobs.change(uow.tx, found.id, file_id=None, sharing_at=None)
        raise Reschedule(self._services.timing.send_first_retry, "the uploaded file is gone")


def _added(total: Decimal | None, amounts: Sequence[Cell]) -> Decimal | None:
    """Add `amounts` to a `total`, which is None once one of them is not known."""
    known = [Decimal(amount) for amount in amounts if amount is not None]
    return sum(known, total) if total is not None and len(known) == len(amounts) else None
