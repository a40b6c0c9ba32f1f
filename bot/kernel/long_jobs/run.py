"""The way of a long job: its message is posted, its rows are read batch by batch, its file is shared, its end is shown.

Each batch is stored in one transaction with where the next one begins, so that a crash loses and doubles no row. The
claim on the job's lane is given back every few seconds, and while a source waits. What may pass raises, and the job
goes on after a wait; what does not pass ends the job with a reason.
"""

from dataclasses import replace
from typing import ClassVar, Final

from bot.devin.errors import DevinError, DevinLater, DevinRefused, DevinUncertain, DevinUnexpectedAnswer
from bot.domain.causes import TaskCause
from bot.domain.long_job import LongJob, LongJobState
from bot.kernel.job import Job, Reschedule, finish, go_on
from bot.kernel.long_jobs.file import share_file
from bot.kernel.long_jobs.jobs import RUN, row_key
from bot.kernel.long_jobs.message import LongJobMessage, end_message, message_key, post_message
from bot.kernel.long_jobs.row_sources import Batch, CannotGoOn, LongJobKinds
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.slack.errors import ScopeMissing
from bot.store import long_jobs, posts
from bot.store.purge import purge
from bot.store.tables import long_job_rows
from bot.views.long_jobs import UNREADABLE, LongJobSentences, devin_refused
from bot.views.message import Message

log = get_logger(__name__)

_SECOND_ROW: Final = ":end"  # the end of the key of the row that shows why a job has failed


