"""What is said while Devin is asked something for a person, and where Devin does not answer."""

from typing import Final

from bot.views.message import Message
from bot.views.text import fitted

ASKING: Final = Message("Asking Devin…")
UNREACHABLE: Final = Message("Devin cannot be reached at the moment, so nothing was changed. Try again in a minute.")
UNREADABLE: Final = Message("Devin gave an answer that cannot be read, so nothing was changed. Try again later.")
UNAUTHORISED: Final = Message(
    "Devin does not accept Devin Bridge's key, so nothing was changed. "
    "Whoever runs Devin Bridge can find out more with `python -m bot doctor`."
)
NOT_THERE: Final = Message(
    "Devin does not show this to Devin Bridge's key, so nothing was changed. "
    "Whoever runs Devin Bridge can find out more with `python -m bot doctor`."
)


def not_accepted(words: str) -> Message:
    """Say that Devin did not accept a request, in its own `words`."""
    said = fitted(words, 300)
    return Message(f"Devin did not accept this, so nothing was changed: {said}" if said else NOT_THERE.text)


def limited(words: str) -> Message:
    """Say that a limit or quota is used up, in Devin's own `words`."""
    said = fitted(words, 300) or "no more is said"
    return Message(f"A limit or quota of your Devin organisation is used up, so nothing was changed: {said}")
