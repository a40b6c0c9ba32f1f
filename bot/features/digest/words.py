"""The words behind `digest`: what is wanted, or what of it cannot be read.

The words behind `add` come in any order. A text is a command when it has at most one word that is none of them: that
one was meant for a time zone. Whoever types more has a task for Devin.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import time
from enum import StrEnum
from typing import Final

from bot.domain.commands.picked import picked_channel
from bot.domain.questions import CSV_WORD
from bot.domain.zones import is_offset, nearest_zones, zone_named
from bot.features.digest.editions import Edition, Share

_CHANNEL_ID: Final = re.compile(r"#(?P<id>[CGD][A-Z0-9]{2,})")
_TIME: Final = re.compile(
    r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)|(?P<of_half>1[0-2]|0?[1-9])(?::(?P<past>[0-5]\d))?(?P<half>am|pm)"
)
_JOINING: Final = frozenset({"at", "in", "to", "for", "on", "every", "each"})  # say nothing of their own
_EDITIONS: Final = {
    **{edition.value: edition for edition in Edition},
    "day": Edition.DAILY,
    **dict.fromkeys(("week", "monday", "mondays"), Edition.WEEKLY),
}
_ADDING: Final = frozenset({"change", "set"})  # a new digest of a kind replaces the one in its channel
_NUMBER: Final = re.compile(r"#?(?P<number>\d{1,3})")


class DigestAction(StrEnum):
    """What somebody wants to do about digests."""

    SHOW_FORMS = ""
    LIST = "list"
    ADD = "add"
    REMOVE = "remove"
    NOW = "now"


@dataclass(frozen=True, slots=True)
class DigestRequest:
    """What is wanted. Of a subscription to add, what is None was left out."""

    action: DigestAction
    number: int = 0
    edition: Edition = Edition.DAILY
    channel: str | None = None
    at: time | None = None
    zone: str | None = None
    share: Share = Share.ALL
    with_file: bool = False


class MistakeKind(StrEnum):
    """What is wrong with a word behind `digest`."""

    TWICE = "twice"
    CHANNEL = "channel"
    TIME = "time"
    OFFSET = "offset"
    ZONE = "zone"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class DigestMistake:
    """A word that cannot be used, as it was `typed`, and what may have been meant."""

    kind: MistakeKind
    typed: str = ""
    near: tuple[str, ...] = field(default=())


def read_digest(typed: str) -> str | None:
    """Return the words behind `digest` with one space between them, or None if they are no form of the command."""
    words = typed.split()
    if words and picked_channel(words[0]):  # `digest #web` means to add one there
        words = [DigestAction.ADD, *words]
    action, rest = (words[0].lower(), words[1:]) if words else ("", [])
    action = DigestAction.ADD if action in _ADDING and any(map(picked_channel, rest)) else action
    fits = {
        DigestAction.SHOW_FORMS: not rest,
        DigestAction.LIST: not rest,
        DigestAction.NOW: not rest,
        DigestAction.REMOVE: len(rest) <= 1,
        # No task names a channel here. What is wrong behind one is answered.
        DigestAction.ADD: any(map(picked_channel, rest)) or sum(not _is_known(word) for word in rest) <= 1,
    }
    return " ".join([action, *rest]).strip() if action in fits and fits[DigestAction(action)] else None


def parse_digest(argument: str) -> DigestRequest | DigestMistake:
    """Read what `read_digest` returned."""
    action, _, rest = argument.partition(" ")
    request = DigestRequest(DigestAction(action))
    if request.action is DigestAction.REMOVE:
        number = _NUMBER.fullmatch(rest)
        return replace(request, number=int(number["number"])) if number else DigestMistake(MistakeKind.NUMBER, rest)
    return _subscription(request, rest.split())


def _subscription(request: DigestRequest, words: Sequence[str]) -> DigestRequest | DigestMistake:
    given: dict[str, str] = {}
    for name, word in _sorted_out(words):
        value = _value(name, word)
        if isinstance(value, DigestMistake):
            return value
        same = name == "edition" and value == request.edition  # as in `weekly on mondays`
        if name in given and not same:
            return DigestMistake(MistakeKind.TWICE, f"{given[name]} {word}")
        given[name] = word
        request = replace(request, **{name: value})  # type: ignore[arg-type]  # names are DigestRequest's own
    return request


def _sorted_out(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each word with the name of the field that it is meant for."""
    for word in words:
        lowered = word.lower()
        if lowered in _JOINING:
            continue
        if lowered in _EDITIONS:
            yield "edition", word
        elif lowered in set(Share):
            yield "share", word
        elif lowered == CSV_WORD:
            yield "with_file", word
        elif word.startswith("#"):
            yield "channel", word
        elif word[0].isdecimal():
            yield "at", word
        else:
            yield "zone", word


def _value(name: str, word: str) -> Edition | Share | str | time | bool | DigestMistake:
    if name == "with_file":
        return True
    if name == "edition":
        return _EDITIONS[word.lower()]
    if name == "share":
        return Share(word.lower())
    if name == "channel":
        named = _CHANNEL_ID.fullmatch(word)
        return named["id"] if named else DigestMistake(MistakeKind.CHANNEL, word)
    if name == "at":
        return _time_of_day(word) or DigestMistake(MistakeKind.TIME, word)
    if is_offset(word):
        return DigestMistake(MistakeKind.OFFSET, word)
    return zone_named(word) or DigestMistake(MistakeKind.ZONE, word, nearest_zones(word))


def _time_of_day(word: str) -> time | None:
    clock = _TIME.fullmatch(word.lower())
    if clock is None:
        return None
    if clock["half"] is None:
        return time(int(clock["hour"]), int(clock["minute"]))
    return time(int(clock["of_half"]) % 12 + (12 if clock["half"] == "pm" else 0), int(clock["past"] or 0))


def _is_known(word: str) -> bool:
    """Whether a word can only be meant for a subscription."""
    meant_for = next((name for name, _ in _sorted_out([word])), "")
    return meant_for != "zone" or "/" in word or is_offset(word) or zone_named(word) is not None
