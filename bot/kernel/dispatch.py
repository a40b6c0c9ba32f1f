"""Inbox lanes: claim a lane, give its next row to its flow, and decide what a failure means for the row."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bot.devin.errors import DevinError, DevinLater, DevinRateLimited, DevinUncertain
from bot.domain.causes import Cause, HeldCause, UnreadableCause, without_response_url
from bot.kernel.exactly_once.loss import is_late
from bot.kernel.job import Flow, Job, RefusedForNow, Reschedule
from bot.kernel.organisation import OrganisationNotConnectedError
from bot.kernel.questions import Questions
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.slack.errors import SlackBusy, SlackError, SlackOutcomeUnknown, SlackRateLimited, SlackUnreachable
from bot.store import inbox, lanes
from bot.store.database.refusals import was_locked_out
from bot.store.inbox import InboxRow
from bot.store.lanes import ClaimLostError

log = get_logger(__name__)

MAX_FAILURES: Final = 5  # of our own code, on one row
_PASSING: Final = (
    *(DevinLater, DevinUncertain, OrganisationNotConnectedError, RefusedForNow),
    *(SlackUnreachable, SlackOutcomeUnknown, SlackBusy),
)


# Announces that a row cannot be read, in the transaction that marks it dead.
Unreadable = Callable[[UnitOfWork, Job[Cause]], Awaitable[None]]


class Dispatch:
    """Gives each row of the inbox lanes to the flow for its kind; `flows` has them by name."""

    def __init__(
        self, services: Services, flows: Mapping[str, Flow[Any]], questions: Questions, unreadable: Unreadable
    ) -> None:
        self._services = services
        self._unreadable = unreadable
        self._questions = questions
        self._flows = flows

    async def work(self, lane: str) -> float | None:
        """Work off one row of `lane`. Returns the seconds until the lane is to be worked on again, or None."""
        taken = await self._take(lane)
        if not isinstance(taken, Job):
            return taken
        row = taken.row
        with self._services.working_on(row, "flow", row.flow):
            if not row.attempts:
                # The first log line about a row. Written where the row is stored, it would cost a sixth of the ack.
                log.info("taken", kind=row.flow, lane=lane, waited=round(self._services.clock() - row.created_at, 3))
            return await self._run(taken)

    async def _take(self, lane: str) -> Job[Cause] | float | None:
        services = self._services
        async with services.db.read() as tx:
            row = await inbox.head(tx, lane)
        if row is None or row.ready_at > services.clock():
            return self._wait_for(row)
        workspace = services.workspaces.get(row.team)
        if workspace is None:
            return None  # the row waits, and the sweep wakes its lane again
        async with services.db.write() as tx:
            claim = await lanes.claim(tx, services.db, lane, services.worker, services.timing.lease)
            if claim is None:
                return services.timing.lease / 3
            row = await inbox.head(tx, lane)
            if row is None or row.ready_at > services.clock():
                await lanes.release(tx, claim)
                return self._wait_for(row)
        return Job(row, claim, workspace)

    def _wait_for(self, row: InboxRow[Cause] | None) -> float | None:
        return None if row is None else max(row.ready_at - self._services.clock(), 0.001)

    async def _run(self, job: Job[Cause]) -> float | None:
        try:
            return await self._attempt(job)
        except ClaimLostError:
            log.warning("lane taken over", lane=job.claim.lane)
            return None

    async def _attempt(self, job: Job[Cause]) -> float:
        if (flow := self._flow(job.row)) is None:
            return await self._mark_dead(job, _why_unreadable(job.row))
        try:
            await self._give(job, flow)
        except ClaimLostError:
            raise
        except Reschedule as rescheduled:
            return await self._put_back(job, rescheduled.seconds, rescheduled.reason)
        except (DevinRateLimited, SlackRateLimited) as error:
            return await self._put_back(job, self._asked(job, error), "rate limited")
        except (DevinError, SlackError, OrganisationNotConnectedError, RefusedForNow) as error:
            return await self._failed(job, error)
        except Exception as error:
            log.exception("flow failed", kind=job.row.flow)
            if was_locked_out(error):  # in a crowd whose starts wait for one another's budgets
                return await self._failed(job, error)
            return await self._broken(job, type(error).__name__)
        return 0.0

    def _flow(self, row: InboxRow[Cause]) -> Flow[Any] | None:
        """The flow that takes `row`; None if its cause cannot be read, or asks for what only a later version knows."""
        return None if isinstance(row.cause, UnreadableCause) else self._flows.get(row.flow)

    async def _give(self, job: Job[Cause], flow: Flow[Any]) -> None:
        """Give the row to its flow, or one whose time to wait for an answer is up to its question."""
        hold = job.cause.hold if isinstance(job.cause, HeldCause) else None
        if hold is None:
            await flow.run(job)
        else:
            await self._questions.not_answered(job, hold)

    async def _broken(self, job: Job[Cause], reason: str) -> float:
        """Put the row back after a fault of our own, or mark it dead after MAX_FAILURES of them.

        Only such faults are counted: whatever else has delayed the row takes none of its tries.
        """
        self._services.tracing.failed(reason)
        if job.row.failures + 1 >= MAX_FAILURES:
            return await self._mark_dead(job, reason)
        async with self._services.unit_of_work_for(job) as uow:
            await inbox.failed(uow.tx, job.row.key)
        return await self._put_back(job, self._backoff(job), reason)

    async def _failed(self, job: Job[Cause], error: Exception) -> float:
        reason = type(error).__name__
        self._services.tracing.failed(reason)
        passing = isinstance(error, _PASSING) or was_locked_out(error)
        if not passing or is_late(job.row, self._services.clock(), self._services.timing.row_outage):
            return await self._mark_dead(job, reason)
        return await self._put_back(job, self._backoff(job), reason)

    def _backoff(self, job: Job[Cause]) -> float:
        timing = self._services.timing
        return min(timing.row_first_retry * 2.0 ** min(job.row.attempts, 10), timing.row_longest_retry)

    def _asked(self, job: Job[Cause], error: DevinRateLimited | SlackRateLimited) -> float:
        """How long to wait for a rate limit: as asked, and where nothing is asked a few seconds, then longer."""
        return min(error.retry_after or self._backoff(job), self._services.timing.row_longest_asked)

    async def _put_back(self, job: Job[Cause], seconds: float, reason: str) -> float:
        async with self._services.unit_of_work_for(job) as uow:
            await inbox.reschedule(uow.tx, job.row.key, uow.now + seconds, reason)
            await lanes.release(uow.tx, job.claim)
        log.info("row postponed", kind=job.row.flow, seconds=round(seconds, 1), reason=reason)
        return seconds

    async def _mark_dead(self, job: Job[Cause], reason: str) -> float:
        """Close the row as dead and announce what was lost, in one transaction: a crash leaves both or neither."""
        async with self._services.unit_of_work_for(job) as uow:
            await self._announce(uow, job, reason)
            cause = without_response_url(job.cause)  # a secret, which is of no more use
            if cause != job.cause:
                await inbox.note(uow.tx, job.row.key, cause)
            await inbox.finish(uow.tx, [job.row.key], uow.now, dead=True, reason=reason)
            await lanes.release(uow.tx, job.claim)
        self._services.metrics.died(job.row.flow)
        log.error("row dropped", kind=job.row.flow, key=job.row.key, reason=reason)
        return 0.0

    async def _announce(self, uow: UnitOfWork, job: Job[Cause], reason: str) -> None:
        # The row is read again, because an attempt may have stored its intent since the row was claimed.
        row = await inbox.get(uow.tx, job.row.key)
        if row is None:
            return
        try:
            # A savepoint: if announcing fails half way, what it wrote is rolled back and the row is closed all the
            # same. A row whose loss cannot be announced must not hold up its lane for ever.
            async with uow.tx.begin_nested():
                fresh = Job(row, job.claim, job.workspace)
                if (flow := self._flow(row)) is None:
                    await self._unreadable(uow, fresh)
                else:
                    await flow.on_dead(uow, fresh, reason)
        except Exception:
            log.exception("loss not announced", kind=row.flow)


def _why_unreadable(row: InboxRow[Cause]) -> str:
    return row.cause.reason if isinstance(row.cause, UnreadableCause) else f"unreadable: {row.kind} {row.flow}"
