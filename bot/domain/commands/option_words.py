"""Finds the words of a text that are options, such as `repo=acme/web` or "max 5 ACUs"; in code and markup are none.

How sure a form is decides what becomes of it. `acu=5` is an option wherever it is written. `limit=5` may as well be a
part of the work, so it is asked about, and only where it is no part of a sentence: at the end of a line, at its
beginning, or between commas.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from itertools import chain, groupby, islice, permutations
from typing import Final

from bot.domain.commands import option_patterns as patterns
from bot.domain.commands.quotation_marks import DOUBLE

REPO, PLAYBOOK, MODE, ACU, TAGS, TITLE = "repo", "playbook", "mode", "acu", "tags", "title"
MODES: Final = ("normal", "fast", "lite", "ultra", "fusion", "swe-2-medium", "swe-2-high", "swe-2-max")
# The names of each option behind which a sign, such as that of equality, makes a value.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    REPO: ("repo", "repos", "repository", "repositories", "r"),
    PLAYBOOK: ("playbook", "playbooks", "pb"),
    MODE: ("mode", "devin_mode", "devin-mode"),
    ACU: ("acu", "acus"),
    TAGS: ("tags", "tag"),
    TITLE: ("title",),
}
# What is no name of an option, and may be meant for one.
_LIMITS: Final = ("limit", "max", "maximum", "budget", "cap", "credits", "cost", "costs", "spend", "maxcost")
_TIMES: Final = ("timeout", "time", "maxtime", "max_time", "timelimit", "time_limit", "duration")
_ALIKE: Final[Mapping[str, tuple[str, ...]]] = {ACU: (*_LIMITS, *_TIMES), MODE: ("model", "modus")}


class Sure(IntEnum):
    """How sure it is that a form means its option."""

    TEXT = 0  # it is a part of the work
    IF_KNOWN = 1  # it means one if its value exists: acme/web may be a repository or a path
    IF_NEAR = 2  # the same, and it is asked about where such a value nearly exists
    MAYBE = 3  # it is asked about
    YES = 4


@dataclass(frozen=True, slots=True)
class OptionWord:
    """A form of an option: from `start` to `end` of the text, with the unit behind a number.

    `key` is the option that is meant, and `sure` how sure that is. What is `apart` is no part of a sentence, and is
    taken out of the task. `follows` is the word behind an option that has no value, and ends at `follows_end`.
    """

    start: int
    end: int
    word: str
    key: str
    value: str
    sure: Sure = Sure.YES
    apart: bool = True
    follows: str = ""
    follows_end: int = 0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a form is: whether anything of its clause, and of its line, is in front of it or behind it."""

    opens: bool
    closes: bool
    begins: bool
    ends: bool
    before: str
    behind: str

    @property
    def alone(self) -> bool:
        return self.opens and self.closes

    @property
    def at_edge(self) -> bool:
        return self.alone or self.begins or self.ends

    @property
    def is_subject(self) -> bool:
        """Whether the work is about the form, as in "the limit=5 parameter" or "“max 5 ACUs” is shown"."""
        if self.before[-1:] and self.before[-1] in DOUBLE and not self.begins:
            return True
        return not self.closes and bool(
            patterns.DETERMINER.search(self.before) or patterns.SUBJECT_BEHIND.match(self.behind)
        )


@dataclass(frozen=True, slots=True)
class _Form:
    """A form as it was found: from where to where, with its value, and how sure it is at its place."""

    start: int
    end: int
    key: str
    value: str
    judge: Callable[[_Place], Sure]
    named: bool = True  # and so apart, wherever it is


def option_words(text: str) -> Iterator[OptionWord]:
    """Find the options in `text`, and the words that may be meant for one, in their order."""
    read = patterns.NOT_READ.sub(lambda code: code["kept"] or "\0" * len(code[0]), text.translate(patterns.WIDE))
    found = (islice(find(read), patterns.MOST_FORMS) for hint, find in _FORMS if hint.search(read))
    forms = sorted(chain.from_iterable(found), key=lambda form: form.start)
    starts, last, begun = {form.start for form in forms}, 0, True
    for form in forms:
        if form.start < last:
            continue
        place = _place(read, form, last, begun, starts)
        last, begun, sure = form.end, place.begins, form.judge(place)
        if sure is not Sure.TEXT:
            follows = None if form.value else patterns.FOLLOWS.match(read, form.end)
            behind = (follows["value"], follows.end()) if follows else ("", 0)
            apart = form.named or (place.alone and sure >= Sure.MAYBE)
            yield OptionWord(
                *(form.start, form.end, text[form.start : form.end], form.key, form.value, sure, apart, *behind)
            )


