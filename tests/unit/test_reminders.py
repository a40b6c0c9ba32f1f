"""When whoever is asked is reminded: after four working hours and the next morning, by the clocks of their zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.announcements import AnnouncementKind
from bot.domain.reminders import first_reminder, reminder_after
from bot.domain.working_hours import after_working, working_seconds

BERLIN, HOUR = ZoneInfo("Europe/Berlin"), 3600.0


def at(text: str, zone: ZoneInfo = BERLIN) -> float:
    """An instant, by the clock of a zone. 2026-12-01 is a Tuesday."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def shown(instant: float | None) -> str | None:
    """An instant as Berlin's clock shows it."""
    return None if instant is None else datetime.fromtimestamp(instant, BERLIN).strftime("%m-%d %H:%M")


@pytest.mark.parametrize(
    ("asked", "first", "second"),
    [
        ("2026-12-01 10:00", "12-01 14:00", "12-02 09:00"),
        ("2026-12-01 13:00", "12-01 17:00", "12-02 09:00"),
        ("2026-12-01 15:30", "12-02 11:30", "12-03 09:00"),
        ("2026-12-01 03:00", "12-01 13:00", "12-02 09:00"),
        ("2026-12-01 22:00", "12-02 13:00", "12-03 09:00"),
        ("2026-12-04 15:00", "12-07 11:00", "12-08 09:00"),
        ("2026-12-04 10:00", "12-04 14:00", "12-07 09:00"),
        ("2026-12-05 12:00", "12-07 13:00", "12-08 09:00"),
        ("2026-03-27 16:00", "03-30 12:00", "03-31 09:00"),  # the clocks change in between
    ],
)
def test_the_first_comes_after_four_working_hours_and_the_second_the_next_morning(
    asked: str, first: str, second: str
) -> None:
    due = first_reminder(AnnouncementKind.QUESTION, at(asked), BERLIN)
    assert due is not None
    assert working_seconds(at(asked), due, BERLIN) == 4 * HOUR
    following = reminder_after(0, due, due + 60, BERLIN)
    assert [shown(due), shown(following)] == [first, second]
    assert following is not None
    assert reminder_after(1, following, following, BERLIN) is None


def test_what_was_slept_over_is_one_reminder() -> None:
    due = at("2026-12-01 14:00")
    assert shown(reminder_after(0, due, at("2026-12-02 08:59"), BERLIN)) == "12-02 09:00"
    assert reminder_after(0, due, at("2026-12-02 09:00"), BERLIN) is None


def test_what_asks_nobody_has_none() -> None:
    reminded = {kind for kind in AnnouncementKind if first_reminder(kind, 0.0, UTC) is not None}
    assert reminded == {AnnouncementKind.QUESTION, AnnouncementKind.APPROVAL}


def test_no_time_of_work_passes_at_once() -> None:
    assert after_working(at("2026-12-01 10:00"), 0.0, BERLIN) == at("2026-12-01 10:00")
