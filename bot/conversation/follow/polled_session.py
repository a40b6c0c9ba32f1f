"""A session as one poll finds it: what is stored about it, and what Devin says now."""

from dataclasses import dataclass, replace

from bot.devin.models import DevinSession, SessionInsights
from bot.domain.session import TERMINAL_STATUSES, Lifecycle, Session, Snapshot
from bot.store.sessions import TrackedSession


@dataclass(frozen=True, slots=True)
class PolledSession:
    """A session as a poll found it: what is stored, what Devin says now, and how often Devin wrote, if that is known.

    `undated` is whether Devin does not say when the session changed. `over` is whether only its cost still matters.
    `failed` is why it could not be read or announced. `left` is whether the next poll is to handle it.
    """

    tracked: TrackedSession
    snapshot: Snapshot
    count: int | None = None
    undated: bool = False
    over: bool = False
    failed: Exception | None = None
    left: bool = False

    @property
    def session(self) -> Session:
        """Our record of the session."""
        return self.tracked.session

    @property
    def changed(self) -> bool:
        """Whether `snapshot` says something new, or may. A snapshot older than the stored one does not."""
        old = self.session.snapshot
        return self.undated or (self.snapshot != old and self.snapshot.updated_at >= old.updated_at)

    @property
    def spent(self) -> bool:
        """Whether the session has cost something else than is stored."""
        return self.snapshot.acus != self.session.snapshot.acus

    @property
    def spoke(self) -> bool:
        """Whether Devin has written more messages than were relayed, or may have, because it does not say how many."""
        return self.count is None or self.count > self.tracked.position.devin_messages


def polled_session(tracked: TrackedSession, made: DevinSession, ended_after: float) -> PolledSession:
    """Compare our record of a session with `made`, what Devin says now.

    A session that ended for us after the instant `ended_after` may still have last messages that nobody has read.
    """
    session = tracked.session
    snapshot = made.snapshot().following(session.snapshot)
    without_detail = isinstance(made, SessionInsights) or "status_detail" in made.odd_fields
    if without_detail and snapshot.status == session.snapshot.status:
        snapshot = replace(snapshot, detail=snapshot.detail or session.snapshot.detail)
    if _is_from_before_our_stop(session, made):
        snapshot = session.snapshot
    over = _is_over(session, made, ended_after)
    return PolledSession(tracked, snapshot, message_count(made), undated=not made.updated_at, over=over)


def _is_from_before_our_stop(session: Session, made: DevinSession) -> bool:
    """Whether `made` was read before a person here stopped the session.

    Devin's times are whole seconds, so a list that was read in the second of the stop looks as new as the stop.
    """
    stopped = session.stopped_by is not None and session.snapshot.archived
    return stopped and not made.is_archived and made.updated_at == session.snapshot.updated_at


def _is_over(session: Session, made: DevinSession, ended_after: float) -> bool:
    """Whether only the cost of a session still matters, because it ended for us.

    False while Devin's last messages may be unread: when a refused reply or stop, and not the poller, found the end,
    after the instant `ended_after`.
    """
    if session.lifecycle is not Lifecycle.ENDED or session.stopped_by is not None:
        return session.lifecycle is not Lifecycle.OPEN
    lately = session.ended_at is not None and session.ended_at > ended_after
    unannounced = made.status in TERMINAL_STATUSES and session.snapshot.status not in TERMINAL_STATUSES
    return not (lately and unannounced)


def message_count(made: DevinSession) -> int | None:
    """Return how many messages Devin has written in a session, or None if the answer does not say."""
    return made.num_devin_messages if isinstance(made, SessionInsights) else None
