"""Understands what a text is: work for Devin, a question to the bot, or nothing that anybody could do.

A start is paid for, so it needs evidence of work. A small linear model weighs what a text consists of: its words, parts
of its words, and signs such as a path or a ticket. How it is trained, and how well it does: `docs/understanding.md`.
"""

import math
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Final

from bot.domain.text import LONGEST as LONGEST_READ


class Kind(StrEnum):
    """What a text is."""

    TASK = "task"  # work for Devin, or in a session's thread an instruction or answer for it
    COST = "cost"  # asks what something costs, or what is left
    STATE = "state"  # asks how far something is, or what runs
    WHO = "who"  # asks who started, owns or may do something
    BOT = "bot"  # is meant for the bot itself, such as a question about its use
    TALK = "talk"  # says something about the bot to other people
    NONE = "none"  # asks for nothing that can be done


class Topic(StrEnum):
    """What a question to the bot is about, where one sentence answers it."""

    PRICE = "price"
    REPOSITORIES = "repositories"  # whether Devin sees them
    PLACES = "places"  # where the bot works
    READERS = "readers"  # who reads what
    STOP = "stop"  # how a session is stopped
    ITSELF = "itself"  # what the bot is
    UNDO = "undo"  # how a change is taken back
    FORGET = "forget"  # how data about a person is deleted
    HEALTH = "health"  # how the bot is checked
    REOPEN = "reopen"  # how a session that rests goes on
    REMINDERS = "reminders"  # how somebody is mentioned less
    ACCESS = "access"  # how somebody is kept from starting sessions
    LATER = "later"  # how somebody is reminded of something at a time
    DONE = "done"  # how somebody hears of the end of a session
    LIMIT = "limit"  # how a session gets a limit


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
ENOUGH: Final = {Place.START: 0.45, Place.REPLY: 0.5}
FEW: Final = 6  # words that are counted one by one
MOST_AROUND_REFERENCE: Final = 3  # words, itself among them
LONGEST: Final = 2_000  # characters that are weighed
# Signs by which a text is surely about work, each a word of its own to the model.
_SUFFIXES: Final = (
    "py|tsx?|jsx?|go|rb|rs|java|kt|swift|c|cc|cpp|h|cs|php|sql|s?css|html|vue|md|rst|txt|json|ya?ml|toml|ini|env|sh|tf"
    "|lock|xml|csv|svg|proto|gradle"
)
_SIGNS: Final = tuple(
    (sign, re.compile(pattern))
    for sign, pattern in {
        "§fence": "```",
        "§request": r"https?://[^\s/<>|]{1,100}/[^\s<>|]{1,200}/(?:pull|pulls|merge_requests|pull-requests)/\d+[^\s<>|]*",
        "§issue": r"https?://[^\s<>|]{1,200}/(?:issues?|browse|ticket|boards?|projects?)/[^\s<>|]*",
        "§repository": r"https?://(?:www\.)?(?:github|gitlab|bitbucket)\.[^\s<>|]*",
        "§address": r"https?://[^\s<>|]*",
        "§emoji": r":[a-z][a-z0-9_+'-]{1,60}:|[\u2600-\u27bf\U0001f300-\U0001faff]",
        "§person": r"(?<!\w)@\w[\w.-]*",
        "§code": r"`[^`\n]{1,200}`",
        "§frame": r"\bat [\w$.<>]{1,200}\([\w.]{0,200}:?\d{0,9}\)|\bFile \"[^\"\n]{1,200}\", line \d+",
        "§error": r"\b\w{0,60}(?:Error|Exception|ERROR|FATAL|Traceback|SIGSEGV|OOMKilled)\b|\bE[A-Z]{4,}\b",
        "§ticket": r"\b[A-Z][A-Z0-9]{1,9}-\d{1,6}\b",
        "§number": r"(?<!\w)[#!]\d{1,7}\b",
        "§path": rf"(?<![\w/@])[\w.@-]{{0,60}}/[\w.@/*{{}}:-]+|\b[\w-]{{1,60}}\.(?:{_SUFFIXES})\b",
        "§call": r"\b[A-Za-z_]\w{0,60}\(\w*\)",
        "§name": r"\b[a-zA-Z][a-z0-9]{1,60}(?:[A-Z][a-z0-9]+)+\b|\b[a-z0-9]{1,60}_\w+\b|(?<!\w)--?[a-z][a-z-]{2,}",
        "§version": r"\bv?\d+\.\d+(?:\.\d+)?\b",
    }.items()
)
_ENDS: Final = frozenset("?!…")
_WORD: Final = re.compile(r"§\w+|[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d+|[?!…]")
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
    known = weights()
    sums = list(known[""])
    for feature in features(text, place):
        found = known.get(feature)
        if found is not None:
            sums = [have + more for have, more in zip(sums, found, strict=True)]
    most = max(sums)
    powers = [math.exp((each - most) / 100) for each in sums]
    whole = sum(powers)
    return [power / whole for power in powers]


