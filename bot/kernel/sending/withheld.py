"""Posts with figures: what was spent is no business of another company, so none is made in a channel that one shares.

1. Right before such a post is made, Slack is asked whether its channel is shared.
2. If it is, the post is dropped. One for the admins' channel goes to each admin directly, with the replies that wait
   for it, in the transaction that closes it.
"""

from dataclasses import replace
from typing import Final

from bot.domain.keys import ADMINS_POSTS, FIGURES_POSTS
from bot.domain.lane import channel_lane
from bot.kernel.access import Access
from bot.kernel.admins import admins_of
from bot.kernel.sending.failures import SendFailures
from bot.kernel.services import Services
from bot.kernel.shared_channels import SHARED, SharedChannels
from bot.kernel.unit_of_work import MOST_NOTIFIED, UnitOfWork
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import SlackRefused
from bot.store import outbox, replies
from bot.store.outbox import OutboxRow

log = get_logger(__name__)

_OF_UPLOADS: Final = frozenset({"uploaded", "tries"})  # what was uploaded for one post is not shared in another one


class WithheldFigures:
    """Keeps posts with figures out of shared channels."""

    def __init__(
        self, services: Services, access: Access, failure: SendFailures, shared_channels: SharedChannels
    ) -> None:
        self._services = services
        self._access = access
        self._failure = failure
        self._shared_channels = shared_channels

    async def withholds(self, row: OutboxRow) -> bool:
        """Whether the post of `row` may not be made in its channel, which is then dealt with."""
        workspace = self._services.workspaces[row.team]
        if not row.key.startswith(FIGURES_POSTS):
            return False
        if not await self._shared_channels.is_shared(workspace, row.channel, anew=True):
            return False
        log.warning("figures kept out of a shared channel", key=row.key, channel=row.channel)
        direct = await self._direct(workspace) if row.channel == workspace.policy.admin_channel else {}
        if direct:
            await self._redirect(row, direct)
        else:
            await self._failure.mark_dead(row, SHARED)
        return True

    async def _direct(self, workspace: Workspace) -> dict[str, str]:
        """The direct messages with the admins, by their ids."""
        since = self._services.clock() - self._services.timing.admins_known
        async with self._services.db.read() as tx:
            admins = sorted((await admins_of(tx, workspace, since)).ids)[:MOST_NOTIFIED]
        found = {user: await self._direct_with(workspace, user) for user in admins}
        return {user: channel for user, channel in found.items() if channel}

    async def _direct_with(self, workspace: Workspace, user: str) -> str | None:
        if not await self._access.is_admin(workspace, user):
            return None
        try:
            return await workspace.slack.direct(user)
        except SlackRefused as refused:
            if not refused.permanent:
                raise
            log.warning("could not send a DM to an admin", user=user, error=str(refused))
            return None

    async def _redirect(self, row: OutboxRow, direct: dict[str, str]) -> None:
        # A crash before this commit has the row looked at again, and after it each copy is sent as any post is.
        async with self._services.unit_of_work(ref=row.ref) as uow:
            waiting = await outbox.replies_to(uow.tx, row)
            for user, channel in direct.items():
                copies = [_copy(uow, waits, row, user, channel) for waits in (row, *waiting)]
                await uow.add_to_outbox(*copies)
            await replies.mark_dead(uow.tx, row, SHARED, uow.now)
            await outbox.sent(uow.tx, row, None, uow.now)


def _copy(uow: UnitOfWork, row: OutboxRow, root: OutboxRow, user: str, channel: str) -> OutboxRow:
    """Return `row` as a post in the direct message with `user`, in the thread of the copy of `root`."""
    return replace(
        row,
        key=_key(row, user),
        thread=_key(root, user),
        thread_ts=None,
        lane=channel_lane(row.team, channel),
        channel=channel,
        payload={name: value for name, value in row.payload.items() if name not in _OF_UPLOADS},
        next_at=uow.now,
        created_at=uow.now,
    )


def _key(row: OutboxRow, user: str) -> str:
    return f"{ADMINS_POSTS}{row.key.removeprefix(ADMINS_POSTS)}:{user}"
