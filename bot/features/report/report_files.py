"""Outcome reports as CSV files: their columns and rows, with amounts that are not rounded."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from bot.domain.amounts import exact
from bot.domain.periods import Span
from bot.domain.questions import Question
from bot.features.report.outcome_report import MATURITY, Outcomes, Result, Used
from bot.features.report.sentences import RESULTS
from bot.features.usage.figure_files import FigureFile, file_name, filled, name_columns
from bot.features.usage.sentences import Apart, heading, not_included
from bot.views.csv import Value
from bot.views.doubts import why_about

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
