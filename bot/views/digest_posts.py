"""The posts of the daily digest: the root, and those of its thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.chart_days import ChartGroup
from bot.views import blocks
from bot.views.charts import Line, LineChart, chart_message
from bot.views.dates import short_date, weekday_date
from bot.views.digest import no_acus_at_all
from bot.views.digest_root import DigestFigures, digest_root
from bot.views.digest_tables import spender_table
from bot.views.figure_tables import table_message
from bot.views.message import Message
from bot.views.outcomes import sessions_by_outcome
from bot.views.text import counted, tenths, tenths_of_acus

SPENT: Final = "Spent"
USUAL: Final = "Usual"
LIMIT: Final = "Limit's pace"
WITHOUT_PULL_REQUEST: Final = "Without a PR so far: {acus} of the {all} through Slack, in {sessions}."


@dataclass(frozen=True, slots=True)
class DigestPosts:
    """The `root` of a digest and, in their order, the posts of the `thread` that it begins."""

    root: Message
    thread: tuple[Message, ...] = ()


def digest_posts(digest: DigestFigures) -> DigestPosts:
    """Build all posts of a `digest`."""
    return DigestPosts(digest_root(digest), (*_overall(digest), *_tables(digest), *_without(digest)))


def _overall(digest: DigestFigures) -> list[Message]:
    """The sessions of the day by what became of them, above the chart of the days up to it."""
    outcomes = sessions_by_outcome(digest.figures.outcomes) if digest.figures.outcomes else ""
    if no_acus_at_all(digest.figures):
        return []  # the root says it all
    if len(digest.chart) > 1 and any(group.spent for group in digest.chart):
        return [chart_message(line_chart(digest.chart), outcomes)]
    return [Message(outcomes, [blocks.section(outcomes)])] if outcomes else []


def _tables(digest: DigestFigures) -> list[Message]:
    day = weekday_date(digest.figures.day)
    built = [spender_table(table, digest.figures.total, day) for table in digest.tables]
    return [table_message(table) for table in built if table is not None]


def _without(digest: DigestFigures) -> list[Message]:
    found = digest.without_pull_request
    if found is None or not found.sessions:
        return []
    text = WITHOUT_PULL_REQUEST.format(
        acus=tenths_of_acus(found.acus), all=tenths(found.of), sessions=counted(found.sessions, "session")
    )
    return [Message(text, [blocks.section(text)])]


def line_chart(groups: Sequence[ChartGroup]) -> LineChart:
    """Build a chart of what was spent on the days of `groups`, beside what is usual and what the limit allows."""
    days = (groups[-1].last - groups[-1].first).days + 1
    each = "a day" if days == 1 else f"per {days} days"
    spent = [group.spent for group in groups]
    usual = [group.usual for group in groups if group.usual is not None]
    allowed = [group.allowed for group in groups if group.allowed is not None]
    lines = [Line(SPENT, spent)]
    lines += [Line(USUAL, usual)] if len(usual) == len(groups) else []
    lines += [Line(LIMIT, allowed)] if len(allowed) == len(groups) else []
    title = f"ACUs {each}, {short_date(groups[0].first)} to {short_date(groups[-1].last)}"
    return LineChart(title, [_category(group) for group in groups], lines, "ACUs", _in_words(title, groups, lines))


def _category(group: ChartGroup) -> str:
    if group.first == group.last:
        return weekday_date(group.first)
    return f"{short_date(group.first)}\N{EN DASH}{short_date(group.last)}"


def _in_words(title: str, groups: Sequence[ChartGroup], lines: Sequence[Line]) -> str:
    highest = max(groups, key=lambda group: group.spent)
    newest = [f"{line.name.lower()} {tenths(line.values[-1])}" for line in lines]
    return (
        f"{title}: most on {_category(highest)} with {tenths(highest.spent)}; "
        f"on {_category(groups[-1])} {', '.join(newest)}."
    )
