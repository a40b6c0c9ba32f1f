"""The message with the table of a fan-out: posted once by a row of the outbox, then edited whenever something changed.

Edits may be repeated, so they need no search.
"""

from typing import Final

from bot.domain.causes import TaskCause
from bot.domain.fan_out import FanOut, FanOutSession
from bot.flows.job import Job
from bot.flows.services import Services
from bot.flows.shared_channels import SharedChannels
from bot.logs import get_logger
from bot.slack.errors import SlackError, SlackRateLimited, SlackRefused
from bot.slack.rate_limits import FIGURES
from bot.store import fan_outs, outbox, people, rate_limits
from bot.views import fan_out_table as views
from bot.views.message import Message

log = get_logger(__name__)

_UPDATE: Final = "chat.update"


class FanOutTable:
    """Edits the tables of fan-outs."""

    def __init__(self, services: Services, shared_channels: SharedChannels) -> None:
        self._services = services
        self._shared_channels = shared_channels

    async def ts(self, fan_out: FanOut) -> str | None:
        """Return the `ts` of the message; None while it is not posted, and empty if it never will be."""
        if fan_out.ts is not None:
            return fan_out.ts
        async with self._services.db.read() as tx:
            row = await outbox.by_key(tx, fan_out.message_key)
        return "" if row is None or row.state == "dead" else row.ts

    async def show(self, job: Job[TaskCause], fan_out: FanOut, sessions: list[FanOutSession]) -> float:
        """Show how the fan-out stands. Returns 0, or the seconds to wait if it cannot be shown now.

        Slack's faults are not raised: the row is days old, and would be given up at the first of them.
        """
        if fan_out.shown == fan_out.version:
            return 0.0
        if wait := await self._wait_for_token(job):
            return wait
        try:
            message = await self._drawn(job, fan_out, sessions)
            await self._services.check_claim(job)
            await self._edit(job, fan_out, message)
        except SlackError as error:
            log.warning("fan-out not shown", fan_out=fan_out.id, error=str(error))
            if not (isinstance(error, SlackRefused) and error.permanent):
                asked = error.retry_after if isinstance(error, SlackRateLimited) else 0.0
                return max(asked, self._services.timing.fan_out_stop_retry)
        # A crash before this commit repeats the edit, which changes nothing.
        async with self._services.unit_of_work_for(job) as uow:
            await fan_outs.change(uow.tx, fan_out.id, shown=fan_out.version)
        return 0.0

    async def _drawn(self, job: Job[TaskCause], fan_out: FanOut, sessions: list[FanOutSession]) -> Message:
        if await self._shared_channels.is_shared(job.workspace, fan_out.channel):
            return views.in_shared_channel(fan_out)
        async with self._services.db.read() as tx:
            asker = await people.name_of(tx, fan_out.team, fan_out.user)
        return views.table(fan_out, sessions, asker)

    async def _edit(self, job: Job[TaskCause], fan_out: FanOut, message: Message) -> None:
        assert fan_out.ts is not None
        *richer, plainest = message.forms()
        update, where = job.workspace.slack.update, (fan_out.channel, fan_out.ts)
        for form in richer:
            try:
                await update(*where, form.text, form.blocks, fan_out.message_key)
            except SlackRefused as refused:
                if not refused.may_be_the_form:
                    raise
            else:
                return
        await update(*where, plainest.text, plainest.blocks, fan_out.message_key)

    async def _wait_for_token(self, job: Job[TaskCause]) -> float:
        # Edits of cards go first: they share the bucket.
        async with self._services.db.write() as tx:
            name, now = f"{job.workspace.team}:{_UPDATE}", self._services.clock()
            return await rate_limits.take(tx, name, now, FIGURES.interval, FIGURES.burst)
