"""What may be set for a channel or a person: the settings, their values, how those are read, and what holds of them.

Values are stored as JSON, stand in a file as TOML, and are typed into a form as text; each is read by one function.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta, tzinfo
from difflib import get_close_matches
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Final

from bot.domain.clock import clock_time, read_clock
from bot.domain.commands.option_words import MODES
from bot.domain.commands.options import MOST_TAGS, is_reserved_tag, limit_in_field, may_be_mode
from bot.domain.notify_choice import NotifyChoice


class Setting(StrEnum):
    """The settings, by the names that they have in a file."""

    REPOS = "repos"
    PLAYBOOK = "playbook"
    MODE = "mode"
    LIMIT = "limit"
    TAGS = "tags"
    ALLOW_REPOS = "allow_repos"
    ALLOW_PLAYBOOKS = "allow_playbooks"
    ALLOW_MODES = "allow_modes"
    STARTS = "starts"
    TURNS = "turns"
    DETAIL = "detail"
    ALERTS_PER_HOUR = "alerts_per_hour"
    ALERT_ACUS = "alert_acus"
    REMINDERS = "reminders"
    QUIET = "quiet"
    NOTIFY = "notify"


class TurnTaking(StrEnum):
    """Which messages in the thread of a session are for Devin."""

    ALL = "all"
    MENTIONS = "mentions"
    TWO_PEOPLE = "two-people"


class Detail(StrEnum):
    """How much of what Devin says is posted: everything, the last words of a turn, or a link at its end."""

    FULL = "full"
    FINAL = "final"
    LINK = "link"


class Source(StrEnum):
    """Where the value of a setting comes from."""

    FILE = "file"
    CHANNEL = "channel"
    MINE = "mine"
    BUILT_IN = "built in"


class Scope(StrEnum):
    """What a stored value is set for."""

    CHANNEL = "channel"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The hours of each day, by a person's own clock, in which nothing mentions them; they may go past midnight."""

    begin: time
    end: time

    def __str__(self) -> str:
        return f"{clock_time(self.begin)} - {clock_time(self.end)}"

    def hold(self, at: float, zone: tzinfo) -> bool:
        """Whether the instant `at` is in these hours in `zone`."""
        clock = datetime.fromtimestamp(at, zone).time()
        if self.begin < self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end

    def over_at(self, at: float, zone: tzinfo) -> float:
        """The instant at which these hours are over that hold `at`; `at` itself where they do not hold then."""
        if not self.hold(at, zone):
            return at
        day = datetime.fromtimestamp(at, zone).date()
        today = datetime.combine(day, self.end, zone).timestamp()
        return today if today > at else datetime.combine(day + timedelta(days=1), self.end, zone).timestamp()


Value = tuple[str, ...] | str | int | bool | TurnTaking | Detail | QuietHours | NotifyChoice
Values = Mapping[Setting, Value]

# What holds for work in a channel; of the others, what a person chose goes before what a channel has.
OF_WORK: Final = frozenset(
    {
        Setting.REPOS,
        Setting.PLAYBOOK,
        Setting.MODE,
        Setting.LIMIT,
        Setting.TAGS,
        Setting.ALLOW_REPOS,
        Setting.ALLOW_PLAYBOOKS,
        Setting.ALLOW_MODES,
        Setting.STARTS,
        Setting.TURNS,
        Setting.DETAIL,
        Setting.ALERTS_PER_HOUR,
        Setting.ALERT_ACUS,
    }
)
# The lists of what starts may use, by the settings that have to keep to them. A file has them as `allow.repos`.
ALLOWED: Final = {
    Setting.REPOS: Setting.ALLOW_REPOS,
    Setting.PLAYBOOK: Setting.ALLOW_PLAYBOOKS,
    Setting.MODE: Setting.ALLOW_MODES,
}
ALLOW: Final = "allow"
# What only one of the two can have: people take turns and bots post in a channel, and a night is a person's own.
_ONLY: Final = {
    **dict.fromkeys((*ALLOWED.values(), Setting.TURNS, Setting.ALERTS_PER_HOUR, Setting.ALERT_ACUS), Scope.CHANNEL),
    Setting.QUIET: Scope.PERSON,
}

