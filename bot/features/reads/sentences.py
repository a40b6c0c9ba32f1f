"""The answer about Devin's members: who they are, or how many where people are not named."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.domain.amounts import half_up
from bot.views.answers.wording import code
from bot.views.dates import date_range, month_name
from bot.views.message import Message
from bot.views.text import counted, fitted, one_tenth

MOST_LISTED: Final = 20
FEWEST_COUNTED: Final = 3  # people: a smaller group would name somebody
NO_SEARCH: Final = Message(
    "People aren't named here (`BOT_NAMES=off`), so members can't be searched for. `/devin "
    "members` by itself shows how many there are."
)
NO_MENTION: Final = Message(
    "Devin doesn't know people by @mention. Write part of their name or email, such as `/devin members ada`."
)
NOBODY: Final = Message("Devin shows no members of your organization.")
_NO_ROLE: Final = "through a group"


@dataclass(frozen=True, slots=True)
class Person:
    """A member; without `roles` they are one through a group of an identity provider."""

    name: str
    email: str
    roles: tuple[str, ...] = ()

    @property
    def role(self) -> str:
        """All roles in one text."""
        return ", ".join(self.roles) or _NO_ROLE


def members(people: Sequence[Person], searched: str = "") -> Message:
    """List the first of the `people`, by name; of all of them those whose name or address has `searched` in it."""
    if not people:
        return NOBODY
    found = sorted(
        (person for person in people if searched.casefold() in f"{person.name}\n{person.email}".casefold()),
        key=lambda person: (person.name or person.email).casefold(),
    )
    if not found:
        return Message(f"None of Devin's {counted(len(people), 'member')} has {code(searched)} in their name or email.")
    head = f"*Devin's members*: {len(people):,}"
    if searched:
        head = f"*Devin's members* with {code(searched)} in name or email: {len(found):,} of {len(people):,}"
    lines = [head, *(f"• {_line(person)}" for person in found[:MOST_LISTED])]
    if (more := len(found) - MOST_LISTED) > 0:
        lines.append(f"and {more:,} more; `/devin members` with part of a name or email finds them")
    return Message("\n".join(lines))


def member_counts(people: Sequence[Person]) -> Message:
    """Count the `people` by role, where people are not named; small groups are counted together."""
    if not people:
        return NOBODY
    roles = Counter(person.role for person in people)
    large = [(role, count) for role, count in roles.most_common() if count >= FEWEST_COUNTED]
    others = len(people) - sum(count for _, count in large)
    parts = [f"{count:,} {fitted(role, 60)}" for role, count in large] + ([f"{others:,} others"] if others else [])
    return Message(f"*Devin's members*: {len(people):,} ({', '.join(parts)}). People aren't named here.")


def cut(count: int) -> str:
    """Say that no more than so many members are read."""
    return f":warning: Only the first {counted(count, 'member')} were read, and Devin has more."


def _line(person: Person) -> str:
    name, email, role = fitted(person.name, 80), fitted(person.email, 120), fitted(person.role, 80)
    return " · ".join(part for part in (name, email, role) if part)


# ------------------------------------------------------------ metric sentences
# The answer about metrics: how much Devin was used in a period, and how much of that came through the bot.


FEWEST: Final = 5  # a share of less says nothing
_ORIGINS: Final = {
    "webapp": "web app",
    "slack": "Devin's own Slack app",
    "teams": "Teams",
    "api": "API",
    "linear": "Linear",
    "jira": "Jira",
}
_SIZES: Final = ("xs", "s", "m", "l", "xl")


@dataclass(frozen=True, slots=True)
class Metrics:
    """What Devin counted from the billing day `first` to `last`; `own_…` is the part of the bot, None if not known."""

    first: date
    last: date
    used: int
    searches: int
    sessions: int
    by_origin: Mapping[str, int]
    by_size: Mapping[str, int]
    acus_per_session: float
    pull_requests: int
    merged: int
    closed: int
    people: int
    own_sessions: int | None = None
    own_pull_requests: int | None = None


def metrics(found: Metrics) -> Message:
    """Show the metrics, one line for each kind."""
    lines = [
        f"*Devin, {date_range(found.first, found.last)}*",
        f"• {_used(found)}",
        f"• {_sessions(found)}",
        *(_divided(found) if found.sessions else ()),
        f"• {_pull_requests(found)}",
        f"• {'1 active person' if found.people == 1 else f'{found.people:,} active people'}",
        "Sessions that Devin Bridge starts count as API.",
    ]
    return Message("\n".join(lines))


def _divided(found: Metrics) -> tuple[str, ...]:
    return f"• by origin: {_parts(found.by_origin, _ORIGINS, found.sessions)}", f"• by size: {_sizes(found)}"


def nothing_finished(today: date) -> Message:
    """Say that no day of the month is over yet."""
    return Message(
        f"No day of {month_name(today)} is finished yet. `/devin metrics week` shows the last seven finished days."
    )


def _used(found: Metrics) -> str:
    searches = f"{found.searches:,} {'search' if found.searches == 1 else 'searches'}"
    return f"{counted(found.used, 'session')} in use, {searches}"


def _sessions(found: Metrics) -> str:
    line = f"{counted(found.sessions, 'session')} created{_share(found.own_sessions, found.sessions)}"
    return f"{line}, {one_tenth(found.acus_per_session)} ACUs each on average" if found.acus_per_session > 0 else line


def _pull_requests(found: Metrics) -> str:
    line = f"{counted(found.pull_requests, 'pull request')} created"
    line += _share(found.own_pull_requests, found.pull_requests)
    return f"{line}, {found.merged:,} merged, {found.closed:,} closed unmerged"


def _share(own: int | None, whole: int) -> str:
    if own is None or not whole:
        return ""
    share = f", {half_up(100 * own / whole, 0)}%" if whole >= FEWEST else ""
    return f" ({own:,} of {whole:,} through Devin Bridge{share})"


def _parts(counts: Mapping[str, int], names: Mapping[str, str], whole: int) -> str:
    """The counts, largest first; those of others make the sum whole."""
    known = sorted(((count, name) for name, count in counts.items() if count), key=lambda part: (-part[0], part[1]))
    parts = [f"{count:,} {names.get(name) or fitted(name, 30)}" for count, name in known]
    others = whole - sum(count for count, _ in known)
    return ", ".join([*parts, *([f"{others:,} other"] if others > 0 else [])])


def _sizes(found: Metrics) -> str:
    sizes: Sequence[str] = [*_SIZES, *sorted(set(found.by_size) - set(_SIZES))]
    counts = [(size, found.by_size.get(size, 0)) for size in sizes]
    return ", ".join(f"{count:,} {fitted(size.upper(), 20)}" for size, count in counts if count) or "unknown"


# ------------------------------------------------------------ secret sentences
# The answers about secrets: their names, and where one is added, because none may be typed into Slack.


MOST_SECRETS: Final = 100
_NAMELESS: Final = "(without a name)"


def secrets(names: Sequence[str | None], page: str) -> Message:
    """List the `names` of secrets; `page` is where people add them."""
    if not names:
        return Message(f"There are no secrets in your Devin organization. Add one on <{page}|Devin's page>.")
    known = sorted((name for name in names if name), key=str.casefold)
    shown = [*(code(name) for name in known), *[_NAMELESS] * (len(names) - len(known))]
    more = len(shown) - MOST_SECRETS
    tail = [f"and {more:,} more"] if more > 0 else []
    head = f"*{counted(len(names), 'secret')}* in your Devin organization; values are never shown:"
    lines = [head, *(f"• {name}" for name in shown[:MOST_SECRETS]), *tail]
    return Message("\n".join(lines))


def add_secret(page: str) -> Message:
    """Say where a secret is added."""
    return Message(
        f"Add a secret on <{page}|Devin's page>, never in Slack: everyone in a channel could read it, "
        "and Slack keeps it. Nothing was added."
    )
