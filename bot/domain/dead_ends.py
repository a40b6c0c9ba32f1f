"""Dead ends: states in which a session gets no further, and the way on that each has, which is another session.

Devin's API cannot raise the limit of a session, so one that has used it up is continued by another one.
"""

from enum import Enum
from typing import Final

from bot.domain import keys
from bot.domain.amounts import half_up
from bot.domain.session import DisplayState, Lifecycle, Session, is_asleep

MORE_ACUS: Final = 20  # the limit of a session that continues one whose own limit isn't known
OWN_LIMIT: Final = "usage_limit_exceeded"
_OVER: Final = frozenset({DisplayState.ENDED, DisplayState.ARCHIVED})
_FAILED: Final = frozenset({DisplayState.FAILED, DisplayState.REFUSED})


class WayOn(Enum):
    """How another session goes on from a dead end."""

    TRY_AGAIN = "try_again"  # with the same task and options
    CONTINUE = "continue"  # with what came of it so far, and a limit of its own


def way_on(session: Session) -> WayOn | None:
    """The way on from the state that `session` is in; None if that is no dead end."""
    state = session.display_state
    stopped = state is DisplayState.LIMIT and session.snapshot.detail == OWN_LIMIT
    limit = session.acu_limit
    # Devin may count the limit of a session anew once it is woken, so no reply wakes one that has spent it.
    if stopped or (limit is not None and is_asleep(session) and spent(session) >= limit):
        return WayOn.CONTINUE
    return WayOn.TRY_AGAIN if state in _FAILED else None


def spent(session: Session) -> float:
    """What the session has spent as people read it: Devin stops it a little below its limit, such as at 1.98 of 2."""
    acus = session.snapshot.acus
    return max(acus, float(half_up(acus, 1)))


def is_over(session: Session) -> bool:
    """Whether `session` has ended or is archived, so that only a new one goes on about the same."""
    exited = session.lifecycle is Lifecycle.OPEN and session.snapshot.status == "exit"
    return exited or session.display_state in _OVER


def next_session_id(session_id: str) -> str:
    """The id of the session that goes on from this one: always the same, so that there is one."""
    return keys.session_id(f"next:{session_id}")
