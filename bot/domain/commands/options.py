"""Reads the options of a task, such as `repo=acme/web`, which may stand anywhere in the text except in code."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Final

from bot.domain.session import Options


@dataclass(frozen=True, slots=True)
class Mistyped:
    """A word that resembles an option but is not a valid one, and so stayed in the prompt.

    `nearest` is the option that was probably meant, written as people type it. `reason` says what is wrong with the
    value, where the name is right.
    """

    word: str
    nearest: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A task as it was read: the prompt without its options, the options, and the words that are no valid options."""

    prompt: str
    options: Options = field(default_factory=Options)
    mistyped: tuple[Mistyped, ...] = ()


OPTION_KEYS: Final = ("repo", "playbook", "mode", "acu", "tags", "title")
TWICE: Final = "stands twice; the first one counts"
NO_VALUE: Final = "has nothing after the `=`; write it without a space, such as {example}"
OPEN_QUOTE: Final = "has an opening quote without a closing one"
MOST_TAGS: Final = 40
TOO_MANY_TAGS: Final = f"takes {MOST_TAGS} tags at most"
OUR_TAGS: Final = "cannot hold devin-bridge or slack-…, which Devin Bridge sets itself"
NOT_A_REPO: Final = "needs an owner and a name, such as repo=acme/web"
NOT_ACUS: Final = "needs a whole number above zero, such as acu=10"
NOT_A_WORD: Final = "needs a single word, such as {example}"
EXAMPLES: Final = {
    "repo": "repo=acme/web",
    "playbook": "playbook=upgrade-deps",
    "mode": "mode=fast",
    "acu": "acu=10",
    "tags": "tags=frontend,urgent",
    "title": 'title="Fix the login test"',
}

# Slack and phones turn straight quotes into typographic ones, in the forms of several languages.
_DOUBLE: Final = '"\u201c\u201d\u201e'
_SINGLE: Final = "'\u2018\u2019"
_QUOTED: Final = "|".join(rf"[{marks}][^\n]{{0,300}}?[{marks}](?!\w)" for marks in (_DOUBLE, _SINGLE, "`"))
# Code is matched first, because an option inside code is none. A fence without its end runs to the end of the text,
# as Slack shows it.
_TOKEN: Final = re.compile(
    rf"```.*?(?:```|\Z)|`[^`\n]+`|(?<!\S)(?P<word>(?P<key>[A-Za-z][a-z]*)=(?P<value>{_QUOTED}|[^\s`]*))",
    re.DOTALL,
)
_QUOTES: Final = _DOUBLE + _SINGLE + "`"
_REPO: Final = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_GITHUB: Final = re.compile(r"(?:https?://)?(?:www\.)?github\.com/", re.IGNORECASE)
_WORD: Final = re.compile(r"[A-Za-z0-9][\w.:/-]*")


def parse_request(text: str) -> Request:
    """Take the options out of `text`. An option that is wrong stays in the prompt and is reported as `Mistyped`."""
    request = Request("")
    kept, at = "", 0
    for match in _TOKEN.finditer(text):
        if match["key"] is None:
            continue
        after = _with_option(request, match["key"].lower(), match["value"], match["word"])
        if after.options is not request.options:
            kept = _joined(kept, text[at : match.start()])
            at = match.end()
        request = after
    return replace(request, prompt=_joined(kept, text[at:]).strip())


def _joined(left: str, right: str) -> str:
    """Join the texts before and after a removed option, with one space between words and none at line ends."""
    if not right[:1].isspace():
        return left + right
    rest = right.lstrip(" \t")
    if rest[:1] in {"", "\n"}:
        return left.rstrip(" \t") + rest
    return left + (rest if not left or left[-1].isspace() else right)


def _with_option(request: Request, key: str, raw: str, word: str) -> Request:
    if key not in OPTION_KEYS:
        nearest = _nearest_key(key, raw)
        return _reported(request, Mistyped(word, f"{nearest}=")) if nearest else request
    try:
        value = _READERS[key](_unquoted(key, raw))
        return replace(request, options=_set(request.options, key, value))
    except _WrongValueError as wrong:
        return _reported(request, Mistyped(word, f"{key}=", str(wrong)))


def _reported(request: Request, mistyped: Mistyped) -> Request:
    return replace(request, mistyped=(*request.mistyped, mistyped))


def _nearest_key(key: str, value: str) -> str | None:
    near = get_close_matches(key, OPTION_KEYS, n=1, cutoff=0.7)
    if not near or not value:
        return None
    # Words such as `node=18` are spelled nearly like `mode` and have nothing to do with that option.
    return None if near[0] == "mode" and not value[0].isalpha() else near[0]


class _WrongValueError(Exception):
    """The value of an option is wrong; the text says what a right one is like."""


def _unquoted(key: str, raw: str) -> str:
    if len(raw) > 1 and raw[0] in _QUOTES and raw[-1] in _QUOTES:
        value = raw[1:-1].strip()
    elif raw[:1] and raw[0] in _QUOTES:
        raise _WrongValueError(OPEN_QUOTE)
    else:
        # The comma or full stop behind an option belongs to the sentence around it.
        value = raw.rstrip(",;") if key == "title" else raw.rstrip(",.;:!?")
    if not value:
        raise _WrongValueError(NO_VALUE.format(example=EXAMPLES[key]))
    return value


def _set(options: Options, key: str, value: str | int | tuple[str, ...]) -> Options:
    if isinstance(value, tuple):
        tags = tuple(dict.fromkeys(options.tags + value))
        if len(tags) > MOST_TAGS:
            raise _WrongValueError(TOO_MANY_TAGS)
        return replace(options, tags=tags)
    if getattr(options, key) is not None:
        raise _WrongValueError(TWICE)
    changed: dict[str, str | int] = {key: value}
    return replace(options, **changed)  # type: ignore[arg-type]  # each reader returns its field's type


def _repo(value: str) -> str:
    name = _GITHUB.sub("", value, count=1).rstrip("/").removesuffix(".git")
    if not _REPO.fullmatch(name):
        raise _WrongValueError(NOT_A_REPO)
    return name


def _acu(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) == 0:
        raise _WrongValueError(NOT_ACUS)
    return int(value)


def _mode(value: str) -> str:
    if not _WORD.fullmatch(value):
        raise _WrongValueError(NOT_A_WORD.format(example=EXAMPLES["mode"]))
    return value.lower()


def _tags(value: str) -> tuple[str, ...]:
    tags = tuple(tag.strip() for tag in value.split(",") if tag.strip())
    if not tags:
        raise _WrongValueError(NO_VALUE.format(example=EXAMPLES["tags"]))
    if any(tag == "devin-bridge" or tag.startswith("slack-") for tag in tags):
        raise _WrongValueError(OUR_TAGS)  # sessions are found by our tags, so nobody may put them on another session
    return tags


_READERS: Final[dict[str, Callable[[str], str | int | tuple[str, ...]]]] = {
    "repo": _repo,
    "playbook": str,
    "mode": _mode,
    "acu": _acu,
    "tags": _tags,
    "title": str,
}