LONGEST_TAG: Final = 50
MOST_REPOS: Final = 10
LONGEST: Final = 150  # of what is only a name, such as that of a playbook: Slack keeps no more with a choice
LONGEST_LIST: Final = 1_500  # of all that is allowed, with commas: a field and a section hold somewhat more
# Numbers of which a greater one holds work back less, and 0 not at all. Nobody loosens one for themselves.
BRAKES: Final = frozenset({Setting.STARTS, Setting.ALERTS_PER_HOUR, Setting.ALERT_ACUS})
ANYTHING: Final = "*"  # stands in what is allowed for any characters
_REPO: Final = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_REPOS_LIKE: Final = re.compile(r"[\w.*-]+/[\w.*-]+", re.ASCII)
_GITHUB: Final = re.compile(r"(?:https?://)?(?:www\.)?github\.com/", re.IGNORECASE)
_ON: Final = {"on": True, "off": False}


class SettingError(ValueError):
    """A setting is not known, or its value is not valid. The text is a sentence for people."""


def loosens(setting: Setting, value: Value, than: Value) -> bool:
    """Whether `value` of a brake holds back less `than` another one does."""
    if setting not in BRAKES or not isinstance(value, int) or not isinstance(than, int):
        return False
    return than > 0 and (value == 0 or value > than)


def may_be_set(setting: Setting, scope: Scope) -> bool:
    """Whether channels, or people, have this setting."""
    return _ONLY.get(setting, scope) is scope


def setting_named(key: str) -> Setting:
    """Return the setting called `key`. Raises SettingError, with the nearest one, if there is none."""
    try:
        return Setting(key.replace(f"{ALLOW}.", f"{ALLOW}_"))
    except ValueError:
        known = [setting.value.replace(f"{ALLOW}_", f"{ALLOW}.") for setting in Setting]
        raise SettingError(_unknown("setting", key, known)) from None


def read(setting: Setting, value: object) -> Value:
    """Return the `value` of a setting as it stands in a file or a row. Raises SettingError if it is not valid."""
    return _READERS[setting](value)


def read_text(setting: Setting, text: str) -> Value:
    """Return the value that somebody typed into a form. Raises SettingError if it is not valid."""
    if setting is Setting.REPOS:
        return read(setting, [part for part in re.split(r"[,\s]+", text) if part])
    if setting in {Setting.TAGS, *ALLOWED.values()}:
        return read(setting, [part for part in text.split(",") if part.strip()])
    if setting in {Setting.LIMIT, Setting.STARTS, Setting.ALERTS_PER_HOUR, Setting.ALERT_ACUS}:
        number = limit_in_field(text)
        return read(setting, text if number is None else number)
    return read(setting, text.strip())


def as_json(value: Value) -> Any:
    """Return `value` as a row or a file has it, from which `read` makes it again."""
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, bool | int) else str(value)


