"""Which sessions need a person: those that wait for one (`waiting`), and those that failed lately."""

from collections.abc import Iterable
from typing import Final

from bot.domain.list_groups import last_change
from bot.domain.session import DisplayState, Session
from bot.domain.waiting import WAITING

NEEDING: Final = (*WAITING, DisplayState.FAILED)
_ORDER: Final = {state: place for place, state in enumerate(NEEDING)}


def needing_somebody(sessions: Iterable[Session], failed_after: float) -> list[Session]:
    """Return those of `sessions` that need a person, in the order of `NEEDING`, the longest wait first.

    One that has failed is among them only if that was after the instant `failed_after`: it waits for nobody for ever.
    """
    found = [session for session in sessions if _needs(session, failed_after)]
    return sorted(found, key=lambda session: (_ORDER[session.display_state], last_change(session), session.id))


def _needs(session: Session, failed_after: float) -> bool:
    state = session.display_state
    return state in _ORDER and (state is not DisplayState.FAILED or last_change(session) >= failed_after)
