"""What sends and edits posts, put together as the bot does it."""

from bot.app import drawers, kernel_parts
from bot.conversation.session_card import notify_asker_of_channel
from bot.kernel.access import Access
from bot.kernel.gates import Gates
from bot.kernel.sending.file_transfers import FileTransfers
from bot.kernel.sending.senders import Senders
from bot.kernel.services import Services
from bot.kernel.shared_channels import SharedChannels
from bot.kernel.tasks import Kernel


def senders_of(services: Services, transfers: FileTransfers | None = None) -> Senders:
    """The senders of all posts that there are; their files have a limit of their own, unless a test gives one."""
    files = transfers or FileTransfers()
    shared = SharedChannels(services)
    kernel = Kernel(services, Access(services), Gates(), shared)
    parts = kernel_parts(kernel)
    drawn, sources = drawers(kernel, parts), parts.file_sources()
    return Senders.of(services, Access(services), shared, files, drawn, sources, notify_asker_of_channel)
