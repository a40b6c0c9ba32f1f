"""Dead ends: states in which a session gets no further, and the way on that each has, which is another session.

Devin's API cannot raise the limit of a session, so one that has used it up is continued by another one.
"""

from enum import Enum
from typing import Final

from bot.domain import keys
from bot.domain.session import DisplayState, Lifecycle, Session

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
    if state is DisplayState.LIMIT:
        return WayOn.CONTINUE if session.snapshot.detail == OWN_LIMIT else None
    return WayOn.TRY_AGAIN if state in _FAILED else None


def is_over(session: Session) -> bool:
    """Whether `session` has ended or is archived, so that only a new one goes on about the same."""
    exited = session.lifecycle is Lifecycle.OPEN and session.snapshot.status == "exit"
    return exited or session.display_state in _OVER


def next_session_id(session_id: str) -> str:
    """The id of the session that goes on from this one: always the same, so that there is one."""
    return keys.session_id(f"next:{session_id}")
