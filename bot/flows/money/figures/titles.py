"""Which titles of sessions digests and posts about guardrails show: more people read these than may see all threads."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from bot.domain.session import Session
from bot.flows.workspace import Workspace
from bot.store import channels
from bot.store.database.connection import Transaction
from bot.views.digest import MostExpensive
from bot.views.digest_root import DIRECT, PRIVATE

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

    def replacement(self, session: Session) -> str | None:
        """Return what stands in place of the title and the link of `session`; None if both may be shown."""
        return self._replacement(session.channel)

    def shown(self, one: MostExpensive) -> MostExpensive:
        """Return one of the most expensive sessions as the digest shows it."""
        title = self._replacement(one.channel)
        return one if title is None else replace(one, title=title, permalink=None, url=None)

    def _replacement(self, channel: str) -> str | None:
        if channel.startswith(_DIRECT):
            return DIRECT
        return None if channel == self._channel or channel in self._public else PRIVATE
