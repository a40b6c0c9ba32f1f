"""Whether a line of a direct message, soon after the last one, reads like a new task instead of a reply."""

import re
from typing import Final

from bot.domain.commands.intent import Kind, read_intent

# Words that point at the task before.
_POINTING: Final = (
    "also again and as but he her his instead it its no only ok rather same she so that their them then there these "
    "they this those too well yes"
)
_ABOUT_THE_LAST: Final = frozenset(_POINTING.split())
_HOW: Final = frozenset({"use", "using", "with", "without"})  # at the beginning: how to do the task before
_WORDS: Final = re.compile(r"[\w'-]+")


def reads_like_task(text: str) -> bool:
    """Whether `text` is a task and points at nothing that was said before, such as "update the docs"."""
    words = [word.lower() for word in _WORDS.findall(text)]
    points_back = not _ABOUT_THE_LAST.isdisjoint(words) or not _HOW.isdisjoint(words[:1])
    return not points_back and not text.rstrip().endswith("?") and read_intent(text).kind is Kind.TASK
