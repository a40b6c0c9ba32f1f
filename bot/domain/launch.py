"""The form for a start: what was filled in, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.commands.options import (
    MOST_TAGS,
    Mistyped,
    is_repo,
    is_reserved_tag,
    limit_in_field,
    may_be_mode,
    parse_request,
)
from bot.domain.session import NO_OPTIONS, Options
from bot.domain.settings_values import MOST_REPOS

TASK, REPOS, PLAYBOOK, MODE = "task", "repos", "playbook", "mode"
LIMIT, TAGS, TITLE, CHANNEL = "limit", "tags", "title", "channel"
NO_CHOICE: Final = "?"  # the value of a line in a menu that only says why there is nothing to pick
UNSET: Final = "-"  # the value of the line with which a menu is emptied: Slack has no other way for that
LONGEST_TITLE: Final = 200
_ONCE: Final = ("repo", "playbook", "mode", "acu", "title")  # options of which there is one value


@dataclass(frozen=True, slots=True)
class Launch:
    """A start as the form asks for it; an empty `channel` is the direct message with the bot."""

    task: str
    options: Options = NO_OPTIONS
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Mistakes:
    """What cannot be taken: an empty task, options in it that are not valid or stand in a field too, and fields."""

    empty: bool = False
    in_task: tuple[Mistyped, ...] = ()
    twice: tuple[str, ...] = ()  # the names of options
    fields: tuple[str, ...] = ()  # the names of fields

    def __bool__(self) -> bool:
        return self != Mistakes()


def read_launch(fields: Mapping[str, str]) -> Launch:
    """Read the `fields` that were filled in; what cannot be read is left out, and `mistakes_of` says so."""
    repos = _listed(fields.get(REPOS, ""))
    options = Options(
        repo=repos[0] if repos else None,
        also=repos[1:],
        playbook=_picked(fields.get(PLAYBOOK)),
        mode=_picked(fields.get(MODE)),
        acu=limit_in_field(fields.get(LIMIT, "")) or None,
        tags=_listed(fields.get(TAGS, "")),
        title=fields.get(TITLE, "").strip() or None,
    )
    return Launch(fields.get(TASK, "").strip(), options, fields.get(CHANNEL, ""))


def mistakes_of(fields: Mapping[str, str]) -> Mistakes:
    """What is wrong with these `fields`."""
    launch, limit = read_launch(fields), fields.get(LIMIT, "").strip()
    # Which names of playbooks there are is known to Devin.
    request = parse_request(launch.task)
    wrong = {
        LIMIT: bool(limit) and launch.options.acu is None,
        TAGS: len(launch.options.tags) > MOST_TAGS or any(map(is_reserved_tag, launch.options.tags)),
        MODE: launch.options.mode is not None and not may_be_mode(launch.options.mode),
        TITLE: len(launch.options.title or "") > LONGEST_TITLE,
        REPOS: len(launch.options.repos) > MOST_REPOS or not all(map(is_repo, launch.options.repos)),
        PLAYBOOK: launch.options.playbook == NO_CHOICE,
    }
    twice = [name for name in _ONCE if _differ(getattr(request.options, name), getattr(launch.options, name))]
    return Mistakes(
        empty=not request.task,
        in_task=tuple(one for one in request.mistyped if one.reason),  # what is in doubt is asked about
        twice=tuple(twice),
        fields=tuple(name for name, is_wrong in wrong.items() if is_wrong),
    )


def with_options(typed: Options, given: Options) -> Options:
    """The options `typed` in the text of a start, with those `given` beside it, which count where both are set."""
    if given == NO_OPTIONS:
        return typed
    named = {name: getattr(given, name) for name in ("playbook", "mode", "acu", "title") if getattr(given, name)}
    repos = given.repos or typed.repos
    tags = tuple(dict.fromkeys((*typed.tags, *given.tags)))
    return replace(typed, **named, repo=repos[0] if repos else None, also=repos[1:], tags=tags)


def _differ(typed: str | int | None, given: str | int | None) -> bool:
    return typed is not None and given not in {None, typed}


def _picked(value: str | None) -> str | None:
    return None if value == UNSET else value or None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
