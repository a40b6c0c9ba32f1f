"""A review at Devin is followed until it is done, for two hours at most. Its one message shows how far it is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.devin.errors import DevinError, DevinNotFound, DevinRefused
from bot.domain.causes import LongJobCause
from bot.domain.long_job import LongJob, LongJobState
from bot.flows.job import Job, Reschedule, finish
from bot.flows.manage.devin.failures import failure_sentence
from bot.flows.manage.long_jobs.living_message import LivingMessage
from bot.flows.services import Services
from bot.flows.unit_of_work import UnitOfWork
from bot.store import long_jobs
from bot.views import reviews as views

_ENDS: Final[Mapping[str, str | None]] = {"completed": None, "errored": views.ERRORED}  # with why there is no result
_BEGUN: Final = {"status": "pending"}


class ReviewFollow:
    """Carries the long job of a review on."""

    def __init__(self, services: Services, message: LivingMessage) -> None:
        self._services = services
        self._message = message

    async def run(self, job: Job[LongJobCause], found: LongJob) -> None:
        """Ask Devin how far the review is, and show its end. While it goes on, the row is put back with a wait."""
        if found.state is LongJobState.READING:
            found = await self._polled(job, found)
        shown = await self._message.end(job, found, views.ended(found))
        # A crash before this commit edits the message once more, to the same words.
        async with self._services.unit_of_work_for(job) as uow:
            if not shown or _goes_unnoticed(found, uow):
                message = views.over(found) if shown else views.ended(found)
                where = found.channel or found.user
                await uow.add_to_outbox(uow.post_row(f"{found.message_key}:end", found.team, where, None, message))
            await long_jobs.change(uow.tx, found.id, ended_at=uow.now)
            await finish(uow, job)

    async def _polled(self, job: Job[LongJobCause], found: LongJob) -> LongJob:
        """Return the job as it has ended; raises Reschedule while the review goes on."""
        timing, asked = self._services.timing, found.new.asked
        age = self._services.clock() - found.created_at
        too_late, wait = age > timing.review_followed, timing.review_poll
        try:
            review = await job.workspace.organisation.devin.review(asked["pr_url"], asked["commit_sha"])
        except DevinError as error:
            # Right after the request a machine of Devin's may not know the review yet.
            may_pass = isinstance(error, DevinNotFound) and age <= timing.not_found_lasts
            if too_late or (isinstance(error, DevinRefused) and not may_pass):
                return await self._close(job, found, _failure(error))
            wait = max(wait, min(error.retry_after or 0.0, timing.row_longest_asked))
        else:
            if review.status in _ENDS:
                return await self._close(job, found, _ENDS[review.status])
            if too_late:
                return await self._close(job, found, views.still_going(review.status))
            await self._show(job, found, review.status)
        raise Reschedule(wait, "the review goes on")

    async def _show(self, job: Job[LongJobCause], found: LongJob, status: str) -> None:
        if status == (found.cursor or _BEGUN)["status"]:
            return
        await self._message.show(job, found, views.going_on(found, status))
        # A crash before this commit shows the same state again.
        async with self._services.unit_of_work_for(job) as uow:
            await long_jobs.change_while(uow.tx, found.id, LongJobState.READING, cursor={"status": status})

    async def _close(self, job: Job[LongJobCause], found: LongJob, reason: str | None) -> LongJob:
        """Store how the review has ended, unless the person follows it no longer: for no `reason` it is done."""
        state = LongJobState.DONE if reason is None else LongJobState.FAILED
        async with self._services.unit_of_work_for(job) as uow:
            await long_jobs.change_while(uow.tx, found.id, LongJobState.READING, state=state, reason=reason)
            return await long_jobs.get(uow.tx, found.id) or replace(found, state=LongJobState.CANCELLED)


def _goes_unnoticed(found: LongJob, uow: UnitOfWork) -> bool:
    """Whether the end needs a message: it took a while, was not cancelled, and nobody is notified of an edit."""
    return found.state is not LongJobState.CANCELLED and uow.now - found.created_at > uow.timing.job_unnoticed


def _failure(error: DevinError) -> str:
    if isinstance(error, DevinNotFound):
        return views.NO_COMMIT
    return failure_sentence(error).text if isinstance(error, DevinRefused) else views.LOST