def _place(read: str, form: _Form, last: int, begun: bool, starts: set[int]) -> _Place:
    """Where `form` is in its line. The form before it, which ends at `last`, is no part of a sentence."""
    before = read[max(last, form.start - patterns.NEAR_EDGE) : form.start]
    is_cut = form.start - last > patterns.NEAR_EDGE
    line = before.rpartition("\n")[2].strip(patterns.AROUND)
    begins = not line and ("\n" in before or (begun and not is_cut))
    opens = begins or not before.strip() or before.rstrip(patterns.BLANKS)[-1:] in patterns.OPENERS
    rest = patterns.POLITE.match(read, form.end).end()  # type: ignore[union-attr]  # it matches nothing, too
    closes = rest in starts or read[rest : rest + 1] in patterns.CLOSERS or read[rest : rest + 2] in patterns.DASHES
    rest = patterns.LINE_END.match(read, rest).end()  # type: ignore[union-attr]  # so does this
    ends = closes and (rest in starts or read[rest : rest + 1] in {"", "\n"})
    return _Place(opens, closes, begins, ends, before, read[form.end : form.end + patterns.NEAR_EDGE])


def _signed(pattern: re.Pattern[str], read: str) -> Iterator[_Form]:
    """The names with a sign, or with hyphens in front of them, and a value behind that."""
    at = 0
    while match := pattern.search(read, at):
        at = match.end("name")
        meant = _meant(match["name"], flag=match["flag"] in {"-", "--"}, sign=match["sign"])
        if meant is None:
            continue
        value = patterns.VALUE.match(read, match.end())
        if meant[0] == TAGS and match["sign"].strip() == ":" and match["sign"][-1] in patterns.BLANKS:
            value = patterns.LIST.match(read, match.end()) or value
        assert value is not None  # it matches nothing, too
        at = max(value.end(), at)
        words = value[0].rstrip(",;" if meant[0] == TITLE else ",.;:!?")  # which belong to the sentence around it
        end = value.start() + len(words) if words else match.start("sign") + len(match["sign"].rstrip(patterns.BLANKS))
        judge = partial(_judge_signed, match, meant, words)
        yield _Form(match.start(), end, meant[0], words, judge)


class _Name(IntEnum):
    """How a name is written that means an option."""

    EXACT = 0
    OTHER = 1  # another name of the option
    MISTYPED = 2
    DOUBTED = 3  # a word that is no name of the option, such as `limit`


def _meant(written: str, *, flag: bool, sign: str) -> tuple[str, _Name] | None:
    """The option that a name means as it is `written`; None for a name that has nothing to do with options."""
    name = written.lower()
    if written.isupper() and name not in NAMES[ACU] and sign.strip() != ":" and not flag and len(name) > 1:
        return None  # a variable, such as MODE=fast
    meant = _MEANT.get(name)
    if meant is None and ("_" in name or "-" in name):
        parts = set(re.split("[_-]", name))
        if any(_MEANT.get(part, ("",))[0] == ACU and part not in _ALIKE[ACU] for part in parts):
            meant = ACU, _Name.OTHER if parts <= {*NAMES[ACU], *_LIMITS} else _Name.MISTYPED
        elif parts <= {*_LIMITS}:
            meant = ACU, _Name.DOUBTED  # such as max_cost
    if meant is None and _TWO_LETTERS_MORE.fullmatch(name):
        meant = ACU, _Name.MISTYPED
    if meant is None or (len(name) == 1 and not flag):
        return None
    is_bare = not sign.strip() and not (flag and meant[0] == ACU)
    return None if is_bare and meant[1] is _Name.MISTYPED else meant


def _judge_signed(match: re.Match[str], meant: tuple[str, _Name], value: str, place: _Place) -> Sure:
    key, name = meant
    flag, tight = match["flag"] in {"-", "--"}, match["sign"] in {"=", "=="}
    if (
        place.is_subject
        and not flag
        and (name is not _Name.EXACT or key != ACU or patterns.DETERMINER.search(place.before))
    ):
        return Sure.TEXT
    is_certain = (tight or flag) and name in {_Name.EXACT, _Name.OTHER}
    if key == ACU:
        return _judge_acus(match, name, value, place, is_certain)
    if name in {_Name.MISTYPED, _Name.DOUBTED}:
        if key == MODE and value[:1].isdigit():
            return Sure.TEXT  # such as node=18
        sure = bool(value) and (tight or flag) and (place.at_edge or key in {REPO, PLAYBOOK})
        return Sure.MAYBE if sure else Sure.TEXT
    if (
        is_certain
        and (name is _Name.EXACT or key != TAGS or place.at_edge)
        and (tight or place.at_edge or "/" in value)
    ):
        return Sure.YES
    if tight:
        return Sure.MAYBE  # tag=urgent within a sentence
    quoted, word = value[:1] and value[0] in patterns.QUOTES, value.rstrip(",.;:!?").lower()
    fits = {
        REPO: "/" in value or place.ends,
        PLAYBOOK: bool(value),
        MODE: word in MODES or bool(re.search("[0-9-]", word)),
        TAGS: bool(value),
        TITLE: bool(quoted),
    }
    return Sure.YES if fits[key] and (place.at_edge or (key == REPO and "/" in value)) else Sure.TEXT


