"""What people type: control verbs (the whole message), options (anywhere) and slash commands.

All texts here are plain already (`bot.domain.text.plain`). A verb counts only when the whole text fits its
form, so "stop the flaky test from failing" is work to do and stops nothing.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

from bot.domain.billing import Period
from bot.domain.session import Options, bare_id

# ---------------------------------------------------------------- options


@dataclass(frozen=True, slots=True)
class Mistyped:
    """A word that looks like an option and is none: it stayed in the prompt.

    `nearest` is the option that was probably meant, written as it is typed; `reason` says what is wrong with
    the value when the name was right.
    """

    word: str
    nearest: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A prompt without its options."""

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

# Slack and phones turn straight quotes into typographic ones; a language's own pairs come along.
_DOUBLE: Final = '"\u201c\u201d\u201e'
_SINGLE: Final = "'\u2018\u2019"
_QUOTED: Final = "|".join(rf"[{marks}][^\n]{{0,300}}?[{marks}](?!\w)" for marks in (_DOUBLE, _SINGLE, "`"))
# Code first: an option inside code is not an option. Unfinished fences run to the end, as Slack shows them.
_TOKEN: Final = re.compile(
    rf"```.*?(?:```|\Z)|`[^`\n]+`|(?<!\S)(?P<word>(?P<key>[A-Za-z][a-z]*)=(?P<value>{_QUOTED}|[^\s`]*))",
    re.DOTALL,
)
_QUOTES: Final = _DOUBLE + _SINGLE + "`"
_REPO: Final = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_GITHUB: Final = re.compile(r"(?:https?://)?(?:www\.)?github\.com/", re.IGNORECASE)
_WORD: Final = re.compile(r"[A-Za-z0-9][\w.:/-]*")


def parse_request(text: str) -> Request:
    """Take the options out of a prompt; what is wrong with one is reported and stays where it was."""
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
    """Close the gap an option leaves: one space in a line, none at the edge of one."""
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
    # `node=18` and the like are near to `mode` and have nothing to do with it.
    return None if near[0] == "mode" and not value[0].isalpha() else near[0]


class _WrongValueError(Exception):
    """An option's name is right and its value is not; the text says what is right."""


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
        raise _WrongValueError(OUR_TAGS)  # sessions are found by these: nobody may put them on another one
    return tags


_READERS: Final[dict[str, Callable[[str], str | int | tuple[str, ...]]]] = {
    "repo": _repo,
    "playbook": str,
    "mode": _mode,
    "acu": _acu,
    "tags": _tags,
    "title": str,
}

# ---------------------------------------------------------------- slash commands


@dataclass(frozen=True, slots=True)
class StartCommand:
    """Start a session; the prompt may be empty."""

    request: Request


@dataclass(frozen=True, slots=True)
class ListCommand:
    """One's open sessions."""


@dataclass(frozen=True, slots=True)
class StatusCommand:
    """One session, or the only one; `which` is a number of the list or a bare session id."""

    which: str | None = None


@dataclass(frozen=True, slots=True)
class StopCommand:
    """Put a session to sleep."""

    which: str | None = None


@dataclass(frozen=True, slots=True)
class ArchiveCommand:
    """Put a session to sleep and close its thread."""

    which: str | None = None


@dataclass(frozen=True, slots=True)
class UsageCommand:
    """What was spent."""

    period: Period = Period.TODAY


@dataclass(frozen=True, slots=True)
class HelpCommand:
    """How all this works."""


@dataclass(frozen=True, slots=True)
class EmptyCommand:
    """Nothing but the command's name."""


Command = (
    StartCommand
    | ListCommand
    | StatusCommand
    | StopCommand
    | ArchiveCommand
    | UsageCommand
    | HelpCommand
    | EmptyCommand
)

_START: Final = re.compile(r"start(?:\s+(?P<prompt>.*))?", re.IGNORECASE | re.DOTALL)
_SESSION_URL: Final = re.compile(r"https?://\S+/sessions/(?P<id>[\w-]+)/?(?:[?#]\S*)?", re.IGNORECASE)
_HEX_ID: Final = r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# After `devin-` a digit tells an id from a name such as devin-bridge.
_SESSION_ID: Final = re.compile(rf"devin-(?=\S*\d)[\w-]+|{_HEX_ID}", re.IGNORECASE)
_NUMBER: Final = re.compile(r"#?(?P<number>[0-9]{1,3})")
_Which = type[StatusCommand] | type[StopCommand] | type[ArchiveCommand]
_WHICH: Final[dict[str, _Which]] = {"status": StatusCommand, "stop": StopCommand, "archive": ArchiveCommand}


def parse_command(text: str) -> Command:
    """What stands behind `/devin`."""
    text = text.strip()
    if not text:
        return EmptyCommand()
    if start := _START.fullmatch(text):
        return StartCommand(parse_request(start["prompt"] or ""))
    return _control(text) or StartCommand(parse_request(text))


def parse_which(word: str) -> str | None:
    """A number of the list or a bare session id out of `2`, `#2`, an id or a session's address."""
    if number := _NUMBER.fullmatch(word):
        return str(int(number["number"]))
    if address := _SESSION_URL.fullmatch(word):
        word = address["id"]
    elif not _SESSION_ID.fullmatch(word):
        return None
    return bare_id(word)


