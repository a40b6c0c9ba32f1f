"""Which ends of turns mention a person: what `!notify` and `/devin notify` choose."""

from enum import StrEnum
from typing import Final

from bot.domain.announcements import AnnouncementKind


class NotifyChoice(StrEnum):
    """What a person may choose; the values are the words that are typed."""

    ALL = "all"
    QUESTIONS = "questions"
    DONE = "done"
    OFF = "off"


# An answer is what its session was for, so it is work done: Devin asks for nothing, and may go on or not.
_FINISHED: Final = frozenset({AnnouncementKind.DONE, AnnouncementKind.ANSWERED})
_MENTIONING: Final = {
    NotifyChoice.ALL: frozenset(AnnouncementKind),
    NotifyChoice.QUESTIONS: frozenset(AnnouncementKind) - _FINISHED,
    NotifyChoice.DONE: _FINISHED | {AnnouncementKind.FAILED, AnnouncementKind.ENDED},
    NotifyChoice.OFF: frozenset[AnnouncementKind](),
}


def mentions(choice: NotifyChoice, kind: AnnouncementKind) -> bool:
    """Whether an end of a turn of this `kind` mentions a person who made this `choice`."""
    return kind in _MENTIONING[choice]
