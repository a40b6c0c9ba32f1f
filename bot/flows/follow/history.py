"""What is kept of sessions for reports, longer than their own rows: the outcome of each day, and the pull requests."""

from collections.abc import Sequence

from bot.domain.session import Snapshot
from bot.flows.unit_of_work import UnitOfWork
from bot.store import pull_requests, session_days
from bot.store.sessions import TrackedSession


async def record_polled(uow: UnitOfWork, polled: Sequence[tuple[TrackedSession, Snapshot]]) -> None:
    """Keep what a poll found of sessions, given as pairs of our record from before and the snapshot that is stored now.

    A crash before the commit keeps nothing of this, nor the snapshots: the next poll finds the same.
    """
    await session_days.record_polled(uow.tx, polled, uow.now)
    await pull_requests.record_polled(uow.tx, [(tracked.session, snapshot) for tracked, snapshot in polled], uow.now)
