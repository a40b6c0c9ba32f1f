"""What is typed behind `role add` and `role remove`: a role, perhaps a channel, and people or user groups."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.commands.picked import picked_channel, picked_group, picked_person
from bot.domain.roles import EVERYONE, EVERYWHERE, Right

MOST_WORDS_MEANT: Final = 6  # a longer text without a role or a mention among its first words reads like a task
_RIGHTS: Final = {
    **{right.value: right for right in Right},
    "costs": Right.COST,
    "admin": Right.ADMINISTER,
    "reply": Right.STEER,
}
_ALL: Final = frozenset({EVERYONE, "everybody", "all"})
_JOINING: Final = frozenset({"see", "to", "for", "from", "in", "and", "the", "role"})


class Problem(StrEnum):
    """What is wrong with what was typed."""

    RIGHT = "right"  # no role was typed, one that there is not, or two
    NOBODY = "nobody"  # nobody was named to have it
    PICKED = "picked"  # a name that was typed and not picked in Slack, so that no id is known
    CHANNELS = "channels"  # two channels
    EVERYONE = "everyone"  # who cannot all administer
    WORD = "word"


@dataclass(frozen=True, slots=True)
class WantedRole:
    """A role, where it holds, and who is to have it or have it no more; nobody stands for all who have it."""

    right: Right
    channel: str = EVERYWHERE
    holders: tuple[str, ...] = ()


def parse_add(typed: str) -> WantedRole | Problem:
    """Read who is to have which role, or say what is wrong first."""
    wanted = parse_remove(typed)
    if isinstance(wanted, Problem):
        return wanted
    if not wanted.holders:
        return Problem.NOBODY
    return Problem.EVERYONE if wanted.right is Right.ADMINISTER and EVERYONE in wanted.holders else wanted


def parse_remove(typed: str) -> WantedRole | Problem:
    """Read who is to have which role no more, or say what is wrong first."""
    words = [word for word in typed.replace(",", " ").split() if word.lower() not in _JOINING]
    rights = {_RIGHTS[word.lower()] for word in words if word.lower() in _RIGHTS}
    channels = {channel for word in words if (channel := picked_channel(word))}
    holders = {word: holder for word in words if (holder := _holder(word))}
    others = [word for word in words if word.lower() not in _RIGHTS and word not in holders]
    unread = next((word for word in others if picked_channel(word) is None), None)
    if unread is not None:
        if unread[0] in {"@", "#"}:
            return Problem.PICKED
        return Problem.WORD if rights else Problem.RIGHT
    if len(rights) != 1:
        return Problem.RIGHT
    if len(channels) > 1:
        return Problem.CHANNELS
    channel = channels.pop() if channels else EVERYWHERE
    return WantedRole(rights.pop(), channel, tuple(dict.fromkeys(holders.values())))


def _holder(word: str) -> str | None:
    return EVERYONE if word.lower() in _ALL else picked_person(word) or picked_group(word)


def read_role(typed: str) -> str | None:
    """Return `typed` if it is meant for a command about roles, whether or not something is wrong with it; else None."""
    words = typed.split()
    is_short = len(words) <= MOST_WORDS_MEANT
    meant = any(word.startswith(("@", "#")) or word.lower() in _RIGHTS for word in words[:MOST_WORDS_MEANT])
    return typed if is_short or meant else None
