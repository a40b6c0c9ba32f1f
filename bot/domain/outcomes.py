"""What became of a session on a billing day, in one of six words, by which the sessions of a day are counted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from bot.domain.billing import bounds
from bot.domain.session import (
    DisplayState,
    Lifecycle,
    Session,
    Snapshot,
    display_state_of,
    ended_for_something_new,
)


class Outcome(StrEnum):
    """What became of a session on a day, in the order in which people are shown it."""

    DONE = "done"
    WAITING = "waiting"  # for a person
    LIMITED = "limited"  # it reached a limit of its own, of a person or of the organisation
    FAILED = "failed"
    STOPPED = "stopped"  # by a person, or it fell asleep without a result
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class RecordedDay:
    """The newest day that is recorded of a session, and its outcome on that day; None and None if there is none."""

    day: date | None = None
    outcome: Outcome | None = None

    @classmethod
    def stored(cls, day: str | None, outcome: str | None) -> "RecordedDay":
        """The recorded day whose columns hold the ISO date `day` and the word `outcome`."""
        return cls(date.fromisoformat(day) if day else None, Outcome(outcome) if outcome else None)


_OUTCOMES: Final[Mapping[DisplayState, Outcome]] = {
    DisplayState.STARTING: Outcome.RUNNING,
    DisplayState.CHECKING: Outcome.RUNNING,
    DisplayState.QUEUED: Outcome.RUNNING,
    DisplayState.WORKING: Outcome.RUNNING,
    DisplayState.UNKNOWN: Outcome.RUNNING,  # a status that is new to us: nothing says that the session is over
    DisplayState.WAITING: Outcome.WAITING,
    DisplayState.APPROVAL: Outcome.WAITING,
    DisplayState.ANSWERED: Outcome.DONE,  # Devin needs nobody
    DisplayState.DONE: Outcome.DONE,
    DisplayState.LIMIT: Outcome.LIMITED,
    DisplayState.FAILED: Outcome.FAILED,
    DisplayState.CANCELLED: Outcome.STOPPED,
    DisplayState.REFUSED: Outcome.FAILED,
    DisplayState.UNCERTAIN: Outcome.FAILED,
}
_LASTING: Final = frozenset({Outcome.DONE, Outcome.LIMITED, Outcome.FAILED})
_ENDS: Final = {"exit": Outcome.DONE, "error": Outcome.FAILED}


def outcome_of(session: Session, before: Outcome | None = None) -> Outcome:
    """What became of `session`, as it is now; `before` is the outcome that was recorded last, if any was.

    Four states do not say by themselves what came of the work, since they may follow any other:

    state     outcome
    --------  ---------------------------------------------------------------------------------------------------------
    asleep    `before`, unless Devin worked when it was recorded: a question stays open while Devin sleeps.
              Where that is not known: waiting if Devin's last words ask something, done with a pull request or a
              structured output, else stopped
    stopped   done, at a limit or failed, if that is `before`: to put away what is over does not undo it. Else stopped
    archived  as stopped
    ended     at Devin's own word done or failed, if it was not a person here who ended the session; else as stopped,
              and so where Devin gives a reason that is new to us
    """
    state = DisplayState.ENDED if _is_ended_by_hand(session) else session.display_state
    if state is DisplayState.UNFOLLOWED:  # nobody here has put it away
        return outcome_of(replace(session, lifecycle=Lifecycle.OPEN), before)
    if state is DisplayState.ASLEEP:
        return _of_sleep(session.snapshot, before)
    devins_word = session.stopped_by is None and not ended_for_something_new(session.snapshot)
    if state is DisplayState.ENDED and devins_word and session.snapshot.status in _ENDS:
        return _ENDS[session.snapshot.status]
    if state in {DisplayState.STOPPED, DisplayState.ENDED, DisplayState.ARCHIVED}:
        return before if before in _LASTING else Outcome.STOPPED
    return _OUTCOMES[state]


def outcome_at_devin(snapshot: Snapshot, *, stopped: bool = False) -> Outcome:
    """What became of a session without a thread, such as one of a fan-out, of which only the newest state is known."""
    state = display_state_of(snapshot)
    if stopped:
        return Outcome.STOPPED
    if state is DisplayState.ASLEEP:
        return _of_sleep(snapshot, None)
    if state in {DisplayState.ENDED, DisplayState.STOPPED}:
        return Outcome.STOPPED if ended_for_something_new(snapshot) else _ENDS.get(snapshot.status, Outcome.STOPPED)
    return _OUTCOMES[state]


def _is_ended_by_hand(session: Session) -> bool:
    """Whether a person here has just ended the session for good, which Devin reports as an end of the work."""
    return session.stop_requested and session.snapshot.status == "exit"


def _of_sleep(snapshot: Snapshot, before: Outcome | None) -> Outcome:
    if before not in {None, Outcome.RUNNING}:
        return before
    if snapshot.asks is True:
        return Outcome.WAITING
    return Outcome.DONE if snapshot.has_outcome else Outcome.STOPPED


def is_running(session: Session) -> bool:
    """Whether Devin works on `session`, or is about to."""
    return session.lifecycle is Lifecycle.OPEN and _OUTCOMES.get(session.display_state) is Outcome.RUNNING


def is_active(before: Session, snapshot: Snapshot, day: date) -> bool:
    """Whether the session `before`, of which a poll found `snapshot` on the billing day `day`, is active on that day.

    It is if the poll found a change, if Devin works on it, or if it was created, changed or spoken to since the day
    began.
    """
    latest = max(before.created_at, before.spoken_at, snapshot.updated_at)
    return _is_changed(before, snapshot) or latest >= bounds(day)[0] or is_running(before.with_snapshot(snapshot))


def _is_changed(before: Session, snapshot: Snapshot) -> bool:
    if before.lifecycle is Lifecycle.OPEN:
        return snapshot != before.snapshot
    # Of a session that ended here no other states are stored, so that these would differ in each poll.
    return (snapshot.acus, snapshot.updated_at) != (before.snapshot.acus, before.snapshot.updated_at)
