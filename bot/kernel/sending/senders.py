"""What sends and edits posts, put together."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from bot.kernel.access import Access
from bot.kernel.sending.drawings import Drawings
from bot.kernel.sending.edits import PostEditor
from bot.kernel.sending.failures import ChannelLost, SendFailures
from bot.kernel.sending.file_sources import FileSource, FileSources
from bot.kernel.sending.file_transfers import FileTransfers
from bot.kernel.sending.files import FilePosts
from bot.kernel.sending.send import Send
from bot.kernel.services import Services
from bot.kernel.shared_channels import SharedChannels
from bot.kernel.unit_of_work import Drawer


@dataclass(frozen=True, slots=True)
class Senders:
    """Who works off the lanes of the outbox (`send`) and of edits, and what becomes of what Slack does not take."""

    send: Send
    editor: PostEditor
    failures: SendFailures

    @classmethod
    def of(
        cls,
        services: Services,
        access: Access,
        shared_channels: SharedChannels,
        transfers: FileTransfers,
        drawers: Iterable[Drawer],
        sources: Iterable[FileSource],
        channel_lost: ChannelLost,
    ) -> Self:
        """Return the senders of posts that these `drawers` draw, with files from these `sources`."""
        drawings, named = Drawings(services, drawers, shared_channels), FileSources(sources)
        failures = SendFailures(services, drawings, named, channel_lost)
        files = FilePosts(services, failures, transfers, named)
        send = Send(services, access, failures, files, drawings, named, shared_channels)
        return cls(send, PostEditor(services, drawings), failures)
