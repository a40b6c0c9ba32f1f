"""Somebody has written a link to a session or a pull request (https://docs.slack.dev/reference/events/link_shared)."""

from typing import ClassVar

from bot.conversation.titles import ShownTitles, permalink
from bot.domain.causes import EventCause
from bot.domain.readers import Readers
from bot.features.unfurl.sentences import preview
from bot.kernel.job import Job
from bot.kernel.tasks import Kernel, SlackEvent
from bot.kernel.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.slack.errors import SlackRefused
from bot.store.session_links import session_of_link
from bot.views.message import Block

log = get_logger(__name__)


class LinkShared:
    """Has Slack show a preview under the message, of sessions that all who read it may see."""

    event: ClassVar[SlackEvent] = SlackEvent(
        ("link_shared",), {"channel": "channel", "ts": "message_ts", "links": "links.*.url"}
    )

    def __init__(self, kernel: Kernel) -> None:
        self._services = kernel.services
        self._shared_channels = kernel.shared_channels

    async def run(self, job: Job[EventCause]) -> None:
        """Show what may be shown, and close the row. A preview that comes late is not made."""
        found = await self._previews(job) if await self._wanted(job) else {}
        if found:
            fields = job.cause.fields
            await self._services.check_claim(job)
            try:
                # A crash right here shows the preview again, in place of itself.
                await job.workspace.slack.unfurl(fields["channel"], fields["ts"], found)
            except SlackRefused as refused:
                if not refused.permanent:
                    raise
                log.warning("preview skipped", error=str(refused))
        await self._services.close(job)

    async def on_dead(self, uow: UnitOfWork, job: Job[EventCause], _reason: str, /) -> None:
        """Announce nothing: the link stands there without a preview."""

    async def _wanted(self, job: Job[EventCause]) -> bool:
        """Whether there may be a preview: not by default, late, before the message is sent, or in shared channels."""
        channel, late = job.cause.fields["channel"], self._services.timing.preview_expires
        if not job.workspace.policy.unfurls or self._services.clock() - job.row.created_at > late:
            return False
        # In a message that is still being written Slack names no channel but its "COMPOSER".
        placed = channel.startswith(("C", "G", "D")) and channel.isalnum() and channel != "COMPOSER"
        return placed and not await self._shared_channels.is_shared(job.workspace, channel)

    async def _previews(self, job: Job[EventCause]) -> dict[str, list[Block]]:
        fields = job.cause.fields
        async with self._services.db.read() as tx:
            titles = await ShownTitles.read(tx, job.workspace, Readers(channel=fields["channel"]))
            found = {url: await session_of_link(tx, job.workspace.team, url) for url in fields["links"].split()}
        allowed = {
            url: session for url, session in found.items() if session and titles.replacement(session.channel) is None
        }
        # What is stored may be a day old, and a channel may have become private since.
        private = {
            channel: await self._is_private(job, channel) for channel in {one.channel for one in allowed.values()}
        }
        return {
            url: preview(self._services.workspaces.with_code_hosts(session), permalink(job.workspace, session))
            for url, session in allowed.items()
            if not private[session.channel]
        }

    async def _is_private(self, job: Job[EventCause], channel: str) -> bool:
        """Whether `channel` is closed to some who read the preview; True too while Slack does not say."""
        if channel == job.cause.fields["channel"]:
            return False
        since = self._services.clock() - self._services.timing.channel_known
        return await self._shared_channels.is_private(job.workspace, channel, since) is not False
