"""The root post of the daily digest, to be read in five seconds; all else stands in its thread (`digest_posts`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from bot.domain.clock import clock_time
from bot.domain.session import DisplayState
from bot.features.consumption.rules import Correction
from bot.features.consumption.sentences import cycle_line
from bot.features.usage.figure_sentences import (
    NO_PARTS,
    UNCHANGED,
    Figures,
    anomaly,
    arrow,
    no_acus,
    no_acus_at_all,
    sessions_of,
    why_no_total,
    why_own_rows,
    without_acus,
)
from bot.features.usage.usual import percent_above
from bot.views import blocks
from bot.views.dates import HOURS, short_date, weekday_date
from bot.views.doubts import roughly
from bot.views.message import Message
from bot.views.sentences import STATE_EMOJI
from bot.views.text import (
    acus,
    counted,
    fitted,
    hundredths,
    linked_title,
    one_tenth,
    share_of,
    span,
    tenths,
    tenths_of_acus,
    total_acus,
)

NEEDS_LISTED: Final = 5
FEWEST_TO_DIVIDE_BY: Final = 5  # a ratio over fewer says nothing
PULL_REQUEST_DAYS: Final = 14
CORRECTIONS_LISTED: Final = 3
CORRECTED: Final = "{day} corrected: {before} → {after}."
CAME_IN: Final = "Devin's bill for {day} is in now: {after}."
MORE_CORRECTED: Final = "and {days}."
NO_BILL_YET: Final = "Devin's bill isn't in yet"
NO_BILL: Final = "Devin's bill couldn't be read"
DAY: Final = f"Day {HOURS}"
NEEDS_SOMEBODY: Final = "*Needs attention*"
_JUST_READ: Final = 12 * 3600.0  # seconds: so long ago, a time of day needs no date


@dataclass(frozen=True, slots=True)
class Needing:
    """A session that needs a person: its state, for how many seconds, who asked for it, and its links.

    `asker` is a name and no mention, because a digest notifies nobody; None where names are not shown.
    """

    title: str
    state: DisplayState
    seconds: float
    asker: str | None = None
    permalink: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PullRequestFigures:
    """The pull requests opened in the last `PULL_REQUEST_DAYS`, those of them that are merged, and what was used."""

    opened: int = 0
    merged: int = 0
    acus: float = 0.0  # of the sessions that they come from
    acus_of_others: float = 0.0  # in these days


@dataclass(frozen=True, slots=True)
class DigestFigures:
    """What a digest that is posted now says besides the `figures` that answers about usage have.

    The pull requests are in the root of the daily digest of all alone.
    """

    figures: Figures
    posted_at: float
    needing: tuple[Needing, ...] = ()  # the first ones to be listed
    needing_by_state: Mapping[DisplayState, int] = field(default_factory=dict)  # of all
    pull_requests: PullRequestFigures = field(default_factory=PullRequestFigures)

    @property
    def waiting(self) -> int:
        """How many sessions wait for a person now."""
        return sum(self.needing_by_state.values()) - self.failed

    @property
    def failed(self) -> int:
        """How many sessions have failed since the day began, and nobody has done anything about it."""
        return self.needing_by_state.get(DisplayState.FAILED, 0)


def digest_root(digest: DigestFigures) -> Message:
    """Build the root post of a `digest`."""
    figures = digest.figures
    lines = [_first_line(figures), *_explained(figures)]
    if no_acus_at_all(figures):
        lines += [sessions_of(figures), *without_acus(figures)]
    elif figures.cycle is not None:
        lines.append(cycle_line(figures.cycle))
    lines += _pull_requests(digest.pull_requests)
    return Message(
        _notification(digest),
        [
            blocks.section("\n".join(lines)),
            *blocks.sections(needs_somebody(digest)),
            *blocks.context([" ".join([_day(digest), *corrected(figures.corrections)])]),
            *blocks.context(why_own_rows(figures)),
        ],
    )


def _notification(digest: DigestFigures) -> str:
    figures, waiting, failed = digest.figures, digest.waiting, digest.failed
    percent = _percent(figures)
    changed = f" ({_in_words(percent)})" if percent is not None else ""
    parts = [f"{_spent(figures)}{changed}"]
    if no_acus_at_all(figures):
        parts.append(sessions_of(figures).removesuffix("."))
    elif figures.total is None and figures.withheld is None:
        parts.append(NO_BILL_YET if figures.not_in_yet else NO_BILL)
    parts += [f"{counted(waiting, 'session')} waiting"] if waiting else []
    parts += [f"{failed:,} failed"] if failed else []
    return " · ".join(parts)


def _first_line(figures: Figures) -> str:
    percent = _percent(figures)
    changed = f"  {_in_words(percent)}" if percent is not None else ""
    basis = f" (usual {tenths(figures.usual)})" if percent and figures.usual is not None else ""
    return " · ".join([f"*{_spent(figures)}*{changed}{basis}", *_parts(figures)])


def _spent(figures: Figures) -> str:
    day = weekday_date(figures.day)
    if no_acus_at_all(figures):
        return f"Devin on {day}"
    if figures.total is not None:
        return f"{total_acus(figures.total, figures.cost)} on {day}"
    return f"{roughly(figures.about)}{total_acus(figures.through_slack, figures.cost)} through Slack on {day}"


def _percent(figures: Figures) -> int | None:
    if no_acus_at_all(figures) or (figures.total is None and figures.withheld is None):
        return None  # what is usual is about the whole bill
    return percent_above(figures.through_slack if figures.total is None else figures.total, figures.usual)


def _in_words(percent: int) -> str:
    return arrow(percent) if percent else UNCHANGED


def _parts(figures: Figures) -> list[str]:
    if figures.parts is None or not any(part.amount for part in figures.parts):
        return []
    about = roughly(figures.about)
    ours, others = map(share_of, figures.parts)
    return [f"through Slack {about}{ours}", f"outside Slack {about}{others}"]


def _explained(figures: Figures) -> list[str]:
    if no_acus_at_all(figures):
        return [no_acus(figures)]
    if figures.total is None:
        return [*anomaly(figures), *why_no_total(figures)]
    return [*anomaly(figures), *([NO_PARTS] if figures.no_acus_reported else [])]


def _pull_requests(counts: PullRequestFigures) -> list[str]:
    if not counts.opened:
        return []
    parts = [f"{counted(counts.opened, 'PR')} opened", f"{counts.merged:,} merged"]
    if counts.merged >= FEWEST_TO_DIVIDE_BY and counts.acus > 0:
        per_merged, of_all = counts.acus / counts.merged, (counts.acus + counts.acus_of_others) / counts.merged
        parts.append(f"{one_tenth(per_merged)} ACUs per merged PR, {one_tenth(of_all)} counting sessions without one")
    return [f"{' · '.join(parts)} (Slack, {PULL_REQUEST_DAYS} days)"]


def needs_somebody(digest: DigestFigures) -> list[str]:
    """List the first ones of the sessions that need a person, below a heading; nothing if none does."""
    listed = digest.needing[:NEEDS_LISTED]
    if not listed:
        return []
    more = digest.waiting + digest.failed - len(listed)
    return [NEEDS_SOMEBODY, *map(_needing, listed), *([f"and {more:,} more"] if more > 0 else [])]


def _needing(session: Needing) -> str:
    asker = fitted(session.asker, 60) if session.asker else ""
    title = linked_title(session.title, session.permalink, session.url)
    return " · ".join(filter(None, (f"{STATE_EMOJI[session.state]} {title}", asker, span(session.seconds))))


def _day(digest: DigestFigures) -> str:
    figures = digest.figures
    if figures.read_at is None or figures.total is None:
        return f"{DAY}."
    at = datetime.fromtimestamp(figures.read_at, UTC)
    date = "" if digest.posted_at - figures.read_at < _JUST_READ else f"{short_date(at)} at "
    return f"{DAY}, read {date}{clock_time(at.time())}."


def corrected(corrections: tuple[Correction, ...]) -> list[str]:
    """Say in a few sentences which days Devin has corrected, and of which the bill was not in before."""
    listed = [_corrected(correction) for correction in corrections[:CORRECTIONS_LISTED]]
    more = len(corrections) - len(listed)
    return [*listed, MORE_CORRECTED.format(days=counted(more, "more day"))] if more else listed


def _corrected(correction: Correction) -> str:
    if correction.before is None:
        return CAME_IN.format(day=weekday_date(correction.day), after=tenths_of_acus(correction.after))
    before, after = tenths(correction.before), tenths_of_acus(correction.after)
    if before == tenths(correction.after):
        before, after = hundredths(correction.before), acus(correction.after)
    return CORRECTED.format(day=weekday_date(correction.day), before=before, after=after)
