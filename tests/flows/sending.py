"""What sends and edits posts, put together as the bot does it."""

from bot.app import drawers, file_sources
from bot.flows.deliver.senders import Senders
from bot.flows.file_transfers import FileTransfers
from bot.flows.services import Services
from bot.flows.shared_channels import SharedChannels


def senders_of(services: Services, transfers: FileTransfers | None = None) -> Senders:
    """The senders of all posts that there are; their files have a limit of their own, unless a test gives one."""
    files = transfers or FileTransfers()
    return Senders.of(services, SharedChannels(services), files, drawers(services), file_sources(services))