def as_text(value: Value) -> str:
    """Return `value` as people type it into a form."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


# ---------------------------------------------------------------- what holds


@dataclass(frozen=True, slots=True)
class Effective:
    """What holds for a person in a channel, as the fields are called by `Setting`, and where each of it comes from."""

    repos: tuple[str, ...] = ()
    playbook: str | None = None
    mode: str | None = None
    limit: int | None = None
    tags: tuple[str, ...] = ()
    allow_repos: tuple[str, ...] = ()  # empty is any
    allow_playbooks: tuple[str, ...] = ()
    allow_modes: tuple[str, ...] = ()
    starts: int = 20  # of one person in an hour, from which on each asks first; 0 is never
    turns: TurnTaking = TurnTaking.ALL
    detail: Detail = Detail.FULL
    alerts_per_hour: int = 10
    alert_acus: int = 10
    reminders: bool = True
    quiet: QuietHours | None = None
    notify: NotifyChoice = NotifyChoice.ALL
    sources: Mapping[Setting, Source] = field(default_factory=dict)

    def source(self, setting: Setting) -> Source:
        """Where the value of `setting` comes from."""
        return self.sources.get(setting, Source.BUILT_IN)

    def allows(self, setting: Setting, *names: str) -> bool:
        """Whether starts may use what has these `names` as their `setting`: one of them is in the list, or none is set.

        `acme/*-docs` in the list is each name of that form, whatever its case.
        """
        allowed = getattr(self, ALLOWED[setting].value)
        return not allowed or any(_is_like(name, pattern) for name in names for pattern in allowed)


def _is_like(name: str, pattern: str) -> bool:
    only_stars = re.sub(r"[?[]", r"[\g<0>]", pattern.casefold())  # the other signs that `fnmatchcase` knows
    return fnmatchcase(name.casefold(), only_stars)


@dataclass(frozen=True, slots=True)
class Layers:
    """What the file, a channel and a person have set, each for a person's work in a channel."""

    file: Values = field(default_factory=dict)
    channel: Values = field(default_factory=dict)
    mine: Values = field(default_factory=dict)

    def effective(self) -> Effective:
        """Return what holds. The file goes first; for work then the channel, and else the person.

        Of a brake a person's own value goes before the channel's, but only one that is no looser than what else holds.
        A default that is not allowed counts as not set, and where only some modes are, the first is the default.
        """
        lists = self._first(ALLOWED.values(), Effective())
        held = self._first([setting for setting in Setting if setting not in ALLOWED.values()], lists)
        mode = next((mode for mode in held.allow_modes if ANYTHING not in mode), None)
        if held.mode is not None or mode is None:
            return held
        return replace(held, mode=mode, sources={**held.sources, Setting.MODE: held.source(Setting.ALLOW_MODES)})

    def _first(self, settings: Iterable[Setting], held: Effective) -> Effective:
        """Return `held` with the first value of each of `settings` of which something is allowed."""
        values: dict[str, Any] = {}
        sources: dict[Setting, Source] = {}
        for setting in settings:
            for source, layer in self._in_order(setting):
                if setting in layer and (value := _kept(setting, layer[setting], held)) is not None:
                    values[setting.value], sources[setting] = value, source
                    break
        return replace(held, sources={**held.sources, **sources}, **values)

    def _in_order(self, setting: Setting) -> Sequence[tuple[Source, Values]]:
        channel, mine = (Source.CHANNEL, self.channel), (Source.MINE, self.mine)
        if setting in BRAKES:
            others = self.channel.get(setting, getattr(Effective(), setting.value))
            looser = loosens(setting, self.mine.get(setting, others), others)
            return [(Source.FILE, self.file), *((channel,) if looser else (mine, channel))]
        return [(Source.FILE, self.file), *((channel, mine) if setting in OF_WORK else (mine, channel))]


def _kept(setting: Setting, value: Value, held: Effective) -> Value | None:
    """What `held` allows of a value of `setting`; None if nothing."""
    if setting not in ALLOWED:
        return value
    if isinstance(value, tuple):
        return tuple(name for name in value if held.allows(setting, name)) or None
    return value if held.allows(setting, str(value)) else None


# ---------------------------------------------------------------- reading each kind of value


def _repos(value: object) -> tuple[str, ...]:
    names = _repo_names(value)
    for name in names:
        if not _REPO.fullmatch(name) or len(name) > LONGEST:
            raise SettingError(f"Write repositories as owner/name, such as acme/web, not “{name}”.")
    if len(names) > MOST_REPOS:
        raise SettingError(f"Name at most {MOST_REPOS} repositories.")
    return tuple(dict.fromkeys(names))


def _repo_names(value: object) -> list[str]:
    return [_GITHUB.sub("", text, count=1).rstrip("/").removesuffix(".git") for text in _texts(value)]


def _allowed_repos(value: object) -> tuple[str, ...]:
    names = _repo_names(value)
    for name in names:
        if not _REPOS_LIKE.fullmatch(name):
            raise SettingError(f"Write repositories as owner/name, such as acme/web or acme/*-docs, not “{name}”.")
    return _list(names)


def _list(names: Sequence[str]) -> tuple[str, ...]:
    if any(len(name) > LONGEST for name in names) or len(", ".join(names)) > LONGEST_LIST:
        raise SettingError(f"Shorten the list to {LONGEST_LIST:,} characters, such as with *.")
    return tuple(dict.fromkeys(names))


