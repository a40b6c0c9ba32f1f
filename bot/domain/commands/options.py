"""Reads the options of a task, such as `repo=acme/web`, which may stand anywhere in the text except in code."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Final

from bot.domain.commands.option_patterns import NUMBERS, QUOTES
from bot.domain.commands.option_words import (
    ACU,
    MODES,
    PLAYBOOK,
    REPO,
    OptionWord,
    Sure,
    option_words,
    without,
)
from bot.domain.session import Options


@dataclass(frozen=True, slots=True)
class Mistyped:
    """A word that resembles an option but is not a valid one, and so stayed in the prompt.

    `nearest` is the option that was probably meant, written as people type it. `reason` says what is wrong with the
    value; there is none where it is only in doubt whether an option is meant. `correction` is the option in its right
    form, where a sensible one is known; else `choices` are valid ones.
    """

    word: str
    nearest: str
    reason: str | None = None
    correction: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A task as it was read: the prompt without its options, the options, and the words that are no valid options.

    `task` is the prompt without those words. `offered` are valid options that may take their place, each time with the
    whole text as it is then: one for all of them, or several for the only one. `asks` are the options that Devin has to
    be asked about first, with what may be their values: it knows which repositories and playbooks there are.
    """

    prompt: str
    options: Options = field(default_factory=Options)
    mistyped: tuple[Mistyped, ...] = ()
    task: str = ""
    offered: tuple[tuple[str, str], ...] = ()
    without: frozenset[str] = frozenset()  # the options of which nothing is wanted, not even a default: `repo=none`
    asks: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)


Playbooks = Mapping[str, str]  # the title of each playbook, by all names that people may give it, in lower case

TWICE: Final = "appears twice; the first one is used"
NO_VALUE: Final = "has nothing after the `=`; write it without a space, such as {example}"
OPEN_QUOTE: Final = "has an opening quote without a closing one"
NONE: Final = "none"  # the value with which an option is not even a default
MAY_BE_NONE: Final = frozenset({"repo", "playbook", "mode", "acu", "tags"})
MOST_TAGS: Final = 40
TOO_MANY_TAGS: Final = f"takes {MOST_TAGS} tags at most"
OUR_TAGS: Final = "can't include devin-bridge or slack-…, which Devin Bridge sets itself"
NOT_A_REPO: Final = "needs an owner and a name, such as repo=acme/web"
NO_SUCH_REPO: Final = "isn't among the repositories that Devin lists"
NOT_ACUS: Final = "needs a whole number above zero, such as acu=10"
NOT_COUNTED: Final = "can't limit a session; Devin counts ACUs"  # money, time, credits
ACUS_OFFERED: Final = ("5", "10", "20")  # where no number can be read
MOST_OFFERED: Final = 5  # repositories that may be meant
NOT_A_WORD: Final = "needs a single word, such as {example}"
NOT_A_MODE: Final = "isn't a known mode"
NO_SUCH_PLAYBOOK: Final = "needs a playbook that exists, such as {titles}"
NO_PLAYBOOKS: Final = "doesn't work, because your Devin organization has no playbooks"
MOST_TITLES: Final = 5
MOST_ASKED: Final = 10  # values that Devin is asked about
MOST_WRONG: Final = 50  # words that are no valid options; whatever follows them stays in the prompt
EXAMPLES: Final = {
    "repo": "repo=acme/web",
    "playbook": "playbook=upgrade-deps",
    "mode": "mode=fast",
    "acu": "acu=10",
    "tags": "tags=frontend,urgent",
    "title": 'title="Fix the login test"',
}

