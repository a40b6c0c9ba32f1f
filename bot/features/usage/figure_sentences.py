"""The figures of some billing days, and what answers about usage say of them: what was used, and what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from bot.domain.amounts import Money, Price, cost, half_up
from bot.domain.billing import Withheld, WithheldBecause
from bot.domain.outcomes import Outcome
from bot.domain.shares import Share, largest, split
from bot.features.consumption.rules import Correction
from bot.features.consumption.sentences import CycleFigures, cycle_line
from bot.features.usage import part_names
from bot.features.usage.acus_by_day import AcusByDay
from bot.features.usage.usual import Cause, percent_above
from bot.views import blocks
from bot.views.dates import long_date, weekday_date, weekday_name
from bot.views.doubts import roughly, why_about
from bot.views.message import Message
from bot.views.outcomes import pull_requests_moved, sessions_by_outcome, waiting_now
from bot.views.text import duration, fitted, linked_title, share_of, tenths, tenths_of_acus, total_acus, with_unit
from bot.views.text import percent as percent_in_words

NO_TOTAL: Final = "The total couldn't be read from Devin this time."
NOT_READ_YET: Final = "Devin's bill hasn't been read yet. Ask again in a minute."
NOT_IN_YET: Final = "Devin's bill for {day} isn't in yet, so usage outside Slack isn't known."
OWN_IN_ALL: Final = "Through Slack, it's {acus} in all."
ANOMALY: Final = ":warning: Unusually high for a {weekday}: up to {acus} would be normal."
NOTHING_BEFORE: Final = "no usage in the seven days before to compare with"
UNCHANGED: Final = "as usual"
MOST_OF_IT: Final = "Most of it: {cause}, {acus} more than usual."
QUIET: Final = "No Devin Bridge session used anything in this period."  # others of the organisation may have
QUIET_HERE: Final = "No session in this workspace used anything in this period."  # but one of another workspace did
QUIET_THERE: Final = "None of them used anything in this period."  # of the sessions of one channel or person
GONE: Final = "The sessions that used it are no longer stored, so they aren't listed."
NO_ACUS: Final = (
    "Devin reports no ACUs for your sessions, as on plans that aren't billed in ACUs. "
    "Devin's own usage page shows what they cost."
)
NO_ACUS_AGAIN: Final = "Devin reports no ACUs."  # where digests have explained it before
NO_PARTS: Final = "Devin reports no ACUs for single sessions, so usage through Slack isn't known."
OWN_COUNT: Final = (
    "Added up session by session, {acus} came through Slack. Devin's bill is lower: it has a credit, or counts use "
    "around 8:00 AM UTC toward another day."
)
CREDIT: Final = "Devin's bill has a credit that's larger than the usage in this period."
_OWN_ROWS_ONLY: Final = ":information_source: Counted from the sessions of Devin Bridge alone, because "
WITHHELD: Final[Mapping[WithheldBecause, str]] = {
    WithheldBecause.PERMISSION: _OWN_ROWS_ONLY
    + "its key lacks the permission `{named}`. A Devin admin can grant it to the service user.",
    WithheldBecause.NOT_FOUND: _OWN_ROWS_ONLY
    + "Devin has no bill for this organization. If your plan is billed in ACUs, a Devin admin "
    "can grant `{named}` to the service user.",
    WithheldBecause.QUOTA: _OWN_ROWS_ONLY
    + "Devin shows no bill while a quota is used up (`{named}`). A Devin admin can raise it.",
    WithheldBecause.DENIED: _OWN_ROWS_ONLY + "Devin doesn't show its bill. It says `{named}`.",
}
ROUNDED: Final = "Rounded so that the amounts add up to the total."
MOST_EXPENSIVE_LISTED: Final = 5


@dataclass(frozen=True, slots=True)
class MostExpensive:
    """One of the most expensive sessions; `channel` is where it is, `permalink` its thread, `url` its page at Devin.

    One whose title is no longer stored has no channel, as it has nothing that must be hidden.
    `requester` is a name and no mention, because a digest notifies nobody.
    """

    title: str
    acus: float
    permalink: str | None = None
    url: str | None = None
    requester: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class KnownSum:
    """What Devin billed from the first day of a period `through` the last one before a bill that is not known."""

    through: date
    acus: float
    cost: Money | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the billing day `day`, or of a period that ends with it. Amounts are ACUs, None where unknown.

    `total` is what Devin billed to the organisation, and `through_slack` what our own sessions used by their own count.
    """

    day: date
    total: float | None = None
    through_slack: float = 0.0
    about: tuple[date, ...] = ()  # the days for which that is only about right, as some of it may be of days around
    about_each: tuple[date, ...] = ()  # those for which it is so if each day is shown by itself
    usual: float | None = None  # what a day like this one takes
    anomaly_limit: float | None = None  # up to which a day like this one is no anomaly; None if this one is none
    cause: Cause | None = None  # what made this one an anomaly
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)  # of the sessions that were active
    pull_requests_opened: int = 0
    pull_requests_merged: int = 0
    waiting: int = 0  # sessions that need somebody now
    most_expensive: tuple[MostExpensive, ...] = ()
    has_used: bool = False  # whether a session used anything that is listed, unless it is no longer stored
    cycle: CycleFigures | None = None
    not_in_yet: date | None = None  # the first day whose bill is not in yet, if only bills are missing
    withheld: Withheld | None = None  # why only our own rows count
    no_acus_reported: bool = False  # although sessions were done
    no_acus_said: bool = False  # a digest before this one has explained it
    corrections: tuple[Correction, ...] = ()  # of other days, newest first, which no digest has named yet
    worked: float = 0.0  # seconds, on the finished sessions, where there are no ACUs to tell
    cost: Money | None = None  # of the total or, where that is not known, of what came through Slack
    here: bool = False  # only the sessions of one channel or person count, so nothing came from elsewhere
    read_at: float | None = None  # when the bill of `day` was read
    is_running: bool = False  # whether `day` is not over yet
    known: KnownSum | None = None  # what is known of a total that is not
    amounts: AcusByDay = field(default_factory=AcusByDay)  # by day, also on the days before that they are compared with

    @property
    def parts(self) -> tuple[Share, Share] | None:
        """What came through Slack and what from elsewhere, as both are shown; None where that is not known."""
        if self.total is None or self.here or self.no_acus_reported:
            return None
        return split(self.total, self.through_slack)

    @property
    def late(self) -> tuple[date, ...]:
        """The days whose bills are not in yet, oldest first."""
        first = self.not_in_yet
        if first is None:
            return ()
        return tuple(sorted({first, *(day for day in self.amounts.late if first <= day <= self.day)}))

    @property
    def through_slack_shown(self) -> Decimal:
        """What our own sessions used, as it is shown."""
        return self.parts[0].shown if self.parts else half_up(self.through_slack, 1)


