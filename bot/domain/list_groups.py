"""The groups of a person's list of sessions: what needs them comes first, what is over comes last."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.session import DisplayState, Session


class ListGroup(StrEnum):
    """A group of the list, in the order in which they are shown."""

    NEEDS_YOU = "needs_you"
    WORKING = "working"
    ASLEEP = "asleep"
    RECENTLY_DONE = "recently_done"


# States without a group are not listed: nothing came of such a start, and its thread says why.
_GROUPS: Final[Mapping[DisplayState, ListGroup]] = {
    DisplayState.WAITING: ListGroup.NEEDS_YOU,
    DisplayState.ANSWERED: ListGroup.NEEDS_YOU,  # to read the answer, and to go on or not
    DisplayState.APPROVAL: ListGroup.NEEDS_YOU,
    DisplayState.LIMIT: ListGroup.NEEDS_YOU,
    DisplayState.FAILED: ListGroup.NEEDS_YOU,
    DisplayState.UNCERTAIN: ListGroup.NEEDS_YOU,
    DisplayState.STARTING: ListGroup.WORKING,
    DisplayState.CHECKING: ListGroup.WORKING,
    DisplayState.QUEUED: ListGroup.WORKING,
    DisplayState.WORKING: ListGroup.WORKING,
    DisplayState.UNKNOWN: ListGroup.WORKING,
    DisplayState.ASLEEP: ListGroup.ASLEEP,
    DisplayState.STOPPED: ListGroup.ASLEEP,
    DisplayState.DONE: ListGroup.RECENTLY_DONE,
    DisplayState.ENDED: ListGroup.RECENTLY_DONE,
    DisplayState.ARCHIVED: ListGroup.RECENTLY_DONE,
}
# Sessions in these states are listed only for a while after their last change.
_OVER: Final = frozenset(
    {
        *(DisplayState.FAILED, DisplayState.UNCERTAIN),
        *(DisplayState.DONE, DisplayState.ENDED, DisplayState.ARCHIVED),
    }
)
_ORDER: Final = {group: place for place, group in enumerate(ListGroup)}


@dataclass(frozen=True, slots=True)
class Grouped:
    """A session and the group of the list that it stands in."""

    session: Session
    group: ListGroup


def group_of(session: Session, lately: float) -> ListGroup | None:
    """The group of `session`; None if it is over since before the instant `lately`, or if nothing came of its start."""
    state = session.display_state
    if state in _OVER and last_change(session) < lately:
        return None
    return _GROUPS.get(state)


def grouped(sessions: Iterable[Session], lately: float, past: Container[str]) -> list[Grouped]:
    """The `sessions` to list, by groups and within a group by their last change, the newest first.

    A dead end from which another session goes on, such as those with the ids `past`, needs nobody, and is over.
    """
    groups = ((each, _group_past(each, lately) if each.id in past else group_of(each, lately)) for each in sessions)
    found = [Grouped(session, group) for session, group in groups if group is not None]
    return sorted(found, key=lambda entry: (_ORDER[entry.group], -last_change(entry.session)))


def _group_past(session: Session, lately: float) -> ListGroup | None:
    return ListGroup.RECENTLY_DONE if last_change(session) >= lately else None


def last_change(session: Session) -> float:
    """The instant at which `session` was started, written to or ended, or at which Devin last changed it."""
    return max(session.created_at, session.spoken_at, float(session.snapshot.updated_at), session.ended_at or 0.0)
