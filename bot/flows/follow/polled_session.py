"""A session as one poll finds it: what we knew of it, and what Devin says now."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.devin.models import DevinSession, SessionInsights
from bot.domain.session import TERMINAL_STATUSES, Lifecycle, Session, Snapshot
from bot.store.sessions import TrackedSession


@dataclass(frozen=True, slots=True)
class PolledSession:
    """A session that may have news: what we knew, what Devin says now, and how often Devin has spoken, if told.

    `over` is whether only what it has cost is still of interest. `failed` is why it could not be read or told; `left`
    is whether the next look is to see to it.
    """

    tracked: TrackedSession
    snapshot: Snapshot
    count: int | None = None
    over: bool = False
    failed: Exception | None = None
    left: bool = False

    @property
    def session(self) -> Session:
        """Our record of it."""
        return self.tracked.session

    @property
    def changed(self) -> bool:
        """Whether the row says something new; one older than the stored one does not."""
        old = self.session.snapshot
        return self.snapshot != old and self.snapshot.updated_at >= old.updated_at

    @property
    def spoke(self) -> bool:
        """Whether Devin has said more than was told, as far as the count shows."""
        return self.count is not None and self.count > self.tracked.position.devin_messages


def polled_session(tracked: TrackedSession, made: DevinSession, ended_after: float) -> PolledSession:
    """What Devin says of a session beside our record; one that ended before `ended_after` has no last words left."""
    session = tracked.session
    snapshot = made.snapshot().following(session.snapshot)
    if isinstance(made, SessionInsights) and snapshot.status == session.snapshot.status:
        snapshot = replace(snapshot, detail=snapshot.detail or session.snapshot.detail)  # only get and list tell it
    return PolledSession(tracked, snapshot, message_count(made), _is_over(session, made, ended_after))


def _is_over(session: Session, made: DevinSession, ended_after: float) -> bool:
    """Whether only its cost still counts: we ended it, and its last words were told or are expected no longer.

    They are expected where not the poller but a refused reply or stop learned of the end.
    """
    if session.lifecycle is not Lifecycle.ENDED or session.stopped_by is not None:
        return session.lifecycle is not Lifecycle.OPEN
    lately = session.ended_at is not None and session.ended_at > ended_after
    unannounced = made.status in TERMINAL_STATUSES and session.snapshot.status not in TERMINAL_STATUSES
    return not (lately and unannounced)


def message_count(made: DevinSession) -> int | None:
    """How often Devin has spoken in a session; None where the answer does not say."""
    return made.num_devin_messages if isinstance(made, SessionInsights) else None


def spent(polled: Iterable[PolledSession]) -> dict[str, float]:
    """The ACUs by which sessions cost more than we knew, by our ids."""
    spent = {one.session.id: one.snapshot.acus - one.session.snapshot.acus for one in polled}
    return {key: acus for key, acus in spent.items() if acus > 0}
