"""Which titles of sessions digests and posts about guardrails show: more people read these than may see all threads."""

from collections.abc import Collection
from typing import Final

from bot.kernel.workspace import Workspace
from bot.store import channels
from bot.store.database.connection import Transaction
from bot.views.sentences import IN_DIRECT_MESSAGE, IN_PRIVATE_CHANNEL

_DIRECT: Final = "D"  # with which the ids of direct messages begin


class ShownTitles:
    """The titles that a digest in one channel may show: those of sessions there and in public channels.

    A channel of which Slack has not said that it is public counts as private. The admin channel is no exception:
    whoever is in it need not be in every private channel.
    """

    def __init__(self, channel: str, public: Collection[str]) -> None:
        self._channel = channel
        self._public = public

    @classmethod
    async def read(cls, tx: Transaction, workspace: Workspace, channel: str) -> "ShownTitles":
        """Return the titles that a digest in `channel` may show, as far as the channels are known."""
        return cls(channel, await channels.public(tx, workspace.team))

    def replacement(self, channel: str) -> str | None:
        """Return what stands for the title and the link of a session in `channel`; None if both may be shown."""
        if channel.startswith(_DIRECT):
            return IN_DIRECT_MESSAGE
        return None if channel == self._channel or channel in self._public else IN_PRIVATE_CHANNEL
