"""What is announced about a session: its card, what Devin said, and the few moments when a person is needed."""

from typing import Any, Final

from bot.domain.billing import billing_day
from bot.domain.keys import ref_of
from bot.domain.session import (
    TERMINAL_STATUSES,
    Announcement,
    AnnouncementKind,
    Lifecycle,
    Session,
    Snapshot,
    announcements_between,
    moved,
    resting_kind,
)
from bot.flows.follow.read_messages import NewMessages
from bot.flows.services import Services
from bot.flows.session_rows import post_files
from bot.flows.unit_of_work import UnitOfWork
from bot.store import outbox, sessions, spend
from bot.store.lanes import Claim
from bot.store.sessions import TrackedSession
from bot.views import announcements

REPLAYED: Final = 3  # after a gap of `Timing.outage_summary` more messages than this become one summary
MARK_AT_END: Final = "white_check_mark"


class Announce:
    """Stores what a poll found about a session: snapshot, relay position, posts and card, in one transaction."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @staticmethod
    def is_announced(old: Snapshot, new: Snapshot) -> bool:
        """Whether `new` differs from `old` in more than figures: then it gets a transaction of its own and no batch."""
        return moved(old, new) or bool(announcements_between(old, new))

    async def session(
        self, claim: Claim, tracked: TrackedSession, new: Snapshot, messages: NewMessages | None, polled_at: float
    ) -> bool:
        """Announce what is new in one session, Devin's messages first; `messages` is None if they could not be read.

        Returns False if our record of the session has changed since it was read. Then nothing was announced.
        """
        session, position = tracked.session, tracked.position
        after = session.with_snapshot(new)
        announcements, waiting = ([], False) if _ended_by_hand(session, new) else _announcements(tracked, new, messages)
        async with self._services.unit_of_work(claim, ref_of(session.id)) as uow:
            seq = position.announcement_seq
            relayed: dict[str, Any] = {"waiting": waiting, "announcement_seq": seq + len(announcements)}
            if messages is not None:
                relayed |= {
                    "last_event_id": messages.last_event_id,
                    "page_cursor": messages.page_cursor,
                    "devin_messages": messages.count,
                }
            if not await sessions.apply_snapshot(uow.tx, session, new, **relayed):
                return False
            if messages is not None:
                await self._relay(uow, after, messages, polled_at)
                await self._store_end(uow, session, new)
            for number, change in enumerate(announcements, start=seq + 1):
                await self._announce(uow, after, change, f"news:{session.id}:{number}:{change.kind}")
            await spend.add(uow.tx, session.org_id, billing_day(uow.now), _acus_spent(session, new))
            await self._redraw(uow, tracked, new)
        return True

    async def figures(self, uow: UnitOfWork, tracked: list[TrackedSession]) -> None:
        """Have cards edited that have shown the same figures for long enough. Any other edit goes first."""
        interval = self._services.timing.figures_interval
        due = [one.session.id for one in tracked if uow.now - one.position.figures_at >= interval]
        if due:
            await sessions.mark_figures_drawn(uow.tx, due, uow.now)
            await uow.redraw(*due, figures_only=True)

    async def _relay(self, uow: UnitOfWork, session: Session, messages: NewMessages, polled_at: float) -> None:
        # Counted from a person's last message at the earliest: what follows is an answer, however old the last poll.
        gap = uow.now - max(polled_at, session.created_at, session.spoken_at)
        if gap > self._services.timing.outage_summary and len(messages.messages) > REPLAYED:
            last = messages.messages[-1]
            summary = announcements.caught_up(len(messages.messages), last.message, session, round(gap / 60))
            await uow.post(f"say:{session.id}:{last.event_id}:0", session, summary)
            await post_files(uow, session, last.event_id, last.files)
            return
        for message in messages.messages:
            for number, part in enumerate(announcements.devin_message(message.message, session)):
                await uow.post(f"say:{session.id}:{message.event_id}:{number}", session, part)
            await post_files(uow, session, message.event_id, message.files)

    async def _announce(self, uow: UnitOfWork, session: Session, change: Announcement, key: str) -> None:
        urgent = change.kind in {AnnouncementKind.QUESTION, AnnouncementKind.APPROVAL}
        rank = outbox.FIRST if urgent else outbox.USUAL
        await uow.post(key, session, announcements.announcement(change, session), rank=rank)
        if change.kind is AnnouncementKind.DONE:
            await sessions.change(uow.tx, session.id, done_at=uow.now)
            if session.cause_ts is not None:
                await uow.react(session, session.cause_ts, MARK_AT_END)

    async def _store_end(self, uow: UnitOfWork, session: Session, new: Snapshot) -> None:
        """Store that the session ended at Devin, so that it is watched no longer, or that it goes on again.

        For a while after a reply nothing is stored, because the reply may wake the session.
        """
        over = new.status in TERMINAL_STATUSES
        waking = uow.now - session.spoken_at < self._services.timing.waking
        replied = session.spoken_at > session.created_at and waking
        if session.lifecycle is not Lifecycle.OPEN or (over and replied):
            return
        if over != (session.ended_at is not None):
            await sessions.change(uow.tx, session.id, ended_at=uow.now if over else None)

    async def _redraw(self, uow: UnitOfWork, tracked: TrackedSession, new: Snapshot) -> None:
        if moved(tracked.session.snapshot, new):
            await sessions.mark_figures_drawn(uow.tx, [tracked.session.id], uow.now)
            await uow.redraw(tracked.session.id)
        elif _acus_spent(tracked.session, new):
            await self.figures(uow, [tracked])


def _announcements(
    tracked: TrackedSession, new: Snapshot, messages: NewMessages | None
) -> tuple[list[Announcement], bool]:
    """Return what is announced now, and whether a resting state waits for the next poll to decide about it.

    stored resting state   new resting state            what happens
    ---------------------  ---------------------------  ------------------------------------------------------------
    any                    none (Devin works)           what else is new is announced
    another one            question without a message   waits, unless `_only_detail_changed`
    another one            question or done, and a      waits: the state may have been listed before the person's
                           person wrote last            message was read
    another one            any other                    announced
    the same, and waiting  the same, nobody is unsure   announced: it still stands
    the same               perhaps another one of the   waits (`_may_be_another`)
                           same kind
    """
    announcements, resting = announcements_between(tracked.session.snapshot, new), resting_kind(new)
    if resting is None:
        return announcements, False
    others = [change for change in announcements if change.kind is not resting]
    unsure = messages is not None and messages.person_spoke_last and new.status == "running"
    if resting is resting_kind(tracked.session.snapshot):
        if tracked.position.waiting and not unsure:
            return [*others, Announcement(resting)], False
        # Another limit is announced, although it is the same kind of resting state.
        return announcements, announcements == others and _may_be_another(resting, tracked, new, messages)
    without_words = resting is AnnouncementKind.QUESTION and not (messages and messages.messages)
    if without_words or (unsure and resting in {AnnouncementKind.QUESTION, AnnouncementKind.DONE}):
        return others, not _only_detail_changed(tracked, new, messages)
    return announcements, False


def _may_be_another(
    resting: AnnouncementKind, tracked: TrackedSession, new: Snapshot, messages: NewMessages | None
) -> bool:
    """Whether Devin may have gone on since the stored snapshot, and then come to the same resting state again."""
    if messages is None:
        return tracked.position.waiting
    if resting is AnnouncementKind.APPROVAL:  # approvals are given in Devin's web app, and no message shows them
        return bool(messages.messages) and new.updated_at > tracked.session.snapshot.updated_at
    return (
        tracked.position.waiting
        or messages.devin_answered
        or (messages.person_spoke_last and resting is AnnouncementKind.QUESTION)
    )


def _only_detail_changed(tracked: TrackedSession, new: Snapshot, messages: NewMessages | None) -> bool:
    """Whether a session that was announced as done only changed its detail, while nobody wrote: it asks nothing."""
    seen = tracked.session.snapshot
    silent = not tracked.position.waiting and not (messages and messages.fresh)
    return silent and resting_kind(seen) is AnnouncementKind.DONE and seen.status == new.status


def _ended_by_hand(session: Session, new: Snapshot) -> bool:
    """Whether a person here is ending the session for good: that is announced with their name, and not as work done."""
    return session.stop_requested and new.status == "exit" and not new.archived


def _acus_spent(session: Session, new: Snapshot) -> dict[str, float]:
    acus = new.acus - session.snapshot.acus
    return {session.id: acus} if acus > 0 else {}