_REPO: Final = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_GITHUB: Final = re.compile(r"(?:https?://)?(?:www\.)?github\.com/", re.IGNORECASE)
_REMOTE: Final = re.compile(
    # From the first letter of a scheme only: from each of them would take quadratic time.
    r"(?:(?<![a-z])[a-z]+://)?(?:git@)?(?:www\.)?(?:git(?:hub|lab)\.com|bitbucket\.org)[/:]|@",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[A-Za-z0-9][\w.:/-]*")
# Signs that are not drawn: controls, zero-width and bidirectional signs, fillers, variation selectors, old tags.
_INVISIBLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_NUMBER: Final = re.compile(r"(?P<number>[0-9]{1,9})(?:[.,]00?)?[ -]?(?:acu['\u2019]?s?)?", re.IGNORECASE)
_NUMBERS: Final = re.compile(r"[0-9]{1,9}")
_UNIT_AROUND: Final = re.compile(r"^acus?[ =:]+|\s{0,9}acus?\.?$")
_BETWEEN: Final = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,3}|[ ]?(?:-|\u2013|to|bis|or)[ ]?[0-9]{1,9})", re.IGNORECASE)
_UNCOUNTED: Final = re.compile(r"[$€£]|[0-9]\s?(?:usd|eur|dollar|bucks|h|m|std)|\Aan? |\Ahalf ", re.IGNORECASE)
_MODE: Final = re.compile(r"[a-z][a-z0-9]{0,19}(?:[-.][a-z0-9]{1,20}){0,5}")

