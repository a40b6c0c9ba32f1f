"""What sends and edits posts, put together."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from bot.flows.deliver.drawings import Drawings
from bot.flows.deliver.edits import PostEditor
from bot.flows.deliver.failures import ChannelLost, SendFailures
from bot.flows.deliver.files import FilePosts
from bot.flows.deliver.send import Send
from bot.flows.file_sources import FileSource, FileSources
from bot.flows.file_transfers import FileTransfers
from bot.flows.services import Services
from bot.flows.shared_channels import SharedChannels
from bot.flows.unit_of_work import Drawer


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
        send = Send(services, failures, files, drawings, named, shared_channels)
        return cls(send, PostEditor(services, drawings), failures)
