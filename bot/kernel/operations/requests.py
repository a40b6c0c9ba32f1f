"""What people ask about operations: to begin one, and to cancel it.

An operation is a row of its own, and a row of the inbox that carries it on (`bot.kernel.operations.run`). It is
not a `Job`, which is one claim on a row of the inbox.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from bot.domain.causes import TaskCause
from bot.domain.commands.spec import Role
from bot.domain.keys import operation_id, short_id
from bot.domain.lane import operation_lane
from bot.domain.operation import TABLE, NewOperation, Operation, OperationRow, OperationState
from bot.domain.readers import Readers
from bot.kernel.commands.handler import NO_ANSWER, Asked
from bot.kernel.job import CommandJob, finish, recipient_of
from bot.kernel.operations.message import OperationMessage, post_message
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import inbox, operations
from bot.store.inbox import InboxRow
from bot.views import operations as views
from bot.views.csv import Value, written
from bot.views.message import Message

RUN: Final = "operation"  # the name of the task
MOST_COLUMNS: Final = 20  # of a table in a message


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asked for an operation, by which request and in which role.

    `direct` is their direct message if they wrote it there.
    """

    team: str
    user: str
    key: str
    direct: str | None = None
    role: Role = Role.EVERYBODY

    @property
    def readers(self) -> Readers:
        """Who gets the file."""
        return Readers(person=self.user)

    @classmethod
    def of(cls, asked: Asked) -> Self:
        """Return who gave a command."""
        return cls(asked.workspace.team, asked.user, asked.key, asked.direct, asked.spec.role)

    @classmethod
    def of_job(cls, job: CommandJob) -> Self:
        """Return who gave the command of a row."""
        return cls(job.workspace.team, job.cause.user or "", job.row.key, job.cause.direct)


async def begin(
    uow: UnitOfWork,
    requester: Requester,
    new: NewOperation,
    rows: Sequence[OperationRow] = (),
    notes: Sequence[str] = (),
) -> None:
    """Store the operation `new` with the `rows` that it has from the beginning, once for each key of a request.

    A file of figures is `new` of the kind `TABLE` with all of its `rows`; they are stored in this transaction, so
    there should be no more than some thousands of them. `notes` are sentences that its message ends with.
    """
    operation = Operation(
        id=operation_id(requester.key),
        team=requester.team,
        user=requester.user,
        new=new,
        state=OperationState.READING,
        ref=short_id(requester.key),
        created_at=uow.now,
        channel=requester.direct,
        role=requester.role,
        notes=tuple(notes),
    )
    if not await operations.add(uow.tx, operation, rows):
        return
    if requester.direct is not None:
        await post_message(uow, operation, requester.direct)
    await uow.add_to_inbox(
        InboxRow(
            key=row_key(operation.id),
            team=operation.team,
            lane=operation_lane(operation.id),
            ts=f"{uow.now:.6f}",
            ref=operation.ref,
            cause=TaskCause(RUN, operation.id),
            ready_at=uow.now,
            created_at=uow.now,
        )
    )


async def begin_for(services: Services, asked: Asked, new: NewOperation) -> Message:
    """Begin the operation that a command asks for, while an ack waits. Returns the answer to the command."""
    # A crash right after the commit loses only the answer. The same request begins the operation no second time.
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
    """Make a CSV file of `header` and `rows` for who asked, once for each key of a request, as an operation.

    The file holds the rows as they are, so those of spend come with their last ones (`bot.views.csv.with_total`). The
    message shows all columns of the first rows, as far as Slack takes so many.
    """
    shown = tuple(range(min(len(header), MOST_COLUMNS)))
    new = NewOperation(TABLE, title, file_name, tuple(header), shown)
    made = [OperationRow(str(number), [written(value) for value in row]) for number, row in enumerate(rows)]
    await begin(uow, requester, new, made, notes)


async def cancel(services: Services, job: CommandJob) -> None:
    """Cancel the operation whose *Cancel* was pressed, if it is that person's and still reads."""
    async with services.unit_of_work_for(job) as uow:
        operation = await operations.get(uow.tx, job.cause.argument)
        if operation is None or operation.user != job.cause.user:
            await uow.reply_privately(recipient_of(job), views.NO_OPERATION)
        elif await operations.change_while(
            uow.tx, operation.id, OperationState.READING, state=OperationState.CANCELLED
        ):
            await uow.redraw(OperationMessage, operation.id)
            await inbox.go_on(uow.tx, row_key(operation.id), uow.now)  # it may wait for Devin
            uow.wakes[operation_lane(operation.id)] = 0.0
        elif operation.state is OperationState.DELIVERING:
            await uow.reply_privately(recipient_of(job), views.TOO_LATE_TO_CANCEL)
        await finish(uow, job)


def row_key(operation_id: str) -> str:
    """The key of the inbox row that carries an operation on."""
    return f"op:{operation_id}"