_Value = str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What a value may be: the playbooks and repositories that there are, where anybody has looked.

    `repos` are by their names, as `repos_by_name` has them. Where they are not `complete`, there may be others. A value
    `as_written` need not be known to anybody.
    """

    playbooks: Playbooks | None = None
    repos: Mapping[str, str] | None = None
    complete: bool = False
    as_written: bool = False

    def playbook(self, value: str) -> str | None:
        """The playbook that is called `value`, in whatever way its words are joined."""
        wanted = _as_one_word(value)
        return next((title for name, title in (self.playbooks or {}).items() if _as_one_word(name) == wanted), None)


NOTHING_KNOWN: Final = Known()


def repos_by_name(repos: Iterable[str]) -> dict[str, str]:
    """Return `repos` by their names in lower case: with the owner, and without where only one is called so."""
    full = {repo.casefold(): repo for repo in repos}
    names = Counter(name.rpartition("/")[2] for name in full)
    return {name.rpartition("/")[2]: repo for name, repo in full.items() if names[name.rpartition("/")[2]] == 1} | full


def parse_request(text: str, known: Known = NOTHING_KNOWN) -> Request:
    """Take the options out of `text`. An option that is wrong stays in the prompt and is reported as `Mistyped`.

    What is no word of its own, such as "in acme/web", counts where the value is `known`, and stays in the prompt too.
    """
    reading = _read(text, known)
    offered = [(option, corrected) for option, corrected in reading.offers(text) if not _read(corrected, known).wrong]
    return replace(reading.request(text), offered=tuple(offered))


class _WrongValueError(Exception):
    """The value of an option is wrong. The text says what a right one is like; `right` is one, where it is known.

    `end` is where the option ends in the text, if it takes up more than its word. `others` are right ones where it is
    not known which.
    """

    def __init__(
        self, reason: str, right: str | None = None, end: int | None = None, *, others: Sequence[str] = ()
    ) -> None:
        super().__init__(reason)
        self.others = () if right else others
        self.right = right
        self.end = end


@dataclass(slots=True)
class _Reading:
    """What was read so far: the options, and from where to where the words stand that are, or are no, valid ones."""

    options: Options = field(default_factory=Options)
    without: set[str] = field(default_factory=set)
    repos: list[str] = field(default_factory=list)  # that are named in sentences
    asks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    taken: list[tuple[int, int]] = field(default_factory=list)
    wrong: list[tuple[int, int, Mistyped]] = field(default_factory=list)

    def report(self, word: OptionWord, wrong: _WrongValueError) -> None:
        """Note that `word` is no valid option, but `wrong`."""
        correction = _written(word.key, wrong.right) if wrong.right else None
        choices = tuple(option for value in wrong.others if (option := _written(word.key, value)))
        said = word.sure is Sure.YES or str(wrong) == NOT_COUNTED
        mistyped = Mistyped(word.word, f"{word.key}=", str(wrong) if said else None, correction, choices)
        self.wrong.append((word.start, wrong.end or word.end, mistyped))

    def request(self, text: str) -> Request:
        """The request that `text` is."""
        mistyped = tuple(option for _, _, option in self.wrong)
        others = [(start, end) for start, end, _ in self.wrong]
        task = without(text, sorted([*self.taken, *others]))
        options, nothing = self.options, frozenset(self.without)
        if self.repos and not options.repos and REPO not in nothing:
            options = replace(options, repo=self.repos[0], also=tuple(self.repos[1:]))
        return Request(without(text, self.taken), options, mistyped, task, (), nothing, self.asks)

    def offers(self, text: str) -> list[tuple[str, str]]:
        """What may take the place of the words that are no valid options, each time with `text` as it is then."""
        if len(self.wrong) == 1 and (choices := self.wrong[0][2].choices):
            start, end, _ = self.wrong[0]
            return [(option, f"{text[:start]}{option}{text[end:]}") for option in choices]
        corrected = self._corrected(text)
        return [] if corrected is None else [(" ".join(one.correction or "" for _, _, one in self.wrong), corrected)]

    def _corrected(self, text: str) -> str | None:
        """`text` with the correction in place of each word that is no valid option; None where one has none."""
        at, parts = 0, []
        for start, end, mistyped in self.wrong:
            if mistyped.correction is None:
                return None
            parts += [text[at:start], mistyped.correction]
            at = end
        return "".join([*parts, text[at:]]) if parts else None


def _read(text: str, known: Known) -> _Reading:
    reading, read = _Reading(), _readers(known)
    for word in option_words(text):
        if len(reading.wrong) == MOST_WRONG:
            break  # nobody reads on, and the right value is searched for each of them
        if {REPO: known.repos, PLAYBOOK: known.playbooks}.get(word.key, ()) is None:
            reading.asks[word.key] = (*reading.asks.get(word.key, ()), word.value)[:MOST_ASKED]
        if word.sure in {Sure.IF_KNOWN, Sure.IF_NEAR}:
            _read_known(reading, word, known)
            continue
        try:
            _read_word(reading, word, read[word.key])
        except _WrongValueError as wrong:
            reading.report(word, wrong)
    if reading.options.acu is not None:  # what else may limit something is about the work
        reading.wrong = [one for one in reading.wrong if one[2].nearest != f"{ACU}=" or one[2].reason]
    return reading


def _read_word(reading: _Reading, word: OptionWord, read: Callable[[str], _Value]) -> None:
    """Take the value of an option, if it is sure that it is one."""
    value = _unquoted(word)
    if word.sure is Sure.YES and value.lower() == NONE and word.key in MAY_BE_NONE:
        reading.without.add(word.key)
        reading.taken.append((word.start, word.end))
        return
    right = read(value)
    options = _set(reading.options, word.key, right)
    if word.sure is not Sure.YES:
        raise _WrongValueError("", value if isinstance(right, tuple) else str(right))
    reading.options = options
    if word.apart:
        reading.taken.append((word.start, word.end))


def _read_known(reading: _Reading, word: OptionWord, known: Known) -> None:
    """Take a value that a sentence names if there is such a one. One that has its own word counts instead of it."""
    if word.key == REPO and (repo := (known.repos or {}).get(word.value.casefold())) and repo not in reading.repos:
        reading.repos.append(repo)
    elif word.sure is Sure.IF_NEAR and (near := _nearly_known(word.value, known)):
        # In a sentence the right one counts too, without the name of the option.
        mistyped = Mistyped(word.word, f"{REPO}=", NO_SUCH_REPO, near[0] if len(near) == 1 else None, tuple(near))
        reading.wrong.append((word.start, word.end, mistyped))
    elif word.key == PLAYBOOK and not reading.options.playbook and (playbook := known.playbook(word.value)):
        reading.options = replace(reading.options, playbook=playbook)
        if word.apart:
            reading.taken.append((word.start, word.end))


def _nearly_known(name: str, known: Known) -> list[str]:
    """The repositories that may be meant by `name`, whose owner and name are nearly theirs; a path is like none."""
    if known.as_written or not known.complete or name.casefold() in (known.repos or {}):
        return []
    owner = name.rpartition("/")[0].casefold()
    repos = list(dict.fromkeys((known.repos or {}).values()))
    owners = get_close_matches(owner, {repo.rpartition("/")[0].casefold() for repo in repos}, cutoff=0.75)
    return nearest_repos(
        name.rpartition("/")[2], [repo for repo in repos if repo.rpartition("/")[0].casefold() in owners]
    )


def _written(key: str, value: str) -> str | None:
    """The option as people type it, in quotation marks if it needs them; None where no marks fit around the value."""
    if value.isalnum() or _REPO.fullmatch(value):
        return f"{key}={value}"
    for mark in ("", '"', "'"):
        option = f"{key}={mark}{value}{mark}"
        words = list(option_words(option))
        if [word.word for word in words] == [option] and _unquoted(words[0]) == value:
            return option
    return None


def _unquoted(word: OptionWord) -> str:
    raw = word.value
    if len(raw) > 1 and raw[0] in QUOTES and raw[-1] in QUOTES:
        value = raw[1:-1].strip()
    elif raw[:1] and raw[0] in QUOTES:
        raise _WrongValueError(OPEN_QUOTE)
    else:
        value = _without_punctuation(word.key, raw)
    if not value:
        raise _no_value(word)
    return value


def _without_punctuation(key: str, raw: str) -> str:
    """`raw` without the comma or full stop behind it, which belongs to the sentence around the option."""
    return raw.rstrip(",;") if key == "title" else raw.rstrip(",.;:!?")


def _no_value(word: OptionWord) -> _WrongValueError:
    """The error about an option without a value. The word behind it is its value, if it has the form of one."""
    reason, behind = NO_VALUE.format(example=EXAMPLES[word.key]), _without_punctuation(word.key, word.follows)
    if word.value or word.key != REPO or not _REPO.fullmatch(behind):
        return _WrongValueError(reason, others=ACUS_OFFERED if word.key == ACU else ())
    return _WrongValueError(reason, behind, word.follows_end - len(word.follows) + len(behind))


def _set(options: Options, key: str, value: _Value) -> Options:
    if isinstance(value, tuple):
        tags = tuple(dict.fromkeys(options.tags + value))
        if len(tags) > MOST_TAGS:
            raise _WrongValueError(TOO_MANY_TAGS)
        return replace(options, tags=tags)
    if getattr(options, key) not in {None, value}:
        raise _WrongValueError(TWICE)
    changed: dict[str, str | int] = {key: value}
    return replace(options, **changed)  # type: ignore[arg-type]  # each reader returns its field's type


def is_repo(name: str) -> bool:
    """Whether `name` is an owner and a name."""
    return _REPO.fullmatch(name) is not None


def without_host(value: str) -> str:
    """Return the owner and name in the link of a repository; what is no such link as it is."""
    return _GITHUB.sub("", value, count=1).rstrip("/").removesuffix(".git")


def repo_in(value: str) -> str | None:
    """Return the owner and name that `value` is, or that its address of a repository begins with; None if it's none."""
    return value if is_repo(value) and not _GITHUB.match(value) else _named_in(value)


