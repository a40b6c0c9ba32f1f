"""Guesses at commands: texts too short to show that they are tasks, and words of the commands of other bots.

Who tries `settings`, `resume 2` or `default repo=acme/web` behind `/devin` wants no session, so none of it starts one
unasked.
"""

import re
from typing import Final

from bot.domain.commands.options import parse_request

FEWEST_WORDS: Final = 3  # of a text that starts a session unasked
FEWEST_WORDS_BESIDE_OPTIONS: Final = 2  # who writes options too knows that a session starts
MOST_GUESSED: Final = 8  # words of a guess with more than two
_RESUMING: Final = frozenset(["resume", "wake", "continue", "unpause", "restart", "retry"])
# In sixtieths of a word, what a sign is that people write without spaces between words.
_WHOLE: Final = 60
_SIGNS: Final = (
    (re.compile("[\u3400-\u9fff\uf900-\ufaff]"), 30),  # Chinese
    (re.compile("[\u3040-\u309f]"), 20),  # Hiragana
    (re.compile("[\u30a0-\u30ff]"), 15),  # Katakana
    (re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"), 12),  # Thai, Lao, Burmese, Khmer
)
_WORD: Final = re.compile(r"\w")
# A name, address or number may follow any of the words.
_NOT_A_WORD: Final = re.compile(r"[/#@0-9]")
_FIRST: Final = (
    "change close config configure connect continue create default delete deploy disable disconnect enable link list "
    "log login mute my new open pause please reopen restart resume session sessions set settings show sign start stop "
    "subscribe switch turn unlink unmute unset unsubscribe unsync unwatch use view wake watch what which who"
)
_BEHIND: Final = (
    "a about account agent agents all am and any are available bot branch by channel config default defaults devin "
    "fast features for from github gitlab i in is it issues last latest limit list me mine mode model my new "
    "notifications of off on one open options our out please plugins pr preferences prs pull pulls repo "
    "repositories repository repos request requests reviews running session sessions settings slack that the "
    "these set this to up version workspace you your"
)
_FIRST_WORDS: Final = frozenset(_FIRST.split())
_WORDS_BEHIND: Final = frozenset(_BEHIND.split())


def is_guess(text: str) -> bool:
    """Whether `text`, which would start a session, is too short for a task or has only words of commands."""
    task = parse_request(text).prompt if "=" in text else text
    if not task.strip():
        return False  # which says so itself
    few = count_words(text) < FEWEST_WORDS or count_words(task) < FEWEST_WORDS_BESIDE_OPTIONS
    return few or _is_of_commands(task)


def is_about_resuming(text: str) -> bool:
    """Whether a guess is about a session that sleeps: there is no command for that, because a reply wakes it."""
    return text.split(maxsplit=1)[0].lower() in _RESUMING


def count_words(text: str) -> int:
    """How many words `text` has. Where a script has no spaces, as many signs as make one there count as one."""
    return sum(map(_words_in, text.split()))


def _words_in(typed: str) -> int:
    sixtieths = sum(len(sign.findall(typed)) * each for sign, each in _SIGNS)
    if not sixtieths:
        return int(_WORD.search(typed) is not None)
    others = any(char.isascii() and char.isalnum() for char in typed)
    return max(1, sixtieths // _WHOLE + others)


def _is_of_commands(task: str) -> bool:
    """Whether `task` has only words of commands, such as `set default repo acme/web`."""
    first, *behind = [word.strip(".,:;!?()").lower() for word in task.split()]
    if first not in _FIRST_WORDS or len(behind) >= MOST_GUESSED:
        return False
    return all(word in _WORDS_BEHIND or _NOT_A_WORD.search(word) for word in behind if word)
