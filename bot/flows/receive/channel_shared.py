"""Slack has reported that a channel became shared with another company, or is shared with one no longer."""

from bot.domain.causes import ChannelSharedCause
from bot.flows.job import Job
from bot.flows.services import Services
from bot.flows.shared_channels import SharedChannels
from bot.flows.unit_of_work import UnitOfWork
from bot.slack.errors import SlackRefused


class ChannelShared:
    """Has Slack asked how the channel is shared now: reports may come late and out of order."""

    def __init__(self, services: Services, shared_channels: SharedChannels) -> None:
        self._services = services
        self._shared_channels = shared_channels

    async def run(self, job: Job[ChannelSharedCause]) -> None:
        """Ask Slack about the channel, and close the row. A channel that the bot cannot see is left alone."""
        try:
            await self._shared_channels.ask_again(job.workspace, job.cause.channel)
        except SlackRefused as refused:
            if not refused.permanent:
                raise
        # A crash right here asks once more, which finds nothing new.
        await self._services.close(job)

    async def on_dead(self, uow: UnitOfWork, job: Job[ChannelSharedCause], _reason: str, /) -> None:
        """Announce nothing: whether the channel is shared is also asked before each post of Devin's words."""