def _repo(value: str, known: Known) -> str:
    name = repo_in(value)
    right = (known.repos or {}).get(name.casefold()) if name else None
    if right or (name and (known.as_written or not known.complete)):
        return right or name or ""
    near = nearest_repos((name or value).rpartition("/")[2], list(dict.fromkeys((known.repos or {}).values())))
    reason = NO_SUCH_REPO if name else NOT_A_REPO
    raise _WrongValueError(reason, near[0] if len(near) == 1 else None, others=near)


def nearest_repos(name: str, repos: Sequence[str]) -> list[str]:
    """Those of `repos` that are called `name`, or else those with the nearest names."""
    names = {repo: repo.rpartition("/")[2].lower() for repo in repos}
    wanted = name.lower()
    near = [wanted] if wanted in names.values() else get_close_matches(wanted, set(names.values()), n=MOST_OFFERED)
    return [repo for repo, called in names.items() if called in near][:MOST_OFFERED]


def _named_in(value: str) -> str | None:
    """The owner and name at the beginning of an address of a repository, or of something in it."""
    parts = _REMOTE.sub("", value, count=1).split("/")
    name = "/".join(part.removesuffix(".git") for part in parts[:2])
    return name if len(parts) > 1 and _REPO.fullmatch(name) else None


def limit_in_field(text: str) -> int | None:
    """Read a limit that somebody typed into a form, such as `10`, `ten ACUs` or `acu=10`; None if it is no number."""
    written = _UNIT_AROUND.sub("", text.strip().lower())
    return int(written) if _NUMBERS.fullmatch(written) else NUMBERS.get(written)


