"""Reads the options of a task, such as `repo=acme/web`, which may stand anywhere in the text except in code."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Final

from bot.domain.commands.option_words import QUOTES, OptionWord, option_words, without
from bot.domain.session import Options


@dataclass(frozen=True, slots=True)
class Mistyped:
    """A word that resembles an option but is not a valid one, and so stayed in the prompt.

    `nearest` is the option that was probably meant, written as people type it. `reason` says what is wrong with the
    value, where the name is right. `correction` is the option in its right form, where a sensible one is known; else
    `choices` are valid ones.
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
    whole text as it is then: one for all of them, or several for the only one.
    """

    prompt: str
    options: Options = field(default_factory=Options)
    mistyped: tuple[Mistyped, ...] = ()
    task: str = ""
    offered: tuple[tuple[str, str], ...] = ()
    without: frozenset[str] = frozenset()  # the options of which nothing is wanted, not even a default: `repo=none`


Playbooks = Mapping[str, str]  # the title of each playbook, by all names that people may give it, in lower case

TWICE: Final = "stands twice; the first one counts"
NO_VALUE: Final = "has nothing after the `=`; write it without a space, such as {example}"
OPEN_QUOTE: Final = "has an opening quote without a closing one"
NONE: Final = "none"  # the value with which an option is not even a default
MAY_BE_NONE: Final = frozenset({"repo", "playbook", "mode", "acu", "tags"})
MOST_TAGS: Final = 40
TOO_MANY_TAGS: Final = f"takes {MOST_TAGS} tags at most"
OUR_TAGS: Final = "can't hold devin-bridge or slack-…, which Devin Bridge sets itself"
NOT_A_REPO: Final = "needs an owner and a name, such as repo=acme/web"
NOT_ACUS: Final = "needs a whole number above zero, such as acu=10"
ACUS_OFFERED: Final = ("5", "10", "20")  # where no number can be read
MOST_OFFERED: Final = 5  # repositories that may be meant
NOT_A_WORD: Final = "needs a single word, such as {example}"
MODES: Final = ("normal", "fast", "lite", "ultra", "fusion")
NOT_A_MODE: Final = f"needs one of {', '.join(MODES)}"
NO_SUCH_PLAYBOOK: Final = "needs a playbook that exists, such as {titles}"
NO_PLAYBOOKS: Final = "doesn't work, because your Devin organisation has no playbooks"
MOST_TITLES: Final = 5
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
_ACUS: Final = re.compile(r"[~<$]?(?P<number>[0-9]{1,9})(?:\.00?)?[ -]?(?:acus?)?", re.IGNORECASE)

_Value = str | int | tuple[str, ...]


def parse_request(
    text: str, playbooks: Playbooks | None = None, *, any_mode: bool = False, repos: Sequence[str] = ()
) -> Request:
    """Take the options out of `text`. An option that is wrong stays in the prompt and is reported as `Mistyped`.

    `playbooks` are those that exist; with None each name counts as one. With `any_mode` each mode does. `repos` are
    those that a name without its owner may mean.
    """
    reading = _read(text, playbooks, any_mode, repos)
    offered = [
        (option, corrected)
        for option, corrected in reading.offers(text)
        if not _read(corrected, playbooks, any_mode).wrong
    ]
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
    taken: list[tuple[int, int]] = field(default_factory=list)
    wrong: list[tuple[int, int, Mistyped]] = field(default_factory=list)

    def report(self, word: OptionWord, wrong: _WrongValueError) -> None:
        """Note that `word` is no valid option, but `wrong`."""
        correction = _written(word.key, wrong.right) if wrong.right else None
        choices = tuple(option for value in wrong.others if (option := _written(word.key, value)))
        mistyped = Mistyped(word.word, f"{word.key}=", str(wrong) if word.exact else None, correction, choices)
        self.wrong.append((word.start, wrong.end or word.end, mistyped))

    def request(self, text: str) -> Request:
        """The request that `text` is."""
        mistyped = tuple(option for _, _, option in self.wrong)
        others = [(start, end) for start, end, _ in self.wrong]
        task = without(text, sorted([*self.taken, *others]))
        return Request(without(text, self.taken), self.options, mistyped, task, without=frozenset(self.without))

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


def _read(text: str, playbooks: Playbooks | None, any_mode: bool, repos: Sequence[str] = ()) -> _Reading:
    reading, read = _Reading(), _readers(playbooks, any_mode, repos)
    for word in option_words(text):
        if len(reading.wrong) == MOST_WRONG:
            break  # nobody reads on, and the right value is searched for each of them
        try:
            value = _unquoted(word)
            if word.exact and value.lower() == NONE and word.key in MAY_BE_NONE:
                reading.without.add(word.key)
                reading.taken.append((word.start, word.end))
                continue
            options = _set(reading.options, word.key, read[word.key](value))
        except _WrongValueError as wrong:
            reading.report(word, wrong)
            continue
        if word.exact:
            reading.options = options
            reading.taken.append((word.start, word.end))
        else:
            reading.report(word, _WrongValueError("", value))
    return reading


def _written(key: str, value: str) -> str | None:
    """The option as people type it, in quotation marks if it needs them; None where no marks fit around the value."""
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
    form = {"repo": _REPO, "acu": _ACUS}.get(word.key)
    if word.value or form is None or not form.fullmatch(behind):
        return _WrongValueError(reason)
    right = behind if word.key == "repo" else _right_acus(behind)
    return _WrongValueError(reason, right, word.follows_end - len(word.follows) + len(behind))


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


def _repo(value: str, repos: Sequence[str]) -> str:
    name = without_host(value)
    if not is_repo(name):
        near = nearest_repos(name, repos)
        right = _right_repo(value) or (near[0] if len(near) == 1 else None)
        raise _WrongValueError(NOT_A_REPO, right, others=near)
    return name


def nearest_repos(name: str, repos: Sequence[str]) -> list[str]:
    """Those of `repos` that are called `name`, or else those with the nearest names."""
    names = {repo: repo.rpartition("/")[2].lower() for repo in repos}
    wanted = name.lower()
    near = [wanted] if wanted in names.values() else get_close_matches(wanted, set(names.values()), n=MOST_OFFERED)
    return [repo for repo, called in names.items() if called in near][:MOST_OFFERED]


def _right_repo(value: str) -> str | None:
    """The owner and name at the beginning of an address of something in a repository."""
    parts = _REMOTE.sub("", value, count=1).split("/")
    name = "/".join(part.removesuffix(".git") for part in parts[:2])
    return name if len(parts) > 1 and _REPO.fullmatch(name) else None


def is_whole_number_above_zero(value: str) -> bool:
    """Whether `value` is a number of ACUs that a session may be limited to."""
    return re.fullmatch(r"[0-9]{1,9}", value) is not None and int(value) > 0


def _acu(value: str) -> int:
    if not is_whole_number_above_zero(value):
        raise _WrongValueError(NOT_ACUS, _right_acus(value), others=ACUS_OFFERED)
    return int(value)


def _right_acus(value: str) -> str | None:
    """The whole number in a value such as `10ACUs`, as it is typed."""
    found = _ACUS.fullmatch(value)
    return str(int(found["number"])) if found and int(found["number"]) else None


def _tags(value: str) -> tuple[str, ...]:
    tags = tuple(tag.strip() for tag in value.split(",") if tag.strip())
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


def _mode(value: str, any_mode: bool) -> str:
    if not _WORD.fullmatch(value):
        raise _WrongValueError(NOT_A_WORD.format(example=EXAMPLES["mode"]))
    mode = value.lower()
    if mode not in MODES and not any_mode:
        raise _WrongValueError(NOT_A_MODE, next(iter(get_close_matches(mode, MODES, n=1)), None), others=MODES)
    return mode


def _playbook(value: str, playbooks: Playbooks | None) -> str:
    if playbooks is None or is_playbook_id(value) or value.lower() in playbooks:
        return value
    if not playbooks:
        raise _WrongValueError(NO_PLAYBOOKS)
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


def _readers(playbooks: Playbooks | None, any_mode: bool, repos: Sequence[str]) -> dict[str, Callable[[str], _Value]]:
    return {
        "repo": lambda value: _repo(value, repos),
        "playbook": lambda value: _playbook(value, playbooks),
        "mode": lambda value: _mode(value, any_mode),
        "acu": _acu,
        "tags": _tags,
        "title": str,
    }
