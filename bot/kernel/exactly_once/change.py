"""What one kind of thing that is changed or deleted at Devin has to say about itself."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from math import inf
from typing import Any, ClassVar, Generic, TypeVar

from bot.devin.errors import DevinError, DevinRefused
from bot.kernel.unit_of_work import UnitOfWork

_Thing = TypeVar("_Thing")

Record = Mapping[str, Any]  # what a row notes of a thing, as JSON


class Change(ABC, Generic[_Thing]):
    """How one kind of thing is changed at Devin, or deleted: only what differs from the other kinds.

    Devin may be asked for a change again: that changes nothing more. Each method `write_…` adds to the transaction in
    which `ExactlyOnce` closes the row as done.
    """

    kind: ClassVar[str]  # the name of the thing in the log

    @abstractmethod
    async def read(self) -> _Thing:
        """Read the thing as it is at Devin. Raises DevinNotFound if it is gone."""

    @abstractmethod
    def record(self, thing: _Thing) -> Record:
        """Return what to note of `thing` before it is changed; after a crash nobody else knows that."""

    @abstractmethod
    def is_done(self, now: _Thing | None) -> bool:
        """Whether an earlier try has made the change; `now` is the thing as it is, None if it is gone."""

    def may_begin(self, now: _Thing) -> bool:
        """Whether the change is to be made to the thing as it is `now`. If not, it is left alone."""
        return not self.is_done(now)

    @abstractmethod
    async def call(self, now: _Thing) -> None:
        """Ask Devin for the change of the thing, which is as it was read `now`."""

    def patience(self, *, tried: bool) -> float:
        """Return for how many seconds the row waits for an answer of Devin's; `tried` is whether one to `call`.

        By default it waits until it is marked dead. A kind with less patience needs the two methods below.
        """
        del tried
        return inf

    async def write_unreachable(self, uow: UnitOfWork, error: DevinError, /) -> None:
        """Announce that Devin gave no answer, and was not asked for the change."""

    async def write_unknown(self, uow: UnitOfWork) -> None:
        """Announce that nobody knows whether the change was made."""

    @abstractmethod
    async def write_changed(self, uow: UnitOfWork, before: Record, read: _Thing | None, /) -> None:
        """Record the change in the audit, and confirm it.

        `before` is what was noted, and `read` the thing as it was read last: before the change, or after an earlier
        try has made it.
        """

    @abstractmethod
    async def write_left_alone(self, uow: UnitOfWork, now: _Thing | None, /) -> None:
        """Announce that nothing was changed, because the thing is gone, or is as it is `now`."""

    @abstractmethod
    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """Announce that Devin refused the change; `refused` says why."""