class RunLongJob:
    """Carries a long job on, from wherever it has got to."""

    name: ClassVar[str] = RUN

    def __init__(self, services: Services, kinds: LongJobKinds) -> None:
        self._services = services
        self._kinds = kinds

    async def run(self, job: Job[TaskCause]) -> None:
        """Work on the long job until it is over, or until it is time to give the lane back."""
        async with self._services.db.read() as tx:
            found = await long_jobs.get(tx, job.cause.subject)
        if found is None:  # it was erased
            await self._services.close(job)
            return
        try:
            found = await self._begin(job, found)
        except ScopeMissing:
            await self._fail_without_message(job, found)
            return
        if found.state is LongJobState.READING:
            read, wait = await self._read(job, found)
            if read.state is LongJobState.READING:
                await self._give_back(job, found, read, wait)
                return
            found = read
        if found.state is LongJobState.DELIVERING:
            await self._deliver(job, found)
        else:
            await self._end(job, found)

    async def on_dead(self, uow: UnitOfWork, job: Job[TaskCause], _reason: str, /) -> None:
        """End the long job as failed; another row shows that in its message, or else it is posted."""
        found = await long_jobs.get(uow.tx, job.cause.subject)
        if found is None:
            return
        if found.state in {LongJobState.READING, LongJobState.DELIVERING}:
            await long_jobs.change(uow.tx, found.id, state=LongJobState.FAILED)
            await uow.redraw(LongJobMessage, found.id)
            key, row = row_key(found.id) + _SECOND_ROW, job.row
            await uow.add_to_inbox(replace(row, key=key, ready_at=uow.now, created_at=uow.now))
            return
        await self._post_end(uow, found, await end_message(uow.tx, found, self._sentences(found)))
        await long_jobs.change(uow.tx, found.id, ended_at=uow.now)

    def _sentences(self, found: LongJob) -> LongJobSentences:
        return self._kinds[found.new.kind].sentences

    async def _begin(self, job: Job[TaskCause], found: LongJob) -> LongJob:
        """Have the message posted, unless that was done before. Returns the long job with its direct message."""
        if found.channel is not None:
            return found
        channel = await job.workspace.slack.direct(found.user)
        # A crash before this commit opens the direct message again, which changes nothing.
        async with self._services.unit_of_work_for(job) as uow:
            await long_jobs.change(uow.tx, found.id, channel=channel)
            await post_message(uow, found, channel)
        return replace(found, channel=channel)

    # ------------------------------------------------------------ reading

    async def _read(self, job: Job[TaskCause], found: LongJob) -> tuple[LongJob, float]:
        """Read batches until the job is not reading any more, has to wait, or the time between two edits is over.

        Returns the job as it is then, and how many seconds to wait.
        """
        until = self._services.clock() + self._services.timing.progress_interval
        while True:
            try:
                batch = await self._kinds[found.new.kind].source.read(job.workspace, found)
            except (CannotGoOn, DevinError) as error:
                return await self._change(job, found, state=LongJobState.FAILED, reason=_reason(error)), 0.0
            found = await self._store(job, found, batch)
            if found.state is not LongJobState.READING or batch.wait or self._services.clock() >= until:
                return found, batch.wait

    async def _store(self, job: Job[TaskCause], found: LongJob, batch: Batch) -> LongJob:
        is_last = batch.cursor is None
        values = {
            "state": LongJobState.DELIVERING if is_last else LongJobState.READING,
            "cursor": batch.cursor,
            "done": found.done + batch.read,
            "total": batch.total,
            "notes": [*dict.fromkeys((*found.notes, *batch.notes))],
        }
        # A crash before this commit reads the batch again. Whoever cancels the job meanwhile is first, or waits.
        async with self._services.unit_of_work_for(job) as uow:
            if await long_jobs.change_while(uow.tx, found.id, LongJobState.READING, **values):
                await long_jobs.add_rows(uow.tx, found, batch.rows)
            if is_last:
                await uow.redraw(LongJobMessage, found.id, gives_way=True)
            return await long_jobs.get(uow.tx, found.id) or replace(found, state=LongJobState.CANCELLED)

    async def _change(self, job: Job[TaskCause], found: LongJob, **values: object) -> LongJob:
        async with self._services.unit_of_work_for(job) as uow:
            await long_jobs.change_while(uow.tx, found.id, found.state, **values)
            await uow.redraw(LongJobMessage, found.id)
            return await long_jobs.get(uow.tx, found.id) or replace(found, state=LongJobState.CANCELLED)

    async def _give_back(self, job: Job[TaskCause], before: LongJob, found: LongJob, wait: float) -> None:
        """Have shown how far the job is, unless the words are those from `before`, and go on after `wait` seconds."""
        now = self._services.clock()
        async with self._services.unit_of_work_for(job) as uow:
            sentences = self._sentences(found)
            if sentences.going_on(found, now) != sentences.going_on(before, now):
                await uow.redraw(LongJobMessage, found.id, gives_way=True)
            await go_on(uow, job, wait)

    # ------------------------------------------------------------ the end

    async def _deliver(self, job: Job[TaskCause], found: LongJob) -> None:
        """Have the file shared, which ends the job; a job without one is done."""
        count = await self._count(found)
        if count <= found.new.file_beyond:
            await self._end(job, await self._change(job, found, state=LongJobState.DONE))
            return
        # After this commit the row is woken when the file is shared, or lost.
        async with self._services.unit_of_work_for(job) as uow:
            await share_file(uow, found, count)
            await go_on(uow, job, uow.timing.send_longest_retry)

    async def _end(self, job: Job[TaskCause], found: LongJob) -> None:
        """Close the long job once its message shows the end, or post the end if the message will never show it."""
        timing, sentences = self._services.timing, self._sentences(found)
        count, shown = await self._count(found), await self._shows_end(found)
        if shown is None:
            wait = timing.job_message * 2.0 ** min(job.row.attempts, 10)
            raise Reschedule(min(wait, timing.send_longest_retry), "its message does not show the end yet")
        # A crash before this commit has the message checked again.
        async with self._services.unit_of_work_for(job) as uow:
            if not shown:
                await self._post_end(uow, found, await end_message(uow.tx, found, sentences))
            elif _goes_unnoticed(found, count) and uow.now - found.created_at > timing.job_unnoticed:
                await self._post_end(uow, found, sentences.over(found))
            await long_jobs.change(uow.tx, found.id, ended_at=uow.now)
            await finish(uow, job)
        # A crash from here on leaves the rows of the job, which retention deletes.
        while await self._purge():
            pass

    async def _shows_end(self, found: LongJob) -> bool | None:
        """Whether the message shows the newest state, which is the end. None if not yet, and False if never."""
        async with self._services.db.read() as tx:
            post = await posts.get(tx, message_key(found))
        if post is None or post.is_dead:
            return False
        return True if post.is_up_to_date else None

    async def _purge(self) -> int:
        async with self._services.db.write() as tx:
            return await purge(tx, long_job_rows, long_jobs.of_ended_job())

    async def _count(self, found: LongJob) -> int:
        async with self._services.db.read() as tx:
            return await long_jobs.count_rows(tx, found.id)

    async def _post_end(self, uow: UnitOfWork, found: LongJob, message: Message) -> None:
        """Post the end as another message, because the first one cannot show it, or because that notifies nobody."""
        where = found.channel or found.user
        await uow.add_to_outbox(uow.post_row(f"{message_key(found)}:end", found.team, where, None, message))

    async def _fail_without_message(self, job: Job[TaskCause], found: LongJob) -> None:
        sentences = self._sentences(found)
        reason = sentences.no_message
        failed = replace(found, state=LongJobState.FAILED, reason=reason)
        async with self._services.unit_of_work_for(job) as uow:
            await self._post_end(uow, failed, sentences.ended(failed, 0, ()))
            await long_jobs.change(uow.tx, found.id, state=failed.state, reason=reason, ended_at=uow.now)
            await finish(uow, job)


def _goes_unnoticed(found: LongJob, count: int) -> bool:
    """Whether an edit is all that shows the end: no file was shared, and the asker has not pressed *Cancel*."""
    has_file = found.state is LongJobState.DONE and count > found.new.file_beyond
    return not has_file and found.state is not LongJobState.CANCELLED


def _reason(error: CannotGoOn | DevinError) -> str:
    """Why a job cannot go on, as a sentence; raises `error` again if it may pass."""
    if isinstance(error, CannotGoOn):
        return str(error)
    if isinstance(error, DevinLater) or (
        isinstance(error, DevinUncertain) and not isinstance(error, DevinUnexpectedAnswer)
    ):
        raise error
    log.warning("long job failed", error=str(error))
    return devin_refused(getattr(error, "needed", None)) if isinstance(error, DevinRefused) else UNREADABLE