def _judge_acus(match: re.Match[str], name: _Name, value: str, place: _Place, is_certain: bool) -> Sure:
    """How sure it is that a limit is meant, with a value that is no plain number or a name that is not quite right."""
    if is_certain and match["sign"].strip():
        return Sure.YES
    is_number = patterns.STARTS_WITH_NUMBER.match(value) is not None
    if name is _Name.MISTYPED:
        swapped = sorted(match["name"].lower()) in (sorted(ACU), sorted("acus")) or "acu" in match["name"].lower()
        doubled = "".join(letter for letter, _ in groupby(match["name"].lower())) in NAMES[ACU]
        return Sure.MAYBE if is_number and (swapped or doubled or place.at_edge) else Sure.TEXT
    if name is _Name.DOUBTED:
        plain = match["name"].lower() not in _TIMES and (is_number or value[:1] in {"$", "€"})
        timed = match["name"].lower() in _TIMES and patterns.TIME.fullmatch(value.rstrip(",.;")) is not None
        is_fact = not place.alone and patterns.TELLING.search(place.before)
        return Sure.MAYBE if (plain or timed) and place.at_edge and not is_fact else Sure.TEXT
    return Sure.MAYBE if place.ends or place.alone else Sure.TEXT


def _named_acus(match: re.Match[str]) -> _Form:
    """A number of ACUs behind their name, such as `acu=5`, `acu 5`, `--max-acu 5` or "ACU limit: five"."""

    def judge(place: _Place) -> Sure:
        is_plain = match["sign"].strip(patterns.QUOTES) in {"=", "==", "= "}
        if match["name"].lower() not in NAMES[ACU]:
            return Sure.MAYBE if is_plain or match["flag"] or place.at_edge else Sure.TEXT
        if match["odd"]:
            return Sure.MAYBE if place.at_edge else Sure.TEXT
        if match["flag"] or place.at_edge:
            return Sure.YES
        if place.is_subject or patterns.TELLING.search(place.before):
            return Sure.TEXT
        return Sure.YES if is_plain else Sure.MAYBE

    return _Form(match.start(), match.end(), ACU, match["value"], judge)


def _lead(read: str, start: int) -> int:
    """Where the small words begin that lead to a form at `start`, such as "with a"."""
    begins = max(0, start - patterns.NEAR_EDGE)
    lead = patterns.LEADING.search(read[begins:start])
    return begins + lead.start() if lead else start


def _around(read: str, start: int, end: int) -> tuple[int, int, str]:
    """Where a number with its unit begins and ends with the words that make it a limit, and the first of these."""
    begins = max(0, start - patterns.NEAR_EDGE)
    limiting, limited = patterns.LIMITING.search(read[begins:start]), patterns.LIMITED.match(read, end)
    first = _lead(read, begins + limiting.start()) if limiting else start
    word = limiting or limited
    return first, limited.end() if limited else end, word["word"].lower() if word else ""


def _limits(read: str) -> Iterator[_Form]:
    """The numbers of ACUs, such as "max 5 ACUs", "5 ACUs at most" or "(5 ACUs)"."""
    for unit in patterns.ACUS.finditer(read):
        begins = max(0, unit.start() - patterns.LONGEST_NUMBER)
        before = read[begins : unit.start()]
        number = (
            patterns.NUMBER_OF_THEM.search(before) if before.rstrip(patterns.BLANKS + "-个個")[-1:].isalnum() else None
        )
        if number is not None:
            most = Sure.YES if unit["unit"].lower() == ACU else Sure.MAYBE
            yield _limit(read, begins + number.start(), unit.end(), number["value"], most)


