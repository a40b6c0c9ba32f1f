"""What `/devin fanout` asks for: a prompt, the organisations behind `orgs=`, and the options of each session."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.commands.option_words import without
from bot.domain.commands.options import Mistyped, is_playbook_id, parse_request
from bot.domain.commands.quotation_marks import DOUBLE
from bot.domain.session import Options

ALL: Final = "all"
MOST_ORGANISATIONS: Final = 50  # in one fan-out
PLACEHOLDER: Final = "{org}"  # becomes the organisation's name

# In code nothing is an option. A list has its names with quotation marks around each, around all of it, or without.
_CODE: Final = r"```.*?(?:```|\Z)|`[^`\n]+`"
_MARK: Final = re.compile(f"[{DOUBLE}]")
_NAME: Final = rf"(?:[{DOUBLE}][^{DOUBLE}\n]{{0,2000}}[{DOUBLE}]|[^\s,{DOUBLE}`)]+)"
_ORGS: Final = re.compile(
    rf"{_CODE}|(?<![^\s(])(?P<option>org(?:s|ani[sz]ations?)?=(?P<names>{_NAME}(?:,[^\S\n]?{_NAME})*,?)?)",
    re.IGNORECASE | re.DOTALL,
)


class FanOutMistake(StrEnum):
    """What is wrong with a fan-out as it was typed."""

    NO_ORGANISATIONS = "no organisations"  # it has no `orgs=`, or nothing behind it
    TWICE = "twice"  # `orgs=` was typed twice
    NO_TASK = "no task"  # there is nothing else than options
    OPTION = "option"  # an option is no valid one
    PLAYBOOK = "playbook"  # a playbook is named by its title, which differs between organisations


@dataclass(frozen=True, slots=True)
class WrongFanOut:
    """A fan-out that cannot be started as it was typed; `mistyped` is the option at fault, if one is."""

    mistake: FanOutMistake
    mistyped: Mistyped | None = None


@dataclass(frozen=True, slots=True)
class FanOutQuery:
    """A prompt for the organisations called `names`, by name or id; empty for all of them."""

    prompt: str
    names: tuple[str, ...]
    options: Options
    without: frozenset[str] = frozenset()  # options of which not even a default counts


@dataclass(frozen=True, slots=True)
class OrganisationName:
    """An organisation as people know it. Where nobody knows its name, that is its id."""

    org_id: str
    name: str


@dataclass(frozen=True, slots=True)
class NotChosen:
    """Names that stand for no organisation, and those that stand for several."""

    unknown: tuple[str, ...]
    ambiguous: tuple[str, ...]


def parse_fan_out(typed: str) -> FanOutQuery | WrongFanOut:
    """Read what was typed behind `fanout`."""
    found = [match for match in _ORGS.finditer(typed) if match["option"]]
    if len(found) > 1:
        return WrongFanOut(FanOutMistake.TWICE)
    names = _names(found[0]["names"] or "") if found else ()
    request = parse_request(without(typed, [match.span() for match in found]))
    if not request.task:
        return WrongFanOut(FanOutMistake.NO_TASK)
    if (playbook := request.options.playbook) is not None and not is_playbook_id(playbook):
        return WrongFanOut(FanOutMistake.PLAYBOOK)
    if not names:
        return WrongFanOut(FanOutMistake.NO_ORGANISATIONS)
    if request.mistyped:
        return WrongFanOut(FanOutMistake.OPTION, request.mistyped[0])
    wanted = () if [name.casefold() for name in names] == [ALL] else names
    return FanOutQuery(request.prompt, wanted, request.options, request.without)


def _names(typed: str) -> tuple[str, ...]:
    """The names in a list with commas. Quotation marks only keep blanks: a name with a comma has to go by its id."""
    names = (name.strip() for name in _MARK.sub("", typed).split(","))
    return tuple(dict.fromkeys(name for name in names if name))


def chosen(names: Sequence[str], known: Sequence[OrganisationName]) -> list[OrganisationName] | NotChosen:
    """Return those of the `known` organisations that `names` name, each once; all of them if there are no names."""
    if not names:
        return list(known)
    found = {name: _called(name, known) for name in names}
    unknown = tuple(name for name, fitting in found.items() if not fitting)
    ambiguous = tuple(name for name, fitting in found.items() if len(fitting) > 1)
    if unknown or ambiguous:
        return NotChosen(unknown, ambiguous)
    return list({fitting[0].org_id: fitting[0] for fitting in found.values()}.values())


def _called(name: str, known: Sequence[OrganisationName]) -> list[OrganisationName]:
    by_id = [organisation for organisation in known if organisation.org_id == name]
    return by_id or [organisation for organisation in known if organisation.name.casefold() == name.casefold()]


def with_organisation(text: str, name: str) -> str:
    """Return `text` with the `name` of an organisation in place of each `{org}`."""
    return text.replace(PLACEHOLDER, name)
