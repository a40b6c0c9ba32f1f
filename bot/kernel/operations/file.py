"""The file of an operation, shared once in the direct message with the person who asked for it.

It is a post like any other with a file: its content is read from the operation's rows when it is sent. The operation
ends when the file is shared, or when it never will be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import IO, Any, ClassVar, Final

from bot.domain.lane import operation_lane
from bot.domain.operation import Cell, Operation, OperationState
from bot.kernel.access import Access
from bot.kernel.operations.message import OperationMessage
from bot.kernel.sending.file_sources import FileSource, FileUnavailableError
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.slack.errors import SlackError, SlackRefused
from bot.store import inbox, operations
from bot.store.outbox import OutboxRow
from bot.views import operations as views
from bot.views.csv import TOTAL, csv_line
from bot.views.message import Message

BATCH: Final = 500
_NOTHING: Final[Decimal | None] = Decimal()


class OperationFiles(FileSource):
    """Files of the rows of operations; the subject is the id of the operation."""

    name: ClassVar[str] = "operation"

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    async def write(self, row: OutboxRow, file: Mapping[str, Any], content: IO[bytes]) -> None:
        """Write the rows of the operation as CSV, with their total where it has one, for who may still have them."""
        async with self._services.db.read() as tx:
            operation = await operations.get(tx, file["subject"])
        if operation is None:
            raise FileUnavailableError("no operation")
        if not await self._access.has_role(self._services.workspaces[row.team], operation.user, operation.role):
            await self._refuse(row, operation)
            raise FileUnavailableError("its asker may not have it any more")
        content.write(csv_line(operation.new.header).encode())
        position, totals = -1, dict.fromkeys(operation.new.total_columns, _NOTHING)
        while True:
            async with self._services.db.read() as tx:
                rows = await operations.rows_after(tx, operation.id, position, BATCH)
            content.writelines(csv_line(cells).encode(errors="replace") for _, cells in rows)
            totals = {column: _added(total, [cells[column] for _, cells in rows]) for column, total in totals.items()}
            if len(rows) < BATCH:
                break
            position = rows[-1][0]
        if totals:
            last = [TOTAL, *(totals.get(column) for column in range(1, len(operation.new.header)))]
            content.write(csv_line(last).encode())

    async def _refuse(self, row: OutboxRow, operation: Operation) -> None:
        # A crash right after this commit leaves the row, which is then refused once more.
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await _end(uow, row, state=OperationState.FAILED, reason=views.not_yours_now(operation))

    async def shared(self, uow: UnitOfWork, row: OutboxRow) -> None:
        """End the operation as done."""
        await _end(uow, row, state=OperationState.DONE)

    async def not_shared(self, uow: UnitOfWork, row: OutboxRow, error: SlackError | None) -> None:
        """End the operation as failed, and say why."""
        needed = error.needed if isinstance(error, SlackRefused) else None
        await _end(uow, row, state=OperationState.FAILED, reason=views.no_file(needed))


async def share_file(uow: UnitOfWork, operation: Operation, count: int) -> None:
    """Have the file of `operation`, with so many rows, shared in its direct message, once."""
    assert operation.channel is not None
    key = f"{OperationMessage.name}:{operation.id}:file"
    row = uow.post_row(key, operation.team, operation.channel, None, Message(views.file_comment(operation, count)))
    file = {"source": OperationFiles.name, "name": operation.new.file_name, "subject": operation.id}
    await uow.add_to_outbox(replace(row, payload=row.payload | {"files": [file], "once": True}))


async def _end(uow: UnitOfWork, row: OutboxRow, **values: object) -> None:
    (file,) = row.payload["files"]
    operation_id = file["subject"]
    if await operations.change_while(uow.tx, operation_id, OperationState.DELIVERING, **values):
        await uow.redraw(OperationMessage, operation_id)
        lane = operation_lane(operation_id)
        if await inbox.make_ready(uow.tx, lane, uow.now):
            uow.wakes[lane] = 0.0


def _added(total: Decimal | None, amounts: Sequence[Cell]) -> Decimal | None:
    """Add `amounts` to a `total`, which is None once one of them is not known."""
    known = [Decimal(amount) for amount in amounts if amount is not None]
    return sum(known, total) if total is not None and len(known) == len(amounts) else None