def _limit(read: str, at: int, unit_end: int, value: str, most: Sure) -> _Form:
    start, end, limiting = _around(read, at, unit_end)
    granting = None if limiting else patterns.GRANTING.search(read[max(0, start - patterns.NEAR_EDGE) : start])
    if granting:
        start -= granting.end() - granting.start()

    def judge(place: _Place) -> Sure:
        if place.is_subject or (not place.alone and patterns.SHOWING.search(place.before)):
            return Sure.TEXT
        if limiting or place.alone:
            return most
        if granting:
            return most if place.opens else Sure.MAYBE if place.ends else Sure.TEXT
        return Sure.TEXT if patterns.TELLING.search(place.before) else Sure.MAYBE

    return _Form(start, end, ACU, value, judge, named=False)


def _unitless(match: re.Match[str]) -> _Form:
    """A limit of what is not said, such as `limit=5` or "cap it at 5"."""

    def judge(place: _Place) -> Sure:
        if place.is_subject and not match["flag"]:
            return Sure.TEXT
        tight = match["sign"].strip() in {"=", ":"} or match["flag"] or match["unit"]
        at_end = match["name"].lower() not in {"max", "maximum", "cap"} and "to" not in match["sign"]
        if not place.alone and patterns.TELLING.search(place.before):
            return Sure.TEXT
        return Sure.MAYBE if place.alone or (place.ends and at_end) or (tight and place.at_edge) else Sure.TEXT

    return _Form(match.start(), match.end(), ACU, match["value"], judge)


def _money(read: str, match: re.Match[str]) -> _Form:
    """An amount of money, which is no limit of Devin's, such as "max $5"."""
    start, end, limiting = _around(read, match.start(), match.end())

    def judge(place: _Place) -> Sure:
        at_end = place.ends and (limiting in _LIMITS or (not limiting and not patterns.TELLING.search(place.before)))
        return Sure.MAYBE if place.alone or at_end else Sure.TEXT

    return _Form(start, end, ACU, match["value"], judge)


def _time(read: str, match: re.Match[str]) -> _Form:
    """A time, which is no limit of Devin's, such as "max 30 minutes"."""
    start, end, limiting = _around(read, match.start(), match.end())

    def judge(place: _Place) -> Sure:
        limits = place.alone if limiting else match["name"] and place.at_edge
        return Sure.MAYBE if limits else Sure.TEXT

    return _Form(start, end, ACU, match["value"], judge)


def _mode(read: str, match: re.Match[str]) -> _Form:
    """A mode with the word or with what makes it one, such as "mode fast", "in ultra mode" or "use ultra"."""
    start, value = _lead(read, match.start()), match["behind"] or match["value"]
    lead = read[start : match.start()].lower().split()
    rare = value.lower() not in {"normal", "fast", "lite"}  # no word that people describe other things with

    def judge(place: _Place) -> Sure:
        if not (match["behind"] or match["noun"]):
            return Sure.YES if place.alone and {"use", "using"} & {*lead} else Sure.TEXT
        if place.alone or (place.begins and "use" in lead):
            return Sure.YES
        if not place.ends or not (lead or match["behind"]):
            return Sure.TEXT
        if {"use", "using", "run"} & {*lead} or (rare and lead):
            return Sure.YES
        return Sure.TEXT if not lead and patterns.LOOKS.search(place.before) else Sure.MAYBE

    return _Form(start, match.end(), MODE, value, judge, named=False)


def _repository(match: re.Match[str]) -> _Form:
    """An owner and a name, with the word "repo" or without it."""
    named = bool(match["name"] or match["noun"])

    def judge(place: _Place) -> Sure:
        if named:
            return Sure.YES
        leads = place.begins or patterns.IN_REPO.fullmatch(place.before) is not None
        return Sure.IF_NEAR if leads or place.behind[:1] == ":" else Sure.IF_KNOWN

    return _Form(match.start(), match.end(), REPO, match["value"].removesuffix(".git"), judge, False)


def _repository_named(match: re.Match[str]) -> _Form:
    """The name of a repository without its owner, such as "in the web repo"."""
    value = match["before"] or match["value"]
    return _Form(
        *(match.start(), match.end(), REPO, value),
        *(lambda place: Sure.IF_KNOWN if match["before"] or place.ends else Sure.TEXT, False),
    )


def _playbook(match: re.Match[str]) -> _Form:
    """A playbook by its macro, such as `!deploy`, or with the word, such as "use the deploy playbook"."""
    value = match["macro"] or match["named"] or match["value"] or match["first"]
    start = match.start()
    return _Form(
        start, match.end(), PLAYBOOK, value.strip(patterns.QUOTES), lambda _: Sure.IF_KNOWN, bool(match["macro"])
    )


