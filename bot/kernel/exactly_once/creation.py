"""What one kind of thing that is created at Devin has to say about itself."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum, auto
from typing import ClassVar, Generic, TypeVar

from bot.devin.errors import DevinError, DevinRefused
from bot.kernel.unit_of_work import UnitOfWork

_Thing = TypeVar("_Thing")
_Thing_co = TypeVar("_Thing_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Found(Generic[_Thing_co]):
    """The result of a look-up that found `thing` at Devin."""

    thing: _Thing_co


class Missing(Enum):
    """Why a look-up did not find the thing."""

    NOT_FOUND = auto()  # everything was read, and the thing is not there
    UNREADABLE = auto()  # something could not be read, and it may be the thing


LookupResult = Found[_Thing] | Missing


class Creation(ABC, Generic[_Thing]):
    """How one kind of thing is created at Devin: only what differs from the other kinds.

    The methods `write_…` add to a transaction of `ExactlyOnce`, which stores the intent and closes the row as done.
    A kind closes the row itself in two cases: in `prepare`, when nothing is to be created, and in `write_refused`, when
    the row is to end dead. To close it again changes nothing.
    """

    kind: ClassVar[str]  # the name of the thing in the log

    async def prepare(self) -> bool:
        """Get ready for the call. Returns False if nothing is to be created; the row is then closed already."""
        return True

    async def call_first(self) -> None:
        """Make a request that has to succeed before `call`, if this kind needs one. Each try repeats it."""

    @abstractmethod
    async def call(self) -> _Thing:
        """Ask Devin to create the thing, once."""

    @abstractmethod
    async def lookup(self) -> LookupResult[_Thing]:
        """Search Devin for the thing, by the reference that it carries."""

    async def other_form(self, _refused: DevinRefused, /) -> bool:
        """After a refusal, change to another form of the request. Returns False if there is none."""
        return False

    async def is_final(self, _refused: DevinRefused, /) -> bool:
        """Whether Devin would refuse the same request again. If it may not, the row goes back."""
        return True

    async def admit(self, _uow: UnitOfWork, /) -> bool:
        """Decide in the transaction of the intent whether the thing may be created.

        Returns False if it may not; the row is then closed, with the reason announced.
        """
        return True

    async def write_intent(self, uow: UnitOfWork) -> None:
        """Add what this kind stores together with the intent."""

    async def write_checking(self, uow: UnitOfWork) -> None:
        """Show people that the outcome is being looked up."""

    async def write_late(self, uow: UnitOfWork, _error: DevinError | None, /) -> None:
        """Announce that the thing is late and will be tried again, because of the error, if that is known."""

    @abstractmethod
    async def write_created(self, uow: UnitOfWork, thing: _Thing) -> None:
        """Store `thing`, which was created or found."""

    @abstractmethod
    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """Announce that Devin refused to create the thing; `refused` says why."""
