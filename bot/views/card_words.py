"""What a card shows of Devin's newest message: what it asks or how it begins, with line breaks and code."""

from typing import Final

from bot.domain.announcements import asks_from
from bot.views.text import beginning, paragraph_starts

QUESTION: Final = 600  # characters
PROGRESS: Final = 300  # of a message that asks nothing, while Devin works


def gist(markdown: str) -> str:
    """The part of Devin's `markdown` that is kept for the card: all of a short one, or its last question."""
    words = markdown.strip()
    begins = 0 if len(words) <= QUESTION else asks_from(words, paragraph_starts(words))
    return beginning(words[begins:], QUESTION)
