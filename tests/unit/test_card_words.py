"""What is kept of Devin's newest message for the card."""

import pytest

from bot.views.card_words import QUESTION, gist

LONG = "I looked at each of the tests. " * 30
CODE = f"```python\n{'x = 1' * 150}\n```"


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("\nWhich one?\n\n1. `a`\n2. **b**\n", "Which one?\n\n1. `a`\n2. **b**"),
        (f"{LONG}\n\nWhich one?\n\n1. a?\n2. b?", "Which one?\n\n1. a?\n2. b?"),
        (f"{LONG}\n\n{CODE}\n\nIs it this?\nOr not?", "Is it this?\nOr not?"),
        (
            f"Do you agree?\n\n{LONG}\n\nShould I go on? I have seen it all.\n\nBye.",
            "Should I go on? I have seen it all.\n\nBye.",
        ),
        (f"{LONG}\n\nPlease confirm the plan.", "Please confirm the plan."),
        ("   ", ""),
    ],
)
def test_a_short_text_is_kept_whole_and_of_a_long_one_its_last_question(words, kept):
    assert gist(words) == kept


def test_what_is_too_long_and_asks_nothing_is_kept_from_its_beginning():
    kept = gist(f"The tests pass.\n\n{LONG}")
    assert kept.startswith("The tests pass.\n\nI looked at each of the tests. I looked")
    assert kept.endswith("\n…")
    assert QUESTION - 60 < len(kept) <= QUESTION


def test_a_question_that_is_too_long_itself_is_cut_behind_a_word():
    kept = gist(f"{LONG}\n\nShould I take this one{', or this one' * 60}?")
    assert kept.startswith("Should I take this one, or this one")
    assert kept.endswith((" or\n…", " this\n…", " one,\n…"))
    assert len(kept) <= QUESTION
