"""Settings in a file under version control, which go before those that people set in forms."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from bot.domain.roles import EVERYWHERE, Right, RoleError, Roles, read_roles
from bot.domain.settings_values import (
    ALLOW,
    OF_WORK,
    Scope,
    Setting,
    SettingError,
    Value,
    Values,
    may_be_set,
    read,
    setting_named,
)

DEFAULT: Final = "default"
ROLES: Final = "roles"  # a section, and a table of a channel
SECTIONS: Final = (DEFAULT, "channel", "person", ROLES)
# How each section is written, as those of channels and people have an id behind the word.
_WRITTEN: Final = {DEFAULT: "[default]", "channel": "[channel.C123]", "person": "[person.U123]", ROLES: "[roles]"}


@dataclass(frozen=True, slots=True)
class FileSettings:
    """What a file sets for everybody, for channels and for people, both by their ids. `name` is that of the file."""

    name: str = ""
    default: Values = field(default_factory=dict)
    channels: Mapping[str, Values] = field(default_factory=dict)
    people: Mapping[str, Values] = field(default_factory=dict)
    roles: Roles = field(default_factory=Roles)

    @property
    def sections(self) -> dict[str, Values]:
        """What is set, by the name of each section of the file."""
        channels = {f"channel.{channel}": values for channel, values in self.channels.items()}
        people = {f"person.{person}": values for person, values in self.people.items()}
        return {DEFAULT: self.default, **channels, **people}

    def holding(self, channel: str | None, user: str | None) -> Values:
        """Return what the file sets for the work of `user` in `channel`.

        For work the channel goes before the person, for the rest the person before the channel; both before all.
        """
        of_channel, of_person = self.channels.get(channel or "", {}), self.people.get(user or "", {})
        found: dict[Setting, Value] = {}
        for setting in Setting:
            first, second = (of_channel, of_person) if setting in OF_WORK else (of_person, of_channel)
            for layer in (first, second, self.default):
                if setting in layer:
                    found[setting] = layer[setting]
                    break
        return found


def parse_file(name: str, text: str) -> FileSettings:
    """Read the `text` of the file called `name`. Raises SettingError, which says where it is wrong."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise SettingError(f"{name} isn't valid TOML: {wrong}") from None
    for section in found:
        if section not in SECTIONS:
            near = get_close_matches(section, SECTIONS, n=1)
            ways = f"Did you mean {_WRITTEN[near[0]]}?" if near else f"Use one of {', '.join(_WRITTEN.values())}."
            raise SettingError(f"{name}: there's no section [{section}]. {ways}")
    channels, channel_roles = _without_roles(found.get("channel", {}))
    return FileSettings(
        name,
        _values(name, DEFAULT, found.get(DEFAULT, {})),
        _by_id(name, "channel", "CG", channels),
        _by_id(name, "person", "UW", found.get("person", {})),
        _roles(name, {EVERYWHERE: found.get(ROLES, {}), **channel_roles}),
    )


def _without_roles(tables: object) -> tuple[object, dict[str, object]]:
    """Return the `tables` of channels without their roles, and those roles by the ids of the channels."""
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        return tables, {}  # which is refused with its own sentence
    roles = {channel: table[ROLES] for channel, table in tables.items() if ROLES in table}
    others = {key: {name: value for name, value in table.items() if name != ROLES} for key, table in tables.items()}
    return others, roles


def _roles(name: str, tables: Mapping[str, object]) -> Roles:
    """Read the roles of each channel and of everywhere."""
    held: dict[tuple[Right, str], tuple[str, ...]] = {}
    for channel, table in tables.items():
        section = f"channel.{channel}.{ROLES}" if channel else ROLES
        try:
            held |= read_roles(table, channel)
        except RoleError as wrong:
            raise SettingError(f"{name} [{section}]: {wrong}") from None
    return Roles(held)


def _by_id(name: str, section: str, begins: str, tables: object) -> dict[str, Values]:
    if not isinstance(tables, dict):
        raise SettingError(f"{name}: write [{section}.{begins[0]}123], with the ID from Slack.")
    for key in tables:
        if not (key[:1] in begins and key.isalnum() and key.isupper()):
            raise SettingError(f"{name}: [{section}.{key}] needs an ID from Slack, such as {begins[0]}0123ABC.")
    scope = Scope.CHANNEL if section == "channel" else Scope.PERSON
    return {key: _values(name, f"{section}.{key}", table, scope) for key, table in tables.items()}


def _values(name: str, section: str, table: object, scope: Scope | None = None) -> Values:
    if not isinstance(table, dict):
        raise SettingError(f"{name}: [{section}] is no table of settings.")
    if isinstance(allowed := table.get(ALLOW), dict):  # as TOML has `allow.repos`
        others = {key: value for key, value in table.items() if key != ALLOW}
        table = others | {f"{ALLOW}.{key}": value for key, value in allowed.items()}
    values: dict[Setting, Value] = {}
    for key, value in table.items():
        try:
            setting = _setting_of(scope, key)
            values[setting] = read(setting, value)
        except SettingError as wrong:
            raise SettingError(f"{name} [{section}] {key}: {wrong}") from None
    return values


def _setting_of(scope: Scope | None, key: str) -> Setting:
    """Return the setting called `key`, which channels, or people, have. Raises SettingError if there is none."""
    setting = setting_named(key)
    if scope is not None and not may_be_set(setting, scope):
        raise SettingError(f"it's set for {'channels' if scope is Scope.PERSON else 'people'} only.")
    return setting