def _control(text: str) -> Command | None:
    word, *rest = text.rstrip(" .!").split()[:3] or [""]
    word = word.lower()
    if not rest and word in {"list", "help"}:
        return ListCommand() if word == "list" else HelpCommand()
    if word == "usage":
        return _usage(rest)
    if word in _WHICH:
        return _which(_WHICH[word], rest)
    return None


def _usage(rest: list[str]) -> UsageCommand | None:
    if not rest:
        return UsageCommand()
    period = rest[0].lower()
    return UsageCommand(Period(period)) if len(rest) == 1 and period in set(Period) else None


def _which(command: _Which, rest: list[str]) -> Command | None:
    if not rest:
        return command()
    which = parse_which(rest[0]) if len(rest) == 1 else None
    return command(which) if which else None


# ---------------------------------------------------------------- verbs in a thread


class VerbName(StrEnum):
    """What a reply in a session's thread may ask of the bot instead of Devin."""

    STATUS = "status"
    STOP = "stop"
    MUTE = "mute"
    UNMUTE = "unmute"
    ASIDE = "aside"
    ARCHIVE = "archive"
    COST = "cost"
    NEW = "new"
    HELP = "help"
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb and, for `aside` and `new`, the text behind it."""

    name: VerbName
    argument: str = ""


@dataclass(frozen=True, slots=True)
class UnknownVerb:
    """Something that begins like a verb and is none; `nearest` is what to type instead.

    `nearest == word` means: the verb is right, but it has to be the whole message.
    """

    word: str
    nearest: str | None = None


_BANG: Final = re.compile(r"!(?P<word>[A-Za-z]+)(?P<rest>.*)", re.DOTALL)
_ASIDE: Final = re.compile(r"\(aside\)\s*(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_OWN_VERBS: Final = {name.value: name for name in VerbName if name is not VerbName.EXIT}
_WITH_TEXT: Final = frozenset({VerbName.ASIDE, VerbName.NEW})
_DEVINS_WORDS: Final = {
    "mute": VerbName.MUTE,
    "unmute": VerbName.UNMUTE,
    "sleep": VerbName.STOP,
    "archive": VerbName.ARCHIVE,
}
_MEANT: Final = {"exit": "EXIT", "sleep": "!stop", "kill": "!stop", "cancel": "!stop", "usage": "!cost"}


def parse_verb(text: str) -> Verb | UnknownVerb | None:
    """The control verb a reply consists of, or None: then it is a message for Devin."""
    text = text.strip()
    if text == "EXIT":  # exact capitals, as Devin has it: it cannot be undone
        return Verb(VerbName.EXIT)
    if own := _DEVINS_WORDS.get(text.lower()):
        return Verb(own)
    if aside := _ASIDE.fullmatch(text):
        return Verb(VerbName.ASIDE, aside["rest"])
    bang = _BANG.fullmatch(text)
    return _banged(bang["word"].lower(), bang["rest"]) if bang else None


def _banged(word: str, rest: str) -> Verb | UnknownVerb:
    name = _OWN_VERBS.get(word)
    if name is None:
        return UnknownVerb(f"!{word}", _nearest_verb(word))
    if name in _WITH_TEXT:
        return Verb(name, rest.strip())
    # "!stop the server" might be meant for Devin: neither stopped nor forwarded, but asked about.
    return Verb(name) if not rest.strip(" .!") else UnknownVerb(f"!{word}", f"!{word}")


def _nearest_verb(word: str) -> str | None:
    if word in _MEANT:
        return _MEANT[word]
    near = get_close_matches(word, _OWN_VERBS, n=1, cutoff=0.6)
    return f"!{near[0]}" if near else None


# ---------------------------------------------------------------- small talk

# "ok" and "yes" alone are answers to a question of Devin's and therefore no small talk.
_POLITE: Final = (
    r"(?:thanks?|thankyou|thx|tnx|tysm|ty|cheers|hi|hiya|hey|hello|howdy|yo|morning|bye|goodbye"
    r"|good (?:day|evening|afternoon|night))"
)
_AROUND: Final = (
    r"(?:you|u|so|much|very|a lot|lots|many|again|there|devin|bot|all|everyone|team|good|great|nice|cool"
    r"|perfect|awesome|wonderful|excellent|ok|okay|and|for (?:your|the|all the) help|for (?:that|this|it))"
)
_SMALL_TALK: Final = re.compile(rf"(?:{_AROUND} ){{0,4}}{_POLITE}(?: (?:{_POLITE}|{_AROUND})){{0,8}}")
_EMOJI_NAME: Final = re.compile(r":[a-z0-9_+'-]+:")
_MENTIONED: Final = re.compile(r"@\S+")


def is_small_talk(text: str) -> bool:
    """Whether a message is thanks, a greeting or emoji alone: it starts no work."""
    text = text.lower()
    bare = _EMOJI_NAME.sub(" ", _MENTIONED.sub(" ", text))
    words = re.findall(r"\w+", bare)
    if words:
        return _SMALL_TALK.fullmatch(" ".join(words)) is not None
    return _EMOJI_NAME.search(text) is not None or any(unicodedata.category(char) == "So" for char in text)
