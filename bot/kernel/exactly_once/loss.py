"""What is announced when a row that asked Devin for something is marked dead, and what is known of the row then."""

from abc import ABC, abstractmethod

from bot.domain.causes import Cause
from bot.kernel.unit_of_work import UnitOfWork
from bot.store.inbox import InboxRow


class Loss(ABC):
    """What is announced when a row that asks for one kind of thing is marked dead: only what differs from other kinds.

    It is made from the row alone, because what a `Creation` or `Change` needs may be what is gone. The methods add to
    the transaction that closes the row.
    """

    @abstractmethod
    async def write_not_done(self, uow: UnitOfWork) -> None:
        """Announce that what was asked for was not done."""

    @abstractmethod
    async def write_unknown(self, uow: UnitOfWork) -> None:
        """Announce that nobody knows whether it was done, and how to find out; `lost_answer` has the sentence."""


async def announce_loss(uow: UnitOfWork, row: InboxRow[Cause], loss: Loss) -> None:
    """Announce what became of what `row` asks for, in the transaction that marks the row dead."""
    if is_unknown(row):
        await loss.write_unknown(uow)
    else:
        await loss.write_not_done(uow)


def is_unknown(row: InboxRow[Cause]) -> bool:
    """Whether Devin may have done what `row` asks for, although we have no answer that says so."""
    return row.intent_at is not None


def is_late(row: InboxRow[Cause], now: float, after: float) -> bool:
    """Whether `row` was stored more than `after` seconds before `now`."""
    return now - row.created_at > after
