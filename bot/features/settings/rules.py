"""The fields of the form of settings: how they are called, and what was changed in them since the form was drawn."""

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.domain.launch import NO_CHOICE, PLAYBOOK, UNSET
from bot.domain.settings_values import (
    Effective,
    Scope,
    Setting,
    SettingError,
    Value,
    Values,
    as_text,
    loosens,
    may_be_set,
    read_text,
)
from bot.views.modals.launch import IN_FIELD


@dataclass(frozen=True, slots=True)
class Group:
    """The fields of one scope: what is set there, and what the file sets, which no form changes."""

    scope: Scope
    chosen: Values
    fixed: Values

    @property
    def open(self) -> list[Setting]:
        """The settings that people may change here."""
        return [setting for setting in settings_of(self.scope) if setting not in self.fixed]


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that somebody has changed; without a value it is no longer set."""

    scope: Scope
    setting: Setting
    value: Value | None

    @property
    def usual(self) -> Value:
        """What holds for everyone where nobody has set it."""
        value: Value = getattr(Effective(), self.setting.value)
        return value

    @property
    def loosens(self) -> bool:
        """Whether it makes a brake hold back less than it usually does."""
        return self.value is not None and loosens(self.setting, self.value, self.usual)


def settings_of(scope: Scope) -> list[Setting]:
    """The settings that channels, or people, have."""
    return [setting for setting in Setting if may_be_set(setting, scope)]


def field_name(scope: Scope, setting: Setting) -> str:
    """The name of the field of a setting."""
    return f"{scope}.{setting}"


def shown_in_field(values: Values, setting: Setting) -> str:
    """What the field of a setting holds at first."""
    return as_text(values[setting]) if setting in values else ""


def drawn(groups: list[Group]) -> str:
    """Return what Slack keeps with the form: a fingerprint of what each of its fields holds at first."""
    return ",".join(
        f"{field_name(group.scope, setting)}={_fingerprint(shown_in_field(group.chosen, setting))}"
        for group in groups
        for setting in group.open
    )


def mistakes(kept: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Return a sentence for each changed field that is not valid. `kept` is what was `drawn`."""
    wrong: dict[str, str] = {}
    for name, scope, setting, text in _changed(kept, fields):
        try:
            _change(scope, setting, text)
        except SettingError as error:
            wrong[name] = str(error)
    return wrong


def changes(kept: str, fields: Mapping[str, str]) -> list[SettingChange]:
    """Return what was changed in the form since it was `drawn`, so that what others set meanwhile stays.

    Raises SettingError if a value is not valid.
    """
    return [_change(scope, setting, text) for _, scope, setting, text in _changed(kept, fields)]


def _changed(kept: str, fields: Mapping[str, str]) -> Iterator[tuple[str, Scope, Setting, str]]:
    before = dict(part.split("=", 1) for part in kept.split(",") if "=" in part)
    for scope in (Scope.PERSON, Scope.CHANNEL):
        for setting in settings_of(scope):
            name = field_name(scope, setting)
            text = "" if fields.get(name) == UNSET else fields.get(name, "").strip()
            # A field that was not drawn, such as one that the file sets, is none that somebody may change.
            if name in before and name in fields and _fingerprint(text) != before[name]:
                yield name, scope, setting, text


def _change(scope: Scope, setting: Setting, text: str) -> SettingChange:
    if text == NO_CHOICE and setting is Setting.PLAYBOOK:
        raise SettingError(IN_FIELD[PLAYBOOK])
    change = SettingChange(scope, setting, read_text(setting, text) if text else None)
    if scope is Scope.PERSON and change.loosens:
        most = change.usual
        wrong = f"{text} is more than the {most} that everyone has." if change.value else "0 would turn it off."
        raise SettingError(f"{wrong} Enter 1 to {most}, or ask an admin to set more for a channel.")
    return change


def _fingerprint(text: str) -> str:
    apart = re.sub(r"(?<!\s)\s*,\s*", ",", text)  # a menu for several gives no spaces back
    return f"{zlib.crc32(apart.encode()):08x}"
