"""Reads commands from what people type, by the ways that the registry declares.

Commands are read from a text `as_typed` (`bot.domain.text`), in which a channel or person that was picked is one word,
its id. A command is read only when the whole text fits one of its ways, so "stop the flaky test from failing" is a
task and stops nothing. A text that nearly fits is in doubt, and so is each short one with the word of a command for
admins, because such a slip would be paid for. The task of a start is read from `plain` text.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import lru_cache, partial
from typing import Final

from bot.domain.billing import Period
from bot.domain.commands.arguments import AROUND_LISTS, address_of_session, parse_which
from bot.domain.commands.devin_words import asked_review
from bot.domain.commands.intent import ENOUGH, Kind, Place, Topic, read_intent, topic_of
from bot.domain.commands.option_words import ACU, option_words, without
from bot.domain.commands.options import parse_request
from bot.domain.commands.picked import is_picked, picked_channel, picked_person
from bot.domain.commands.quotation_marks import DOUBLE, SINGLE
from bot.domain.commands.registry import ADOPT, COST, GIVE, HELP, LAUNCH, LIST, START, STATUS, STOP, STOP_ALL
from bot.domain.commands.said import command_about, command_said
from bot.domain.commands.spec import CommandSpec, Role, Source, Surface, Way
from bot.domain.commands.timed_tasks import TimedTask, read_timed
from bot.domain.list_pages import Which


@dataclass(frozen=True, slots=True)
class Command:
    """A command that somebody typed, and its argument in its standard form; `key` is that of the request, if known."""

    spec: CommandSpec
    argument: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class UnknownVerb:
    """A message that begins with `!` and a word but is no command; `nearest` is what to type instead, if anything.

    Where `nearest` equals `word`, the verb exists but has to be the whole message, or to be followed by one of `words`.
    """

    word: str
    nearest: str | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """A text whose first `word` is a command, nearly one or means one, although the text is none.

    `meant` is what to type instead: behind `/devin`, or in a thread where `spec` has no way behind `/devin`. `shown`
    is the same as people read it, if that is known: with the names of channels and people, not their ids. `family` are
    the commands that begin with the first word of `meant`. What is `bare` is hardly more than the word, and surely no
    task; what is `other` has nothing behind it that the command takes, so that it may well be one. What is `guessed`
    resembles no command that there is, and shows too little evidence of work: it asks something of this `kind` about a
    `topic`, if that is known, or `instead` is what the command whose word it begins with says of it. What is `timed` is
    to run later.
    """

    text: str
    word: str
    spec: CommandSpec
    meant: str
    shown: str = ""
    argument: str = field(default="", compare=False)  # the one in `meant`, in its standard form
    family: tuple[CommandSpec, ...] = field(default=(), compare=False)
    bare: bool = field(default=False, compare=False)
    other: bool = field(default=False, compare=False)
    guessed: bool = False
    kind: Kind = field(default=Kind.NONE, compare=False)
    topic: Topic | None = field(default=None, compare=False)
    instead: str = ""
    timed: TimedTask | None = None

    @property
    def seconds(self) -> tuple[str, ...]:
        """The second words of the commands in the family, each by the one that people should learn."""
        phrases = [spec.ways[0].phrase.split() for spec in self.family]
        return tuple(dict.fromkeys(phrase[1] for phrase in phrases if len(phrase) > 1 and phrase[1] not in FILLERS))

    @property
    def only(self) -> Command | None:
        """The command that is given without a question: the only one of its family, by its word, or one that asks."""
        is_word = self.bare and " " not in self.text
        word, _, second = self.meant.partition(" ")
        is_plural = second == "list" and self.text.lower() == f"{word}s"  # `budgets`
        is_clear = self.spec is STOP_ALL or is_plural or (is_word and len(self.family) == len(self.seconds) == 1)
        return Command(self.spec, self.argument) if is_clear else None


_Declared = tuple[CommandSpec, Way]
_BANG: Final = "!"
_BANGED: Final = re.compile(rf"{_BANG}(?P<word>[A-Za-z]+)(?P<tail>.*)", re.DOTALL)
MOST_WORDS_IN_DOUBT: Final = 5
# A longer text is in doubt only if all words behind the command are such as people put around the name of a session or
# a period. A text with any other word reads like a task.
MOST_FITTING_WORDS: Final = 12
FREE_WORDS: Final = 2
MOST_WORDS_OF_ADMINS: Final = 6  # that ask, whatever they are, behind the word of a command for admins
_AROUND_SESSIONS: Final = (
    "a all any both every everything everybody it its me mine my of on one ones our please pls that the them these "
    "this those thanks thx number no session sessions thread threads task now again already immediately asap currently "
    "open running active current other others and for in here devin bot you"
)
_AROUND_PERIODS: Final = (
    "since until from today tonight yesterday last previous this latest recent day days daily week weekly month "
    "monthly year - \N{EN DASH} "
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)
FILLERS: Final = frozenset(f"{_AROUND_SESSIONS} {_AROUND_PERIODS}".split())
# What stands behind them is another period than by itself. The week of figures is the last one anyway.
_MAKES_ANOTHER: Final = frozenset(["since", "until", "before", "after", "to", "previous", "last"])
_WITHOUT_MEANING: Final = "a all for me my of our please the this"
_EMPTY: Final = frozenset(_WITHOUT_MEANING.split())  # a question asks the same without them
LONGEST_IN_DOUBT: Final = 500  # characters; a button carries the text
FIRST_WORDS: Final = 1_000  # that are remembered
SURELY: Final = 0.97  # likelihood of a task that outweighs the word of a command, in a text of so many words
FEWEST_OF_WORK: Final = 4
_ABOUT_NUMBER: Final = re.compile(r"[^\W\d]+ \d+")  # as in `rename 2`, which does not say two of what
LITTLE: Final = 0.04  # likelihood of a task that is enough beside options
HARDLY: Final = 0.15  # likelihood of a task below which the word of a command and one more are none
_ABOUT: Final = {Kind.COST: COST, Kind.STATE: LIST, Kind.WHO: LIST}  # the command that answers a question
# What makes a question about costs one about everybody's, and by what it wants them divided.
_OF_ALL: Final = re.compile(
    r"\b(?:we|us|our|ours|team|org\w*|company|everyone|everybody|people|who|channels?|workspace|wir|uns|unser\w*|nous|notre"
    r"|hemos|nuestr\w+)\b",
    re.IGNORECASE,
)
# What a reply in a session's thread orders of the bot, and never of Devin.
_OF_BOT: Final = frozenset({Topic.REOPEN, Topic.REMINDERS, Topic.LATER, Topic.DONE, Topic.LIMIT})
_OF_SESSION: Final = re.compile(r"\b(?:it|session|task|thread|here)\b", re.IGNORECASE)
_OF_SESSIONS: Final = re.compile(r"\bsessions\b", re.IGNORECASE)
_WHO_USED: Final = re.compile(r"\bwho(?: has| have)? (?:used|spent|spends|uses|consumed|costs?)\b", re.IGNORECASE)
_DIVIDES: Final = re.compile(r"\b(?:who|which (?P<by>person|channel|team|repo|session|playbook)s?)\b", re.IGNORECASE)
MINE: Final = "@me"  # stands for the id of who asks
_OF_ME: Final = re.compile(r"\b(?:my|me|mine)\b", re.IGNORECASE)
_BUDGET: Final = re.compile(
    r"\A(?:please )?(?:set|raise|change|limit|increase|lower|make|put)\b.{0,30}\bbudget\b\D{0,30}"
    r"(?P<acus>\d{1,7})(?: ?acus?)?(?:(?: (?:a|per|each|every) |/)(?P<span>day|week|month|cycle))?",
    re.IGNORECASE,
)
NEAR: Final = 0.75  # of difflib's ratio: one letter of four may be another, or two may have changed places
_ASKED_POLITELY: Final = re.compile(
    r"(?:please )?(?:(?:can|could|would|will) (?:you|i)|i(?:'d| would)? (?:want|like|need) (?:you )?to)(?: please)? ",
    re.IGNORECASE,
)
_AROUND: Final = ",;:.!?&"
# What people write before the thing that they mean, and the word behind `note` and the like for it.
_ASKED_FIRST: Final[Mapping[str, str]] = {"create": "add", "new": "add", "remove": "delete", "show": "list"}
# The same behind it: `role give` means `role add`. As first words they begin tasks, such as `give me the notes`.
_MEANT_SECOND: Final[Mapping[str, str]] = {
    **dict.fromkeys(("assign", "give", "grant"), "add"),
    **dict.fromkeys(("revoke", "take"), "remove"),
    **dict.fromkeys(("everything", "everyone", "everybody", "every"), "all"),
}
_OF_THEM: Final = frozenset({"them", "these", "those"})
_SHOWING: Final = frozenset({"list", "show"})
_ADD: Final = "add"  # no task begins with a thing and this word, so what stands behind it is for the way
_CLOSING: Final = " .!"  # spaces and punctuation at the end, which are no part of a command
_THIS_CHANNEL: Final = re.compile(r"\bthis channel\b", re.IGNORECASE)
_TYPED_NAME: Final = re.compile(r"[@#][\w.-]+")  # of a person or channel that was not picked
_JOINT: Final = re.compile("[-/]")  # between words that belong together
_JOINED: Final = re.compile(r"[a-zA-Z]+(?:[-/][a-zA-Z]+)+(?!\S)")
_MARKED: Final = f"`*_~{DOUBLE}{SINGLE}"
_POLITE: Final = re.compile(r"\A(?:please|pls)\s+(?=\S+\s*\Z)", re.IGNORECASE)  # as in `please stop`
_AT_ONCE: Final = re.compile(
    r"(?<=\w)(?:,? (?:please|pls|plz|(?:right )?now|immediately|asap))+[\s.!]*\Z", re.IGNORECASE
)
_SLASH_FIRST: Final = re.compile(r"\A/devin\s+", re.IGNORECASE)  # people type it where it is no command, too


class Parser:
    """Reads the ways that `commands` declare. It prepares them once, because it reads every message."""

    def __init__(self, commands: Sequence[CommandSpec]) -> None:
        slash = _ways(commands, Surface.SLASH)
        # By the first word, because an ack waits for the search. Longer phrases first: of `note` and `note add` the
        # longer one is meant.
        self._slash: dict[str, list[_Declared]] = {}
        for declared in sorted(slash, key=lambda entry: -len(entry[1].phrase)):
            self._slash.setdefault(declared[1].phrase.split()[0], []).append(declared)
        # By the first word too: of several commands that begin with it the first one is meant.
        self._doubtable: dict[str, CommandSpec] = {}
        self._families: dict[str, list[CommandSpec]] = {}  # all that begin with it
        for spec, way in slash:
            if spec is not START:
                self._doubtable.setdefault(way.phrase.split()[0], spec)
                self._families.setdefault(way.phrase.split()[0], []).append(spec)
        self._of_admins = frozenset(
            word
            for word, family in self._families.items()
            if any((spec.role is Role.ADMIN and not spec.of_place) or spec.asks_of_money for spec in family)
        )
        self._of_two_words = {way.phrase: spec for spec, way in slash if len(way.phrase.split()) == 2}
        self._letters_of_admins = frozenset(map(_letters, self._of_admins))
        # Commands of one word that people type as two.
        self._split = {tuple(spec.split.split()): spec for spec in commands if spec.split}
        self._synonyms = _synonyms(commands, self._doubtable)
        self._of_sessions = {word: spec for spec in commands for word in spec.meant_by if word in self._doubtable}
        # An ack waits for this search, and most tasks begin with one of a few words.
        self._near = lru_cache(FIRST_WORDS)(partial(_nearest_of, tuple(self._doubtable)))
        written = _ways(commands, Surface.THREAD)
        self._addressed = [declared for declared in _ways(commands, Surface.MENTION) if declared not in written]
        self._alone = {way.phrase: spec for spec, way in _ways(commands, Surface.ALONE)}
        self._words = [(spec, way) for spec, way in written if not way.phrase.startswith(_BANG)]
        self._verbs = {way.phrase: (spec, way) for spec, way in written if way.phrase.startswith(_BANG)}
        # The first way of a command is the one that people should learn.
        self._meant = {word: way.phrase for spec, way in reversed(written) for word in spec.meant_by}

    def slash(self, text: str) -> Command:
        """Read `text`, which was typed behind `/devin`: a text that fits no other command is a prompt for START.

        Nothing at all opens the form.
        """
        text = text.strip()
        if not text:
            return Command(LAUNCH)
        for typed in (text, text.rstrip(_CLOSING + "?") or text):  # `status?` means `status`
            for spec, way in self._slash.get(typed.split(maxsplit=1)[0].rstrip(_CLOSING).lower(), ()):
                if spec is not START and (argument := _behind_slash(way, typed)) is not None:
                    return Command(spec, argument)
        return Command(START, parse_task(text))

    def doubt_as_read(self, typed: str, readable: str) -> Doubt | None:
        """Say which command `typed` resembles, as `doubt` does; `readable` is the same text as people read it.

        The command that was meant keeps what was typed, and a task gets the names.
        """
        found = self.doubt(typed) if len(readable) <= LONGEST_IN_DOUBT else None
        if found is None:
            return None
        seen = self.doubt(readable if _THIS_CHANNEL.search(typed) else _THIS_CHANNEL.sub("#here", readable))
        shown = seen.meant if seen is not None and seen.spec is found.spec else ""
        if len(shown.split()) < len(found.meant.split()):  # names alone are not read by each command
            shown = _with_names(found.meant, typed, readable)
        return replace(found, text=readable.strip(), shown=shown)

    def start_in_doubt(self, typed: str, readable: str) -> Doubt | None:
        """Say why a text should start no session unasked: it resembles a command, or shows no evidence of work.

        The command that is offered for such a text is the one that its question is about.
        """
        found, text = self._timed(readable) or self.doubt_as_read(typed, readable), readable.strip()
        if found is not None and found.timed is None:
            # "usage page shows NaN": the command takes nothing of it, and it is surely work.
            is_bare = found.meant in self._doubtable and " " not in found.word and len(text.split()) >= FEWEST_OF_WORK
            return None if is_bare and read_intent(text).task >= SURELY else found
        if found is not None or len(readable) > LONGEST_IN_DOUBT:
            return found
        if session := address_of_session(text):
            return Doubt(text, text, ADOPT, f"{ADOPT.name} {text}", argument=session, guessed=True)
        if (address := asked_review(text)) and (review := self._doubtable.get("review")):
            return Doubt(text, text, review, f"review {address}", argument=address, guessed=True)
        return self._without_work(text, typed, Place.START)

    def by_title(self, text: str) -> Doubt | None:
        """Say which command is meant if a session is called as `text` goes on, as in "stop the footer"; else a task."""
        word, _, behind = text.strip().partition(" ")
        spec = self._doubtable.get(word.lower()) or self._synonyms.get(word.lower())
        is_short = 0 < len(behind.split()) <= MOST_WORDS_IN_DOUBT
        return Doubt(text, word, spec, word) if spec in {STATUS, STOP} and is_short else None

    def reply_starts_in_doubt(self, typed: str, readable: str) -> Doubt | None:
        """Say the same of a mention in a thread without a session, in which few words say what is to be done."""
        found = self._timed(readable) or self.doubt_as_read(typed, readable)
        return found or (
            self._without_work(readable.strip(), typed, Place.REPLY) if len(readable) <= LONGEST_IN_DOUBT else None
        )

    def _timed(self, readable: str) -> Doubt | None:
        """Say that a task is to run later or again, which a start does not: that is for a schedule."""
        text, schedule = readable.strip(), self._of_two_words.get("schedule add")
        timed = read_timed(parse_task(text)) if schedule is not None and len(text) <= LONGEST_IN_DOUBT else None
        if schedule is None or timed is None or self._said(text.rstrip(_CLOSING)) is not None:
            return None  # a report that is sent every Monday is a digest
        task = parse_task(text)
        return Doubt(task, task, schedule, "schedule add", guessed=True, timed=timed)

    def _without_work(self, text: str, typed: str, place: Place) -> Doubt | None:
        task = parse_task(text)
        request = parse_request(task)
        if not request.prompt.strip():
            return None  # which says so itself
        # "how many ACUs are left" has words of an option, but none that was surely meant as one.
        unsure = request.prompt == text and all(option.reason is None for option in request.mistyped)
        words = text if unsure else request.task.strip() or request.prompt
        intent = read_intent(words, place)
        # Who types `start` or options beside several words means a task, unless they speak clearly against it.
        is_meant = words != text and " " in words
        enough = SURELY if _ABOUT_NUMBER.fullmatch(words) else ENOUGH[place]
        if intent.task >= (LITTLE if is_meant else enough):
            return None
        # A limit within a sentence makes work look like a question about costs: "fix it, spend no more than 5 ACUs".
        limits = [(word.start, word.end) for word in option_words(words) if word.key == ACU]
        if limits and read_intent(without(words, limits), place).task >= SURELY:
            return None
        first = words.split(maxsplit=1)[0].lower()
        begun = self._doubtable.get(first)
        if begun is not None and begun.of_place and first not in self._of_sessions:  # `resume 2`
            return Doubt(text, text, LIST, LIST.name, guessed=True, instead=begun.instead)
        kind = Kind.COST if _WHO_USED.search(text) or _BUDGET.search(text) else intent.kind
        topic = topic_of(text, kind)
        wanted = "" if _BUDGET.search(text) or topic is Topic.LIMIT else command_about(text)
        spec = _ABOUT.get(kind, HELP)
        meant = wanted or (self._about_money(typed) if spec is COST else spec.name)
        command, shown = self.slash(meant), _with_names(meant, typed, text)
        topic = None if wanted and kind is Kind.COST else topic
        return Doubt(text, text, command.spec, meant, shown, command.argument, guessed=True, kind=kind, topic=topic)

    def _about_money(self, typed: str) -> str:
        """The command that a question about costs is for: of a team's, with what is read of the period, or one's own.

        Who wants to set a budget is offered one for the whole organization, unless they name another or their own.
        """
        words = [_as_compared(word) for word in typed.split()]
        named = next((word for word in words if is_picked(word)), "")
        budget = _BUDGET.search(typed)
        if budget is not None and "budget set" in self._of_two_words:
            owner = named or (MINE if _OF_ME.search(budget[0]) else "org")
            return f"budget set {owner} {budget['acus']} a {budget['span'] or 'cycle'}"
        usage = self._doubtable.get("usage")
        divided = _DIVIDES.search(typed)
        if usage is None or not (named or divided or _OF_ALL.search(typed) or words[:1] == ["usage"]):
            return COST.name
        if divided is not None:
            words += ["by", divided["by"] or "person"]
        figures = self._repaired(usage, words)
        is_of_today = self.slash(figures).argument.startswith(Period.TODAY) and Period.TODAY not in words
        return self._repaired(usage, [Period.MONTH, *words]) if is_of_today else figures  # who names no period

    def doubt(self, text: str) -> Doubt | None:
        """Say which command `text` resembles, although it is none; None for what reads like a task.

        "stop the flaky test" is a task, "stop all sessions" is in doubt.
        """
        bare = _unmarked(text)
        found = (self._doubt(bare) or self._doubt_apart(bare)) if len(text) <= LONGEST_IN_DOUBT else None
        if found is None:
            return None
        argument, family = self.slash(found.meant).argument, self._families.get(found.meant.split()[0], ())
        first, *behind = [_as_compared(word) for word in bare.rstrip(_CLOSING + "?").split()]
        is_named = first.removeprefix(_BANG) in {*self._doubtable, *self._synonyms}
        undoes = topic_of(bare, found.kind) is Topic.UNDO
        fits = undoes or (len(behind) < FREE_WORDS and all(_fits_around(word, found.spec) for word in behind))
        is_bare = is_named and fits and read_intent(bare).task < HARDLY
        takes_none = found.meant == found.spec.ways[0].phrase and len(behind) >= FREE_WORDS
        is_other = takes_none and is_named and not self._is_around(behind[0], found.spec)
        topic = Topic.UNDO if is_bare and undoes else None
        found = replace(found, text=text.strip(), argument=argument, family=tuple(dict.fromkeys(family)))
        return replace(found, bare=is_bare, other=is_other, topic=topic)

    def _doubt_apart(self, text: str) -> Doubt | None:
        """The command that a text resembles whose first word joins several, such as `usage-by-person`."""
        joined = _JOINED.match(text)
        if joined is None:
            return None
        found = self._doubt(_JOINT.sub(" ", joined[0]) + text[joined.end() :])
        return found and replace(found, word=joined[0])

    def _doubt(self, text: str) -> Doubt | None:
        words = text.rstrip(_CLOSING + "?").split()
        if not words:
            return None
        word, behind = words[0].lower().removeprefix(_BANG), [_as_compared(other) for other in words[1:]]
        parts = (text, word, words, behind)
        if (said := self._said(text.rstrip(_CLOSING + "?"))) is not None:
            return said
        readings = (self._meant_by_two_words, self._the_other_way, self._resembling, self._with_word_of_admins)
        return next((found for read in readings if (found := read(*parts)) is not None), None)

    def _said(self, text: str) -> Doubt | None:
        """The command of which a whole sentence says what it does, such as "limit everybody to 10 ACUs a week"."""
        meant, kind = command_said(text) or ("", Kind.NONE)
        if not meant and (asked_for := _ASKED_POLITELY.match(text)) is not None:
            meant = text[asked_for.end() :]
            meant = meant if self.slash(meant).spec.source is Source.LISTED else ""
        spec = self.slash(meant).spec if meant else START
        if spec in {START, LAUNCH}:
            return None  # the command does not take it as it is written
        return Doubt(text, text, spec, meant, guessed=kind is not Kind.NONE, kind=kind)

    def _resembling(self, text: str, word: str, words: list[str], behind: list[str]) -> Doubt | None:
        """The command whose word, nearly its word or one that means it a text begins with, if the others fit it."""
        if len(words) > MOST_FITTING_WORDS:
            return None
        near, typed, is_synonym = self._near(word) or "", words[0], word in self._synonyms
        spec = self._synonyms[word] if is_synonym else self._doubtable.get(near)
        if spec is not None and spec.of_place and behind and not any(other.startswith("#") for other in behind):
            place = get_close_matches(" ".join(behind), spec.ways[0].argument.words, n=1, cutoff=NEAR)
            return Doubt(text, text, spec, f"{near} {place[0]}") if place else self._of_session(text, spec, behind)
        if spec is None:
            return None
        one_of_many = word.removesuffix("s") in self._doubtable
        # Another word, unless what is behind it fits.
        if spec.ordinary and word not in self._doubtable and not one_of_many:
            fits = self._whole(spec, behind) is not None
            return Doubt(text, words[0], spec, self._repaired(spec, behind)) if fits else None
        free = not is_synonym and len(words) <= FREE_WORDS
        fits = spec.of_place or all(_fits_around(other, spec) or other in _SHOWING for other in behind)
        # Of the words that mean one there are ordinary ones, such as `raise`.
        if not free and not fits and (is_synonym or self._other(spec, behind) is None):
            return None
        return self._of_family(text, typed, spec, behind)

    def _of_session(self, text: str, of_place: CommandSpec, behind: list[str]) -> Doubt | None:
        """The command about a session that is meant by the word of one about a place, such as `pause 2`."""
        spec = self._of_sessions.get(_first_word(of_place))
        if spec is None or not all(_fits_around(other, spec) for other in behind):
            return None
        if any(other.startswith("@") for other in behind):  # whose sessions are in the list of all
            return Doubt(text, text, LIST, f"{LIST.name} {Which.ALL}", instead=of_place.instead)
        whole = " ".join([_first_word(spec), *behind])
        read = self.slash(whole).spec
        found = self._of_family(text, text, spec, behind) if read is START else Doubt(text, text, read, whole)
        return replace(found, instead=of_place.instead)

    def _with_word_of_admins(self, text: str, word: str, words: list[str], behind: list[str]) -> Doubt | None:
        """The command for admins whose word a short text begins with, whatever follows, such as `report by author`.

        A text that has the word elsewhere is in doubt only if all others fit, as in `last week usage`. Before an amount
        the first one may be a name, as in `ann budget 10`.
        """
        if len(words) > MOST_WORDS_OF_ADMINS:
            return None
        compared = [word, *behind]
        for at, typed in enumerate(compared):
            spec, others = self._of_word_of_admins(typed), compared[:at] + compared[at + 1 :]
            if spec is not None and at == 0:
                return self._of_family(text, words[0], spec, others)
            unnamed = others[1:] if at == 1 and any(map(str.isdecimal, behind)) else others
            if spec is not None and all(self._is_around(other, spec) for other in unnamed):
                return self._of_family(text, text, spec, others)
        return None

    def _is_around(self, word: str, spec: CommandSpec) -> bool:
        """Whether people put `word` around the command `spec` or one like it, ask with it, or a family has it."""
        first = _first_word(spec)
        is_second = f"{first} {word}" in self._of_two_words
        is_near = any(_is_put_around(word, other) for other in self._families.get(first, ()))
        return is_second or is_near or word in _SHOWING or _fits_around(word, spec)

    def _of_word_of_admins(self, typed: str) -> CommandSpec | None:
        """The command for admins that begins with the word `typed`, in singular or plural or with letters swapped."""
        # An ack waits for this with each word, and hardly any has the letters of a command.
        near = self._near(typed) if _letters(typed) in self._letters_of_admins else None
        swapped = near if near is not None and _letters(near) == _letters(typed) else None
        forms = (typed, f"{typed}s", typed.removesuffix("s"), swapped)
        return next((self._doubtable[form] for form in forms if form in self._of_admins), None)

    def _of_family(self, text: str, word: str, spec: CommandSpec, behind: list[str]) -> Doubt:
        """The doubt about a text with the word of `spec`, for this command or the other one that takes what follows."""
        if (other := self._other(spec, behind)) is not None:
            return Doubt(text, word, self.slash(other).spec, other)
        usage = self._doubtable.get("usage") if spec is COST else None
        if usage is not None and (
            (figures := self._repaired(usage, behind)) != usage.name or any(map(_is_place, behind))
        ):
            return Doubt(text, word, usage, figures)
        return Doubt(text, word, spec, self._repaired(spec, behind))

    def _other(self, spec: CommandSpec, behind: list[str]) -> str | None:
        """The way of another command with the word of `spec` that takes several words, such as `budget set org 10`.

        One word may be for many commands, and nobody should delete what they want to see. A word such as `delete` is
        for none of the others.
        """
        if len(behind) <= 1 or behind[0] in AROUND_LISTS:
            return None
        family = sorted(self._families.get(_first_word(spec), ()), key=lambda other: other is not spec)
        return next((whole for other in family if (whole := self._whole(other, behind)) is not None), None)

    def _meant_by_two_words(self, text: str, word: str, words: list[str], behind: list[str]) -> Doubt | None:
        """The command whose two words a text begins with, or nearly: such as `note edit the readme`."""
        if (mistyped := self._mistyped(text, word, words)) is not None or not behind:
            return mistyped
        for split, marked in self._split.items():
            *typed, tail = [*text.split(maxsplit=len(split)), ""][: len(split) + 1]
            if marked.marker in text and tuple(part.lower() for part in typed) == split:
                return Doubt(text, words[0], marked, f"{marked.ways[0].phrase} {tail}")
        behind = behind[1:] if behind[1:] and behind[0] in _OF_THEM else behind  # `stop them all`
        second = _MEANT_SECOND.get(behind[0], behind[0])
        if f"{word} {second}" not in self._of_two_words:
            second = _ASKED_FIRST.get(second, second)  # `schedule remove`
        spec = self._of_two_words.get(f"{word} {second}")
        if spec is None:
            return self._mistyped_second(text, word, words)
        if second in FILLERS and not all(_fits_around(other, spec) for other in behind[1:]):
            return None  # a task such as `stop all flaky tests from failing`
        if len(words) > MOST_WORDS_IN_DOUBT and second != _ADD:
            return None
        return Doubt(text, words[0], spec, self._repaired(spec, behind[1:]))

    def _the_other_way(self, text: str, word: str, words: list[str], behind: list[str]) -> Doubt | None:
        """The command whose words stand the other way round, such as `list notes`, `delete note 2` or `show usage`."""
        thing = next((other for other in behind if other not in FILLERS), None)
        if thing is None or len(words) > MOST_WORDS_IN_DOUBT:
            return None
        meant = self._synonyms.get(thing)
        if meant is not None and len(words) == FREE_WORDS and _is_put_around(word, meant):
            return Doubt(text, words[1], meant, self._repaired(meant, []))  # such as `mute alarms`
        named = self._doubtable.get(thing)
        if named is not None and len(words) == FREE_WORDS and word in named.ways[0].argument.words:
            return Doubt(text, text, named, f"{named.ways[0].phrase} {word}")  # such as `channel settings`
        spec = self._of_thing(word, thing) or self._of_thing(word, thing.removesuffix("s"))
        others = [other for other in behind if other != thing]
        if spec is None or not all(_fits_around(other, spec) for other in others):
            return None
        of_two_words = " " in spec.ways[0].phrase  # what is put around a period may belong to a question
        kept = [other for other in others if not of_two_words or other not in FILLERS]
        return Doubt(text, words[0], spec, self._repaired(spec, kept))

    def _of_thing(self, word: str, thing: str) -> CommandSpec | None:
        """The command that does with a `thing` what `word` says."""
        verbs = (word, _ASKED_FIRST.get(word, word))
        named = next(
            (self._of_two_words[f"{thing} {verb}"] for verb in verbs if f"{thing} {verb}" in self._of_two_words), None
        )
        return named or (self._doubtable.get(thing) if word in _SHOWING else None)

    def _mistyped_second(self, text: str, word: str, words: list[str]) -> Doubt | None:
        """The command of two words that a text is but for its second one, such as `note shwo 1`."""
        seconds = [phrase.removeprefix(f"{word} ") for phrase in self._of_two_words if phrase.startswith(f"{word} ")]
        for near in get_close_matches(words[1].lower(), seconds, n=1, cutoff=NEAR):
            meant = " ".join([word, near, *words[2:]])
            if (spec := self.slash(meant).spec) is self._of_two_words[f"{word} {near}"]:
                return Doubt(text, words[0], spec, meant)
        return None

    def _mistyped(self, text: str, word: str, words: list[str]) -> Doubt | None:
        """The command with more behind it that a text is but for its first `word`, such as `bugdet set org 10`."""
        near = None if word in self._doubtable else self._near(word)
        if near is None:
            return None
        meant = " ".join([near, *words[1:]])
        spec = self.slash(meant).spec
        is_marked = bool(spec.marker) and spec.marker in text
        is_distinct = " " in spec.ways[0].phrase or is_marked or spec.distinct
        return Doubt(text, words[0], spec, meant) if is_distinct else None

    def _repaired(self, spec: CommandSpec, behind: list[str]) -> str:
        """The way of `spec` that was meant, with what it takes of the words `behind` it, if that is clear."""
        ways = spec.ways_on(Surface.SLASH)
        if not ways:
            return spec.ways[0].phrase
        phrase = ways[0].phrase
        with_meaning = behind if " " in phrase else [word for word in behind if word not in _EMPTY]
        singular = [_singular(word, ways[0]) for word in with_meaning]
        for words in (behind, with_meaning, singular):
            if (whole := self._whole(spec, words)) is not None:
                return whole
        if len(singular) == 1 and (near := get_close_matches(singular[0], ways[0].argument.words, n=1, cutoff=NEAR)):
            return f"{phrase} {near[0]}"
        repaired = " ".join([phrase, *_taken(spec, singular)])
        return phrase if self.slash(repaired).spec is START else repaired

    def _whole(self, spec: CommandSpec, behind: list[str]) -> str | None:
        """The way of `spec` with all words `behind` it, if they fit and show that it is meant."""
        ways = spec.ways_on(Surface.SLASH)[:1]
        phrases = [way.phrase for way in ways if not (behind and way.argument.free)]
        whole = " ".join([*phrases, *behind])
        return whole if phrases and self.slash(whole).spec is spec else None

    def addressed(self, text: str) -> Command | None:
        """Read the command that `text`, written to the bot itself, consists of; None when it is no command."""
        text = text.strip().rstrip(_CLOSING + "?")
        for spec, way in self._addressed:
            if (argument := _as_it_is(way, text)) is not None:
                return Command(spec, argument)
        return None

    def verb(self, text: str) -> Command | UnknownVerb | None:
        """Read the command that the message `text` consists of; None when it is a message for Devin."""
        text = text.strip()
        for spec, way in self._words:
            if (argument := _as_it_is(way, text)) is not None:
                return Command(spec, argument)
        banged = _BANGED.fullmatch(text)
        return self._verb(banged["word"].lower(), banged["tail"]) if banged else None

    def alone(self, text: str) -> Command | None:
        """Read the command that a reply in a session's thread is, if it is a word such as `stop` and nothing else."""
        words = text.strip(_CLOSING + "?").lower().replace(",", "").split()
        spec = self._alone.get(" ".join(words))
        return Command(spec, spec.ways[0].argument.read("") or "") if spec is not None else None

    def asks_of_others(self, typed: str, readable: str) -> Doubt | None:
        """Say what a reply asks beside its own session: about all of them, or about what last month cost."""
        found, intent = self.doubt_as_read(typed, readable), read_intent(readable, Place.REPLY)
        if found is not None and found.spec.source is Source.LISTED and intent.task < HARDLY:
            named = self.slash(typed)  # `stop all my sessions` says whose
            return replace(found, argument=named.argument) if named.spec is found.spec else found
        if found is not None and intent.task < ENOUGH[Place.REPLY] and command_said(typed.rstrip(_CLOSING + "?")):
            return found
        usage, kind = self._doubtable.get("usage"), intent.kind
        if len(readable) > LONGEST_IN_DOUBT:
            return None
        is_order = topic_of(readable, kind) in _OF_BOT
        if is_order or (_ABOUT.get(kind) is LIST and _OF_SESSIONS.search(readable)):
            return self._without_work(readable.strip(), typed, Place.REPLY)
        if usage is None or kind is not Kind.COST or _OF_SESSION.search(readable):
            return None
        figures = self._repaired(usage, [_as_compared(word) for word in typed.split()])
        of_today = self.slash(figures).argument.startswith(Period.TODAY)  # also who names no period
        return None if of_today else self._without_work(readable.strip(), typed, Place.REPLY)

    def nearly_alone(self, text: str) -> Doubt | None:
        """Say which word such as `stop` a reply of one word is but for a slip, such as `stpo`; None for most others.

        Who wants to hand a session over in so many words means a command, too, and so does who leaves out the `!`.
        """
        said = self._said(text.strip(_CLOSING))
        if said is not None and said.spec is GIVE:
            return replace(said, text=text.strip(), meant=f"{_BANG}{GIVE.name} {said.meant.rpartition(' ')[2]}")
        word = text.strip(_CLOSING + "?").lower()
        spec, way = self._verbs.get(f"{_BANG}{word}", (None, None))
        if spec is not None and way is not None and (not spec.is_typed or spec is GIVE) and not spec.of_session:
            return Doubt(text.strip(), word, spec, way.phrase)
        near = _nearest_of(tuple(self._alone), word)
        if near is None or " " in word or word in {*self._alone, *self._doubtable, *self._synonyms}:
            return None
        if len(word) == len(near) and _letters(word) != _letters(near):
            return None  # another word, such as `step`
        return Doubt(text.strip(), word, self._alone[near], self._alone[near].ways[0].phrase)

    def _verb(self, word: str, tail: str) -> Command | UnknownVerb:
        typed = f"{_BANG}{word}"
        if typed not in self._verbs:
            return UnknownVerb(typed, self._nearest(word))
        spec, way = self._verbs[typed]
        argument = way.argument.read(tail.strip() if way.argument.verbatim else tail.strip(_CLOSING))
        # "!stop the server" may be meant for Devin, so the bot neither stops nor forwards anything but asks.
        return UnknownVerb(typed, typed, way.argument.words) if argument is None else Command(spec, argument)

    def _nearest(self, word: str) -> str | None:
        if word in self._meant:
            return self._meant[word]
        near = get_close_matches(word, [phrase.removeprefix(_BANG) for phrase in self._verbs], n=1, cutoff=0.6)
        return f"{_BANG}{near[0]}" if near else None


