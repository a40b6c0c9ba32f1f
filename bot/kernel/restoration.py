"""What may have been done already, because a backup was put back as the store.

Slack and Devin know what the bot did after that backup, and the store does not. So whatever comes of something from
before the first start on the restored store counts as work whose outcome is unknown: it is looked up, as after a crash,
before it is done. What did not happen before that start is done as ever.
"""

from bot.domain.causes import Cause
from bot.store import restored
from bot.store.database.connection import Database, Transaction
from bot.store.inbox import InboxRow
from bot.store.outbox import OutboxRow
from bot.store.restored import Restored


class Restoration:
    """Knows for this process whether the store is one that was put back; `searched` is for how long posts are."""

    def __init__(self, found: Restored | None = None, searched: float = 0.0, abandoned_at: float | None = None) -> None:
        self._found = found
        self._searched = searched
        self.abandoned_at = abandoned_at  # the last heartbeat of a worker that was there before and did not leave

    @classmethod
    async def of(cls, db: Database, searched: float) -> "Restoration":
        """Read what `db` says, before a worker begins on it."""
        async with db.read() as tx:
            return cls(await restored.read(tx), searched, await restored.last_heartbeat(tx))

    @property
    def unbegun_since(self) -> float | None:
        """From when the backup is, if `python -m bot restored` was run and this is the first start since."""
        return self._found.since if self._found is not None and self._found.until is None else None

    async def begin(self, tx: Transaction, since: float, now: float) -> None:
        """Store that the store is a backup from `since`, and that what was done until `now` may be there already."""
        self._found = Restored(since, now)
        await restored.mark(tx, self._found, now)

    @property
    def until(self) -> float:
        """When the first start on the restored store was; long ago for any other store."""
        return (self._found.until or 0.0) if self._found is not None else 0.0

    def is_recent(self, now: float) -> bool:
        """Whether Slack and Devin may still show something that the store does not know of."""
        return now < self.until + self._searched

    def may_be_done(self, row: InboxRow[Cause]) -> bool:
        """Whether what `row` asks for may have been done by a process that the store knows nothing of."""
        return self.until > 0 and min(float(row.ts), row.created_at) < self.until

    def may_be_posted(self, row: OutboxRow) -> bool:
        """Whether what `row` posts may stand in Slack already; not in a thread that began after the restore."""
        began = float(row.thread_ts) if row.thread_ts is not None else 0.0
        return began < self.until and self.is_recent(row.created_at)

    def earliest(self, at: float) -> float:
        """When what was recorded `at` that instant may have been done at the earliest."""
        return at if self._found is None or at > self.until + self._searched else min(at, self._found.since)
