"""The posts in the thread of a digest: the chart, the tables, what was used and nothing merged, the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.domain.amounts import half_up
from bot.domain.shares import Share, largest
from bot.features.digest.digest_file import file_message
from bot.features.digest.digest_tables import SpenderTable, spender_table
from bot.features.report.outcome_report import Used
from bot.features.usage.chart_days import ChartGroup
from bot.features.usage.figure_files import FigureFile
from bot.features.usage.figure_sentences import Figures, no_acus_at_all, sessions_of
from bot.views import blocks
from bot.views.charts import chart_message
from bot.views.dates import short_range, weekday_date
from bot.views.figure_tables import table_message
from bot.views.line_chart import Line, LineChart
from bot.views.message import Message
from bot.views.text import counted, share_of, tenths, with_unit

SPENT: Final = "Spent"
USUAL: Final = "Usual"
LIMIT: Final = "Limit's pace"
OF_DEVIN: Final = "Spent by Devin"
PACE_OF_ITS_LIMIT: Final = "Pace of its limit"
NOTHING_MERGED: Final = "With nothing merged: {acus} of the {all} through Slack, in {sessions} that {are} over."


@dataclass(frozen=True, slots=True)
class NothingMerged:
    """What was wasted, by the rule of the report, `of` all that came through Slack."""

    wasted: Used
    of: float


@dataclass(frozen=True, slots=True)
class ThreadFigures:
    """What the thread of a digest says, beside its root, of the billing days from `first` to its last one."""

    first: date
    chart: tuple[ChartGroup, ...] = ()
    tables: tuple[SpenderTable, ...] = ()
    nothing_merged: NothingMerged | None = None
    file: FigureFile | None = None


@dataclass(frozen=True, slots=True)
class DigestPosts:
    """The `root` of a digest and, in their order, the posts of the `thread` that it begins."""

    root: Message
    thread: tuple[Message, ...] = ()


def thread_posts(figures: Figures, thread: ThreadFigures) -> tuple[Message, ...]:
    """Build the posts of the thread of a digest with these `figures`."""
    first, last = thread.first, figures.day
    days = weekday_date(last) if first == last else f"{weekday_date(first)} to {weekday_date(last)}"
    tables = [spender_table(table, figures, days) for table in thread.tables]
    return (
        *_overall(figures, thread),
        *[table_message(table) for table in tables if table is not None],
        *_nothing_merged(thread.nothing_merged, figures),
        *([file_message(thread.file, first, last, days, here=figures.here)] if thread.file else []),
    )


def _overall(figures: Figures, thread: ThreadFigures) -> list[Message]:
    """The chart. Above the one of a single day are its sessions by what became of them, as its root has not these."""
    if no_acus_at_all(figures):
        return []  # the root says it all
    if figures.here and thread.first == figures.day:
        return []  # so does that of a day of one channel
    outcomes = sessions_of(figures) if figures.outcomes and thread.first == figures.day else ""
    if len(thread.chart) > 1 and any(group.spent for group in thread.chart):
        return [chart_message(line_chart(thread.chart), outcomes)]
    return [Message(outcomes, [blocks.section(outcomes)])] if outcomes else []


def _nothing_merged(found: NothingMerged | None, figures: Figures) -> list[Message]:
    if found is None or not found.wasted.sessions:
        return []
    # As the root shows it, unless sessions of another workspace came through Slack too.
    is_all = half_up(found.of, 6) == half_up(figures.through_slack, 6)
    (acus,) = largest(
        [found.wasted.acus], found.of, shown := figures.through_slack_shown if is_all else half_up(found.of, 1)
    )
    whole = share_of(Share(half_up(found.of, 6), shown))
    sessions, are = counted(number := found.wasted.sessions, "session"), "is" if number == 1 else "are"
    text = NOTHING_MERGED.format(acus=with_unit(share_of(acus)), all=whole, sessions=sessions, are=are)
    return [Message(text, [blocks.section(text)])]


def line_chart(groups: Sequence[ChartGroup]) -> LineChart:
    """Build a chart of what was spent on the days of `groups`, beside what is usual and what the limit allows.

    The limit is for Devin itself. Where others spent something too, Devin has a line to be compared with its limit.
    """
    days = (groups[-1].last - groups[-1].first).days + 1
    each = "a day" if days == 1 else f"per {days} days"
    spent = [group.spent for group in groups]
    usual = [group.usual for group in groups if group.usual is not None]
    lines = [Line(SPENT, spent)]
    lines += [Line(USUAL, usual)] if len(usual) == len(groups) else []
    lines += _beside_limit(groups)
    title = f"ACUs {each}, {short_range(groups[0].first, groups[-1].last)}"
    return LineChart(title, [_category(group) for group in groups], lines, "ACUs", _in_words(title, groups, lines))


def _beside_limit(groups: Sequence[ChartGroup]) -> list[Line]:
    allowed = [group.allowed for group in groups if group.allowed is not None]
    of_devin = [group.of_devin for group in groups if group.of_devin is not None]
    if len(allowed) < len(groups):
        return []
    if len(of_devin) < len(groups) or not any(map(_has_others, groups)):
        return [Line(LIMIT, allowed)]
    return [Line(OF_DEVIN, of_devin), Line(PACE_OF_ITS_LIMIT, allowed)]


def _has_others(group: ChartGroup) -> bool:
    return group.of_devin is None or half_up(group.spent, 1) != half_up(group.of_devin, 1)


def _category(group: ChartGroup) -> str:
    if group.first == group.last:
        return weekday_date(group.first)
    return short_range(group.first, group.last)


def _in_words(title: str, groups: Sequence[ChartGroup], lines: Sequence[Line]) -> str:
    highest = max(groups, key=lambda group: group.spent)
    newest = [f"{line.name[0].lower()}{line.name[1:]} {tenths(line.values[-1])}" for line in lines]
    return (
        f"{title}: most on {_category(highest)} with {tenths(highest.spent)}; "
        f"on {_category(groups[-1])} {', '.join(newest)}."
    )
