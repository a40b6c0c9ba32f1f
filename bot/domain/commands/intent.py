"""Understands what a text is: work for Devin, a question to the bot, or nothing that anybody could do.

A start is paid for, so it needs evidence of work. A small linear model weighs what a text consists of: its words, parts
of its words, and signs such as a path or a ticket. How it is trained, and how well it does: `docs/understanding.md`.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Final


class Kind(StrEnum):
    """What a text is."""

    TASK = "task"  # work for Devin, or in a session's thread an instruction or answer for it
    COST = "cost"  # asks what something costs, or what is left
    STATE = "state"  # asks how far something is, or what runs
    WHO = "who"  # asks who started, owns or may do something
    BOT = "bot"  # is meant for the bot itself, such as a question about its use
    TALK = "talk"  # says something about the bot to other people
    NONE = "none"  # asks for nothing that can be done


class Place(StrEnum):
    """Where a text was written: it opens a conversation, or is a reply in a session's thread."""

    START = "start"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Intent:
    """What a text is, and how sure that is, from 0 to 1; `task` is how likely it is a task, whatever the kind says."""

    kind: Kind
    confidence: float
    task: float


KINDS: Final = tuple(Kind)
# How likely a text has to be a task for being one.
ENOUGH: Final = {Place.START: 0.5, Place.REPLY: 0.5}
LONG: Final = 60  # words: nobody writes as many to ask for nothing
LONGEST: Final = 2_000  # characters that are weighed
# Signs by which a text is surely about work, each a word of its own to the model.
_SIGNS: Final = (
    ("§fence", re.compile(r"```")),
    ("§request", re.compile(r"https?://[^\s/<>|]{1,100}/[^\s<>|]{1,200}/(?:pull|pulls|merge_requests|pull-requests)/\d+[^\s<>|]*")),
    ("§issue", re.compile(r"https?://[^\s<>|]{1,200}/(?:issues?|browse|ticket|boards?|projects?)/[^\s<>|]*")),
    ("§repository", re.compile(r"https?://(?:www\.)?(?:github|gitlab|bitbucket)\.[^\s<>|]*")),
    ("§address", re.compile(r"https?://[^\s<>|]*")),
    ("§emoji", re.compile(r":[a-z][a-z0-9_+'-]{1,60}:|[\u2600-\u27bf\U0001f300-\U0001faff]")),
    ("§person", re.compile(r"(?<!\w)@\w[\w.-]*")),
    ("§code", re.compile(r"`[^`\n]{1,200}`")),
    ("§frame", re.compile(r"\bat [\w$.<>]+\([\w.]*:?\d*\)|\bFile \"[^\"\n]{1,200}\", line \d+|[\w/.-]+\.\w{1,4}:\d+")),
    ("§error", re.compile(r"\b\w*(?:Error|Exception|ERROR|FATAL|Traceback|SIGSEGV|OOMKilled)\b|\bE[A-Z]{4,}\b")),
    ("§ticket", re.compile(r"\b[A-Z][A-Z0-9]{1,9}-\d{1,6}\b")),
    ("§number", re.compile(r"(?<!\w)[#!]\d{1,7}\b")),
    ("§path", re.compile(r"(?<![\w/])[\w.@-]*/[\w.@/*{}:-]+|\b[\w-]+\.(?:py|ts|tsx|js|jsx|go|rb|rs|java|kt|swift|c|cc|cpp|h|cs|php|sql|css|scss|html|vue|md|rst|txt|json|ya?ml|toml|ini|env|sh|tf|lock|xml|csv|svg|proto|gradle)\b")),
    ("§call", re.compile(r"\b[A-Za-z_][\w.]*\(\w*\)")),
    ("§name", re.compile(r"\b[a-z]+(?:[A-Z][a-z0-9]+)+\b|\b[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+\b|\b\w+_\w+\b|(?<!\w)--?[a-z][a-z-]{2,}")),
    ("§version", re.compile(r"\bv?\d+\.\d+(?:\.\d+)?\b")),
)
_WORD: Final = re.compile(r"§\w+|[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|[?!…]")
_WIDE: Final = re.compile("[\u0e00-\u0eff\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\uf9ff]")


def read_intent(text: str, place: Place = Place.START) -> Intent:
    """Say what `text` is, as people read it, without the mention that addresses the bot."""
    likely = _likelihoods(text, place)
    task = likely[0]
    if task >= ENOUGH[place]:
        return Intent(Kind.TASK, task, task)
    best = max(range(1, len(KINDS)), key=likely.__getitem__)
    return Intent(KINDS[best], likely[best], task)