@lru_cache(1)
def weights() -> "dict[str, array[int]]":
    """Return the model's weights by feature, in hundredths; those of the empty feature are every text's.

    The first call reads a file of a megabyte, so a process makes it before anybody waits.
    """
    lines = resources.files(__package__).joinpath("intent.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return {feature: array("h", map(int, numbers)) for feature, *numbers in rows}


def features(text: str, place: Place) -> set[str]:
    """What `text` consists of, each a feature that has weights."""
    signs, words = _signs_and_words(text)
    size = sum(word not in _ENDS for word in words)
    found = {f"size {size if size < FEW else FEW + size.bit_length()}", f"{place} {'sign' if signs else 'plain'}"}
    found.update(signs, words, map(" ".join, pairwise(words)))
    found.update(f"^ {' '.join(words[:count])}" for count in (1, 2, 3))
    found.update(f"$ {' '.join(words[-count:])}" for count in (1, 2))
    if place is Place.REPLY:
        found.update(f"re {word}" for word in [*words, "^ " + " ".join(words[:1])])
    for word in set(words):
        if word[0].isalpha():
            found.update(_of_letters(word))
    return found


def _signs_and_words(text: str) -> tuple[set[str], list[str]]:
    """The signs in `text`, and its words in their order; each sign is one of them."""
    text, signs = text[:LONGEST], set[str]()
    for sign, pattern in _SIGNS:
        text, times = pattern.subn(f" {sign} ", text)
        if times:
            signs.add(sign)
    return signs, [word.lower().replace("\u2019", "'") for word in _WORD.findall(text)]


def _of_letters(word: str) -> Iterator[str]:
    """The parts of a `word`. In scripts without spaces a word is a sentence, and its parts are words."""
    framed, sizes = (word, (1, 2, 3, 4)) if _WIDE.search(word) else (f"^{word}$", (3, 4, 5))
    for size in sizes:
        for at in range(len(framed) - size + 1):
            yield f"~{framed[at : at + size]}"
    if framed is word:
        yield from (f"~^{word[:2]}", f"~{word[-3:]}$")


# By the words that are about each topic, whatever stands around them. The first one counts.
_TOPICS: Final = {
    topic: re.compile(pattern, re.IGNORECASE)
    for topic, pattern in {
        Topic.UNDO: r"\A(?:\w+ )?(?:undo|revert|roll ?back)"
        r"(?: (?:that|it|this|(?:the |my )?(?:last )?(?:one|change|budget|role|digest)))?\W*\Z",
        Topic.FORGET: r"\A(?:please )?(?:forget|erase) (?:@\S+|me|my data)\W*\Z",
        Topic.HEALTH: r"\A(?:doctor|health(?:y|z)?(?:[- ]?check)?|readyz)\W*\Z",
        Topic.REOPEN: r"\A(?:please )?(?:re-?open|re-?activate|un-?archive)"
        r"(?: (?:the|this|my)(?: last)? (?:session|thread))?\W*\Z",
        Topic.REMINDERS: r"\b(?:remind|ping|mention|notify|nag) me (?:less|more)\b"
        r"|\b(?:stop|fewer|less|no more) (?:remind(?:ers|ing)|pinging me|mentioning me|nagging)\b",
        Topic.ACCESS: r"\A(?:please )?(?:block|ban|unblock|unban) (?:@\S+|[a-z]+)"
        r"(?: from (?:using |starting )?(?:devin|this|here|the bot|sessions))?\W*\Z",
        Topic.LATER: r"\A(?:\w+ ){0,2}remind (?:me|us|@\S+)\b(?! (?:less|more)\b)",
        Topic.LIMIT: r"\A(?:please )?(?:limit|cap|restrict|make|keep) (?:this|it|the)(?: one| session| task| thread)?"
        r" (?:to|at|under|below|at most|max(?:imum)?) \d{1,7} ?(?:acus?)?\W*\Z",
        Topic.DONE: r"\A(?:\w+ ){0,2}(?:tell|ping|notify|message|mention|update|let) (?:me|us)(?: know)?(?: here)?"
        r" (?:when|once|as soon as|if)\b",
        Topic.REPOSITORIES: r"\b(?:see|read|open|access|look|clone|pull|reach|know|use|have|touch)\w*\b.{0,40}"
        r"\b(?:repos?|repositor\w+|code|codebases?|source|github|gitlab|bitbucket)\b|\b(?:which|what) repos",
        Topic.STOP: r"\b(?:stop|cancel|abort|pause|kill|halt|interrupt|quit|end|terminate)(?:ping|ing|ling)?\b",
        Topic.READERS: r"\b(?:see|sees|seen|read|reads|watch|visible|visibility|private|privacy|public|confidential"
        r"|shared?|secure|safe|stored?|leak\w*|train\w*)\b(?!.{0,20}\b(?:channels?|dms?)\W*\Z)",
        Topic.PLACES: r"\b(?:channels?|dms?|direct messages?|threads?|workspaces?)\b|(?<!\w)#[a-z]",
        Topic.PRICE: r"\b(?:free|pric(?:e|es|ed|ing|ey)|pay|pays|paying|paid|charge[ds]?|charging|billed|billing|bills?"
        r"|subscriptions?|licen[cs]es?|dollars?|expensive|cheap|credits?|costs?)\b"
        r"|\bacus?\b.{0,15}\b(?:mean|stand|work)|\b(?:what|explain|define)\b.{0,25}\bacus?\b",
        Topic.ITSELF: r"\b(?:are|r|is) (?:you|u|this|it)\b"
        r"|\b(?:who|what)(?:'s|\u2019s| is| are| r)? (?:you|u|this|devin)\b"
        r"|\b(?:who|what) (?:made|built|runs|powers)\b|\btalking (?:to|with)\b|\bsame as\b",
    }.items()
}
# The others are orders, too.
_ONLY_ASKED: Final = frozenset({Topic.REPOSITORIES, Topic.STOP, Topic.READERS, Topic.PLACES, Topic.PRICE, Topic.ITSELF})
# What the rows of sessions answer, as in "is it still working in this channel?" and "what was used in this channel?".
_NOT_OF: Final = {Kind.STATE: frozenset({Topic.ITSELF, Topic.PLACES}), Kind.COST: frozenset({Topic.PLACES})}
# How a question begins or ends.
_ASKS: Final = re.compile(
    r"\A\W*(?:\w+,? )?(?:how|what|who|which|where|when|why|is|are|do|does|can|could|may|will|would|should)\b|\?\W*\Z",
    re.IGNORECASE,
)
# By which a question is about figures in our rows: "what did it cost?", "how do I see my costs?".
_OF_FIGURES: Final = {
    Topic.PRICE: re.compile(
        r"\b(?:did|have(?! to)|has|had|was|were|spent|used|left|remain\w*|so far|yesterday|last|my|our|most)\b",
        re.IGNORECASE,
    ),
    Topic.READERS: re.compile(
        r"\b(?:i|we)\b.{0,10}\b(?:see|read|watch)\b.{0,20}\b(?:costs?|spen[dt]\w*|us(?:ed|age)|acus?|bills?)\b",
        re.IGNORECASE,
    ),
}


def topic_of(text: str, kind: Kind) -> Topic | None:
    """Say what a question of this `kind` to the bot is about; None where no sentence alone answers it.

    What somebody has spent is in our rows.
    """
    text = text[:LONGEST]
    asks = kind is Kind.COST or _ASKS.search(text) is not None  # "explain ACUs" asks, too
    may_be = (topic for topic in _TOPICS if topic not in _ONLY_ASKED or (asks and topic not in _NOT_OF.get(kind, ())))
    found = next((topic for topic in may_be if _TOPICS[topic].search(text)), None)
    figures = _OF_FIGURES.get(found) if found is not None else None
    return None if figures is not None and figures.search(text) else found


class Mention(StrEnum):
    """Where a message mentions the bot."""

    NONE = "none"
    ADDRESSED = "addressed"  # at the beginning, at the end, or alone: it is spoken to
    ABOUT = "about"  # elsewhere: it is spoken about
    OTHERS = "others"  # in a message that begins with somebody else's name


# What stands before the name of who is spoken to. A person's name may too, but then that person is.
_GREETING: Final = re.compile(
    r"(?:(?:hi|hiya|hey|hello|hallo|hola|salut|bonjour|ciao|moin|hej|cześć|ol[aá]|oi|yo|ok|okay|so|and|please|pls|bitte"
    r"|dear|good (?:morning|afternoon|evening)|guten (?:morgen|tag)|there|again|now|well|right|also|cc)(?!\w)[\s\W]*)*",
    re.IGNORECASE,
)
_SOMEBODY: Final = re.compile(r"<@(?P<user>[UW][A-Z0-9]+)[^<>]{0,100}>")
_AROUND: Final = " \t\n,.:;!?-–—*_~`\"'()"  # noqa: RUF001  # dashes of print


def mention_in(text: str, bot_user: str) -> Mention:
    """Say where `text`, still escaped, mentions the bot, whose id is `bot_user`."""
    places = [match.span() for match in _SOMEBODY.finditer(text, 0, LONGEST_READ) if match["user"] == bot_user]
    if not places:
        return Mention.NONE
    if begins_with_person(text, bot_user):
        return Mention.OTHERS
    is_about = all(part_of_sentence(text[:start], text[end:]) for start, end in places)
    return Mention.ABOUT if is_about else Mention.ADDRESSED


def part_of_sentence(before: str, after: str) -> bool:
    """Whether a mention between these texts is a part of what is said, and addresses nobody."""
    return bool(after.strip(_AROUND)) and _GREETING.fullmatch(before.strip(_AROUND)) is None


def begins_with_person(text: str, bot_user: str) -> bool:
    """Whether `text`, still escaped, begins with the name of somebody else than the bot."""
    bare = text.lstrip(_AROUND)
    somebody = _SOMEBODY.match(bare)
    return somebody["user"] != bot_user if somebody is not None else re.match(r"@\w", bare) is not None


def is_bare_reference(text: str) -> bool:
    """Whether `text` says hardly more than the name of a ticket or the number of an issue, such as `fix WEB-123`."""
    signs, words = _signs_and_words(text)
    is_elsewhere = not signs.isdisjoint({"§request", "§issue", "§repository", "§address"})
    return names_work(text) and not is_elsewhere and len(words) <= MOST_AROUND_REFERENCE


def names_work(text: str) -> bool:
    """Whether `text` names a ticket, the number of an issue, or the address of a repository or tracker."""
    return not _signs_and_words(text)[0].isdisjoint({"§ticket", "§number", "§request", "§issue", "§repository"})
