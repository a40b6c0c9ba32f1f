"""The one message of an operation, in a direct message with who asked for it: how far it is, then its end."""

from typing import ClassVar

from bot.domain.operation import Operation, OperationState
from bot.kernel.operations.row_sources import OperationKinds
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Drawer, Location, UnitOfWork
from bot.store import operations
from bot.store.database.connection import Transaction
from bot.store.posts import post_key
from bot.views.message import Message
from bot.views.operations import OperationSentences


class OperationMessage(Drawer):
    """Draws the messages of operations."""

    name: ClassVar[str] = "op"

    def __init__(self, services: Services, kinds: OperationKinds) -> None:
        self._services = services
        self._kinds = kinds

    async def draw(self, tx: Transaction, subject: str, *, shared: bool) -> Message | None:  # noqa: ARG002 - it is direct
        """Return the message of an operation as it is now; None if the operation is gone."""
        operation = await operations.get(tx, subject)
        if operation is None:
            return None
        count, sentences = await operations.count_rows(tx, operation.id), self._kinds[operation.new.kind].sentences
        if operation.state is OperationState.DELIVERING and count > operation.new.file_beyond:
            return sentences.delivering(operation, count)
        if operation.state in {OperationState.READING, OperationState.DELIVERING}:
            return sentences.going_on(operation, self._services.clock())
        return await end_message(tx, operation, sentences)


async def end_message(tx: Transaction, operation: Operation, sentences: OperationSentences) -> Message:
    """Return what the message of an operation shows that is over."""
    rows = await operations.rows_after(tx, operation.id, -1, operation.new.most_shown)
    return sentences.ended(operation, await operations.count_rows(tx, operation.id), [cells for _, cells in rows])


async def post_message(uow: UnitOfWork, operation: Operation, channel: str) -> None:
    """Have the message of `operation` posted in `channel`, once."""
    await uow.show(OperationMessage, operation.id, Location(operation.team, channel))


def message_key(operation: Operation) -> str:
    """The key of the message of `operation`."""
    return post_key(OperationMessage.name, operation.id)
