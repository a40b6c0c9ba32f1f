"""The answers to `/devin usage`: what was spent in a period, in sum or divided by something."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.domain.billing import Period, bounds
from bot.domain.commands.picked import picked_channel
from bot.domain.cycle import Cycle
from bot.domain.periods import RangeFault, RefusedRange, Span
from bot.domain.questions import By, Question
from bot.features.usage import figure_sentences as digest
from bot.features.usage.division_sentences import UsagePart, divide, negative, rows_as_lines
from bot.features.usage.figure_sentences import Figures
from bot.features.usage.usual import percent_above
from bot.views import blocks
from bot.views.answers.wording import code
from bot.views.dates import HOURS, date_range, full_date, long_date, month_name, weekday_date
from bot.views.doubts import roughly
from bot.views.message import Message
from bot.views.text import tenths_of_acus, when

NOTHING_FINISHED: Final = "No day of this period is finished yet."
NO_ROWS: Final = "Nothing was used in this period."
NONE_KNOWN: Final = "No known usage so far."  # the bill may still say something else
NO_CYCLE: Final = "Devin reports no billing cycle, so the calendar month is used."
ONLY_THE_BILL: Final = "Only Devin's bill has this breakdown."
NOT_NAMED: Final = Message("Per-person figures are hidden in this workspace. `/devin usage by channel` shows channels.")
TOO_FEW: Final = Message(
    "Fewer than three people used Devin in that channel, and per-person figures are hidden in this workspace. "
    "`/devin usage by channel` shows larger channels."
)
_EXAMPLE: Final = (
    "Write a month such as `2026-10`, a day such as `2026-11-26`, or two days such as `2026-11-01..2026-11-15`."
)
_REFUSED: Final[Mapping[RangeFault, str]] = {
    RangeFault.MALFORMED: "{typed} isn't a valid date. " + _EXAMPLE,
    RangeFault.REVERSED: "{typed} ends before it begins. Write the earlier day first.",
    RangeFault.FUTURE: "{typed} ends in the future. The latest end date is today's billing day, {today}, which ends "
    "{until}.",
    RangeFault.NOT_KEPT: "There are no figures from before {kept}. Start the range on that day or later.",
}


@dataclass(frozen=True, slots=True)
class Apart:
    """The days that are not finished, and what was used on them so far: as Devin bills it, or else through Slack.

    Both are None where Devin reports no ACUs. The latter is only about right where some of it may be of days before.
    """

    days: tuple[date, ...] = ()
    total: float | None = None
    through_slack: float | None = None
    is_about: bool = False


@dataclass(frozen=True, slots=True)
class MonthBefore:
    """The month before the one that is asked about, and the ACUs that were used in it."""

    month: Cycle
    acus: float


def refused_range(refused: RefusedRange) -> Message:
    """Say why there are no figures of a range of dates, and which ranges have some."""
    facts = {
        "today": full_date(refused.today),
        "kept": full_date(refused.kept),
        "until": when(bounds(refused.today)[1]),
    }
    return Message(_REFUSED[refused.fault].format(typed=code(refused.typed), **facts))


def usage(
    question: Question, span: Span, figures: Figures, apart: Apart, before: MonthBefore | None = None, whose: str = ""
) -> Message:
    """Build the answer about a period as a whole from its `figures`, of all or of the one channel or person `whose`."""
    title, scope = heading(question, span, whose)
    scope = _beside(scope, figures, before)
    # Only a finished day compares with finished days; a running day and a week do not.
    compared = len(span.counted) == 1 and not span.running
    notes = [*_so_far_of_running(span, figures), *not_included(apart), *digest.why_rounded(digest.shares_of(figures))]
    return digest.report(title, scope, figures, compared=compared, notes=notes)


def nothing_finished(question: Question, span: Span, apart: Apart, whose: str = "") -> Message:
    """Build the answer about a period none of whose days is finished."""
    title, scope = heading(question, span, whose)
    notes = not_included(apart)
    return Message(
        " ".join([f"{title}: {NOTHING_FINISHED}", *notes]),
        [blocks.header(title), *blocks.context([scope]), blocks.section(NOTHING_FINISHED), *blocks.context(notes)],
    )


def divided(
    question: Question,
    span: Span,
    figures: Figures,
    parts: Sequence[UsagePart] | None,
    apart: Apart,
    before: MonthBefore | None = None,
    whose: str = "",
) -> Message:
    """Build the answer that divides what was used into `parts`.

    They are None where only Devin's bill could name them, and it is missing.
    """
    title, scope = heading(question, span, whose)
    scope = _beside(scope, figures, before)
    title = f"{title}, by {question.by}"
    rows = divide(parts or (), figures)
    shares = [row.acus for row in rows if row.acus is not None]
    listed = [ONLY_THE_BILL] if parts is None else rows_as_lines(rows) or _nothing(figures)
    return Message(
        f"{': '.join([title, *digest.spent(figures)])}.",
        [
            blocks.header(title),
            *blocks.context([scope]),
            blocks.section("\n".join(_sum(figures))),
            *blocks.sections(listed),
            *blocks.context(
                ["\n".join([*negative(rows), *digest.why_own_rows(figures), *_why_about(question, figures)])]
            ),
            *blocks.context([*_so_far_of_running(span, figures), *not_included(apart), *digest.why_rounded(shares)]),
        ],
    )


def _nothing(figures: Figures) -> list[str]:
    """Say why there are no rows: nothing was used, as far as that is known."""
    if digest.no_acus_at_all(figures):
        return []
    if figures.withheld is not None:
        return [digest.QUIET]
    return [NONE_KNOWN if figures.total is None else NO_ROWS]


def _why_about(question: Question, figures: Figures) -> list[str]:
    return digest.why_about_each(figures) if question.by is By.DAY else []


def _sum(figures: Figures) -> list[str]:
    if digest.no_acus_at_all(figures):
        return [digest.NO_ACUS]
    if figures.total is None:
        return [digest.amount_used(figures, "*"), *digest.why_no_total(figures)]
    return [digest.amount_used(figures, "*"), *([digest.NO_PARTS] if figures.no_acus_reported else [])]


def _beside(scope: str, figures: Figures, before: MonthBefore | None) -> str:
    """Add to a `scope` what the month before took, where ACUs are known of both."""
    used = figures.through_slack if figures.withheld is not None else figures.total
    if before is None or used is None or digest.no_acus_at_all(figures):
        return scope
    percent = percent_above(used, before.acus)
    changed = f" (change: {digest.arrow(percent)})" if percent else ""
    return f"{scope} Previous month: {tenths_of_acus(before.acus)}{changed}."


def heading(question: Question, span: Span, whose: str = "") -> tuple[str, str]:
    """Write the title of an answer about a period, and which billing days it is about, and `whose` figures alone."""
    only = f"Only sessions {'in' if picked_channel(question.of) else 'started by'} {whose}." if whose else ""
    return _title(question, span), " ".join(filter(None, [_scope(question, span), only]))


def _title(question: Question, span: Span) -> str:
    match question.period:
        case Period.TODAY:
            return "Devin today, so far"
        case Period.YESTERDAY:
            return "Devin yesterday"
        case Period.WEEK:
            return "Devin in the last seven days"
        case Period.MONTH:
            return f"Devin in {month_name(span.last)}, so far"
        case Period.CYCLE:
            return f"Devin in {month_name(span.last) if span.assumed else 'this billing cycle'}, so far"
        case Period.LAST_MONTH | None:
            if span.month is not None:
                so_far = "" if span.last in span.counted and not span.running else ", so far"
                return f"Devin in {month_name(span.last)} {span.last.year}{so_far}"
            days = date_range(span.first, span.last)
            return f"Devin on {days}" if span.first == span.last else f"Devin, {days}"


def _scope(question: Question, span: Span) -> str:
    if not span.counted:
        return ""
    first, last = span.counted[0], span.counted[-1]
    if first == last:
        return f"Billing day {long_date(last)}, {HOURS}{', still running' if span.running else ''}."
    if question.period is Period.WEEK:
        return f"Seven billing days up to {long_date(last)}, each {HOURS}."
    finished = "" if span.running else "finished "
    days = f"{len(span.counted)} {finished}billing days, {date_range(first, last)}, each {HOURS}."
    return f"{days} {NO_CYCLE}" if span.assumed else days


def _so_far_of_running(span: Span, figures: Figures) -> list[str]:
    """Name those of several days that still run, with what is in the total of them so far."""
    running, shown = span.running, figures.amounts.shown(span.running)
    if not running or len(span.counted) == 1 or digest.no_acus_at_all(figures) or figures.known is not None:
        return []
    about = roughly(figures.amounts.about(running)) if figures.here or figures.total is None else ""
    runs = "still runs and is" if len(running) == 1 else "still run and are"
    return [f"{_named(running)} {runs} in the total: {about}{tenths_of_acus(sum(shown.values()))} so far."]


def _named(days: Sequence[date]) -> str:
    return " and ".join(weekday_date(day) for day in dict.fromkeys((days[0], days[-1])))


def not_included(apart: Apart) -> list[str]:
    """Name the days that are not finished, with what was used on them so far."""
    if not apart.days:
        return []
    are = "isn't" if apart.days[0] == apart.days[-1] else "aren't"
    return [f"{_named(apart.days)} {are} finished and {are} in the total{_so_far(apart)}."]


def _so_far(apart: Apart) -> str:
    if apart.total is not None:
        return f": {tenths_of_acus(apart.total)} so far"
    if apart.through_slack is None:
        return ""
    return f": {'about ' if apart.is_about else ''}{tenths_of_acus(apart.through_slack)} through Slack so far"
