"""The protocol for what is created or changed at Devin; the package says what becomes of each outcome."""

from dataclasses import replace
from typing import TypeVar

from bot.devin.errors import (
    DevinCreatedUnreadable,
    DevinError,
    DevinLater,
    DevinNotFound,
    DevinRefused,
    DevinServerError,
    DevinUncertain,
    DevinUnexpectedAnswer,
    DevinUnreachable,
)
from bot.domain.causes import Cause, ChangeCause
from bot.kernel.exactly_once.change import Change, Record
from bot.kernel.exactly_once.creation import Creation, Found, Missing
from bot.kernel.exactly_once.loss import is_late
from bot.kernel.job import Job, RefusedForNow, Reschedule, finish
from bot.kernel.services import Services
from bot.logs import get_logger
from bot.store import inbox

log = get_logger(__name__)

_Thing = TypeVar("_Thing")


class ExactlyOnce:
    """Creates things at Devin, and changes what is there, each time once."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def create(self, job: Job[Cause], creation: Creation[_Thing]) -> None:
        """Create the thing that the job's row asks for, or adopt the one that an earlier try created.

        Returns when the row is closed. Raises a DevinError, RefusedForNow or Reschedule when the row has to go back.
        """
        if job.row.intent_at is None and self._services.restoration.may_be_done(job.row):
            job = await self._with_intent(job, creation)
        if job.row.intent_at is not None and await self._adopted(job, creation, job.row.intent_at):
            return
        if await creation.prepare() and await self._called_first(job, creation):
            await self._create(job, creation)

    async def change(self, job: Job[ChangeCause], change: Change[_Thing]) -> None:
        """Make the change that the job's row asks for, or find that an earlier try has made it.

        Returns when the row is closed. Raises a DevinError when the row has to go back.
        """
        before = job.cause.before
        try:
            now = await _read(change)
        except DevinError as error:
            await self._failed(job, change, error, tried=before is not None)
            return
        if before is not None and change.is_done(now):
            await self._changed(job, change, before, now)
        elif now is None or not change.may_begin(now):
            await self._left_alone(job, change, now)
        else:
            await self._change(job, change, now)

    # ------------------------------------------------------------ creations

    async def _with_intent(self, job: Job[Cause], creation: Creation[_Thing]) -> Job[Cause]:
        """Store the intent that a process may have had of which the store knows nothing, as a backup was put back."""
        # A crash before this commit changes nothing, and one after it leaves what a crash before the call does.
        at = self._services.restoration.until
        async with self._services.unit_of_work_for(job) as uow:
            await inbox.intend(uow.tx, job.row.key, at)
            await creation.write_intent(uow)
        return replace(job, row=replace(job.row, intent_at=at))

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
        except DevinLater as error:
            await self._not_created(job, creation, error)
            raise
        return True

    async def _create(self, job: Job[Cause], creation: Creation[_Thing]) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            if not await creation.admit(uow):
                return
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
        except DevinLater as error:
            await self._not_created(job, creation, error)
            raise
        except DevinServerError as error:
            await self._answered_with_failure(job, creation, error)
        except DevinUncertain as error:
            await self._outcome_unknown(job, creation, error)
            raise Reschedule(self._services.timing.lookup_interval, "outcome unknown") from None
        else:
            await self._adopt(job, creation, thing)

    async def _adopt(self, job: Job[Cause], creation: Creation[_Thing], thing: _Thing) -> None:
        # A crash before this commit leaves the intent: the thing is found and stored by the next try.
        async with self._services.unit_of_work_for(job) as uow:
            await creation.write_created(uow, thing)
            await finish(uow, job)

    async def _refused(self, job: Job[Cause], creation: Creation[_Thing], refused: DevinRefused) -> None:
        log.warning("refused by Devin", what=creation.kind, error=type(refused).__name__, status=refused.status)
        if not await creation.is_final(refused):
            await self._not_created(job, creation, refused)
            raise RefusedForNow from refused
        async with self._services.unit_of_work_for(job) as uow:
            await creation.write_refused(uow, refused)
            await finish(uow, job)

    async def _not_created(self, job: Job[Cause], creation: Creation[_Thing], error: DevinError) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            await inbox.intend(uow.tx, job.row.key, None)
            if is_late(job.row, uow.now, self._services.timing.late_notice):
                await creation.write_late(uow, error)

    async def _answered_with_failure(self, job: Job[Cause], creation: Creation[_Thing], error: DevinError) -> None:
        """Adopt what one look-up finds, or raise `error`. One is enough: Devin answered, so no request is under way."""
        seen = await creation.lookup()
        if isinstance(seen, Found):
            await self._adopt(job, creation, seen.thing)
            return
        if seen is Missing.NOT_FOUND:
            await self._not_created(job, creation, error)
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

    # ------------------------------------------------------------ changes

    async def _change(self, job: Job[ChangeCause], change: Change[_Thing], now: _Thing) -> None:
        before = job.cause.before
        if before is None:
            before = change.record(now)
            await self._intend(job, before)
        await self._services.check_claim(job)
        # A crash or a lost answer from here on leaves the intent: the next try finds the change, or makes it again.
        try:
            await change.call(now)
        except DevinNotFound:
            if not change.is_done(None):
                await self._left_alone(job, change, None)
                return
        except DevinError as error:
            await self._failed(job, change, error, tried=True)
            return
        await self._changed(job, change, before, now)

    async def _intend(self, job: Job[ChangeCause], before: Record) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            await inbox.note(uow.tx, job.row.key, replace(job.cause, before=before))
            await inbox.intend(uow.tx, job.row.key, uow.now)

    async def _changed(
        self, job: Job[ChangeCause], change: Change[_Thing], before: Record, read: _Thing | None
    ) -> None:
        # A crash before this commit leaves the intent: the next try finds the change there.
        async with self._services.unit_of_work_for(job) as uow:
            await change.write_changed(uow, before, read)
            await finish(uow, job)

    async def _left_alone(self, job: Job[ChangeCause], change: Change[_Thing], now: _Thing | None) -> None:
        async with self._services.unit_of_work_for(job) as uow:
            await change.write_left_alone(uow, now)
            await finish(uow, job)

    async def _failed(self, job: Job[ChangeCause], change: Change[_Thing], error: DevinError, *, tried: bool) -> None:
        """Close the row with a refusal, or without an answer when the patience is over. Raises `error` until then."""
        log.warning("change failed", what=change.kind, error=type(error).__name__, status=error.status, tried=tried)
        waited = self._services.clock() - job.row.created_at
        if not isinstance(error, DevinRefused) and waited < change.patience(tried=tried):
            raise error
        async with self._services.unit_of_work_for(job) as uow:
            if isinstance(error, DevinRefused):
                await change.write_refused(uow, error)
            elif tried:
                await change.write_unknown(uow)
            else:
                await change.write_unreachable(uow, error)
            await finish(uow, job)


async def _read(change: Change[_Thing]) -> _Thing | None:
    """Read what the change is of; None if it is gone."""
    try:
        return await change.read()
    except DevinNotFound:
        return None
