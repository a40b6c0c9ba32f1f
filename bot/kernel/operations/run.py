"""The way of an operation: its message is posted, rows are read batch by batch, a file is shared, its end is shown.

Each batch is stored in one transaction with where the next one begins, so that a crash loses and doubles no row. The
claim on its lane is given back every few seconds, and while a source waits. What may pass raises, and the operation
goes on after a wait; what does not pass ends it with a reason.
"""

from dataclasses import replace
from typing import ClassVar, Final

from bot.devin.errors import (
    DevinError,
    DevinForbidden,
    DevinLater,
    DevinRefused,
    DevinUncertain,
    DevinUnexpectedAnswer,
)
from bot.domain.causes import TaskCause
from bot.domain.operation import Operation, OperationState
from bot.kernel.access import Access
from bot.kernel.job import Job, Reschedule, finish, go_on
from bot.kernel.operations.file import share_file
from bot.kernel.operations.message import OperationMessage, end_message, message_key, post_message
from bot.kernel.operations.requests import RUN, row_key
from bot.kernel.operations.row_sources import Batch, CannotGoOn, OperationKinds
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.slack.errors import ScopeMissing
from bot.store import operations, posts
from bot.store.purge import purge
from bot.store.tables import operation_rows
from bot.views.message import Message
from bot.views.operations import UNREADABLE, OperationSentences, devin_refused, not_yours_now

log = get_logger(__name__)

_SECOND_ROW: Final = ":end"  # the end of the key of the row that shows why an operation has failed


