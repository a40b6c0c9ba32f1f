"""The post of an end of a turn: its buttons stand before those that it always has."""

from dataclasses import replace
from typing import Any

from inline_snapshot import snapshot

from bot.domain.announcements import AnnouncementKind, TurnEnd
from bot.domain.turn_ends import AnnouncedEnd
from bot.views import blocks
from bot.views.message import Message
from bot.views.turn_ends import answered_before, end_post, option_buttons

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


def test_what_was_chosen_takes_the_place_of_the_buttons() -> None:
    chosen = replace(end(CALL, *blocks.actions(OPEN)), settled_at=1.0, answered_by="U1", answer="Use *Rust*")
    line = blocks.context([":point_right: ann chose “Use *Rust*”"])
    assert end_post(chosen, [FIRST], "ann").blocks == [CALL, *line, *blocks.actions(OPEN)]
    assert end_post(replace(chosen, message=end(CALL).message), [], "").blocks == [
        CALL,
        *blocks.context([":point_right: Someone chose “Use *Rust*”"]),
    ]


def test_each_option_has_a_button_with_its_text_cut_and_more_than_five_have_none() -> None:
    offered = replace(end(CALL), options=("Rust", "x" * 80))
    assert option_buttons(offered) == [
        blocks.button("Rust", "quick_answer#1", "1 s:1"),
        blocks.button(f"{'x' * 74}…", "quick_answer#2", "2 s:1"),
    ]
    assert option_buttons(replace(offered, options=tuple("abcdef"))) == []


def test_who_comes_late_reads_who_answered_what() -> None:
    taken = replace(end(CALL), settled_at=1.0, answered_by="U1", answer="Rust")
    assert [
        answered_before(taken, "ann", themselves=False).text,
        answered_before(taken, "ann", themselves=True).text,
        answered_before(replace(taken, answer=None), "", themselves=False).text,
    ] == snapshot(
        [
            "ann already chose “Rust”. Reply here to change that.",
            "You already chose “Rust”. Reply here to change that.",
            "Someone already answered. Reply here to add to it.",
        ]
    )


def test_an_end_is_read_by_the_name_under_which_it_is_stored() -> None:
    for known in (TurnEnd(AnnouncementKind.DONE), TurnEnd(AnnouncementKind.LIMIT, "out_of_credits")):
        assert TurnEnd.named(known.name) == known
