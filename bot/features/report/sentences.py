"""The answer to `/devin report`: what came of the pull requests that were opened in a period."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final

from bot.domain.amounts import Money, exact
from bot.domain.cycle import Cycle
from bot.domain.periods import Span
from bot.domain.questions import Question
from bot.domain.shares import alone
from bot.domain.waiting import Blocked
from bot.features.report.rules import LEAST_DENOMINATOR, MATURITY, Outcomes, Ratio, Result, Used
from bot.features.usage.figure_files import FigureFile, file_name, filled, name_columns
from bot.features.usage.figure_sentences import MostExpensive, most_expensive_line
from bot.features.usage.sentences import NOTHING_FINISHED, Apart, heading, not_included
from bot.views import blocks
from bot.views.csv import Value
from bot.views.dates import month_name
from bot.views.doubts import roughly, why_about
from bot.views.message import Message
from bot.views.text import counted, duration, fitted, link, money, tenths, tenths_of_acus

MOST_ROWS: Final = 20
OPEN_LISTED: Final = 5
UNMERGED_LISTED: Final = 3  # sessions
PLAYBOOKS_LISTED: Final = 5
RESULTS: Final = "results"
NO_PULL_REQUESTS: Final = "No pull requests were opened."
COUNTING_ALL: Final = "Counting sessions that opened none"
NOT_STORED: Final = "a session that's no longer stored"
HIDDEN_PULL_REQUEST: Final = "One in a private channel or DM"
NO_SESSIONS: Final = "No sessions were active."
EXPLAINED: Final = (
    "About the pull requests opened on these days through Slack. Merge rate: merged ÷ "
    "(merged, closed unmerged, and open for more than 14 days). ACUs per merged one: all "
    "that their sessions used, on other days too, ÷ merged, without sessions that opened none. Times are when "
    "Devin Bridge saw a change; sessions that are over are checked once a day. Nothing "
    "merged: usage of sessions that are over, with no pull request or none that's merged or "
    "younger than 14 days. Plain questions aren't in it. Waiting on people: from when Devin needed "
    "someone until someone answered, Devin resumed, or the session slept or ended. Only "
    "working hours count: Monday to Friday 09:00\N{EN DASH}17:00 in the time zone of the "
    "person who started the session."
)
_UNMERGED: Final = {
    Result.NONE: "Without a pull request",
    Result.CLOSED: "Closed unmerged",
    Result.STALE: "Open for more than 14 days",
}


@dataclass(frozen=True, slots=True)
class OpenPullRequest:
    """A pull request that is still open: its address, its name and for how many seconds it has been open.

    One that the readers may not see has no address, and `HIDDEN_PULL_REQUEST` for its name.
    """

    url: str | None
    name: str
    age: float


@dataclass(frozen=True, slots=True)
class GroupOutcomes:
    """What came of the pull requests and sessions of one group; its name is `mrkdwn`."""

    name: str
    outcomes: Outcomes


@dataclass(frozen=True, slots=True)
class OutcomeReport:
    """What an outcome report shows: in sum, the longest open ones, the most used playbooks, and by group."""

    outcomes: Outcomes
    open: tuple[OpenPullRequest, ...] = ()  # the oldest first
    playbooks: tuple[tuple[str, int], ...] = ()  # with the number of their sessions
    groups: tuple[GroupOutcomes, ...] = field(default=())
    cost: Money | None = None  # of all that the sessions with these pull requests used
    blocked: Blocked = field(default_factory=Blocked)
    unmerged: tuple[MostExpensive, ...] = ()  # the sessions that used most, and of which nothing is merged
    longest_blocked: str = ""  # the session that was blocked longest, in `mrkdwn`
    about: Sequence[date] = ()  # the days for which what sessions used on these days is only about right


@dataclass(frozen=True, slots=True)
class MonthOutcomes:
    """What came of the pull requests and sessions of a month."""

    month: Cycle
    outcomes: Outcomes
    cost: Money | None = None  # of all that the sessions with these pull requests used
    about: Sequence[date] = ()  # as of a report


def outcome_report(
    question: Question, span: Span, report: OutcomeReport | None, before: MonthOutcomes | None = None
) -> Message:
    """Build the report about the finished days of `span`, with the month `before` a whole one beside it.

    There is none where no day is finished.
    """
    title, scope = heading(question, span)
    title = f"{title}: {RESULTS}{f', by {question.by}' if question.by else ''}"
    if report is None:
        return Message(f"{title}. {NOTHING_FINISHED}", [blocks.header(title), blocks.section(NOTHING_FINISHED)])
    outcomes = report.outcomes
    return Message(
        " ".join([f"{title}.", _pull_requests(outcomes), _sessions(outcomes)]),
        [
            blocks.header(title),
            *blocks.context([scope]),
            blocks.section(
                "\n".join(
                    [
                        f"*{_pull_requests(outcomes)}*",
                        *_ratios(outcomes, report.cost),
                        _sessions(outcomes),
                        *_votes(outcomes),
                        *_blocked(report),
                    ]
                )
            ),
            *blocks.sections(_nothing_merged(report)),
            *blocks.sections(_month_before(before)),
            *blocks.sections(_groups(report)),
            *blocks.sections(_open(report)),
            *blocks.sections(_playbooks(report)),
            *blocks.context(["\n".join([*_explained(report, before), *_why_about(report)])]),
        ],
    )


def _pull_requests(outcomes: Outcomes) -> str:
    if not outcomes.opened:
        return NO_PULL_REQUESTS
    became = [
        (outcomes.merged, "merged"),
        (outcomes.closed, "closed unmerged"),
        (len(outcomes.ages), "open"),
    ]
    counts = ", ".join(f"{number:,} {word}" for number, word in became if number)
    return f"{counted(outcomes.opened, 'pull request')} opened: {counts}."


def _sessions(outcomes: Outcomes) -> str:
    total = outcomes.sessions_with + outcomes.sessions_without
    if not total:
        return NO_SESSIONS
    without = f"{outcomes.sessions_without:,} without"
    return f"{counted(total, 'session')}: {outcomes.sessions_with:,} with a pull request, {without}."


def _votes(outcomes: Outcomes) -> list[str]:
    good, bad = outcomes.votes or (0, 0)
    return [f"Results rated: :+1: {good:,} · :-1: {bad:,}"] if good or bad else []


def _nothing_merged(report: OutcomeReport) -> list[str]:
    """Say what sessions used of which nothing is merged, and which of them used most, unless groups are shown."""
    about = roughly(report.about)
    lines = [
        f"• {_UNMERGED[result]}: {about}{tenths_of_acus(used.acus)} in {counted(used.sessions, 'session')}"
        for result, used in report.outcomes.unmerged.items()
        if used.acus
    ]
    if not lines or report.groups:
        return []
    listed = [
        f"{rank}. {most_expensive_line(entry, alone(entry.acus))}"
        for rank, entry in enumerate(report.unmerged, start=1)
    ]
    return ["*ACUs with nothing merged*", *lines, *listed]


def _explained(report: OutcomeReport, before: MonthOutcomes | None) -> list[str]:
    """Say how the figures are counted, if there are any."""
    months = [report.outcomes, *([before.outcomes] if before else [])]
    is_empty = not any(found.opened or found.sessions_with or found.sessions_without for found in months)
    return [] if is_empty and report.blocked.longest is None else [EXPLAINED]


def _why_about(report: OutcomeReport) -> list[str]:
    return why_about(report.about) if _nothing_merged(report) else []


def _blocked(report: OutcomeReport) -> list[str]:
    found = report.blocked
    if found.longest is None:
        return []
    hours, waits = tenths(found.seconds / 3600), counted(found.times, "wait")
    unit = "hour" if hours == "1" else "hours"
    line = f"Waiting on people: {hours} working {unit} across {waits}, median {duration(found.median)}."
    return [f"{line} Longest: {report.longest_blocked}, {duration(found.longest[1])}."]


def _month_before(before: MonthOutcomes | None) -> list[str]:
    if before is None:
        return []
    outcomes, month = before.outcomes, before.month.first
    title = f"*The month before, {month_name(month)} {month.year}*"
    return [title, _pull_requests(outcomes), *_ratios(outcomes, before.cost), _sessions(outcomes)]


def _ratios(outcomes: Outcomes, cost: Money | None) -> list[str]:
    if not outcomes.opened:
        return []
    lines = [f"Merge rate: {_merge_rate(outcomes.merge_rate)}"]
    if outcomes.spent:
        lines.append(f"ACUs per merged pull request: {_per_merged(outcomes.acus_per_merged, cost)}")
        lines.append(f"{COUNTING_ALL}: {_per_merged(outcomes.acus_of_all_per_merged, None)}")
    if outcomes.median_time_to_merge is not None:
        counts = f"median of {len(outcomes.times_to_merge):,}"
        lines.append(f"Time to merge: {duration(outcomes.median_time_to_merge)} ({counts})")
    return lines


def _merge_rate(rate: Ratio) -> str:
    of = f"{tenths(rate.numerator)} of {rate.denominator:,}"
    # Rounded down, so that 100 % means that all of them were merged.
    return _too_few(of) if rate.value is None else f"{int(rate.value * 100)}% ({of})"


def _per_merged(ratio: Ratio, cost: Money | None) -> str:
    of = f"{tenths(ratio.numerator)} ÷ {ratio.denominator:,}"
    if ratio.value is None:
        return _too_few(of)
    each = f", {money(replace(cost, amount=cost.amount / ratio.denominator))} each" if cost else ""
    return f"{tenths(ratio.value)} ({of}{each})"


def _too_few(numbers: str) -> str:
    return f"not enough data ({numbers}; needs at least {LEAST_DENOMINATOR})"


def _open(report: OutcomeReport) -> list[str]:
    if not report.open:
        return []
    lines = [
        f"• {link(pull_request.url, pull_request.name, 80)}: {duration(pull_request.age)}"
        for pull_request in report.open[:OPEN_LISTED]
    ]
    more = len(report.open) - len(lines)
    return ["*Open, the oldest first*", *lines, *([f"• and {more:,} more"] if more else [])]


def _playbooks(report: OutcomeReport) -> list[str]:
    lines = [f"• {fitted(title, 80)}: {counted(number, 'session')}" for title, number in report.playbooks]
    return ["*Most used playbooks*", *lines] if lines else []


def _groups(report: OutcomeReport) -> list[str]:
    lines = [f"• {group.name}: {_group(group.outcomes)}" for group in report.groups[:MOST_ROWS]]
    others = report.groups[MOST_ROWS:]
    return [*lines, *([f"• and {len(others):,} more: {_sum(others)}"] if others else [])]


def _group(outcomes: Outcomes) -> str:
    facts = [_short(outcomes.opened, outcomes.merged)]
    if outcomes.opened:
        facts.append(f"merge rate {_merge_rate(outcomes.merge_rate)}")
        if outcomes.spent:
            facts.append(f"ACUs per merged one {_per_merged(outcomes.acus_per_merged, None)}")
    total = outcomes.sessions_with + outcomes.sessions_without
    facts.append(f"{counted(total, 'session')}, {outcomes.sessions_without:,} without a pull request")
    return " · ".join(facts)


def _sum(groups: Sequence[GroupOutcomes]) -> str:
    return _short(sum(group.outcomes.opened for group in groups), sum(group.outcomes.merged for group in groups))


def _short(opened: int, merged: int) -> str:
    return f"{counted(opened, 'pull request')} opened, {merged:,} merged" if opened else "no pull requests"


# ------------------------------------------------------------ report files
# Outcome reports as CSV files: their columns and rows, with amounts that are not rounded.


_OUTCOMES: Final = (
    *("pull_requests_opened", "merged", "closed_unmerged", "open", "open_over_14_days", "acus", "acus_of_all"),
    *("sessions_with_pull_request", "sessions_without", "sessions_over_without_one", "acus_over_without_one"),
    *("sessions_closed_unmerged", "acus_closed_unmerged", "sessions_open_over_14_days", "acus_open_over_14_days"),
    *("times_to_merge", "median_seconds_to_merge", "rated_good", "rated_bad"),
)


def report_file(
    question: Question,
    span: Span,
    groups: Sequence[tuple[tuple[str | None, ...], Outcomes]],
    about: Sequence[date] = (),
    *,
    shows_people: bool,
) -> FigureFile:
    """Make the file of an outcome report, with one row for each of the `groups` of a division, or one for all.

    What was used is only `about` right for these days.
    There is no total: the ACUs of a session count for each group that one of its pull requests belongs to. Votes are
    counted for all of them only.
    """
    names = ("period",) if question.by is None else name_columns(question.by, shows_people=shows_people)
    rows = [[*filled(named, len(names)), *_outcomes(outcomes)] for named, outcomes in groups]
    title = f"{heading(question, span)[0]}: {RESULTS}{f', by {question.by}' if question.by else ''}"
    notes = [*not_included(Apart(span.apart)), *why_about(about)]
    return FigureFile(title, file_name("report", question.by, span), (*names, *_OUTCOMES), rows, notes)


def _outcomes(outcomes: Outcomes) -> list[Value]:
    median = outcomes.median_time_to_merge
    return [
        outcomes.opened,
        outcomes.merged,
        outcomes.closed,
        len(outcomes.ages),
        sum(age > MATURITY for age in outcomes.ages),
        _counted(outcomes.spent),
        _counted(outcomes.spent_by_all),
        outcomes.sessions_with,
        outcomes.sessions_without,
        *_used(outcomes, Result.NONE),
        *_used(outcomes, Result.CLOSED),
        *_used(outcomes, Result.STALE),
        len(outcomes.times_to_merge),
        None if median is None else round(median),
        *(outcomes.votes or (None, None)),
    ]


def _used(outcomes: Outcomes, result: Result) -> list[Value]:
    used = outcomes.unmerged.get(result, Used())
    return [used.sessions, _counted(used.acus)]


def _counted(acus: float) -> Decimal:
    # What is behind six decimals comes from adding up floats.
    return exact(round(acus, 6))
