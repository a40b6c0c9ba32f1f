"""Whether a line of a direct message, soon after the last one, reads like a new task instead of a reply."""

import re
from typing import Final

from bot.domain.commands.guesses import FEWEST_WORDS, count_words

# With which people begin a task, and hardly a remark about the last one.
_ORDERS: Final = (
    "add analyse analyze audit benchmark build bump clean convert create debug delete deploy design document draft "
    "enable explain extract find fix generate implement improve investigate look make merge migrate move optimise "
    "optimize port profile refactor remove rename replace review rewrite set simplify speed split summarise summarize "
    "test translate update upgrade write"
)
_FIRST: Final = frozenset(_ORDERS.split())
# Words that point at the task before.
_POINTING: Final = (
    "also again and as but he her his instead it its no only ok rather same she so that their them then there these "
    "they this those too well yes"
)
_ABOUT_THE_LAST: Final = frozenset(_POINTING.split())
_WORDS: Final = re.compile(r"[\w'-]+")


def reads_like_task(text: str) -> bool:
    """Whether `text` orders something and points at nothing that was said before, such as "update the docs"."""
    words = [word.lower() for word in _WORDS.findall(text)]
    if count_words(text) < FEWEST_WORDS or text.rstrip().endswith("?"):
        return False
    first = words[1:] if words[:1] == ["please"] else words
    return bool(first) and first[0] in _FIRST and _ABOUT_THE_LAST.isdisjoint(words)