def _unmarked(text: str) -> str:
    """`text` without `/devin` before it, `now` behind it, and marks of quotation or code around it or its first word.

    At its end such marks may belong to a value, so they are left out only where it begins with one.
    """
    text = _AT_ONCE.sub("", _POLITE.sub("", text.strip()))
    bare = _SLASH_FIRST.sub("", text.strip(_MARKED + _CLOSING) if text[:1] in _MARKED else text, count=1)
    first, blank, others = bare.partition(" ")
    return first.strip(_MARKED) + blank + others


def _with_names(meant: str, typed: str, readable: str) -> str:
    """`meant` with the names of the channels and people that were picked, as `readable` has them, for their ids."""
    ids = [word for word in map(_as_compared, typed.split()) if is_picked(word)]
    names = [word.strip(_AROUND) for word in _THIS_CHANNEL.sub("#here", readable).split() if _TYPED_NAME.match(word)]
    for picked, name in zip(ids, names, strict=False):
        meant = meant.replace(picked, name)
    return meant if ids else ""


def _letters(word: str) -> str:
    return "".join(sorted(word))


def _first_word(spec: CommandSpec) -> str:
    return spec.ways[0].phrase.split()[0]


def _ways(commands: Sequence[CommandSpec], *surfaces: Surface) -> list[_Declared]:
    return [(spec, way) for spec in commands for way in spec.ways_on(*surfaces)]


