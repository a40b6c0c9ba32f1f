"""Small rules of the flow that creates sessions."""

import pytest

from bot.conversation.start.create import tags_missing


@pytest.mark.parametrize(
    ("wanted", "kept", "missing"),
    [
        ([], ["devin-bridge"], []),
        (["frontend", "urgent"], ["devin-bridge"], ["frontend", "urgent"]),
        (["frontend", "urgent"], ["devin-bridge", "urgent"], ["frontend"]),
        (["Frontend"], ["devin-bridge", "frontend", "agent:one"], []),
    ],
)
def test_tags_that_a_session_does_not_carry_are_missing(wanted: list[str], kept: list[str], missing: list[str]) -> None:
    assert tags_missing(wanted, kept) == missing
