"""Finds the words of a text that are options or resemble them, such as `repo=acme/web`; in code and markup are none."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from bot.domain.commands.quotation_marks import DOUBLE, SINGLE

_BLANKS: Final = " \t"
OPTION_KEYS: Final = ("repo", "playbook", "mode", "acu", "tags", "title")
ACU: Final = "acu"
# To compare a word with the options takes longer than to find it. A log or a file of settings may have thousands.
MOST_COMPARED: Final = 200

QUOTES: Final = DOUBLE + SINGLE + "`"
_QUOTED: Final = "|".join(rf"[{marks}][^\n]{{0,300}}?[{marks}](?!\w)" for marks in (DOUBLE, SINGLE, "`"))
# A fence without its end runs to the end of the text, as Slack shows it.
_CODE: Final = r"```.*?(?:```|\Z)|`[^`\n]+`"
_MARKUP: Final = r"<!--.{0,500}?-->|</?[A-Za-z][^<>]{0,2000}>"  # as `<a title="Login">`
_CALL: Final = r"\w\((?:[^()]|\([^()]{0,300}\)){0,500}\)"  # as `open(path, mode="r")`
# ACUs are written in capitals, and in front of a number also as "acu: 10" or "acu = 10".
_KEY: Final = r"[A-Za-z][a-z]*(?:[_-][a-z]+)*|ACUs?"
_VALUE: Final = rf"{_QUOTED}|(?:\([^\s`()]*\)|[^\s`()])*"  # a bracket that closes none of its own is no part of it
_LOOSE: Final = r"(?i:acus?)[ \t]*[:=][ \t]*[0-9]\S*"
# Code, markup and calls are matched first, because an option inside them is none.
_TOKEN: Final = re.compile(
    rf"{_CODE}|{_MARKUP}|{_CALL}"
    rf"|(?<![^\s(])(?:(?P<key>{_KEY})=(?P<value>{_VALUE})|(?P<loose>{_LOOSE}))",
    re.DOTALL,
)
# The unit behind a number; one ACU only at the end of a clause, since "ACU" may also begin the words of the task.
_UNIT: Final = re.compile(r"[ \t]+(?:acus|acu(?=[ \t]*(?:[.,;!?)\n]|\Z)))(?![\w-]|[ \t]*[:=])", re.IGNORECASE)
_NEXT: Final = re.compile(r"[ \t]+(?P<value>[^\s`]+)")


@dataclass(frozen=True, slots=True)
class OptionWord:
    """A word that is an option or resembles one: from `start` to `end` of the text, with the unit behind it.

    `key` is the option that is meant, and `exact` whether it is written so. `follows` is the word behind an option that
    has no value, and ends at `follows_end`.
    """

    start: int
    end: int
    word: str
    key: str
    value: str
    exact: bool = True
    follows: str = ""
    follows_end: int = 0


def option_words(text: str) -> Iterator[OptionWord]:
    """Find the options in `text`, and the words that resemble them, in their order."""
    if "=" not in text and ":" not in text:
        return  # no option is written without one of them; an ack waits for this
    compared = 0
    for match in _TOKEN.finditer(text):
        if match["loose"]:
            value = re.split(r"[:=]", match[0], maxsplit=1)[1].strip()
            yield OptionWord(match.start(), _end(text, match, ACU), match[0], ACU, value, exact=False)
        elif match["key"] is not None:
            compared += match["key"].lower() not in OPTION_KEYS
            if key := _meant(match["key"], match["value"], compared=compared <= MOST_COMPARED):
                yield _word(text, match, key)


def _word(text: str, match: re.Match[str], key: str) -> OptionWord:
    exact = match["key"].lower() == key
    follows = None if match["value"] else _NEXT.match(text, match.end())
    behind = (follows["value"], follows.end()) if follows else ("", 0)
    return OptionWord(match.start(), _end(text, match, key), match[0], key, match["value"], exact, *behind)


def _end(text: str, match: re.Match[str], key: str) -> int:
    """Where the option `key` of `match` ends in `text`; "ACUs" behind a number of ACUs is a part of it."""
    unit = _UNIT.match(text, match.end()) if key == ACU and match[0][-1].isdecimal() else None
    return unit.end() if unit else match.end()


def _meant(written: str, value: str, *, compared: bool) -> str | None:
    """The option that is meant by a key as it is `written`; None for a word that has nothing to do with options.

    Only where it is `compared` with the names of options may it be spelled in another way.
    """
    key = written.lower()
    if key in OPTION_KEYS:
        return key
    if {"acu", "acus"} & set(re.split("[_-]", key)):
        return ACU  # such as `max_acu=10`: nobody should get no limit who asked for one
    near = get_close_matches(key, OPTION_KEYS, n=1, cutoff=0.7) if compared else []
    if not near or not value or not key.isalpha():
        return None
    # Words such as `node=18` are spelled nearly like `mode` and have nothing to do with that option.
    return None if near[0] == "mode" and not value[0].isalpha() else near[0]


def without(text: str, spans: list[tuple[int, int]]) -> str:
    """`text` without the `spans` from start to end, with one space between words and none at line ends."""
    if not spans:
        return text.strip()
    kept: list[str] = []  # characters, because strings would be copied for each span
    at = 0
    for start, end in [*spans, (len(text), len(text))]:
        _add(kept, text[at:start])
        at = end
    return "".join(kept).strip()


def without_option_words(text: str) -> str:
    """`text` without all words that are options or resemble them, as a title shows it."""
    return without(text, [(word.start, word.end) for word in option_words(text)])


def _add(kept: list[str], text: str) -> None:
    """Add the `text` behind a removed option to `kept`; brackets around nothing but options go too."""
    if kept[-1:] == ["("] and (rest := text.lstrip(_BLANKS + ",;")).startswith(")"):
        kept.pop()
        text = rest[1:]
    blank, rest = text[:1].isspace(), text.lstrip(_BLANKS)
    if text.startswith(")") or (blank and rest[:1] in {"", "\n"}):
        while kept and kept[-1] in _BLANKS:
            kept.pop()
        text = rest
    elif blank and (not kept or kept[-1].isspace()):
        text = rest
    kept += text
