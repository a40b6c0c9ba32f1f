"""The names of the parts into which an answer divides figures, in `mrkdwn`."""

from datetime import date
from typing import Final

from bot.domain.products import OTHER
from bot.views.dates import weekday_date
from bot.views.sentences import mention
from bot.views.text import fitted, linked_title

LONGEST: Final = 80
OTHER_WORKSPACE: Final = "another workspace"
NOT_STORED: Final = "sessions that are no longer stored"
ERASED: Final = "people whose data was erased"
SOMEBODY: Final = "someone"
NAMELESS: Final = "{number:,} people whose names aren't known"
OTHERS: Final = "others"
DIRECT_MESSAGES: Final = "DMs"
NO_TEAM: Final = "no team"
NO_PLAYBOOK: Final = "no playbook"
NO_REPOSITORY: Final = "no repository known"
HIDDEN_REPOSITORY: Final = "private channels and DMs"
NO_PRODUCT: Final = "other"


def person(user: str, name: str | None) -> str:
    """Name a person, whose id is empty once they were erased from the store.

    Without a name it is a mention, which only a private answer may have: it tells several of them apart.
    """
    return (fitted(name, LONGEST) if name else mention(user)) if user else ERASED


def counted_people(number: int) -> str:
    """Write how many people there are, in place of their names."""
    return f"{number:,} people"


def nameless(number: int) -> str:
    """Write how many people there are of whom no name is known."""
    return SOMEBODY if number == 1 else NAMELESS.format(number=number)


def channel(channel_id: str | None) -> str:
    """Name a channel by a link, which shows a name only to those who may see the channel; `D` are direct messages."""
    return DIRECT_MESSAGES if channel_id == "D" else f"<#{channel_id}>"


def team(name: str | None) -> str:
    """Name a team, or say that the sessions count in none."""
    return fitted(name, LONGEST) if name else NO_TEAM


def session(title: str, permalink: str | None, url: str | None, asker: str | None) -> str:
    """Name a session by its title with its links, and by its asker."""
    titled = linked_title(title, permalink, url, LONGEST)
    return f"{titled} · {fitted(asker, LONGEST)}" if asker else titled


def playbook(title: str | None) -> str:
    """Name a playbook, or say that there was none."""
    return fitted(title, LONGEST) if title else NO_PLAYBOOK


def repository(name: str | None) -> str:
    """Name a repository, or say that none is known."""
    return fitted(name, LONGEST) if name else NO_REPOSITORY


def day(day: date) -> str:
    """Name a billing day."""
    return weekday_date(day)


def product(name: str) -> str:
    """Name a product that Devin bills."""
    return NO_PRODUCT if name == OTHER else fitted(name, LONGEST)


def organisation(org_id: str) -> str:
    """Name an organisation at Devin by its id."""
    return fitted(org_id, LONGEST)
