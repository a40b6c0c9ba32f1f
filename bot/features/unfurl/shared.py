"""Somebody has written a link to a session or a pull request (https://docs.slack.dev/reference/events/link_shared)."""

from collections.abc import Mapping
from typing import ClassVar, Final

from bot.conversation.titles import ShownTitles, permalink
from bot.domain.causes import EventCause
from bot.domain.commands.spec import Source
from bot.domain.readers import Readers
from bot.features.unfurl import rows
from bot.features.unfurl.sentences import ENDED, preview
from bot.kernel.job import Job
from bot.kernel.services import Services
from bot.kernel.shared_channels import SharedChannels
from bot.kernel.tasks import Kernel, SlackEvent
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import SlackRefused
from bot.store.session_links import session_of_link
from bot.views.message import Block

log = get_logger(__name__)

MOST_ASKED: Final = 10  # channels at a time; of such calls Slack takes some fifty a minute
_Previews = Mapping[str, tuple[str, list[Block]]]  # by link, with the channel of the session


class LinkShared:
    """Has Slack show a preview under the message, of sessions that all who read it may see."""

    event: ClassVar[SlackEvent] = SlackEvent(
        ("link_shared",),
        {"user": "user", "channel": "channel", "ts": "message_ts", "links": "links.*.url"},
        Source.LINK,
    )

    def __init__(self, kernel: Kernel) -> None:
        self._services = kernel.services
        self._access = kernel.access
        self._shared_channels = kernel.shared_channels

    async def run(self, job: Job[EventCause]) -> None:
        """Show what may be shown, and close the row. A preview that comes late is not made."""
        found = await self._previews(job) if await self._wanted(job) else {}
        if found:
            fields = job.cause.fields
            await self._services.check_claim(job)
            # First, so that no preview is shown that nothing ends.
            async with self._services.db.write() as tx:
                at = (job.workspace.team, fields["channel"], fields["ts"])
                await rows.put(tx, *at, _elsewhere(fields["channel"], found), self._services.clock())
            try:
                # A crash right here shows the preview again, in place of itself.
                shown = {url: blocks for url, (_, blocks) in found.items()}
                await job.workspace.slack.unfurl(fields["channel"], fields["ts"], shown)
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

    async def _previews(self, job: Job[EventCause]) -> "_Previews":
        """The previews of the links that may have one, each with the channel of its session."""
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
        with_code_hosts = self._services.workspaces.with_code_hosts
        return {
            url: (session.channel, preview(with_code_hosts(session), permalink(job.workspace, session)))
            for url, session in allowed.items()
            if not private[session.channel]
        }

    async def _is_private(self, job: Job[EventCause], channel: str) -> bool:
        """Whether `channel` is closed to some who read the preview; True too while Slack does not say."""
        if channel == job.cause.fields["channel"]:
            return False
        user = job.cause.fields.get("user")  # none in a row of an earlier version
        if not user or await self._access.is_outsider(job.workspace, user):
            return True  # a guest could try out the numbers of pull requests
        since = self._services.clock() - self._services.timing.channel_known
        return await self._shared_channels.is_private(job.workspace, channel, since) is not False


def _elsewhere(channel: str, found: _Previews) -> dict[str, list[str]]:
    """The links to sessions outside of `channel`, by the channels of these: there others may read the preview."""
    shown: dict[str, list[str]] = {}
    for url, (source, _) in found.items():
        if source != channel:
            shown.setdefault(source, []).append(url)
    return shown


class PreviewsEnd:
    """Takes previews back whose sessions are in a channel that has become private, of which Slack tells nobody else."""

    def __init__(self, services: Services, shared_channels: SharedChannels) -> None:
        self._services = services
        self._shared_channels = shared_channels

    async def tick(self, workspace: Workspace) -> float:
        """Ask about some of the channels whose sessions are shown. Returns the seconds until the next time."""
        timing, now, team = self._services.timing, self._services.clock(), workspace.team
        if not workspace.policy.unfurls:
            return timing.preview_checked
        async with self._services.db.read() as tx:
            due = await rows.sources(tx, team, now - timing.preview_checked, MOST_ASKED)
        for source in due:
            private = await self._shared_channels.is_private(workspace, source, now - timing.preview_checked)
            if private:
                await self._take_back(workspace, source)
            elif private is False:
                async with self._services.db.write() as tx:
                    await rows.note_asked(tx, team, source, now)
        return timing.preview_tick

    async def _take_back(self, workspace: Workspace, source: str) -> None:
        """Replace the previews of sessions in the channel `source`: Slack has no call that takes one away.

        A second call for a message modifies what is there (https://docs.slack.dev/reference/methods/chat.unfurl).
        """
        async with self._services.db.read() as tx:
            found = await rows.messages(tx, workspace.team, source)
        for channel, ts, links in found:
            try:
                await workspace.slack.unfurl(channel, ts, dict.fromkeys(links, ENDED))
            except SlackRefused as refused:
                if not refused.permanent:
                    raise
                log.warning("preview not taken back", error=str(refused))  # the message is gone, or the bot may no more
            # A crash right here has the preview replaced again, by the same words.
            async with self._services.db.write() as tx:
                await rows.remove(tx, workspace.team, source, channel, ts)
