"""The answer about metrics: how much Devin was used in a period, and how much of that came through the bot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.domain.amounts import half_up
from bot.views.dates import date_range, month_name
from bot.views.message import Message
from bot.views.text import counted, fitted, one_tenth

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
