"""Which ends of turns mention a person, for each choice and each kind of end."""

import pytest

from bot.domain.announcements import AnnouncementKind
from bot.domain.notify_choice import NotifyChoice, mentions


@pytest.mark.parametrize(
    ("choice", "kinds"),
    [
        ("all", {"question", "waits", "approval", "limit", "failed", "ended", "done", "answered"}),
        ("questions", {"question", "waits", "approval", "limit", "failed", "ended"}),
        ("done", {"failed", "ended", "done", "answered"}),
        ("off", set()),
    ],
)
def test_which_ends_mention(choice, kinds):
    assert {kind.value for kind in AnnouncementKind if mentions(NotifyChoice(choice), kind)} == kinds
