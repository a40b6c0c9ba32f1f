"""The one message of a long job, in a direct message with the person who asked for it: edited until it shows the end.

It is posted by a row of the outbox, once. Edits may be repeated, so they need no search. One that shows progress is
best effort; the one that shows the end is tried until Slack takes it, or the end is posted as another message.
"""

from dataclasses import replace
from typing import Final

from bot.domain.causes import TaskCause
from bot.domain.long_job import LongJob
from bot.flows.job import Job, Reschedule
from bot.flows.manage.long_jobs.jobs import post_message
from bot.flows.services import Services
from bot.logs import get_logger
from bot.slack.errors import SlackError, SlackRefused
from bot.slack.rate_limits import METHODS
from bot.store import long_jobs, outbox, rate_limits
from bot.views.message import Message
from bot.views.plain_text import without_blocks

log = get_logger(__name__)

_UPDATE: Final = "chat.update"


class LivingMessage:
    """Posts and edits the messages of long jobs."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def begin(self, job: Job[TaskCause], found: LongJob) -> LongJob:
        """Have the message posted, unless it is already. Returns the long job with its direct message."""
        if found.channel is not None:
            return found
        channel = await job.workspace.slack.direct(found.user)
        # A crash before this commit opens the direct message again, which changes nothing.
        async with self._services.unit_of_work_for(job) as uow:
            await long_jobs.change(uow.tx, found.id, channel=channel)
            await post_message(uow, found, channel)
        return replace(found, channel=channel)

    async def show(self, job: Job[TaskCause], found: LongJob, message: Message) -> None:
        """Show how far the long job is, if that is possible now."""
        ts = await self._ts(found)
        if not ts or await self._wait_for_token(job):
            return
        try:
            await self._edit(job, found, ts, message)
        except SlackError as error:
            log.warning("progress not shown", job=found.id, error=str(error))

    async def end(self, job: Job[TaskCause], found: LongJob, message: Message) -> bool:
        """Show the end. Returns False if the message is not there or cannot be edited; raises what may pass."""
        ts = await self._ts(found)
        if ts is None:
            raise Reschedule(self._services.timing.job_message, "its message is not posted yet")
        if not ts:
            return False
        if wait := await self._wait_for_token(job):
            raise Reschedule(wait, "too many edits")
        try:
            await self._edit(job, found, ts, message)
        except SlackRefused as refused:
            if not refused.permanent:
                raise
            log.warning("end not shown in the message", job=found.id, error=str(refused))
            return False
        return True

    async def _ts(self, found: LongJob) -> str | None:
        """The `ts` of the message; None while it is not posted, and empty if it never will be."""
        async with self._services.db.read() as tx:
            row = await outbox.by_key(tx, found.message_key)
        return "" if row is None or row.state == "dead" else row.ts

    async def _wait_for_token(self, job: Job[TaskCause]) -> float:
        budget = METHODS[_UPDATE]
        async with self._services.db.write() as tx:
            name, now = f"{job.workspace.team}:{_UPDATE}", self._services.clock()
            return await rate_limits.take(tx, name, now, budget.interval, budget.burst)

    async def _edit(self, job: Job[TaskCause], found: LongJob, ts: str, message: Message) -> None:
        assert found.channel is not None
        await self._services.check_claim(job)
        update, key = job.workspace.slack.update, found.message_key
        # A crash from here on repeats the edit.
        try:
            await update(found.channel, ts, message.text, message.blocks, key)
        except SlackRefused as refused:
            if not refused.may_be_the_form:
                raise
            await update(found.channel, ts, without_blocks(message.blocks, None) or message.text, [], key)