def summed(amounts: AcusByDay, days: Sequence[date], price: Price | None) -> Figures:
    """Return those figures of `days`, the oldest first, that `amounts` alone say."""
    total, known = amounts.total(days), amounts.shown(amounts.up_to_known(days))
    is_partly_known = total is None and amounts.withheld is None and known
    return Figures(
        day=days[-1],
        amounts=amounts,
        total=total,
        known=KnownSum(max(known), sum(known.values()), cost(price, known)) if is_partly_known else None,
        cost=cost(price, amounts.shown(days)),
        through_slack=amounts.through_slack(days),
        about=amounts.about(days),
        about_each=amounts.about_each(days),
        not_in_yet=amounts.first_late(days),
        withheld=amounts.withheld,
        read_at=amounts.read_at.get(days[-1]),
    )


def change(total: float, usual: float | None) -> str:
    """Compare the `total` of a day with what is `usual`, in percent or, where that fails, in words."""
    percent = percent_above(total, usual)
    if percent is None or usual is None:
        return NOTHING_BEFORE
    return f"{arrow(percent)} (usual {tenths(usual)})" if percent else UNCHANGED


def anomaly(figures: Figures) -> list[str]:
    """Say in a line that the finished day of `figures` took much more than days like it, if it is an anomaly."""
    if figures.anomaly_limit is None:
        return []
    unusual = ANOMALY.format(weekday=weekday_name(figures.day), acus=tenths_of_acus(figures.anomaly_limit))
    cause = figures.cause
    most = [MOST_OF_IT.format(cause=_named(cause), acus=tenths_of_acus(cause.acus))] if cause else []
    return [" ".join([unusual, *most])]


