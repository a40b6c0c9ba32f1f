"""Slack has reported that a channel became shared with another company, or is shared with one no longer."""

from typing import ClassVar

from bot.domain.causes import EventCause
from bot.domain.commands.spec import Source
from bot.kernel.job import Job
from bot.kernel.tasks import Kernel, SlackEvent
from bot.kernel.unit_of_work import UnitOfWork
from bot.slack.errors import SlackRefused


class ChannelShared:
    """Has Slack asked how the channel is shared now: reports may come late and out of order."""

    event: ClassVar[SlackEvent] = SlackEvent(
        ("channel_shared", "channel_unshared"), {"channel": "channel"}, Source.NOTHING
    )

    def __init__(self, kernel: Kernel) -> None:
        self._services = kernel.services
        self._shared_channels = kernel.shared_channels

    async def run(self, job: Job[EventCause]) -> None:
        """Ask Slack about the channel, and close the row. A channel that the bot cannot see is left alone."""
        try:
            await self._shared_channels.ask_again(job.workspace, job.cause.fields["channel"])
        except SlackRefused as refused:
            if not refused.permanent:
                raise
        # A crash right here asks once more, which finds nothing new.
        await self._services.close(job)

    async def on_dead(self, uow: UnitOfWork, job: Job[EventCause], _reason: str, /) -> None:
        """Announce nothing: whether the channel is shared is also asked before each post of Devin's words."""
