"""When sessions wait for a person, as pure functions: for an answer, for an approval, or at a limit."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from statistics import median
from typing import Final

from bot.domain.session import DisplayState, Session
from bot.domain.working_hours import working_seconds

# Wherever it is said or counted that sessions wait, it is these. What a person can do at once comes first.
WAITING: Final = (DisplayState.APPROVAL, DisplayState.WAITING, DisplayState.LIMIT)


@dataclass(frozen=True, slots=True)
class WaitingTime:
    """A time at which a session waited, from `since` on; `ended_at` is None while it waits.

    `zone` is the time zone of who asked for the session.
    """

    since: float
    ended_at: float | None = None
    session_id: str = ""
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Blocked:
    """For how many seconds of working hours sessions were blocked on a person, how often, and the median of that.

    `longest` is the session that was blocked longest in sum, with its seconds.
    """

    seconds: float = 0.0
    times: int = 0
    median: float = 0.0
    longest: tuple[str, float] | None = None


def waits(session: Session) -> bool:
    """Whether `session` waits for a person."""
    return session.display_state in WAITING


def waiting_since(session: Session, now: float) -> float:
    """Return since when `session` waits: since Devin changed its state, but not since before a person last wrote."""
    return min(max(float(session.snapshot.updated_at), session.spoken_at), now)


def blocked(times: Iterable[WaitingTime], first: float, last: float, now: float) -> Blocked:
    """Sum up the working hours of these `times` that lie between the instants `first` and `last`."""
    ends = min(last, now)
    parts = [(time.session_id, _within(time, first, ends)) for time in times]
    within = [seconds for _, seconds in parts if seconds > 0]
    if not within:
        return Blocked()
    sums: dict[str, float] = defaultdict(float)
    for session_id, seconds in parts:
        sums[session_id] += seconds
    longest = max(sorted(sums.items()), key=lambda found: found[1])
    return Blocked(sum(within), len(within), median(within), longest)


def _within(time: WaitingTime, first: float, last: float) -> float:
    ended_at = last if time.ended_at is None else min(time.ended_at, last)
    return working_seconds(max(first, time.since), ended_at, time.zone)