def _named(cause: Cause) -> str:
    """Name a cause, a person without a mention, and a channel by a link that only those see who may."""
    if cause.channel is not None:
        return part_names.channel(cause.channel)
    elsewhere = ["outside Slack"] if cause.is_elsewhere else []
    return ", ".join([*([fitted(cause.person, 60)] if cause.person else []), *elsewhere])


def arrow(percent: int) -> str:
    """Write by how many `percent` a day is above what is usual, or below it."""
    return f"{'▲' if percent > 0 else '▼'} {percent_in_words(abs(percent))}"


def report(
    title: str,
    scope: str,
    figures: Figures,
    *,
    compared: bool,
    more: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Message:
    """Build a message about `figures`, with `more` lines below them, and with `notes` at its end.

    Only what is `compared` is set beside other days.
    """
    lines = [*_amounts(figures, compared), *_results(figures)]
    if no_acus_at_all(figures):
        lines += without_acus(figures)
    elif figures.cycle is not None:
        lines.append(cycle_line(figures.cycle))
    most_expensive = _most_expensive(figures)
    source = why_own_rows(figures)
    return Message(
        _notification(title, figures),
        [
            blocks.header(title),
            *blocks.context([scope]),
            blocks.section("\n".join(lines)),
            *blocks.sections(more),
            *blocks.sections(most_expensive),
            *blocks.context(source),
            *blocks.context(notes),
        ],
    )


def _notification(title: str, figures: Figures) -> str:
    why = why_no_total(figures) if figures.total is None and not no_acus_at_all(figures) else []
    return " ".join([f"{': '.join([title, *spent(figures)])}.", *why, *_results(figures)])


def spent(figures: Figures) -> list[str]:
    """Say in a line what was used, unless there are no ACUs to show."""
    if no_acus_at_all(figures):
        return []
    return [amount_used(figures)]


def _amounts(figures: Figures, compared: bool) -> list[str]:
    if no_acus_at_all(figures):
        return [no_acus(figures)]
    versus = compared and (figures.total is not None or figures.withheld is not None)
    used = figures.through_slack if figures.total is None else figures.total
    changed = f" · {change(used, figures.usual)}" if versus else ""
    more = why_no_total(figures) if figures.total is None else _parts(figures)
    return [f"{amount_used(figures, '*')}{changed}", *(anomaly(figures) if versus else []), *more]


def amount_used(figures: Figures, mark: str = "") -> str:
    """Write the total between two marks, or else what came through Slack. With a price this is where money stands."""
    if figures.total is not None:
        about = roughly(figures.about) if figures.here else ""
        return f"{mark}{about}{total_acus(figures.total, figures.cost)}{mark}"
    if figures.known is not None:
        known = figures.known
        return f"{mark}{total_acus(known.acus, known.cost)}{mark} through {weekday_date(known.through)}"
    return f"{mark}{_through_slack(figures)}{mark} through Slack"


def _through_slack(figures: Figures) -> str:
    return f"{roughly(figures.about)}{total_acus(figures.through_slack, figures.cost)}"


def no_acus_at_all(figures: Figures) -> bool:
    """Whether there are no ACUs to show, because Devin reports none although sessions were done."""
    return figures.no_acus_reported and not figures.total


def _parts(figures: Figures) -> list[str]:
    if figures.here:
        return []
    if figures.parts is None:
        return [NO_PARTS]
    ours, others = figures.parts
    if not ours.amount and not others.amount:
        return []
    about = roughly(figures.about)
    return [f"{about}{share_of(ours)} through Slack, {about}{share_of(others)} outside Slack"]


def why_no_total(figures: Figures) -> list[str]:
    """Say in a line why the bill of `figures` is not shown, unless Devin withholds it."""
    if figures.withheld is not None:
        return []  # it is said below, as the source of the figures
    unread = NO_TOTAL if figures.amounts.asked else NOT_READ_YET
    why = unread if figures.not_in_yet is None else NOT_IN_YET.format(day=_days_named(figures.late))
    return [why if figures.known is None else f"{why} {OWN_IN_ALL.format(acus=_through_slack(figures))}"]


def _days_named(days: Sequence[date]) -> str:
    """Name `days`, oldest first, between which there may be others."""
    first, last = days[0], days[-1]
    if first == last:
        return long_date(first)
    if len(days) == 2:
        return f"{weekday_date(first)} and {weekday_date(last)}"
    return f"{len(days)} days from {weekday_date(first)} to {weekday_date(last)}"


def _results(figures: Figures) -> list[str]:
    moved = pull_requests_moved(figures.pull_requests_opened, figures.pull_requests_merged)
    return [line for line in (sessions_of(figures), moved, waiting_now(figures.waiting)) if line]


def sessions_of(figures: Figures) -> str:
    """Say how many sessions were active, and what became of them by the end of the last day if that is over."""
    return sessions_by_outcome(figures.outcomes, None if figures.is_running else figures.day)


def no_acus(figures: Figures) -> str:
    """Say that Devin reports no ACUs, in full unless a digest has done so before."""
    return NO_ACUS_AGAIN if figures.no_acus_said else NO_ACUS


def without_acus(figures: Figures) -> list[str]:
    """Say in a line how long Devin worked, where it reports no ACUs."""
    return [f"Devin worked for {duration(figures.worked)} on the finished ones."] if figures.worked else []


def why_rounded(shares: Iterable[Share]) -> list[str]:
    """Say so where one is not shown as by itself elsewhere, such as 7.65 as 7.6."""
    return [ROUNDED] if any(share.shown != half_up(share.amount, 1) for share in shares) else []


def shares_of(figures: Figures) -> list[Share]:
    """The amounts that an answer shows below its total: the parts, and those of the most expensive sessions."""
    return [*(figures.parts or ()), *_of_most_expensive(figures)]


def _of_most_expensive(figures: Figures) -> list[Share]:
    acus = [entry.acus for entry in figures.most_expensive[:MOST_EXPENSIVE_LISTED]]
    return largest(acus, figures.through_slack, figures.through_slack_shown)


def _most_expensive(figures: Figures) -> list[str]:
    if figures.most_expensive:
        listed = figures.most_expensive[:MOST_EXPENSIVE_LISTED]
        rows = zip(listed, _of_most_expensive(figures), strict=True)
        return ["*Most ACUs used*", *(f"{rank}. {most_expensive_line(*row)}" for rank, row in enumerate(rows, start=1))]
    if figures.no_acus_reported:
        return []
    if figures.has_used:
        return [GONE]
    if figures.through_slack and not figures.here:
        return [QUIET_HERE]
    quiet = QUIET_THERE if figures.here else QUIET
    return [quiet] if any(figures.outcomes.values()) else []  # that none was active says it already


def most_expensive_line(entry: MostExpensive, acus: Share) -> str:
    """Write what one of the most expensive sessions used, with its links and who asked."""
    title = linked_title(entry.title, entry.permalink, entry.url)
    asker = fitted(entry.requester, 60) if entry.requester else ""
    return " · ".join(part for part in (f"{title}: {with_unit(share_of(acus))}", asker) if part)


def why_own_rows(figures: Figures) -> list[str]:
    """Say in a line why only our own sessions count, why the bill is below zero, or why they add up to more than it.

    A second line says why figures are only about right.
    """
    return [*_why_own_rows(figures), *why_about(figures.about)]


def why_about_each(figures: Figures) -> list[str]:
    """Say the same of days that are shown each by itself, as our own sessions count, if it is not said of their sum."""
    return why_about(figures.about_each) if figures.total is None and not figures.about else []


def _why_own_rows(figures: Figures) -> list[str]:
    if figures.withheld is not None:
        named = fitted(figures.withheld.named, 60).replace("`", "")
        return [WITHHELD[figures.withheld.because].format(named=named)]
    if figures.total is not None and half_up(figures.total, 1) < 0:
        return [CREDIT]
    more = figures.total is not None and half_up(figures.through_slack, 1) > half_up(figures.total, 1)
    return [own_count(figures)] if more else []


def own_count(figures: Figures) -> str:
    """Explain why our own sessions may add up to more than the bill."""
    return OWN_COUNT.format(acus=tenths_of_acus(figures.through_slack))
