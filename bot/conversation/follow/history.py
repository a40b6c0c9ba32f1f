"""What is kept of sessions longer than their own rows: the outcome of each day, pull requests, and what was spent."""

from collections.abc import Iterable, Sequence
from datetime import date

from bot.domain.billing import billing_day
from bot.domain.session import Snapshot
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import pull_requests, recent_spend, session_days, sessions, spend
from bot.store.sessions import TrackedSession

Polled = tuple[TrackedSession, Snapshot]  # our record from before, and the snapshot that is stored now


async def record_polled(uow: UnitOfWork, org_id: str, polled: Sequence[Polled], last_poll: float) -> None:
    """Keep what a poll found of sessions of an organisation; `last_poll` is when they were polled before.

    What was spent counts for the running billing day, and for the running hour if the last poll is not long ago. If it
    is, some may be of the days before: that is noted. Where Devin has lowered it, what was booked follows.
    A crash before the commit keeps nothing of this, nor the snapshots: the next poll finds the same.
    """
    await session_days.record_polled(uow.tx, polled, uow.now)
    await pull_requests.record_polled(uow.tx, [(tracked.session, snapshot) for tracked, snapshot in polled], uow.now)
    acus = _spent(polled)
    since = {one.session.id: first_day_in_doubt(uow, last_poll, one.session.created_at) for one, _ in polled}
    await spend.add(uow.tx, org_id, billing_day(uow.now), acus, since)
    for one, new in polled:
        before = one.session.snapshot.acus
        if new.acus < before:
            await spend.lower(uow.tx, org_id, one.session.id, before - new.acus)
            await sessions.change(uow.tx, one.session.id, corrected_from=max(before, one.session.corrected_from or 0.0))
    if _is_followed(uow, last_poll):
        await recent_spend.add(uow.tx, acus, uow.now)


def first_day_in_doubt(uow: UnitOfWork, last_poll: float, begun: float) -> date | None:
    """Return the day from which on a session that has `begun` may have spent what is new, if not the running one.

    It counts for that one where the last poll is not long ago.
    """
    day = billing_day(max(last_poll, begun))
    return day if day < billing_day(uow.now) and not _is_followed(uow, last_poll) else None


def _is_followed(uow: UnitOfWork, last_poll: float) -> bool:
    return uow.now - last_poll <= uow.timing.spend_slots


def _spent(polled: Iterable[Polled]) -> dict[str, float]:
    """Return the ACUs by which sessions cost more than is stored, by our ids."""
    acus = {tracked.session.id: new.acus - tracked.session.snapshot.acus for tracked, new in polled}
    return {key: more for key, more in acus.items() if more > 0}