class RunOperation:
    """Carries an operation on, from wherever it has got to."""

    name: ClassVar[str] = RUN

    def __init__(self, services: Services, access: Access, kinds: OperationKinds) -> None:
        self._services = services
        self._access = access
        self._kinds = kinds

    async def run(self, job: Job[TaskCause]) -> None:
        """Work on the operation until it is over, or until it is time to give the lane back."""
        async with self._services.db.read() as tx:
            operation = await operations.get(tx, job.cause.subject)
        if operation is None:  # it was erased
            await self._services.close(job)
            return
        try:
            operation = await self._begin(job, operation)
        except ScopeMissing:
            await self._fail_without_message(job, operation)
            return
        if operation.state is OperationState.READING:
            read, wait = await self._read(job, operation)
            if read.state is OperationState.READING:
                await self._give_back(job, operation, read, wait)
                return
            operation = read
        if operation.state is OperationState.DELIVERING:
            operation = await self._still_allowed(job, operation)
        if operation.state is OperationState.DELIVERING:
            await self._deliver(job, operation)
        else:
            await self._end(job, operation)

    async def on_dead(self, uow: UnitOfWork, job: Job[TaskCause], _reason: str, /) -> None:
        """End the operation as failed; another row shows that in its message, or else it is posted."""
        operation = await operations.get(uow.tx, job.cause.subject)
        if operation is None:
            return
        if operation.state in {OperationState.READING, OperationState.DELIVERING}:
            await operations.change(uow.tx, operation.id, state=OperationState.FAILED)
            await uow.redraw(OperationMessage, operation.id)
            key, row = row_key(operation.id) + _SECOND_ROW, job.row
            await uow.add_to_inbox(replace(row, key=key, ready_at=uow.now, created_at=uow.now))
            return
        await self._post_end(uow, operation, await end_message(uow.tx, operation, self._sentences(operation)))
        await operations.change(uow.tx, operation.id, ended_at=uow.now)

    def _sentences(self, operation: Operation) -> OperationSentences:
        return self._kinds[operation.new.kind].sentences

    async def _begin(self, job: Job[TaskCause], operation: Operation) -> Operation:
        """Have the message posted, unless that was done before. Returns the operation with its direct message."""
        if operation.channel is not None:
            return operation
        channel = await job.workspace.slack.direct(operation.user)
        # A crash before this commit opens the direct message again, which changes nothing.
        async with self._services.unit_of_work_for(job) as uow:
            await operations.change(uow.tx, operation.id, channel=channel)
            await post_message(uow, operation, channel)
        return replace(operation, channel=channel)

    # ------------------------------------------------------------ reading

    async def _read(self, job: Job[TaskCause], operation: Operation) -> tuple[Operation, float]:
        """Read batches until the operation has read all, has to wait, or the time between two edits is over.

        Returns it as it is then, and how many seconds to wait.
        """
        until = self._services.clock.steady() + self._services.timing.progress_interval
        while True:
            operation = await self._still_allowed(job, operation)
            if operation.state is not OperationState.READING:
                return operation, 0.0
            try:
                batch = await self._kinds[operation.new.kind].source.read(job.workspace, operation)
            except (CannotGoOn, DevinError) as error:
                return await self._change(job, operation, state=OperationState.FAILED, reason=_reason(error)), 0.0
            operation = await self._store(job, operation, batch)
            if operation.state is not OperationState.READING or batch.wait or self._services.clock.steady() >= until:
                return operation, batch.wait

    async def _still_allowed(self, job: Job[TaskCause], operation: Operation) -> Operation:
        """Return the operation as it is, or failed if who asked may not have the result any more."""
        if await self._access.has_role(job.workspace, operation.user, operation.role):
            return operation
        log.warning("operation stopped: its owner lost access", operation=operation.id)
        return await self._change(job, operation, state=OperationState.FAILED, reason=not_yours_now(operation))

    async def _store(self, job: Job[TaskCause], operation: Operation, batch: Batch) -> Operation:
        is_last = batch.cursor is None
        values = {
            "state": OperationState.DELIVERING if is_last else OperationState.READING,
            "cursor": batch.cursor,
            "done": operation.done + batch.read,
            "total": batch.total,
            "notes": [*dict.fromkeys((*operation.notes, *batch.notes))],
        }
        # A crash before this commit reads the batch again. Whoever cancels meanwhile is first, or waits.
        async with self._services.unit_of_work_for(job) as uow:
            if await operations.change_while(uow.tx, operation.id, OperationState.READING, **values):
                await operations.add_rows(uow.tx, operation, batch.rows)
            if is_last:
                await uow.redraw(OperationMessage, operation.id, gives_way=True)
            return await operations.get(uow.tx, operation.id) or replace(operation, state=OperationState.CANCELLED)

    async def _change(self, job: Job[TaskCause], operation: Operation, **values: object) -> Operation:
        async with self._services.unit_of_work_for(job) as uow:
            await operations.change_while(uow.tx, operation.id, operation.state, **values)
            await uow.redraw(OperationMessage, operation.id)
            return await operations.get(uow.tx, operation.id) or replace(operation, state=OperationState.CANCELLED)

    async def _give_back(self, job: Job[TaskCause], before: Operation, operation: Operation, wait: float) -> None:
        """Have shown how far it is, unless the words are those from `before`, and go on after `wait` seconds."""
        now = self._services.clock()
        async with self._services.unit_of_work_for(job) as uow:
            sentences = self._sentences(operation)
            if sentences.going_on(operation, now) != sentences.going_on(before, now):
                await uow.redraw(OperationMessage, operation.id, gives_way=True)
            await go_on(uow, job, wait)

    # ------------------------------------------------------------ the end

    async def _deliver(self, job: Job[TaskCause], operation: Operation) -> None:
        """Have the file shared, which ends the operation; one without a file is done."""
        count = await self._count(operation)
        if count <= operation.new.file_beyond:
            await self._end(job, await self._change(job, operation, state=OperationState.DONE))
            return
        # After this commit the row is woken when the file is shared, or lost.
        async with self._services.unit_of_work_for(job) as uow:
            await share_file(uow, operation, count)
            await go_on(uow, job, uow.timing.send_longest_retry)

    async def _end(self, job: Job[TaskCause], operation: Operation) -> None:
        """Close the operation once its message shows the end, or post the end if the message will never show it."""
        timing, sentences = self._services.timing, self._sentences(operation)
        count, shown = await self._count(operation), await self._shows_end(operation)
        if shown is None:
            wait = timing.operation_message * 2.0 ** min(job.row.attempts, 10)
            raise Reschedule(min(wait, timing.send_longest_retry), "its message does not show the end yet")
        # A crash before this commit has the message checked again.
        async with self._services.unit_of_work_for(job) as uow:
            if not shown:
                await self._post_end(uow, operation, await end_message(uow.tx, operation, sentences))
            elif _goes_unnoticed(operation, count) and uow.now - operation.created_at > timing.operation_unnoticed:
                await self._post_end(uow, operation, sentences.over(operation))
            await operations.change(uow.tx, operation.id, ended_at=uow.now)
            await finish(uow, job)
        # A crash from here on leaves the rows of the operation, which retention deletes.
        while await self._purge():
            pass

    async def _shows_end(self, operation: Operation) -> bool | None:
        """Whether the message shows the newest state, which is the end. None if not yet, and False if never."""
        async with self._services.db.read() as tx:
            post = await posts.get(tx, message_key(operation))
        if post is None or post.is_dead:
            return False
        return True if post.is_up_to_date else None

    async def _purge(self) -> int:
        async with self._services.db.write() as tx:
            return await purge(tx, operation_rows, operations.of_ended_operation())

    async def _count(self, operation: Operation) -> int:
        async with self._services.db.read() as tx:
            return await operations.count_rows(tx, operation.id)

    async def _post_end(self, uow: UnitOfWork, operation: Operation, message: Message) -> None:
        """Post the end as another message, because the first one cannot show it, or because that notifies nobody."""
        where = operation.channel or operation.user
        await uow.add_to_outbox(uow.post_row(f"{message_key(operation)}:end", operation.team, where, None, message))

    async def _fail_without_message(self, job: Job[TaskCause], operation: Operation) -> None:
        sentences = self._sentences(operation)
        reason = sentences.no_message
        failed = replace(operation, state=OperationState.FAILED, reason=reason)
        async with self._services.unit_of_work_for(job) as uow:
            await self._post_end(uow, failed, sentences.ended(failed, 0, ()))
            await operations.change(uow.tx, operation.id, state=failed.state, reason=reason, ended_at=uow.now)
            await finish(uow, job)


def _goes_unnoticed(operation: Operation, count: int) -> bool:
    """Whether an edit is all that shows the end: no file was shared, and the asker has not pressed *Cancel*."""
    has_file = operation.state is OperationState.DONE and count > operation.new.file_beyond
    return not has_file and operation.state is not OperationState.CANCELLED


def _reason(error: CannotGoOn | DevinError) -> str:
    """Why an operation cannot go on, as a sentence; raises `error` again if it may pass."""
    if isinstance(error, CannotGoOn):
        return str(error)
    if isinstance(error, DevinLater) or (
        isinstance(error, DevinUncertain) and not isinstance(error, DevinUnexpectedAnswer)
    ):
        raise error
    log.warning("operation failed", error=str(error))
    if not isinstance(error, DevinRefused):
        return UNREADABLE
    return devin_refused(error.needed) if isinstance(error, DevinForbidden) else devin_refused(None, error.words)
