"""What is said where a command takes a while, or Devin does not answer it."""

from typing import Final

from bot.views.answers.wording import message_of
from bot.views.message import Message
from bot.views.text import duration, fitted

LONGEST_WORDS: Final = 300  # of Devin's, in characters

STILL_WORKING: Final = Message("Still working on that. The answer appears below.")
UNREACHABLE: Final = Message("Devin can't be reached right now. Nothing was changed; try again in a minute.")
UNREADABLE: Final = Message("Devin's answer can't be read. Nothing was changed; try again later.")
UNAUTHORISED: Final = Message("Nothing changed: Devin rejected the API key. Tell your Devin Bridge operator.")
NOT_THERE: Final = Message(
    "Nothing changed: Devin doesn't show this to Devin Bridge's key. Tell your Devin Bridge operator."
)


def not_accepted(words: str) -> Message:
    """Say that Devin did not accept a request, in its own `words`."""
    return _refusal("Devin rejected this, so nothing was changed", words)


def limited(words: str) -> Message:
    """Say that a limit or quota is used up, in Devin's own `words`."""
    return _refusal("Nothing changed: your Devin organization has used up a limit or quota", words)


def denied(words: str) -> Message:
    """Say that Devin does not allow this, in its own `words`, which are about no permission."""
    return _refusal("Devin doesn't allow this, so nothing was changed", words)


def in_the_way(words: str) -> Message:
    """Say that something at Devin is in the way just now, in its own `words`."""
    sentence = "Devin can't do this right now because of a conflict. Nothing was changed"
    return message_of(_refusal(sentence, words).text, "Try again in a minute.")


def too_large(words: str) -> Message:
    """Say that Devin does not take as much as was sent, in its own `words`."""
    return message_of(_refusal("This is too long for Devin, so nothing was changed", words).text, "Send less of it.")


def busy(seconds: float | None) -> Message:
    """Say that Devin gets too many requests; it asked to be left alone for some `seconds`, if that is known."""
    wait = f"in {duration(max(1.0, seconds))}" if seconds is not None else "in a minute"
    return Message(f"Devin is getting too many requests right now, so nothing was changed. Try again {wait}.")


def _refusal(sentence: str, words: str) -> Message:
    said = fitted(words, LONGEST_WORDS)
    return message_of(f"{sentence}.", f"It says: “{said}”." if said else "")
