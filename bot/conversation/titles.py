"""The one rule about what others are shown of a session: its title, its links and its repository.

Where something is shown outside of the session's own thread, more people read it than may see all threads.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.domain.billing import billing_day
from bot.domain.readers import Readers
from bot.domain.session import Session
from bot.kernel.workspace import Workspace
from bot.store import channels
from bot.store.database.connection import Transaction
from bot.store.stored_sessions import StoredSession
from bot.views.dates import full_date
from bot.views.sentences import IN_DIRECT_MESSAGE, IN_PRIVATE_CHANNEL, PAST_SESSION, SOME_SESSION

_DIRECT: Final = "D"  # with which the ids of direct messages begin


def past_session(created_at: float) -> str:
    """Name a session whose title is no longer stored, by the billing day on which it was created."""
    return PAST_SESSION.format(day=full_date(billing_day(created_at)))


def title_of(session: StoredSession) -> str:
    """Return the title of a session that figures name or, of one that is purged, what stands for it."""
    return past_session(session.created_at) if session.title is None else session.title


def permalink(workspace: Workspace, session: Session | StoredSession) -> str | None:
    """The address of the thread of `session`; None as long as it has none."""
    return None if session.thread_ts is None else workspace.slack.permalink(session.channel, session.thread_ts)


@dataclass(frozen=True, slots=True)
class ShownTitles:
    """The titles that `readers` may see: of sessions in public channels, in the readers' channel, and of their own.

    `are_private` says of each channel that Slack was asked about whether it is private. One of which that is not known
    counts as private. The admin channel is no exception: whoever is in it need not be in every private channel. Of
    repositories `shows_session` of `bot.store.channels` says
    the same.
    """

    readers: Readers
    are_private: Mapping[str, bool]

    @classmethod
    async def read(cls, tx: Transaction, workspace: Workspace, readers: Readers) -> "ShownTitles":
        """Return the titles that `readers` may see, as far as the channels are known."""
        return cls(readers, await channels.are_private(tx, workspace.team))

    def replacement(self, channel: str, asker: str = "") -> str | None:
        """Return what stands for title, links and repository of a session in `channel`, for which `asker` has asked.

        None if they may be shown.
        """
        if asker and asker == self.readers.person:
            return None
        if channel.startswith(_DIRECT):
            return IN_DIRECT_MESSAGE
        is_private = self.are_private.get(channel)
        if channel == self.readers.channel or is_private is False:
            return None
        return IN_PRIVATE_CHANNEL if is_private else SOME_SESSION

    def instead(self, session: StoredSession) -> str | None:
        """Return the `replacement` of a session that figures name; None of one that is purged, which has no title."""
        return None if session.title is None else self.replacement(session.channel, session.requester)
