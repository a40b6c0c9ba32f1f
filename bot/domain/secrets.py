"""Recognises what people type that has what looks like a secret (`bot.domain.redaction`), or that sets one."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from bot.domain.redaction import redact

_SECRET: Final = ("secret", "secrets")
_SETTING: Final = ("set", "add", "create", "put", "save", "store", "update", "change", "edit", "new")
_PLAIN: Final = ("set", "add", "create", "put", "save")  # behind `secret` the others may be about secrets in general
_ARTICLES: Final = frozenset({"a", "the", "my", "our", "new"})
# What people write before a command that is behind a mention, or in a thread.
_BEFORE: Final = frozenset({"/devin", "devin", "start", "new", "aside", "(aside)", "fanout", "please", "pls"})
# Behind the name of a secret these begin a sentence about it.
_NO_VALUE: Final = frozenset(
    {
        *("to", "in", "into", "from", "for", "on", "of", "at", "with", "by", "and", "or", "not", "everywhere"),
        *("is", "isn't", "are", "was", "were", "has", "should", "must", "does", "doesn't", "cannot", "can't", "needs"),
        *("missing", "leaks", "usage", "rotation", "up", "on", "off", "down"),
    }
)
_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]*")
_TICKET: Final = "[A-Z]{2,10}-[0-9]{1,6}"
_NO_WORD: Final = re.compile(rf"(?!{_TICKET}\b)(?=.{{0,60}}[0-9])(?=.{{0,60}}[A-Za-z])[^\s/.]{{6,}}")
_ASSIGNED: Final = re.compile(r"\w[\w.-]{0,100}[=:]\S")
_OPTION: Final = re.compile(r"(?:repo|playbook|mode|acu|tags?|title|orgs?)=")
# In the middle of a sentence only what is written like a setting counts.
_IN_A_SENTENCE: Final = re.compile(
    r"\bsecrets?\s+(?:set|add|create|put|save|update|change)\s+[A-Z][A-Z0-9_]*\s?=\s?\S"
    r"|\b(?:set|change|update)\s+(?:(?:a|the|my|our)\s+)?secret\s+[A-Z][A-Z0-9]*_\w+\s+to\s+(?!(?:a|an|the|my|our)\s)\S"
)
_NEAR: Final = 0.85  # of difflib's ratio: a letter more, or one that is missing
_LONGEST_NEAR: Final = 10  # characters of a word that is so near one of six
_MOST_LOOKED_AT: Final = 20  # words


def has_secret(text: str) -> bool:
    """Whether `text`, without a mention of the bot, has what looks like a secret or sets one."""
    return sets_secret(text) or redact(text) != text


def sets_secret(text: str) -> bool:
    """Whether `text` gives a secret, as `secret set FOO bar`, `secret add FOO=bar` or `set secret FOO bar`."""
    words = [word for word in text.split(maxsplit=_MOST_LOOKED_AT) if not _OPTION.match(word)]
    while words and words[0].lower().removeprefix("!") in _BEFORE:
        words = words[1:]
    if not words:
        return False
    if _is_secret(words[0].removeprefix("!")):
        return _is_given(words[1:])
    if _is_nearly(words[0], _SETTING):
        behind = words[2:] if len(words) > 1 and words[1].lower() in _ARTICLES else words[1:]
        if behind and _is_secret(behind[0]):
            plainly = words[0].lower() == "set" and behind[0].lower() == "secret"
            return _has_value(behind[1:]) or _is_set(behind[1:], plainly=plainly)
    return "ecret" in text and _IN_A_SENTENCE.search(text) is not None


def _is_given(behind: Sequence[str]) -> bool:
    """Whether the words `behind` the word `secret` give one."""
    if not behind or not _is_nearly(behind[0], _PLAIN):
        value = behind[1:] if behind and _is_nearly(behind[0], _SETTING) else behind
        return _has_value(value)
    name, *value = behind[1:] or [""]
    if behind[0].lower() == "set" and len(value) == 1:  # whatever the name is
        return True
    if _has_value(behind[1:]) or _is_set(behind[1:], plainly=False):
        return True
    return _is_name(name) and (not value or behind[0].lower() == "set")


def _is_set(words: Sequence[str], *, plainly: bool) -> bool:
    """Whether `words` are a name in whatever letters, and one word that is `plainly` its value or is no usual word."""
    name, *value = words or [""]
    if len(value) == 2 and value[0] in {"=", "to"}:
        plainly, value = value[0] == "=", value[1:]
    if len(value) != 1 or not _NO_VALUE.isdisjoint({name.lower(), value[0].lower()}):
        return False
    return plainly or _NO_WORD.fullmatch(value[0]) is not None


def _has_value(words: Sequence[str]) -> bool:
    """Whether `words` are the name of a secret in capitals and its value, or begin like `foo=bar`."""
    if not words:
        return False
    if _ASSIGNED.match(words[0]):
        return True
    if len(words) == 1 or not _is_name(words[0]):
        return False
    if words[1] in {"=", "to"}:
        return len(words) == 3 or words[1] == "="  # `FOO to bar`, where a longer text says where to put it
    return words[1].lower() not in _NO_VALUE and (len(words) == 2 or "_" in words[0] or words[0].endswith((":", "=")))


def _is_name(word: str) -> bool:
    return _NAME.fullmatch(word.rstrip("=:")) is not None


def _is_secret(word: str) -> bool:
    return _is_nearly(word, _SECRET) or sorted(word.lower()) == sorted("secret")


def _is_nearly(word: str, meant: tuple[str, ...]) -> bool:
    return len(word) <= _LONGEST_NEAR and _is_near(word.lower(), meant)


# An ack waits for this, and most texts begin with one of a few words. A word that may be a secret is too long for it.
@lru_cache(maxsize=128)
def _is_near(word: str, meant: tuple[str, ...]) -> bool:
    return bool(get_close_matches(word, meant, n=1, cutoff=_NEAR))