def _one_edit(name: str) -> set[str]:
    """`name` with one letter more, less, or another one, or with two that changed places."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    parts = [(name[:at], name[at:]) for at in range(len(name) + 1)]
    less = {left + right[1:] for left, right in parts if right}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in parts if len(right) > 1}
    other = {left + letter + right[1:] for left, right in parts if right for letter in letters}
    return {*less, *swapped, *other, *(left + letter + right for left, right in parts for letter in letters)}


_MEANT: Final[Mapping[str, tuple[str, _Name]]] = {
    **{
        written: (key, _Name.MISTYPED)
        for key, names in (*NAMES.items(), (ACU, ("limit", "budget", *NAMES[ACU])))
        for name in names
        if len(name) > 2
        for written in _one_edit(name)
    },
    **{"".join(letters): (ACU, _Name.MISTYPED) for letters in permutations(ACU)},
    **{name: (key, _Name.DOUBTED) for key, names in _ALIKE.items() for name in names},
    **{name: (key, _Name.EXACT if name == key else _Name.OTHER) for key, names in NAMES.items() for name in names},
}


_TWO_LETTERS_MORE: Final = re.compile("(?=.{5}s?$)[a-z]{0,2}a[a-z]{0,2}c[a-z]{0,2}u[a-z]{0,3}")  # than `acu`: `accuu`
_HAS_ACUS: Final = re.compile("acu|auc|accu|cau", re.IGNORECASE)
# All forms, each with what is looked for first: an ack waits for this, and most texts have hardly any of it. Of two
# forms that begin at one place the first one counts.
_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[str], Iterator[_Form]]], ...]] = (
    (_HAS_ACUS, lambda read: map(_named_acus, patterns.ACU_NAMED.finditer(read))),
    (_HAS_ACUS, _limits),
    (
        re.compile("[$€£]|usd|eur|dollar|bucks", re.IGNORECASE),
        lambda read: (_money(read, match) for match in patterns.MONEY.finditer(read)),
    ),
    (
        re.compile("hour|stund|min|[0-9] ?[hm]", re.IGNORECASE),
        lambda read: (_time(read, match) for match in patterns.TIME.finditer(read)),
    ),
    (re.compile("[=:<≤]|->"), partial(_signed, patterns.SIGNED)),
    (re.compile("-"), partial(_signed, patterns.FLAG)),
    (
        re.compile("limit|max|budget|cap|credits|keep|spend|use ", re.IGNORECASE),
        lambda read: map(_unitless, patterns.UNITLESS.finditer(read)),
    ),
    (
        re.compile("mod|use|using", re.IGNORECASE),
        lambda read: (_mode(read, match) for match in patterns.MODE.finditer(read)),
    ),
    (re.compile("/"), lambda read: map(_repository, patterns.OWNED.finditer(read))),
    (re.compile("repo", re.IGNORECASE), lambda read: map(_repository_named, patterns.REPO_NAMED.finditer(read))),
    (re.compile("playbook|!", re.IGNORECASE), lambda read: map(_playbook, patterns.PLAYBOOK.finditer(read))),
)


def without(text: str, spans: list[tuple[int, int]]) -> str:
    """`text` without the `spans` from start to end, with one space between words and none at line ends."""
    if not spans:
        return text.strip()
    kept: list[str] = []  # characters, because strings would be copied for each span
    at = 0
    for start, end in [*spans, (len(text), len(text))]:
        _add(kept, text[at:start])
        at = end
    return "".join(kept).rstrip().removesuffix(",").strip()


def without_option_words(text: str) -> str:
    """`text` without all words that are options or resemble them, as a title shows it."""
    words = [word for word in option_words(text) if word.apart and word.sure >= Sure.MAYBE]
    return without(text, [(word.start, word.end) for word in words])


def _add(kept: list[str], text: str) -> None:
    """Add the `text` behind a removed option to `kept`; brackets around nothing but options go too."""
    if kept[-1:] in (["("], ["["]) and (rest := text.lstrip(patterns.BLANKS + ",;")).startswith((")", "]")):
        kept.pop()
        text = rest[1:]
    if text[:1] in set(",;:.!?"):  # of the sentence around the option
        if kept and kept[-1] in patterns.BLANKS:
            kept.pop()
        text = text if kept and kept[-1] not in ",;:.!?(\n" else text[1:]
    blank, rest = text[:1].isspace(), text.lstrip(patterns.BLANKS)
    if text.startswith((")", "]")) or (blank and rest[:1] in {"", "\n"}):
        while kept and kept[-1] in patterns.BLANKS:
            kept.pop()
        text = rest
    elif blank and (not kept or kept[-1].isspace()):
        text = rest
    kept += text
