"""What a start takes from the settings where its person has typed nothing: as if they had typed it."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from bot.domain.session import Options
from bot.domain.settings_values import Effective, Setting

# The options by the settings that fill them.
OPTION_OF = {
    Setting.REPOS: "repo",
    Setting.PLAYBOOK: "playbook",
    Setting.MODE: "mode",
    Setting.LIMIT: "acu",
    Setting.TAGS: "tags",
}


@dataclass(frozen=True, slots=True)
class Gone:
    """A default that Devin does not have: `what` it is, its value, and the options `near` it that may be meant."""

    what: str
    value: str
    near: tuple[str, ...] = ()


def with_defaults(options: Options, held: Effective, without: Collection[str] = ()) -> Options:
    """Return `options` with what holds in place of each that is not set, but for the options that are `without` any."""
    filled = options
    if not options.repos and "repo" not in without and held.repos:
        filled = replace(filled, repo=held.repos[0], also=held.repos[1:])
    if not options.tags and "tags" not in without:
        filled = replace(filled, tags=held.tags)
    for setting in (Setting.PLAYBOOK, Setting.MODE, Setting.LIMIT):
        name, value = OPTION_OF[setting], getattr(held, setting.value)
        if getattr(options, name) is None and name not in without:
            filled = replace(filled, **{name: value})
    return filled


def defaults_in(options: Options, held: Effective) -> list[Setting]:
    """The settings that hold and whose values `options` have, so that they may come from there."""
    values = {
        Setting.REPOS: options.repos,
        Setting.PLAYBOOK: options.playbook,
        Setting.MODE: options.mode,
        Setting.LIMIT: options.acu,
        Setting.TAGS: options.tags,
    }
    return [setting for setting, value in values.items() if value and value == getattr(held, setting.value)]
