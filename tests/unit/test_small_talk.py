"""Thanks, greetings and emoji."""

import pytest

from bot.domain.commands.small_talk import is_small_talk


@pytest.mark.parametrize(
    "text",
    [
        "thanks!",
        "Thank you",
        "thank you so much, Devin 🙏",
        "ok thanks",
        "great, thanks a lot!",
        "thanks for your help",
        "hi",
        "hello 👋",
        "hi there",
        "Good morning",
        "good evening everyone",
        ":pray:",
        ":thumbsup::skin-tone-3:",
        "👍🏽",
    ],
)
def test_small_talk(text):
    assert is_small_talk(text)


@pytest.mark.parametrize(
    "text",
    ["", "?", "ok", "yes", "no", "1", "good", "hi, fix the login", "thanks, now the next one", "help", "fix :bug: now"],
)
def test_no_small_talk(text):
    assert not is_small_talk(text)
