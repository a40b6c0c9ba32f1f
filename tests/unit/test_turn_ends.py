"""The post of an end of a turn: its buttons stand before those that it always has."""

from typing import Any

from bot.domain.announcements import AnnouncementKind, TurnEnd
from bot.domain.turn_ends import AnnouncedEnd
from bot.views import blocks
from bot.views.message import Message
from bot.views.turn_ends import end_post

CALL, OPEN = blocks.section("Devin waits."), blocks.open_button("https://app.devin.ai/sessions/1")
FIRST, SECOND = blocks.button("A", "a", "1"), blocks.button("B", "b", "2")


def end(*shown: dict[str, Any]) -> AnnouncedEnd:
    message = {"text": "Devin waits", "blocks": list(shown)}
    return AnnouncedEnd("s:1", "T1", "s", 1, TurnEnd(AnnouncementKind.QUESTION), message, 0.0)


def test_a_post_without_buttons_shows_what_was_announced() -> None:
    assert end_post(end(CALL, *blocks.actions(OPEN)), []) == Message("Devin waits", [CALL, *blocks.actions(OPEN)])


def test_buttons_stand_in_one_row_before_the_one_that_opens_the_session() -> None:
    shown = end_post(end(CALL, *blocks.actions(OPEN)), [FIRST, SECOND])
    assert shown.blocks == [CALL, *blocks.actions(FIRST, SECOND, OPEN)]
    assert end_post(end(CALL), [FIRST]).blocks == [CALL, *blocks.actions(FIRST)]


def test_an_end_is_read_by_the_name_under_which_it_is_stored() -> None:
    for known in (TurnEnd(AnnouncementKind.DONE), TurnEnd(AnnouncementKind.LIMIT, "out_of_credits")):
        assert TurnEnd.named(known.name) == known
