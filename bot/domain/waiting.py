"""When sessions wait for a person, as pure functions: for an answer, for an approval, or at a limit."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Final

from bot.domain.session import DisplayState, Session

# Wherever it is said or counted that sessions wait, it is these. What a person can do at once comes first.
WAITING: Final = (DisplayState.APPROVAL, DisplayState.WAITING, DisplayState.LIMIT)


@dataclass(frozen=True, slots=True)
class WaitingTime:
    """A time at which a session waited, from `since` on; `ended_at` is None while it waits."""

    since: float
    ended_at: float | None = None


@dataclass(frozen=True, slots=True)
class Blocked:
    """For how many seconds sessions were blocked on a person, how often, and the median of that in seconds."""

    seconds: float = 0.0
    times: int = 0
    median: float = 0.0


def waits(session: Session) -> bool:
    """Whether `session` waits for a person."""
    return session.display_state in WAITING


def still_waits(session: Session) -> bool:
    """Whether a wait of `session` that has begun goes on: a question stays open while Devin sleeps."""
    return waits(session) or session.display_state is DisplayState.ASLEEP


def waiting_since(session: Session, now: float) -> float:
    """Return since when `session` waits: since Devin changed its state, but not since before a person last wrote."""
    return min(max(float(session.snapshot.updated_at), session.spoken_at), now)


def blocked(times: Iterable[WaitingTime], first: float, last: float, now: float) -> Blocked:
    """Sum up the parts of these `times` that lie between the instants `first` and `last`."""
    ends = min(last, now)
    parts = [min(ends, ends if time.ended_at is None else time.ended_at) - max(first, time.since) for time in times]
    within = [part for part in parts if part > 0]
    return Blocked(sum(within), len(within), median(within)) if within else Blocked()