def _synonyms(commands: Sequence[CommandSpec], known: Mapping[str, CommandSpec]) -> dict[str, CommandSpec]:
    """The words beside those `known` behind `/devin` that are commands in a thread, or are meant for one."""
    written = {
        way.phrase.removeprefix(_BANG).lower(): spec
        for spec, way in _ways(commands, Surface.THREAD)
        if not way.argument.verbatim  # any words may stand behind it, so that none of them tells a command
    }
    meant = {word: spec for spec in commands for word in spec.meant_by}
    return {word: spec for word, spec in (meant | written).items() if word not in known}


def _nearest_of(phrases: Sequence[str], word: str) -> str | None:
    """The one of `phrases` that is nearly `word`."""
    return next(iter(get_close_matches(word, phrases, n=1, cutoff=NEAR)), None)


def _as_compared(word: str) -> str:
    """`word` in lower case and without what stands around it. In an address and in an id of Slack's capitals count."""
    bare = word.strip(_AROUND)
    return bare if "://" in bare or picked_channel(bare) or picked_person(bare) else bare.lower()


def _takes(spec: CommandSpec, word: str) -> bool:
    """Whether `word`, or several words, fit behind the command `spec`, as a number, an id, a choice or a period."""
    arguments = [way.argument for way in spec.ways_on(Surface.SLASH)]
    return any(argument.read(word) is not None for argument in arguments if not argument.free)


