"""When whoever is asked is reminded: after four working hours, and the next morning in their zone. Then it is quiet."""

from datetime import tzinfo
from typing import Final

from bot.domain.announcements import AnnouncementKind
from bot.domain.working_hours import after_working, next_morning

FIRST_AFTER: Final = 4 * 3600.0  # seconds of working hours
REMINDED_OF: Final = frozenset({AnnouncementKind.QUESTION, AnnouncementKind.APPROVAL})


def first_reminder(kind: AnnouncementKind, asked_at: float, zone: tzinfo) -> float | None:
    """Return when the first reminder of an end of a turn is due; None if there is none of its `kind`."""
    return after_working(asked_at, FIRST_AFTER, zone) if kind in REMINDED_OF else None


def reminder_after(reminders: int, due: float, now: float, zone: tzinfo) -> float | None:
    """Return when the reminder after one that was `due` comes, after so many `reminders`; None if it was the last.

    Of two that are both over at `now`, because the bot did not run, there is only one.
    """
    morning = next_morning(due, zone)
    return morning if reminders == 0 and now < morning else None
