"""Exactly once: create something at Devin, which has no idempotency key.

A row of the inbox asks for one thing: a session, a message, a note or another thing that has a `Creation`. The thing is
created like this:

1. The intent is stored.
2. The epoch of the lane is checked.
3. Devin is asked.
4. The outcome is stored, in the transaction that closes the row.

A crash between 1 and 4 leaves the intent. The next try looks the thing up at Devin before it asks for it again.

    outcome                          what is known           what happens
    -------------------------------  ----------------------  -------------------------------------------------
    of the call:
      2xx                            created                 adopted: stored, and the row is closed
      2xx without a readable id      created, not which one  the row is marked as `accepted`; look-up in 5 s
      4xx but 408 and 429 (refused)  not created             asked in another form if there is one, else the
                                                             refusal is announced and the row is closed
      429, no connection, a refusal
      that Devin may take back       not created             the intent is cleared; the row goes back
      408, 5xx but 504               no request is under way one look-up: found is adopted, not found counts as
                                                             not created, anything else leaves the intent
      no answer, 504, an answer that
      no status explains, a crash    nothing                 the intent stays; look-up in 5 s
    of the look-up of a later try:
      found                          created                 adopted
      not found, accepted            created, not which one  the row goes back; never asked for again
      not found, within 30 s         nothing                 look-up in 5 s
      not found, after that          not created             the intent is cleared; asked for again, but marked dead
                                                             where the row has waited for as long as an outage may last
      a row that cannot be read,
      or no look-up                  nothing                 the row goes back; not asked for again
    when the row is marked dead, which its `Loss` announces:
      with an intent                 nothing                 "we do not know whether" is announced
      without                        not created             "was not" is announced

30 s are the time limit of a request and a margin (`Timing.unknown_after`), counted from the intent.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum, auto
from typing import ClassVar, Generic, TypeVar

from bot.devin.errors import (
    DevinCreatedUnreadable,
    DevinError,
    DevinLater,
    DevinRefused,
    DevinServerError,
    DevinUncertain,
    DevinUnexpectedAnswer,
    DevinUnreachable,
)
from bot.domain.causes import Cause
from bot.flows.job import Job, RefusedForNow, Reschedule, finish
from bot.flows.services import Services
from bot.flows.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.store import inbox
from bot.store.inbox import InboxRow

log = get_logger(__name__)

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

    async def write_intent(self, uow: UnitOfWork) -> None:
        """Add what this kind stores together with the intent."""

    async def write_checking(self, uow: UnitOfWork) -> None:
        """Show people that the outcome is being looked up."""

    async def write_late(self, uow: UnitOfWork) -> None:
        """Announce that the thing is late and will be tried again."""

    @abstractmethod
    async def write_created(self, uow: UnitOfWork, thing: _Thing) -> None:
        """Store `thing`, which was created or found."""

    @abstractmethod
    async def write_refused(self, uow: UnitOfWork, refused: DevinRefused) -> None:
        """Announce that Devin refused to create the thing; `refused` says why."""


class Loss(ABC):
    """What is announced when a row that asks for one kind of thing is marked dead: only what differs from other kinds.

    It is made from the row alone, because what the `Creation` needs may be what is gone. The methods add to the
    transaction that closes the row.
    """

    @abstractmethod
    async def write_not_done(self, uow: UnitOfWork) -> None:
        """Announce that what was asked for was not done."""

    @abstractmethod
    async def write_unknown(self, uow: UnitOfWork) -> None:
        """Announce that nobody knows whether it was done, and how to find out; `lost_answer` has the sentence."""


async def announce_loss(uow: UnitOfWork, row: InboxRow[Cause], loss: Loss) -> None:
    """Announce what became of the thing that `row` asks for, in the transaction that marks the row dead."""
    if is_unknown(row):
        await loss.write_unknown(uow)
    else:
        await loss.write_not_done(uow)


class ExactlyOnce:
    """Creates things at Devin, each of them once."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def create(self, job: Job[Cause], creation: Creation[_Thing]) -> None:
        """Create the thing that the job's row asks for, or adopt the one that an earlier try created.

        Returns when the row is closed. Raises a DevinError, RefusedForNow or Reschedule when the row has to go back.
        """
        if job.row.intent_at is not None and await self._adopted(job, creation, job.row.intent_at):
            return
        if await creation.prepare() and await self._called_first(job, creation):
            await self._create(job, creation)

    async def _adopted(self, job: Job[Cause], creation: Creation[_Thing], intent_at: float) -> bool:
        """Look up what an earlier try created, and store it. Returns False if that try created nothing.

        Raises a DevinError or Reschedule while nobody can know, and a DevinUnreachable where to ask again is no use.
        """
        # How long the request of that try may still be under way. Measured before the look-up: if the time ends while
        # the look-up reads, the thing may have been created behind its back.
        left = intent_at + self._services.timing.unknown_after - self._services.clock()
        seen = await creation.lookup()
        if isinstance(seen, Found):
            await self._adopt(job, creation, seen.thing)
            return True
        if seen is Missing.UNREADABLE or job.row.accepted_at is not None:
            await self._show_checking(job, creation)
            raise DevinUnexpectedAnswer(f"The {creation.kind} may exist, but it cannot be read.")
        if left > 0:
            await self._show_checking(job, creation)
            raise Reschedule(min(self._services.timing.lookup_interval, left), "outcome unknown")
        async with self._services.unit_of_work_for(job) as uow:
            await inbox.intend(uow.tx, job.row.key, None)
        if is_late(job.row, self._services.clock(), self._services.timing.row_outage):
            raise DevinUnreachable(f"No request to create the {creation.kind} got through.")
        return False

    async def _called_first(self, job: Job[Cause], creation: Creation[_Thing]) -> bool:
        """Make the request that comes before `call`. Returns False if Devin refuses it; the row is then closed.

        The intent is stored after this request, because the time limit of an intent is for one request.
        """
        try:
            await creation.call_first()
        except DevinRefused as refused:
            await self._refused(job, creation, refused)
            return False
        except DevinLater:
            await self._not_created(job, creation)
            raise
        return True

    async def _create(self, job: Job[Cause], creation: Creation[_Thing]) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            await inbox.intend(uow.tx, job.row.key, uow.now)
            await creation.write_intent(uow)
        await self._services.check_claim(job)
        # A crash or a lost answer from here on leaves the intent: the next try looks the thing up first.
        try:
            thing = await creation.call()
        except DevinRefused as refused:
            if not await creation.other_form(refused):
                await self._refused(job, creation, refused)
                return
            # The next request begins now, and so does its time limit.
            await self._create(job, creation)
        except DevinLater:
            await self._not_created(job, creation)
            raise
        except DevinServerError as error:
            await self._answered_with_failure(job, creation, error)
        except DevinUncertain as error:
            await self._outcome_unknown(job, creation, error)
            raise Reschedule(self._services.timing.lookup_interval, "outcome unknown") from None
        else:
            await self._adopt(job, creation, thing)

    # ------------------------------------------------------------ outcomes

    async def _adopt(self, job: Job[Cause], creation: Creation[_Thing], thing: _Thing) -> None:
        # A crash before this commit leaves the intent: the thing is found and stored by the next try.
        async with self._services.unit_of_work_for(job) as uow:
            await creation.write_created(uow, thing)
            await finish(uow, job)

    async def _refused(self, job: Job[Cause], creation: Creation[_Thing], refused: DevinRefused) -> None:
        log.warning("refused by Devin", what=creation.kind, error=type(refused).__name__, status=refused.status)
        if not await creation.is_final(refused):
            await self._not_created(job, creation)
            raise RefusedForNow from refused
        async with self._services.unit_of_work_for(job) as uow:
            await creation.write_refused(uow, refused)
            await finish(uow, job)

    async def _not_created(self, job: Job[Cause], creation: Creation[_Thing]) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            await inbox.intend(uow.tx, job.row.key, None)
            if is_late(job.row, uow.now, self._services.timing.late_notice):
                await creation.write_late(uow)

    async def _answered_with_failure(self, job: Job[Cause], creation: Creation[_Thing], error: DevinError) -> None:
        """Adopt what one look-up finds, or raise `error`. One is enough: Devin answered, so no request is under way."""
        seen = await creation.lookup()
        if isinstance(seen, Found):
            await self._adopt(job, creation, seen.thing)
            return
        if seen is Missing.NOT_FOUND:
            await self._not_created(job, creation)
        else:
            await self._show_checking(job, creation)
        raise error

    async def _outcome_unknown(self, job: Job[Cause], creation: Creation[_Thing], error: DevinUncertain) -> None:
        log.warning("outcome unknown", what=creation.kind, error=type(error).__name__, status=error.status)
        async with self._services.unit_of_work_for(job) as uow:
            if isinstance(error, DevinCreatedUnreadable):
                await inbox.accept(uow.tx, job.row.key, uow.now)
            await creation.write_checking(uow)

    async def _show_checking(self, job: Job[Cause], creation: Creation[_Thing]) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            await creation.write_checking(uow)


def is_unknown(row: InboxRow[Cause]) -> bool:
    """Whether Devin may have created the thing that `row` asks for, although we have no answer that says so."""
    return row.intent_at is not None


def is_late(row: InboxRow[Cause], now: float, after: float) -> bool:
    """Whether `row` was stored more than `after` seconds before `now`."""
    return now - row.created_at > after
