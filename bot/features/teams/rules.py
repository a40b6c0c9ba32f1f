"""Teams, which figures are divided by: who and what belongs to one, and in which of them a session counts.

People call it a team. Here it is a cost centre, because Slack calls a workspace a team.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import takewhile
from typing import Final

from bot.domain.commands.picked import is_picked_group, picked_channel, picked_person
from bot.domain.commands.quotation_marks import DOUBLE, SINGLE

LONGEST_NAME: Final = 40
# What other rows of the same tables are called, so that no team is mistaken for one.
RESERVED: Final = frozenset(
    {"no team", "outside slack", "total", "total through slack", "others", "another workspace", "team", "teams"}
)


class MemberKind(StrEnum):
    """What can belong to a cost centre.

    The order counts: a session is in the cost centre of its tag, else in that of its channel, else in its asker's.
    """

    TAG = "tag"
    CHANNEL = "channel"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Member:
    """A tag in lower case, the id of a channel, or the id of a person."""

    kind: MemberKind
    subject: str

    def __str__(self) -> str:
        return f"{self.kind.value} {self.subject}"


@dataclass(frozen=True, slots=True)
class Membership:
    """That `member` belongs to the team `name` from one ISO date on, and up to another one, if there is one.

    Without a name it belongs to none.
    """

    member: Member
    name: str
    since: str
    until: str | None = None

    def holds(self, day: str) -> bool:
        """Whether it is in a team by this on a day."""
        return bool(self.name) and self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class CostCentre:
    """A team and its members, of which there is at least one. No member belongs to two."""

    name: str
    members: tuple[Member, ...]

    def is_called(self, name: str) -> bool:
        """Whether `name` is its own, in capitals or not."""
        return self.name.casefold() == name.casefold()


def named(centres: Iterable[CostCentre], name: str) -> CostCentre | None:
    """Return the one of `centres` that is called `name`, or None."""
    return next((centre for centre in centres if centre.is_called(name)), None)


def called(memberships: Iterable[Membership], name: str) -> list[Membership]:
    """Return all `memberships`, with those in the team that is called `name` written as that is."""
    wanted = name.casefold()
    return [replace(one, name=name) if one.name.casefold() == wanted else one for one in memberships]


def home_of(centres: Iterable[CostCentre], member: Member) -> CostCentre | None:
    """Return the one of `centres` that `member` belongs to, or None."""
    return next((centre for centre in centres if member in centre.members), None)


# ------------------------------------------------------------ words
# What is typed behind `team add` and `team remove`: a name of one or several words, and who and what belongs to it.
#
# A channel and a person come as their ids, `#C0WEB` and `@U0ADA`, because a name alone says no id.


MOST_WORDS_MEANT: Final = 6  # a longer text without a member among its first words reads like a task
_TAG: Final = re.compile(r"tags?[:=](?P<tags>.*)", re.IGNORECASE)
_FROM: Final = re.compile(r"(?P<rest>.+)\s(?:from|since)\s+(?P<day>\d{4}-\d{1,2}-\d{1,2})\s*", re.IGNORECASE)
_JOINING: Final = frozenset({"to", "into", "from"})
_SIGNS: Final = ("#", "@")
_QUOTES: Final = f"{DOUBLE}{SINGLE}`*"


class Problem(StrEnum):
    """What is wrong with what was typed."""

    NAME = "name"  # none was typed
    LONG = "long"
    RESERVED = "reserved"
    NOBODY = "nobody"  # nothing was typed behind the name
    PICKED = "picked"  # a channel or a person that was typed and not picked in Slack, so that no id is known
    GROUP = "group"  # a user group of Slack's, which can be no member
    DAY = "day"  # that is none in the calendar
    MEMBER = "member"  # behind the members stands what is none


@dataclass(frozen=True, slots=True)
class WantedTeam:
    """The name of a team, the members that are to be added to it or taken out, and from which billing day on."""

    name: str
    members: tuple[Member, ...]
    since: date | None = None


def parse_add(typed: str) -> WantedTeam | Problem:
    """Read `<name> <member> … [from <day>]`, or the other way round, or say what is wrong first."""
    wanted = _wanted(typed)
    if isinstance(wanted, WantedTeam) and not wanted.members:
        return Problem.NOBODY
    if isinstance(wanted, WantedTeam) and wanted.name.casefold() in RESERVED:
        return Problem.RESERVED
    return wanted


def parse_remove(typed: str) -> WantedTeam | Problem:
    """Read `<name> [<member> …]`, or the other way round, or say what is wrong first.

    Without members the team itself is meant.
    """
    return _wanted(typed)


def read_team(typed: str) -> str | None:
    """Return `typed` if it is meant for a command about teams, whether or not something is wrong with it; else None."""
    words = typed.split()
    is_short = len(words) <= MOST_WORDS_MEANT
    return typed if is_short or any(map(_is_like_member, words[:MOST_WORDS_MEANT])) else None


def _wanted(typed: str) -> WantedTeam | Problem:
    found = _FROM.fullmatch(typed)
    words, since = _name_first((found["rest"] if found else typed).split()), _day(found["day"]) if found else None
    begin = next((at for at, word in enumerate(words) if _is_like_member(word)), len(words))
    name = " ".join(words[:begin]).strip(_QUOTES).strip()
    if not name:
        return Problem.NAME
    if len(name) > LONGEST_NAME:
        return Problem.LONG
    members: dict[Member, None] = {}
    for word in words[begin:]:
        read = _members(word)
        if isinstance(read, Problem):
            return read
        members |= dict.fromkeys(read)
    return Problem.DAY if found and since is None else WantedTeam(name, tuple(members), since)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _name_first(words: list[str]) -> list[str]:
    """Put the name first where all members stand before it, as in `@ann Payments` or `@ann to Payments`."""
    members = list(takewhile(_is_like_member, words))
    name = words[len(members) :]
    if not members or any(map(_is_like_member, name)):
        return words
    return [*(name[1:] if len(name) > 1 and name[0].lower() in _JOINING else name), *members]


def _is_like_member(word: str) -> bool:
    return word.startswith(_SIGNS) or _TAG.match(word) is not None


def _members(word: str) -> list[Member] | Problem:
    word = word.rstrip(",")
    if channel := picked_channel(word):
        return [Member(MemberKind.CHANNEL, channel)]
    if person := picked_person(word):
        return [Member(MemberKind.PERSON, person)]
    if word.startswith(_SIGNS):
        return Problem.GROUP if is_picked_group(word) else Problem.PICKED
    found = _TAG.fullmatch(word)
    tags = [tag.strip(_QUOTES).lower() for tag in found["tags"].split(",")] if found else []
    return [Member(MemberKind.TAG, tag) for tag in tags if tag] or Problem.MEMBER
