"""What sends and edits posts, put together as the bot does it."""

from bot.app import drawers, file_sources
from bot.flows.access import Access
from bot.flows.deliver.senders import Senders
from bot.flows.file_transfers import FileTransfers
from bot.flows.gates import Gates
from bot.flows.kernel import Kernel
from bot.flows.services import Services
from bot.flows.session_card import notify_asker_of_channel
from bot.flows.shared_channels import SharedChannels


def senders_of(services: Services, transfers: FileTransfers | None = None) -> Senders:
    """The senders of all posts that there are; their files have a limit of their own, unless a test gives one."""
    files = transfers or FileTransfers()
    shared = SharedChannels(services)
    kernel = Kernel(services, Access(services), Gates(), shared)
    return Senders.of(services, shared, files, drawers(kernel), file_sources(services), notify_asker_of_channel)