def _tags(value: object) -> tuple[str, ...]:
    tags = tuple(dict.fromkeys(_texts(value)))
    for tag in tags:
        if re.search(r"[\s,]", tag):
            raise SettingError("Separate tags with commas, and use no spaces in a tag.")
        if len(tag) > LONGEST_TAG:
            raise SettingError(f"A tag has at most {LONGEST_TAG} characters, and “{tag[:LONGEST_TAG]}…” has more.")
        if is_reserved_tag(tag):
            raise SettingError(f"Devin Bridge sets “{tag}” itself. Choose another tag.")
    if len(tags) > MOST_TAGS:
        raise SettingError(f"Name at most {MOST_TAGS} tags.")
    return tags


def _texts(value: object) -> list[str]:
    parts = [value] if isinstance(value, str) else value
    if not isinstance(parts, list) or not parts or not all(isinstance(part, str) and part.strip() for part in parts):
        raise SettingError('Write a list of words, such as ["acme/web"].')
    return [part.strip() for part in parts]


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        raise SettingError(f"Write the name of a playbook, of at most {LONGEST} characters.")
    return value.strip().removeprefix("!")  # as playbooks are found by their macros


def _mode(value: object) -> str:
    mode = value.lower() if isinstance(value, str) else ""
    near = mode not in MODES and mode.isalpha() and get_close_matches(mode, MODES, n=1)
    return mode if may_be_mode(mode) and not near else _one_of("mode", value, MODES)  # Devin may have others


def _number(value: object, wrong: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**9:
        raise SettingError(wrong)
    return value


def _starts(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**5:
        raise SettingError("Write a whole number of sessions, such as 20.")
    return value


def _limit(value: object) -> int:
    return _number(value, "Write the limit as a whole number of ACUs above zero, such as 10.")


def _switch(value: object) -> bool:
    return value if isinstance(value, bool) else _ON[_one_of("switch", value, list(_ON))]


def _quiet(value: object) -> QuietHours:
    begin, _, end = re.sub(r"[\u2013\u2014]| to ", "-", value if isinstance(value, str) else "").partition("-")
    begins, ends = read_clock(begin), read_clock(end)
    if begins is None or ends is None:
        raise SettingError("Write quiet hours from start to end, such as 10 PM - 7 AM.")
    if begins == ends:
        raise SettingError("Quiet hours can't start and end at the same time.")
    return QuietHours(begins, ends)


def _one_of(noun: str, value: object, known: Sequence[str]) -> str:
    wanted = str(value).lower()
    if wanted not in known:
        raise SettingError(_unknown(noun, str(value), known))
    return wanted


def _unknown(noun: str, value: str, known: Sequence[str]) -> str:
    near = get_close_matches(value.lower(), known, n=1)
    way_on = f"Did you mean “{near[0]}”?" if near else f"Pick one of {', '.join(known)}."
    return f"There's no {noun} “{value[:LONGEST]}”. {way_on}"


_READERS: Final[Mapping[Setting, Callable[[object], Value]]] = {
    Setting.REPOS: _repos,
    Setting.PLAYBOOK: _name,
    Setting.MODE: _mode,
    Setting.LIMIT: _limit,
    Setting.TAGS: _tags,
    Setting.ALLOW_REPOS: _allowed_repos,
    Setting.ALLOW_PLAYBOOKS: lambda value: _list([name.removeprefix("!") for name in _texts(value)]),
    Setting.ALLOW_MODES: lambda value: _list(
        [mode.lower() if ANYTHING in mode else _mode(mode) for mode in _texts(value)]
    ),
    Setting.STARTS: _starts,
    Setting.TURNS: lambda value: TurnTaking(_one_of("turn-taking", value, list(TurnTaking))),
    Setting.DETAIL: lambda value: Detail(_one_of("detail", value, list(Detail))),
    Setting.ALERTS_PER_HOUR: lambda value: _number(value, "Write a whole number of sessions above zero, such as 10."),
    Setting.ALERT_ACUS: _limit,
    Setting.REMINDERS: _switch,
    Setting.QUIET: _quiet,
    Setting.NOTIFY: lambda value: NotifyChoice(_one_of("choice of mentions", value, list(NotifyChoice))),
}