def _acu(value: str) -> int:
    plain = value.strip(QUOTES).lstrip("~<≤ ").removeprefix("max").strip()
    if (spelled := NUMBERS.get(plain.lower())) is not None:
        return spelled
    found = _NUMBER.fullmatch(plain)
    if found and int(found["number"]):
        return int(found["number"])
    if _UNCOUNTED.search(plain):
        raise _WrongValueError(NOT_COUNTED, others=ACUS_OFFERED)
    between = _BETWEEN.match(plain)  # as in `5-10`, or 2.5
    ends = [str(int(number)) for number in _NUMBERS.findall(between[0])] if between and "," not in plain else []
    if between and "." in between[0]:
        ends = [ends[0], str(int(ends[0]) + 1)]
    raise _WrongValueError(NOT_ACUS, others=[end for end in ends if end != "0"] or ACUS_OFFERED)


def _tags(value: str) -> tuple[str, ...]:
    tags = tuple(tag for part in value.split(",") if (tag := part.strip().removeprefix("#")))
    if not tags:
        raise _WrongValueError(NO_VALUE.format(example=EXAMPLES["tags"]))
    allowed = [tag for tag in tags if not is_reserved_tag(tag)]
    if len(allowed) < len(tags):
        # Sessions are found by our tags, so nobody may put them on another session.
        raise _WrongValueError(OUR_TAGS, ",".join(allowed) or None)
    return tags


def is_reserved_tag(tag: str) -> bool:
    """Whether `tag` is one that the bot sets itself, or reads like one to people or after Devin has tidied it up."""
    seen = unicodedata.normalize("NFKC", _INVISIBLE.sub("", unicodedata.normalize("NFKC", tag)).casefold())
    plain = "".join("-" if unicodedata.category(sign) == "Pd" else sign for sign in seen).strip()
    return plain == "devin-bridge" or plain.startswith("slack-")


def may_be_mode(value: str) -> bool:
    """Whether `value` may be a mode. Which there are is Devin's to say, so one that nobody knows here is passed on."""
    return _MODE.fullmatch(value) is not None


def _mode(value: str, known: Known) -> str:
    mode = value.lower()
    if not may_be_mode(mode):
        raise _WrongValueError(NOT_A_WORD.format(example=EXAMPLES["mode"]), others=MODES[:MOST_OFFERED])
    near = get_close_matches(mode, MODES, n=1, cutoff=0.75) if mode not in MODES and mode.isalpha() else []
    if near and not known.as_written:
        raise _WrongValueError(NOT_A_MODE, near[0])
    return mode


def _playbook(value: str, known: Known) -> str:
    playbooks = known.playbooks
    if playbooks is None or is_playbook_id(value) or value.lower() in playbooks:
        return value
    if not playbooks:
        raise _WrongValueError(NO_PLAYBOOKS)
    if title := known.playbook(value):
        return title
    titles = list(dict.fromkeys(playbooks.values()))
    more = ["…"] if len(titles) > MOST_TITLES else []
    shown = ", ".join([*(f"“{title}”" for title in titles[:MOST_TITLES]), *more])
    raise _WrongValueError(NO_SUCH_PLAYBOOK.format(titles=shown), _nearest_playbook(value, playbooks))


def is_playbook_id(value: str) -> bool:
    """Whether `value` is the id of a playbook at Devin, and no name that people give it."""
    return value.startswith("playbook-")


def _nearest_playbook(value: str, playbooks: Playbooks) -> str | None:
    """The title of the only playbook whose name contains `value`, or else of the one with the nearest name."""
    wanted, names = _as_one_word(value), {_as_one_word(name): title for name, title in playbooks.items()}
    holding = {title for name, title in names.items() if wanted in name}
    if holding:
        return holding.pop() if len(holding) == 1 else None
    near = get_close_matches(wanted, names, n=1)
    return names[near[0]] if near else None


def nearest_playbook(value: str, playbooks: Playbooks) -> str | None:
    """The option with the title of the playbook that may be meant by `value`, as it is typed; None if there is none."""
    near = _nearest_playbook(value, playbooks) if playbooks else None
    return _written("playbook", near) if near else None


def _as_one_word(name: str) -> str:
    return re.sub(r"[\s_-]+", "-", name.lower())


def _readers(known: Known) -> dict[str, Callable[[str], _Value]]:
    return {
        "repo": lambda value: _repo(value, known),
        "playbook": lambda value: _playbook(value, known),
        "mode": lambda value: _mode(value, known),
        "acu": _acu,
        "tags": _tags,
        "title": str,
    }