def _singular(word: str, way: Way) -> str:
    """The division that is meant by `word`, a plural that people put behind `way`, such as `teams`."""
    single = word.removesuffix("s")
    return single if {word, single} & way.argument.around else word


def _taken(spec: CommandSpec, words: Sequence[str]) -> list[str]:
    """Those of `words` that fit behind `spec`. Words that fit together, such as `last month`, stay together."""
    taken: list[str] = []
    at = 0
    while at < len(words):
        ends = range(len(words), at, -1)
        end = next((end for end in ends if _takes(spec, " ".join(words[at:end]))), None)
        if at > 0 and words[at - 1] in _MAKES_ANOTHER and words[at] != Period.WEEK:
            end = None
        taken += words[at:end] if end else []
        at = end or at + 1
    return taken


def _is_put_around(word: str, spec: CommandSpec) -> bool:
    return any(word in way.argument.around for way in spec.ways)


def _is_place(word: str) -> bool:
    """Whether `word` is a channel, or a name that somebody typed in place of picking it."""
    return picked_channel(word) is not None or _TYPED_NAME.fullmatch(word) is not None


def _fits_around(word: str, spec: CommandSpec) -> bool:
    """Whether `word` is one that people put behind the command `spec` and not into a task."""
    if word in FILLERS or word.isdecimal() or parse_which(word) is not None or _takes(spec, word):
        return True
    if _is_place(word) or picked_person(word):
        return True
    ways = spec.ways_on(Surface.SLASH)
    return any(word in way.argument.around or word in way.phrase.split()[1:] for way in ways)


def _behind_slash(way: Way, text: str) -> str | None:
    phrase = way.phrase.split()
    typed = (text if way.argument.verbatim else text.rstrip(_CLOSING)).split(maxsplit=len(phrase))
    if [word.lower() for word in typed[: len(phrase)]] != phrase:
        return None
    return way.argument.read("".join(typed[len(phrase) :]).strip())


def _as_it_is(way: Way, text: str) -> str | None:
    head, tail = text[: len(way.phrase)], text[len(way.phrase) :]
    if (head if way.exact else head.lower()) != way.phrase:
        return None
    glued = head[-1:].isalnum() and tail[:1].isalnum()  # a longer word that begins with the phrase
    return None if glued else way.argument.read(tail.strip())


def parse_task(text: str) -> str:
    """The task that a `text` behind `/devin` asks for, which is no other command: all of it but the word `start`."""
    behind = _behind_slash(START.ways[0], text.strip())
    return text.strip() if behind is None else behind