def _likelihoods(text: str, place: Place) -> list[float]:
    weights = _weights()
    sums = list(weights[""])
    for feature in set(features(text, place)):
        found = weights.get(feature)
        if found is not None:
            sums = [have + more for have, more in zip(sums, found, strict=True)]
    most = max(sums)
    powers = [math.exp(each - most) for each in sums]
    whole = sum(powers)
    return [power / whole for power in powers]


@lru_cache(1)
def _weights() -> dict[str, tuple[float, ...]]:
    """The weights of the model by feature; those of the empty one are each text's."""
    lines = resources.files(__package__).joinpath("intent.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return {feature: tuple(int(each) / 100 for each in numbers) for feature, *numbers in rows}


def features(text: str, place: Place) -> Iterator[str]:
    """What `text` consists of, each a feature that has weights."""
    text = text[:LONGEST]
    signs = []
    for sign, pattern in _SIGNS:
        text, times = pattern.subn(f" {sign} ", text)
        if times:
            signs.append(sign)
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    yield from _of_words(words, signs, place)
    for word in set(words):
        if word[0].isalpha():
            yield from _of_letters(word)


def _of_words(words: list[str], signs: list[str], place: Place) -> Iterator[str]:
    plain = [word for word in words if word not in "?!…"]
    size = len(plain)
    yield f"size {size if size < 6 else 6 + min(size.bit_length(), 7)}"
    yield f"{place} {'sign' if signs else 'plain'}"
    for sign in signs:
        yield sign
    for word in set(words):
        yield word
        if place is Place.REPLY:
            yield f"re {word}"
    for pair in set(zip(words, words[1:], strict=False)):
        yield " ".join(pair)
    for count in (1, 2, 3):
        yield f"^ {' '.join(words[:count])}"
    if place is Place.REPLY:
        yield f"re ^ {' '.join(words[:1])}"
    yield f"$ {' '.join(words[-1:])}"
    yield f"$ {' '.join(words[-2:])}"


def _of_letters(word: str) -> Iterator[str]:
    if _WIDE.search(word):
        for size in (1, 2, 3, 4):
            for at in range(len(word) - size + 1):
                yield f"~{word[at : at + size]}"
        yield f"~^{word[:2]}"
        yield f"~{word[-3:]}$"
        return
    framed = f"^{word}$"
    for size in (3, 4, 5):
        for at in range(len(framed) - size + 1):
            yield f"~{framed[at : at + size]}"


class Mention(StrEnum):
    """Where a message mentions the bot."""

    NONE = "none"
    ADDRESSED = "addressed"  # at the beginning, at the end, or alone: it is spoken to
    ABOUT = "about"  # elsewhere: it is spoken about
    OTHERS = "others"  # in a message that begins with somebody else's name


# What stands before the name of who is spoken to. A person's name may too, but then that person is.
_GREETING: Final = re.compile(
    r"(?:(?:hi|hey|hello|hallo|hola|salut|bonjour|ciao|moin|hej|ol[aá]|oi|yo|ok|okay|so|and|please|pls|bitte|dear"
    r"|good (?:morning|afternoon|evening)|guten (?:morgen|tag)|there|again|again,|now|well|right|also|cc|fyi)[\s,.:;!-]*)*",
    re.IGNORECASE,
)
_SOMEBODY: Final = re.compile(r"<@(?P<user>[UW][A-Z0-9]+)[^<>]*>")
_AROUND: Final = " \t\n,.:;!?-–—*_~`\"'()"


def mention_in(text: str, bot_user: str) -> Mention:
    """Say where `text`, still escaped, mentions the bot, whose id is `bot_user`."""
    places = [match.span() for match in _SOMEBODY.finditer(text) if match["user"] == bot_user]
    if not places:
        return Mention.NONE
    before, after = text[: places[0][0]].strip(_AROUND), text[places[-1][1] :].strip(_AROUND)
    if _GREETING.fullmatch(before):
        return Mention.ADDRESSED
    if begins_with_person(text, bot_user):
        return Mention.OTHERS
    return Mention.ABOUT if after else Mention.ADDRESSED


def begins_with_person(text: str, bot_user: str) -> bool:
    """Whether `text`, still escaped, begins with the name of somebody else than the bot."""
    bare = text.lstrip(_AROUND)
    somebody = _SOMEBODY.match(bare)
    if somebody is not None:
        return somebody["user"] != bot_user
    return re.match(r"@\w", bare) is not None
